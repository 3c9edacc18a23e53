"""“Check camera and connection”: what a live video needs, tried in the browser before anybody presses Start."""

from app.live.ice import IceConfiguration
from app.views.shared.component import component


def show(*, feed: str, way: str, browser_ice: IceConfiguration, has_relay: bool) -> None:
    """Show the check, folded; it runs when it is opened, and the server gets nothing of the camera.

    Args:
        feed: address of the results' WebSocket, below the page's own.
        way: address that answers the connection which the check offers, below the page's own.
        browser_ice: what the browser is told for the video itself.
        has_relay: a relay (TURN server) is set up.
    """
    check = component(
        "fer_live_preflight",
        "live/results.js",
        "live/preflight.js",
        html="live/preflight.html",
        css="live/preflight.css",
    )
    check(
        key="live_preflight",
        data={"feed": feed, "way": way, "ice": browser_ice, "has_relay": has_relay},
        height="content",
    )
