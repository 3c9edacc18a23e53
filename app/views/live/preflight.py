"""“Check camera and connection”: what a live video needs, tried in the browser before anybody presses Start."""

from app.live.ice import IceConfiguration
from app.views.shared.component import component


def show(*, feed: str, browser_ice: IceConfiguration, has_relay: bool) -> None:
    """Show the check, folded; it runs when it is opened, and nothing of it reaches the server but pings.

    Args:
        feed: address of the results' WebSocket, below the page's own.
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
        data={"feed": feed, "ice": browser_ice, "has_relay": has_relay},
        height="content",
    )
