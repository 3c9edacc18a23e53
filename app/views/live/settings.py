"""The live page's settings; each takes effect on the next analysed frame, without restarting the video."""

from dataclasses import replace
from typing import Any, Final

import streamlit as st

from app.access import current
from app.access.files import own_cards
from app.live.session import LiveSession
from fer_core.annotate import Overlay
from fer_core.expressions.card import ModelCard
from fer_core.expressions.card_checks import is_share
from fer_core.expressions.model_list import LIVE
from fer_core.faces.detector import DetectorName, detectors_here
from fer_core.limits import MAX_FACES

OVERLAYS: dict[str, Overlay] = {"Boxes": "boxes", "Boxes and landmarks": "landmarks", "Nothing": "nothing"}
BALANCE = 0.7
"""Strength of "Balanced": most of what balanced recall gains for little accuracy."""
_LEVEL_FIGURES: Final = ("named", "named_right", "leaning", "leaning_right")
DETECTORS: dict[DetectorName, str] = {"blazeface": "BlazeFace", "yunet": "YuNet", "haar": "Haar"}


@st.fragment
def render(session: LiveSession) -> None:
    """Draw the settings and hand them to the session."""
    with st.expander("Settings", icon=":material/tune:"):
        left, right = st.columns(2, gap="medium")
        with right:
            _parts(session)
        with left:
            _steadiness(session)


def _steadiness(session: LiveSession) -> None:
    pipeline = session.settings.pipeline
    model = session.settings.model
    card = own_cards(current.signed_in()).get(model)
    own_threshold = round(card.unsure_below, 2) if card else 0.4
    smoothing_s = st.slider(
        "Smoothing (seconds)",
        0.0,
        3.0,
        pipeline.smoothing.time_constant_s,
        0.1,
        key="smoothing_s",
        help="A lasting expression is averaged over about this time. More is calmer but slower: a clear change shows "
        "after about a third of it. 0 shows each analysed frame by itself.",
    )
    unsure_below = st.slider(
        "Say “unsure” below (confidence)",
        0.0,
        1.0,
        own_threshold if pipeline.unsure_below is None else pipeline.unsure_below,
        0.01,
        key=f"unsure_below_{model}",
        help="Faces whose most probable expression is less probable than this get no label. "
        f"{own_threshold:.2f} is this model's own threshold.{_levels(card) or _kept(card)}",
    )
    priors_known = card is not None and card.class_priors is not None
    balanced = st.toggle(
        "Balanced",
        pipeline.balance > 0,
        key="balanced",
        disabled=not priors_known,
        help="Misses fewer expressions that were rare in training, such as disgust and fear, at the price of a few "
        "more mistakes overall." + ("" if priors_known else " This model does not say how rare they were."),
    )
    session.settings = replace(
        session.settings,
        pipeline=replace(
            pipeline,
            balance=BALANCE if balanced else 0.0,
            smoothing=replace(pipeline.smoothing, time_constant_s=smoothing_s),
            # Left alone, it is the model's, whichever model is put live meanwhile.
            unsure_below=None if abs(unsure_below - own_threshold) < 0.005 else unsure_below,
        ),
    )


def _parts(session: LiveSession) -> None:
    settings = session.settings
    overlay = st.selectbox(
        "Show on the picture",
        list(OVERLAYS),
        list(OVERLAYS.values()).index(settings.overlay),
        key="overlay",
        help="Landmarks are the eyes, nose and mouth, by which a face is cut out. Haar finds none.",
    )
    detectors = detectors_here()
    detector = st.selectbox(
        "Face detector",
        detectors,
        detectors.index(settings.detector) if settings.detector in detectors else 0,
        key="detector",
        format_func=lambda name: DETECTORS[name],
        help=detector_help(),
    )
    # The model in use stays in the list even when it is damaged, so that the notice can say what is wrong with it.
    cards = own_cards(current.signed_in())
    models = sorted({settings.model, *cards})
    model = st.selectbox(
        "Model",
        models,
        models.index(settings.model),
        key="model",
        format_func=lambda name: model_label(name, cards.get(name)),
        help="The network that recognises the expressions. Models that you use for live video or keep on the Models "
        "page appear here.",
    )
    max_faces = st.number_input(
        "Largest number of faces",
        1,
        100,
        settings.pipeline.max_faces or MAX_FACES,
        key="max_faces",
        help="The largest ones are analysed. Each further face takes more time.",
    )
    exact = st.toggle(
        "Boxes exactly on the faces",
        settings.exact,
        key="exact",
        help="Each picture waits some tenths of a second for its result; otherwise the boxes are moved ahead.",
    )
    returned = st.toggle(
        "Picture from the server",
        settings.returned,
        key="returned",
        help="The server draws the boxes and sends each picture back, later and less sharp. For browsers that cannot "
        "show the camera's own picture; if that is noticed, this is switched on for you.",
    )
    if model != settings.model:  # the threshold belongs to the model
        settings = replace(settings, pipeline=replace(settings.pipeline, unsure_below=None))
    settings = replace(settings, pipeline=replace(settings.pipeline, max_faces=int(max_faces)))
    session.settings = replace(
        settings,
        overlay=OVERLAYS[overlay],
        detector=detector,
        model=model,
        exact=exact,
        returned=returned,
    )
    if returned != settings.returned:
        st.rerun()  # another way to the camera


def detector_help() -> str:
    """What the detectors differ in, and how to get a better one where Haar is alone."""
    words = (
        "BlazeFace and YuNet find turned and small faces, with eyes, nose and mouth; of small ones, BlazeFace finds "
        "more. Haar is slower and sees frontal faces only."
    )
    return words if detectors_here() != ["haar"] else f"{words} To get a better one: python -m fer_core fetch-detector."


def model_label(name: str, card: ModelCard | None) -> str:
    """A folder's name; where another model was put live, its own name, too: "default: my-model"."""
    return f"{name}: {card.name}" if card and name == LIVE != card.name else name


def _levels(card: ModelCard | None) -> str:
    """What “probably” means, with what the card says of it; empty for a model with one threshold."""
    if card is None or card.named_from is None:
        return ""
    words = f" From {card.named_from:.2f} on a label is named; in between it says “probably”."
    validation = card.metrics.get("validation", {})
    levels = validation.get("levels")
    figures: list[Any] = [levels.get(name) for name in _LEVEL_FIGURES] if isinstance(levels, dict) else []
    if not figures or not all(is_share(figure) for figure in figures):
        return words
    named, named_right, leaning, leaning_right = figures
    yardstick = "what most people say" if validation.get("yardstick") == "votes" else "as in the data set"
    return (
        f"{words} On the validation images of its training it named {named:.0%} of the faces: {_of_ten(named_right)} "
        f"of these labels are {yardstick}. It said “probably” for {leaning:.0%}: {_of_ten(leaning_right)} of these are."
    )


def _of_ten(share: float) -> str:
    return f"{10 * share:.0f} of 10"


def _kept(card: ModelCard | None) -> str:
    """What the model's own threshold achieved, in a sentence; empty where the card does not say."""
    figures = card.metrics.get("validation", {}) if card else {}
    if not is_share(figures.get("kept_accuracy")) or not is_share(figures.get("coverage")):
        return ""
    return (
        f" On the validation images of its training it kept {figures['coverage']:.0%} of the faces, "
        f"and {figures['kept_accuracy']:.0%} of their labels were right."
    )
