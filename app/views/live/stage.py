"""The stage of the live page: provisional."""

from dataclasses import dataclass

from app.views.shared.component import component


@dataclass(frozen=True)
class StageSaid:
    """What the stage told."""

    mirror: bool | None = None
    picture: bool = False
    missed: bool = False
    unreachable: bool = False


def show(*, feed: str, returned: bool) -> StageSaid:
    """Show it."""
    mount = component(
        "fer_live_stage",
        *(f"live/{name}.js" for name in ("results", "camera", "overlay", "delay", "tmp_stage")),
        html="live/tmp_stage.html",
        css="live/tmp_stage.css",
    )
    mount(key="stage", data={"feed": feed, "returned": returned}, height="content")
    return StageSaid()
