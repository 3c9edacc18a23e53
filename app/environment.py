"""Values of environment variables, refused with one sentence where they are malformed. Imports no Streamlit."""

from collections.abc import Mapping


def switch(environment: Mapping[str, str], name: str) -> bool:
    """Whether it is 1; not set is 0.

    Raises:
        ValueError: it is neither 1 nor 0.
    """
    text = environment.get(name, "").strip() or "0"
    if text not in ("0", "1"):
        raise ValueError(f"{name} must be 1 or 0; it is {text[:80]!r}")
    return text == "1"


def number(
    environment: Mapping[str, str],
    name: str,
    default: int,
    *,
    digits: int = 9,
    example: int | None = None,
    least: int = 1,
) -> int:
    """A whole number from `least`, of at most so many digits; where it is not set, the default.

    Args:
        environment: the variables.
        name: which of them.
        default: what nobody needs to set.
        digits: at most so many.
        example: of a number in the sentence of a refusal; None for the default.
        least: the lowest that is taken.

    Raises:
        ValueError: it is no such number.
    """
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= digits and int(text) >= least):
        raise ValueError(
            f"{name} must be a whole number from {least}, such as {example or default}; it is {text[:80]!r}"
        )
    return int(text)
