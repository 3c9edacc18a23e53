"""Sessions in words: sentences and figures for people. Pure functions; no Streamlit."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.formatting import clock, noticed_percent, signed, whole_percent
from app.session_statistics.check_ins import Phq4
from app.session_statistics.spans import Range
from app.session_statistics.summary import FaceSamples, Summary, summarise
from app.store.records import CheckIn, Marker, Session
from fer_core.results import Level

STATES_IN_WORDS: Final[Mapping[str, str]] = {
    "open": "recording now",
    "closed": "complete",
    "recovered": "complete, after an interruption",
}
SOURCES_IN_WORDS: Final[Mapping[str, str]] = {"live": "live camera", "file": "file"}
LEVELS_IN_WORDS: Final[Mapping[Level, str]] = {
    Level.NAMED: "Named",
    Level.LEANING: "Probably",
    Level.UNSURE: "Unsure",
}
"""What tables and figures call the levels."""
KINDS_IN_WORDS: Final[Mapping[str, str]] = {
    "note": "Note",
    "task_start": "Task starts",
    "task_end": "Task ends",
    "exclude": "Excluded",
}
CAVEATS: Final = (
    "An expression is not a feeling: a smile can be polite, and feelings need not show.",
    "The labels come from a network trained on FER2013, whose own labels are often doubtful. This is not a medical "
    "device, and nothing here is a diagnosis.",
    "Faces are told apart by place and colours only: after two seconds out of view, a face may get another number.",
    "Shares refer to the time in which the face was seen; gaps and excluded time do not count.",
    "“Probably” means that the program leans to a label without being sure enough to name it. This time counts for "
    "that expression; time without any label is unsure.",
)
"""What every reader of figures must know."""
BEGINNING: Final = 1 / 3
MOST_TITLES: Final = 3
"""More sessions than this are counted in a sentence instead of named."""


def when(session: Session) -> str:
    """The start by the person's own clock: "Fri 1 May 2026, 14:00"."""
    moment = session.started_local
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def headline(samples: FaceSamples, summary: Summary, *, leave_out: Sequence[Range] = ()) -> str:
    """What one face showed, in a few sentences: the leading labels, how it began and ended, its valence."""
    if not summary.watched_s:
        return "Nothing to show: all faces are ignored or all of the time is excluded."
    ranked = sorted(summary.label_shares.items(), key=lambda pair: -pair[1])
    found = ", ".join(f"{name} {whole_percent(share)}" for name, share in ranked[:3] if share >= 0.05)
    sentences = [f"In view for {clock(summary.watched_s)}. {found.capitalize()}."]
    sentences.append(levels_line(summary.level_shares))
    course = _course(samples, leave_out)
    if course:
        sentences.append(course)
    if summary.valence is not None:
        sentences.append(f"Mean valence {signed(summary.valence.mean)}.")
    return " ".join(sentences)


def _course(samples: FaceSamples, leave_out: Sequence[Range]) -> str:
    """How the first third differs from the last; empty where it does not."""
    start_s, end_s = float(samples.time_s[0]), float(samples.time_s[-1])
    third_s = (end_s - start_s) * BEGINNING
    ranges = ((start_s, start_s + third_s), (end_s - third_s, end_s))
    first, last = (_main(summarise(samples, keep=[span], leave_out=leave_out)) for span in ranges)
    if not first or not last or first == last:
        return ""
    return f"It began mostly {first} and ended mostly {last}."


def _main(summary: Summary) -> str:
    """The state with most of the time; empty without time."""
    if not summary.watched_s:
        return ""
    return max(summary.label_shares, key=lambda name: summary.label_shares[name])


def levels_line(shares: Mapping[Level, float]) -> str:
    """How far labels could be trusted, in a sentence.

    "Named 62 %, leaning (“probably …”) 25 %, unsure 13 % of the time."

    Args:
        shares: level to share of the time; what never came is left out.
    """
    names = {Level.LEANING: "leaning (“probably …”)"}
    parts = [f"{names.get(level, level)} {noticed_percent(share)}" for level in Level if (share := shares[level])]
    return f"{', '.join(parts)} of the time.".capitalize() if parts else ""


def comparability(compared: Mapping[str, tuple[Session, Summary]]) -> str:
    """A sentence for sessions that differ in their models or levels; empty where they do not.

    Args:
        compared: title to session and its figures.
    """
    models = {one.model_sha256: f"{one.model_name} {one.model_sha256[:6]}".strip() for one, _ in compared.values()}
    clauses = []
    if len(models) > 1:
        names = ", ".join(models.values())
        clauses.append(
            f"these sessions were recorded with different models ({names}), which may see the same face differently"
        )
    older = [title for title, (_, figures) in compared.items() if not figures.level_shares[Level.LEANING]]
    if 0 < len(older) < len(compared):
        which = " and ".join(older) if len(older) <= MOST_TITLES else f"{len(older)} of the {len(compared)} sessions"
        clauses.append(
            f"no time of {which} is leaning (“probably …”), as in sessions recorded with two levels: more of "
            "it is unsure"
        )
    words = "; ".join(clauses)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def marker_line(marker: Marker) -> str:
    """A marker for lists: "0:12 · Note · hello"."""
    at = clock(marker.time_ms / 1000, tenths=True)
    if marker.end_ms is not None:
        at += f" to {clock(marker.end_ms / 1000, tenths=True)}"
    text = f" · {marker.text}" if marker.text else ""
    return f"{at} · {KINDS_IN_WORDS[marker.kind]}{text}"


def check_in_line(one: CheckIn, *, phq4: bool = True) -> str:
    """A check-in as one line, with or without the PHQ-4's score."""
    start = {"before": "Check-in before", "after": "Check-in after"}.get(one.phase, "Check-in")
    parts = []
    if one.valence is not None:
        parts.append(f"pleasure {one.valence} of 9")
    if one.arousal is not None:
        parts.append(f"arousal {one.arousal} of 9")
    if phq4 and one.phq4 is not None:
        parts.append(Phq4(one.phq4).summary())
    if one.note:
        parts.append(one.note)
    return f"{start}: {' · '.join(parts) or 'without answers'}"
