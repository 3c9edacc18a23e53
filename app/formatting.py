"""Numbers, times and counts as people read them: one place for every page, chart, report and sentence.

Imports nothing of the app, so everything may import it.
"""

from typing import Final

from fer_core.annotate import percent

MINUS: Final = "\N{MINUS SIGN}"
"""As wide as a plus."""


def clock(seconds: float, *, tenths: bool = False) -> str:
    """A time in a file or session: "0:07", "12:05", "1:00:00"; with `tenths` "0:07.4"."""
    rounded = int(seconds * 10 + 0.5) / 10 if tenths else int(seconds + 0.5)
    minutes, rest = divmod(rounded, 60)
    hours, minutes = divmod(int(minutes), 60)
    words = f"{rest:04.1f}" if tenths else f"{int(rest):02d}"
    return f"{hours}:{minutes:02d}:{words}" if hours else f"{minutes}:{words}"


def parse_clock(text: str) -> float | None:
    """Seconds from "75", "1:15" or "1:02:03.5"; None where the text is no time."""
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3:
        return None
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return None
    if any(not 0 <= value < 1e9 for value in values) or any(value >= 60 for value in values[1:]):
        return None
    return sum(value * 60.0**power for power, value in enumerate(reversed(values)))


def whole_percent(share: float) -> str:
    """0.831 as "83 %", with a space that does not break: a live or averaged share, whose decimals say nothing."""
    return percent(share).replace(" ", "\N{NO-BREAK SPACE}")


def noticed_percent(share: float) -> str:
    """The same for a share that is not zero: what would be rounded away is "<1 %"."""
    return "<1\N{NO-BREAK SPACE}%" if share < 0.005 else whole_percent(share)


def exact_percent(share: float | None) -> str:
    """0.831 as "83.1 %", with a space that does not break: a measured figure. A dash for None."""
    return "–" if share is None else f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign: "+0.21", "−0.40"; what rounds to zero is "+0.00"."""
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", MINUS)


def size_words(size_bytes: int) -> str:
    """A file's size, or a disk's: "12.3 kB", "1,234.5 MB", "76.4 GB"."""
    if size_bytes >= 1e10:
        return f"{size_bytes / 1e9:,.1f} GB"
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:,.1f} kB"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun: "1 session", "1,200 sessions".

    Args:
        number: how many.
        noun: in the singular.
        plural: where it is not the noun with an s, such as "analyses".
    """
    return f"{number:,} {agreeing(number, noun, plural or f'{noun}s')}"


def agreeing(number: int, singular: str, plural: str) -> str:
    """The form of a word that agrees with a count: "day is", "days are"."""
    return singular if number == 1 else plural
