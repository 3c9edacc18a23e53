"""Settings with their meaning: one description from which checks, command-line flags and page widgets are made.

A setting is a dataclass field made with `setting(...)`; its metadata holds a `Setting`. No deep-learning library is
imported here, so that the web process can read the settings.
"""

import argparse
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Final

from train.errors import ConfigError

_KEY: Final = "setting"


@dataclass(frozen=True)
class Setting:
    """What a setting is called, does and may be.

    Attributes:
        label: for a form, a few words.
        help: what it does, and what it does to accuracy.
        group: heading under which it stands.
        minimum: smallest allowed number, or None.
        maximum: largest allowed number, or None.
        choices: the only allowed values, or empty.
        step: of a form's number field, or None.
        advanced: whether a form may hide it at first.
        zero_is: what 0 means where it is no number of its own, such as "automatic"; else empty.
        name: the field's name; filled in by `settings_of`.
        default: the field's default; filled in by `settings_of`.
    """

    label: str
    help: str
    group: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    step: float | None = None
    advanced: bool = False
    zero_is: str = ""
    name: str = ""
    default: Any = None

    def words(self, value: Any) -> str:
        """A value as people read it: never a number that stands for something else."""
        if self.zero_is and value == 0:
            return self.zero_is
        if isinstance(value, tuple | list):
            return " to ".join(self.words(part) for part in value)
        return f"{value:g}" if isinstance(value, float) else str(value) or "none"

    @property
    def flag(self) -> str:
        """Its command-line flag."""
        return "--" + self.name.replace("_", "-")


def setting(default: Any, label: str, group: str, help_text: str, **bounds: Any) -> Any:
    """A dataclass field with a default and a meaning; `bounds` are further attributes of `Setting`."""
    return field(default=default, metadata={_KEY: Setting(label=label, group=group, help=help_text, **bounds)})


def settings_of(config: type) -> tuple[Setting, ...]:
    """The settings of a dataclass in their order, each with its name and default."""
    return tuple(
        replace(f.metadata[_KEY], name=f.name, default=None if f.default is MISSING else f.default)
        for f in fields(config)
        if _KEY in f.metadata
    )


def check_settings(config: Any) -> None:
    """Compare every setting of a dataclass instance with its type and bounds.

    Raises:
        ConfigError: a value has another type than the default, or lies outside its bounds.
    """
    for item in settings_of(type(config)):
        value = getattr(config, item.name)
        if isinstance(item.default, tuple):
            for part in value:
                _check_value(item, part, float)
        else:
            _check_value(item, value, type(item.default))


def add_flags(parser: argparse.ArgumentParser, config: type) -> None:
    """Add one flag per setting; those not given on the command line stay out of the parsed options."""
    groups: dict[str, Any] = {}
    for item in settings_of(config):
        group = groups.setdefault(item.group, parser.add_argument_group(item.group))
        pair = isinstance(item.default, tuple)
        group.add_argument(
            item.flag,
            dest=item.name,
            type=float if pair else type(item.default),
            nargs=len(item.default) if pair else None,
            choices=item.choices or None,
            default=argparse.SUPPRESS,
            metavar=None if item.choices else "VALUE",
            help=f"{item.help} (default: {_shown(item)})".replace("%", "%%"),
        )


def given_values(options: argparse.Namespace, config: type) -> dict[str, Any]:
    """The settings of `config` that the command line gave, for its constructor."""
    given: Mapping[str, Any] = vars(options)
    values = {item.name: given[item.name] for item in settings_of(config) if item.name in given}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def read_value(item: Setting, text: str) -> Any:
    """A setting's value out of a command line's words; the two ends of a range are joined by a colon.

    Raises:
        ConfigError: it is of another type, or lies outside the setting's bounds.
    """
    pair = isinstance(item.default, tuple)
    kind = float if pair else type(item.default)
    try:
        parts = [kind(word) for word in (text.split(":") if pair else [text])]
    except ValueError as error:
        raise ConfigError(f"{item.name} must be of type {kind.__name__}, got {text!r}") from error
    if pair and len(parts) != len(item.default):
        raise ConfigError(f"{item.name} must be {len(item.default)} numbers, such as 0.1:0.2, got {text!r}")
    for part in parts:
        _check_value(item, part, kind)
    return tuple(parts) if pair else parts[0]


def _check_value(item: Setting, value: Any, wanted: type) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = number and (wanted is float or isinstance(value, int)) if wanted in (int, float) else isinstance(value, str)
    if not fits:
        raise ConfigError(f"{item.name} must be of type {wanted.__name__}, got {value!r}")
    if item.choices and value not in item.choices:
        raise ConfigError(f"{item.name} must be one of {', '.join(item.choices)}, got {value!r}")
    # Written so that NaN, which compares false with everything, is refused too.
    if item.minimum is not None and not value >= item.minimum:
        raise ConfigError(f"{item.name} must be at least {item.minimum:g}, got {value}")
    if item.maximum is not None and not value <= item.maximum:
        raise ConfigError(f"{item.name} must be at most {item.maximum:g}, got {value}")


def _shown(item: Setting) -> str:
    value = item.default
    shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value) or "none"
    return f"{shown}, {item.zero_is}" if item.zero_is and value == 0 else shown


def refuse_unknown(config: type, values: dict[str, Any]) -> None:
    """Compare the names of `values` with the settings of a dataclass.

    Raises:
        ConfigError: it has no such setting.
    """
    known = {f.name for f in fields(config)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ConfigError(
            f"unknown training setting {', '.join(unknown)}; known are {', '.join(sorted(known))}. "
            "Was it written by a newer version?"
        )
