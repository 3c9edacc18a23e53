"""One playhead for a video and its charts; both stand in containers of their own. The only module that knows it.

The video is Streamlit's own: its address is told to its owner alone (`app.access.downloads`), and no component has it.
"""

from collections.abc import Sequence

from app.views.shared.component import component


def render(
    *, film_key: str, charts_key: str, length_s: float, labels: Sequence[tuple[float, str, str]], key: str
) -> None:
    """Draw the slider above the charts; it stays hidden where the page has no video.

    Args:
        film_key: of the container with the video.
        charts_key: of the container with the charts, whose axes of time go from 0 to `length_s`.
        length_s: of the video, in seconds.
        labels: what is said at a moment: from which second on, the words, their colour.
        key: of this place.
    """
    playhead = component(
        "fer_film_playhead", "analyse/playhead.js", html="analyse/playhead.html", css="analyse/playhead.css"
    )
    data = {"film": film_key, "charts": charts_key, "length_s": length_s, "labels": labels}
    playhead(key=key, data=data, height="content")
