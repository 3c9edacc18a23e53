"""Text of people and files as Streamlit shows it: letter by letter, never as Markdown, a link, an icon or a formula.

A select box's options, placeholders and `st.text` read no Markdown, and need none of this.
"""

import re
from typing import Final

from app import places

_JOINER: Final = "\N{WORD JOINER}"
"""Is not seen, and no line breaks at it."""
# Streamlit turns these into links, icons, emoji and typographic signs after it has taken the backslashes away, so only
# a character in between keeps them apart. A colon before two digits and another one belongs to a time of day.
_LATE: Final = re.compile(
    r":(?=//[-.\w]*\.|material|streamlit|(?!\d\d:)[\w+-]+:)"  # https://a.b, :material/face:, :smile:
    r"|(?i:www)(?=\.)"
    r"|@(?=[\w-])"
    r"|(?<!\S)(?:<(?=->|-|=)|-(?=>|-)|>(?==)|~(?==))"  # <->, <-, <=, ->, --, >=, ~=
)
_SPACE: Final = re.compile(r"[^\S\N{NO-BREAK SPACE}]+")
"""Line breaks among it, which could begin another block; not the space before a percent sign, which does not break."""
_MARKS: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])")
_MARKS_WITHIN: Final = re.compile(r"([\\`*\[\]~$<&]|(?<![^\W_])_|_(?![^\W_])|:(?=[A-Za-z])|^[#+\-=>|]|(?<=^\d)[.)])")


def plain(text: str) -> str:
    """What people typed, and names of files, for anything that reads Markdown: texts, labels, tabs, hints, titles."""
    return _MARKS.sub(r"\\\1", _apart(text))


def sentence(text: str) -> str:
    """A message that such words may stand in: the same, but punctuation that means nothing within a line stays.

    Places on the server's disk are left out for whoever may not see them.
    """
    return _MARKS_WITHIN.sub(r"\\\1", _apart(places.shown(text)))


def _apart(text: str) -> str:
    return _LATE.sub(lambda found: found.group() + _JOINER, _SPACE.sub(" ", text).strip())
