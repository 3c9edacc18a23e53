"""A session as one HTML file: facts, timeline, statistics, caveats.

It opens without a network, holds no script, and prints. Its charts are static SVG: a few dozen kilobytes that print
sharply and pass every mail program, while plotly's script alone takes 4.7 MB. To zoom, use the page or the export. All
free text is escaped.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from app.charts.curves import curves_of_timeline, shown_labels
from app.charts.session_marks import Marks
from app.colours import AROUSAL_COLOUR, VALENCE_COLOUR
from app.formatting import clock, whole_percent
from app.report import session_tables, timeline_svg
from app.sessions.loaded import FaceFigures, LoadedSession, Outline, load_session
from app.sessions.wording import (
    CAVEATS,
    SOURCES_IN_WORDS,
    STATES_IN_WORDS,
    check_in_line,
    headline,
    levels_line,
    marker_line,
    when,
)
from app.store.database import Store
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.expressions.card import ModelCard
from fer_core.expressions.card_checks import is_share
from fer_core.expressions.model import TFLITE_FILE
from fer_core.expressions.model_list import StoredModel

WHOLE: Final = "Whole session"
_CSS: Final = """
@page {size:A4; margin:16mm}
* {-webkit-print-color-adjust:exact; print-color-adjust:exact}
body {font:15px/1.5 "Source Sans 3","Source Sans Pro",Helvetica,Arial,sans-serif; color:#1f2933; background:#fff;
  max-width:60rem; margin:2rem auto; padding:0 1rem}
h1 {font-size:1.7rem; line-height:1.2; margin:0 0 .3rem; overflow-wrap:anywhere}
h2 {font-size:1.15rem; margin:1.8rem 0 .5rem; break-after:avoid}
section, figure, tr {break-inside:avoid}
figure {margin:0} svg {width:100%; height:auto; display:block}
.facts {display:grid; grid-template-columns:max-content 1fr; gap:.15rem 1.2rem; margin:1rem 0}
.facts dt {color:#5c6670} .facts dd {margin:0; overflow-wrap:anywhere}
.note {white-space:pre-wrap; overflow-wrap:anywhere}
.key {display:flex; flex-wrap:wrap; gap:.1rem 1.1rem; font-size:.88rem}
.key i, .fer-table i {display:inline-block; width:.7rem; height:.7rem; border-radius:3px; margin-right:.4rem}
li {overflow-wrap:anywhere}
.small {color:#5c6670; font-size:.88rem}
.fer-scroll {overflow-x:auto}
.fer-table {border-collapse:collapse; font-size:.88rem; width:100%}
.fer-table th {font-weight:400; color:#5c6670; text-align:left; padding:.3rem .9rem .3rem 0}
.fer-table td {padding:.3rem .9rem .3rem 0; border-top:1px solid #dfe3e6}
.fer-table .n {text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap}
.two {display:grid; grid-template-columns:repeat(auto-fit, minmax(18rem, 1fr)); gap:0 2.5rem}
@media print {body {margin:0; max-width:none; padding:0; font-size:11pt} .fer-scroll {overflow:visible}}
"""


def report(
    store: Store, session_id: int, face: int | None, *, corrected: bool, with_phq4: bool, models: Iterable[StoredModel]
) -> str:
    """The report on one face of a session.

    Args:
        store: where the session is.
        session_id: its number.
        face: whose figures; None where no face counts.
        corrected: with the neutral baseline taken off.
        with_phq4: whether answers to the PHQ-4 are in it.
        models: the models there are, for the accuracy of the one that judged.

    Raises:
        StoreError: the session cannot be read, or is gone.
    """
    loaded = load_session(store, session_id)
    outline = loaded.outline
    one = outline.session
    body = [f"<h1>{escape(one.title)}</h1>", f'<p class="small">{escape(one.participant)}, {when(one)}</p>']
    if face is None:
        body.append("<p>Nothing to show: no face was seen, or all are ignored.</p>")
    else:
        figures = loaded.figures(face, corrected=corrected)
        samples = loaded.face(face, corrected=corrected)
        body.append(f"<p>{escape(headline(samples, figures.whole, leave_out=outline.left_out))}</p>")
        body.append(_timeline(loaded, face, corrected=corrected))
    body.append(_markers(outline))
    if face is not None:
        body += _figures(figures)
    body += [_facts(outline, face, corrected=corrected), _check_ins(outline, with_phq4=with_phq4)]
    body += [_model(outline, models), _section("How to read this", _list(CAVEATS))]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(one.title)} – FER Studio</title><style>{_CSS}{session_tables.CSS}</style></head>\n"
        f"<body>{''.join(body)}</body></html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>\n" if content else ""


def _list(lines: Sequence[str], tag: str = "ul") -> str:
    return f"<{tag}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</{tag}>" if lines else ""


def _timeline(loaded: LoadedSession, face: int, *, corrected: bool) -> str:
    outline = loaded.outline
    colours = {name: EMOTION_COLOURS[name] for name in EMOTIONS}
    key = "".join(
        f'<span><i style="background:{colour}"></i>{name.capitalize()}</span>'
        for name, colour in (colours | {"valence": VALENCE_COLOUR, "arousal": AROUSAL_COLOUR}).items()
    )
    drawn = timeline_svg.timeline(
        curves_of_timeline(loaded.timeline(corrected=corrected), face),
        shown_labels(loaded.face(face, corrected=corrected), length_s=outline.length_s, leave_out=outline.left_out),
        length_s=outline.length_s,
        marks=Marks(outline.markers, outline.tasks.tasks, outline.left_out),
    )
    explained = (
        "The strip at the top is the label: high where it was named, lower where it was “probably”, low and grey "
        "where the program was unsure."
    )
    return _section("Timeline", f'<figure>{drawn}</figure><div class="key">{key}</div><p class="small">{explained}</p>')


def _markers(outline: Outline) -> str:
    notes = _list([marker_line(marker) for marker in outline.markers if marker.kind == "note"], "ol")
    others = [
        f"{task.name}: {clock(task.start_s, tenths=True)} to {clock(task.end_s, tenths=True)}"
        + ("" if task.is_closed else " (no end marked)")
        for task in outline.tasks.tasks
    ]
    others += [f"Excluded: {clock(a, tenths=True)} to {clock(b, tenths=True)}" for a, b in outline.left_out]
    return _section("Markers", notes + _list(others))


def _figures(figures: FaceFigures) -> list[str]:
    whole = figures.whole
    title = "Statistics by task" if figures.tasks else "Statistics"
    columns = {WHOLE: whole} | {
        (name if name != WHOLE else f"{name} (task)"): own for name, own in figures.tasks.items()
    }
    explained = (
        "Valence: from unpleasant (−1) to pleasant (+1); arousal: from calm to excited; both derived from the seven "
        "(Russell and Mehrabian, 1977), as mean ± standard deviation over time."
    )
    found = [_section(title, session_tables.figures(columns) + f'<p class="small">{explained}</p>')]
    levels = f"<p>{escape(levels_line(whole.level_shares))}</p>"
    found.append(
        '<div class="two">'
        + _section("Label durations", session_tables.dwell_times(whole))
        + _section("Why the program was unsure", levels + session_tables.doubts(figures.doubts))
        + "</div>"
    )
    moves = session_tables.transitions(whole.transitions)
    found.append(_section("Transitions", f'{moves}<p class="small">{session_tables.TRANSITIONS_EXPLAINED}</p>'))
    if whole.peaks:
        found.append(_section("Strongest moments", session_tables.peaks(whole.peaks)))
    return found


def _facts(outline: Outline, face: int | None, *, corrected: bool) -> str:
    one = outline.session
    facts = {
        "Participant": one.participant,
        "Start": when(one),
        "Length": clock(outline.length_s),
        "Samples": f"{outline.count:,}, at most {one.rate_per_s:g} per face and second",
        "Source": SOURCES_IN_WORDS[one.source],
        "State": STATES_IN_WORDS[one.state],
        "Consent": "none stored" if one.consent_at is None else f"{one.consent_at:%d %b %Y, %H:%M} UTC",
        "Values": "relative to the neutral face" if corrected else "raw",
    }
    if face is not None:
        facts["Face"] = outline.face_name(face)
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    note = f'<p class="note">{escape(one.note)}</p>' if one.note else ""
    return _section("The session", f'<dl class="facts">{rows}</dl>{note}')


def _check_ins(outline: Outline, *, with_phq4: bool) -> str:
    # Without the PHQ-4 a check-in of nothing else is left out: that there are answers is nobody's business either.
    shown = [one for one in outline.check_ins if with_phq4 or one.valence or one.arousal or one.note or not one.phq4]
    return _section("Check-ins", _list([check_in_line(one, phq4=with_phq4) for one in shown]))


def _model(outline: Outline, models: Iterable[StoredModel]) -> str:
    one = outline.session
    words = f"<p>{escape(one.model_name)}, fingerprint (SHA-256) {escape(one.model_sha256[:12] or 'unknown')}</p>"
    card = next((m.card for m in models if m.card and m.card.sha256.get(TFLITE_FILE) == one.model_sha256), None)
    if card is None:
        return _section("The model", words + "<p>Its accuracy is not known here: this model is no longer stored.</p>")
    return _section("The model", words + f"<p>{escape(_accuracy(card))}</p>")


def _accuracy(card: ModelCard) -> str:
    """How often the model was right on faces that it had not learnt from; empty where its card does not say."""
    for split in ("test", "validation"):
        measured = card.metrics.get(split, {})
        accuracy, n = measured.get("accuracy"), measured.get("n")
        if isinstance(accuracy, int | float) and isinstance(n, int):
            return (
                f"Of {n:,} faces of its archive's {split} split it was right for {whole_percent(accuracy)} by their "
                f"labels, each from one still picture. {_by_votes(measured.get('crowd'))}{_thresholds(card)}"
            )
    return ""


def _by_votes(crowd: object) -> str:
    """The same by what people see, where the card says; such labels are the better yardstick of what is shown."""
    share = crowd.get("accuracy") if isinstance(crowd, dict) else None
    if share is None or not is_share(share):
        return ""
    return f"Where most of ten people agreed on a face, it was right for {whole_percent(share)}. "


def _thresholds(card: ModelCard) -> str:
    """From which confidence on a label is shown, and named."""
    if card.named_from is None or card.named_from <= card.unsure_below:
        return "Labels below its confidence threshold are withheld as “unsure”."
    return (
        f"Labels with less than {whole_percent(card.unsure_below)} confidence are withheld as “unsure”; up to "
        f"{whole_percent(card.named_from)} they are shown as “probably”."
    )
