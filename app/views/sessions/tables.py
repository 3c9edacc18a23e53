"""The tables of sessions with the page's style."""

from app.charts.style import label_words
from app.colours import AROUSAL_COLOUR, VALENCE_COLOUR
from app.formatting import whole_percent
from app.html_tables import STYLE, stripes, swatch
from app.report import session_tables
from app.session_statistics.summary import STATES, Summary
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS

_STYLE = f"""{STYLE}<style>{session_tables.CSS}
.fer-shares-bar {{display:flex; height:1.1rem; border-radius:5px; overflow:hidden}}
.fer-shares-key {{display:flex; flex-wrap:wrap; gap:.15rem 1.1rem; font-size:.88rem; margin-top:.4rem}}
.fer-shares-key i {{display:inline-block; width:.7rem; height:.7rem; border-radius:3px; margin-right:.4rem}}
.fer-shares-key i.line {{height:.2rem; vertical-align:.2rem; width:1rem}}
</style>"""


def styled(table: str) -> str:
    """A table of `app.report.session_tables` as the page shows it."""
    return _STYLE + table


def shares_bar(summary: Summary) -> str:
    """One bar that is divided by the shares of the labels, striped where they were leaning; below it their figures."""
    seen = [(state, share) for state, share in summary.label_shares.items() if share]
    parts = ""
    for state, share in seen:
        leaning = summary.leaning_shares.get(state, 0.0)
        parts += _part(state, share - leaning, leaning=False) + _part(state, leaning, leaning=True)
    ranked = sorted(seen, key=lambda pair: -pair[1])
    key = "".join(f"<span>{swatch(state)} {whole_percent(share)}</span>" for state, share in ranked)
    return f'{_STYLE}<div class="fer-shares-bar">{parts}</div><div class="fer-shares-key">{key}</div>'


def _part(state: str, share: float, *, leaning: bool) -> str:
    if not share:
        return ""
    colour, words = EMOTION_COLOURS[state], label_words(state, leaning=leaning)
    filled = stripes(colour) if leaning else colour
    return f'<span style="width:{100 * share:.2f}%; background:{filled}" title="{words}"></span>'


def timeline_key(*, has_labels: bool) -> str:
    """Which colour stands for which expression and line of a session's timeline.

    Args:
        has_labels: whether it has the strip of labels, where unsure time is drawn.
    """
    words = "".join(f"<span>{swatch(state)}</span>" for state in (STATES if has_labels else EMOTIONS))
    for name, colour in (("Valence", VALENCE_COLOUR), ("Arousal", AROUSAL_COLOUR)):
        words += f'<span><i class="line" style="background:{colour}"></i>{name}</span>'
    return f'{_STYLE}<div class="fer-shares-key">{words}</div>'


def colour_key() -> str:
    """Which colour stands for which expression."""
    words = "".join(f"<span>{swatch(emotion)}</span>" for emotion in EMOTIONS)
    return f'{_STYLE}<div class="fer-shares-key">{words}</div>'
