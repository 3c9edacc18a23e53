"""A grid to choose a mood from: pleasure to the right, arousal upwards. The only module that knows the component."""

from app.session_statistics.check_ins import Mood
from app.views.shared.component import component


def choose_mood(*, key: str) -> Mood | None:
    """The grid; gives the chosen mood, None without an answer.

    Args:
        key: another one starts without an answer.
    """
    grid = component("fer_mood_grid", "mood_grid.js", html="mood_grid.html", css="mood_grid.css")
    result = grid(key=key, default={"mood": None}, on_mood_change=lambda: None, height="content")
    chosen = result.mood
    return Mood(int(chosen[0]), int(chosen[1])) if chosen else None
