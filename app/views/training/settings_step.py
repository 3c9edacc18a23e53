"""The settings of a new run: widgets made from the descriptions in `train.settings`."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.markdown_text import sentence
from app.training.plans import DEFAULT
from app.views.shared import widget_keys
from app.views.training.network_step import ChosenNetwork
from train.errors import ConfigError
from train.settings.augmentation import AugmentConfig
from train.settings.fields import Setting, settings_of
from train.settings.training import TrainingConfig

GROUPS = {
    "optimisation": "Optimisation",
    "augmentation": "Augmentation",
    "loss": "Loss",
    "network": "Network",
    "run": "Run",
}
_CHOSEN_ELSEWHERE = frozenset({"architecture", "init_from"})
_COLUMNS = 4
_KEY = "train_setting_"


def fill_in(config: TrainingConfig) -> None:
    """Put these settings into the form, before it is drawn."""
    for part in (config, config.augment):
        for item in settings_of(type(part)):
            if item.name not in _CHOSEN_ELSEWHERE:
                widget_keys.set_value(_KEY + item.name, _as_typed(item, getattr(part, item.name)))


def _as_typed(item: Setting, value: Any) -> Any:
    """A value as its widget holds it: an empty field where it stands for something else, such as "automatic"."""
    return None if item.zero_is and value == 0 else value


def render(network: ChosenNetwork) -> TrainingConfig | None:
    """Draw the form; None, with a sentence, where the settings do not go together."""
    # Groups without a tab need files that only the command line takes: FER+'s votes, and teachers.
    training = [i for i in settings_of(TrainingConfig) if i.name not in _CHOSEN_ELSEWHERE and i.group in GROUPS]
    augment = list(settings_of(AugmentConfig))
    values: dict[str, Any] = {}
    for (group, _), tab in zip(GROUPS.items(), st.tabs(list(GROUPS.values())), strict=True):
        with tab:
            values |= _group([item for item in [*training, *augment] if item.group == group])
    try:
        config = TrainingConfig(
            architecture=network.architecture,
            init_from=network.init_from,
            augment=AugmentConfig(**{item.name: values[item.name] for item in augment}),
            **{item.name: values[item.name] for item in training},
        )
    except ConfigError as error:
        st.error(f"These settings do not go together: {sentence(str(error).rstrip('.'))}.")
        return None
    st.caption(f"Learning rate in effect: {config.learning_rate_words}")
    return config


def _group(items: Sequence[Setting]) -> dict[str, Any]:
    ordinary = [item for item in items if not item.advanced]
    advanced = [item for item in items if item.advanced]
    values = _grid(ordinary)
    if advanced:
        with st.expander("Advanced"):
            values |= _grid(advanced)
    return values


def _grid(items: Sequence[Setting]) -> dict[str, Any]:
    values = {}
    for start in range(0, len(items), _COLUMNS):
        # Row by row, so that on a phone, where columns stack, the order stays.
        for column, item in zip(st.columns(_COLUMNS, gap="small"), items[start : start + _COLUMNS], strict=False):
            with column:
                values[item.name] = _widget(item)
    return values


def _widget(item: Setting) -> Any:
    key = widget_keys.key_of(_KEY + item.name)
    if key not in st.session_state:  # a widget's own default would stand against what a plan fills in
        config = DEFAULT.config
        part = config if hasattr(config, item.name) else config.augment
        st.session_state[key] = _as_typed(item, getattr(part, item.name))
    if item.choices:
        return st.selectbox(
            item.label,
            item.choices,
            key=key,
            help=item.help,
            format_func=lambda value: value.replace("_", " "),
            persist_state="session",
        )
    if isinstance(item.default, tuple):
        return st.slider(
            item.label,
            item.minimum,
            item.maximum,
            step=item.step,
            key=key,
            help=item.help,
            persist_state="session",
        )
    number = int if isinstance(item.default, int) else float
    empty: Any = None if item.zero_is else "min"
    value: float | None = st.number_input(
        item.label,
        min_value=None if item.minimum is None else number(item.minimum),
        max_value=None if item.maximum is None else number(item.maximum),
        value=empty,
        step=number(item.step or 1),
        format="%d" if number is int else "%g",  # shows what was typed, such as 0.0003, not a rounded 0.000
        key=key,
        help=item.help,
        placeholder=item.zero_is or None,
        persist_state="session",
    )
    return number(0) if value is None else value
