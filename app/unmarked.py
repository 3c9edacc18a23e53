"""Text of strangers in Streamlit's Markdown. Imports no Streamlit."""

import re


def unmarked(text: str) -> str:
    """Free text, such as a card's, so that Markdown shows it as it is: no links, pictures, icons, HTML or formulas.

    Points and brackets stay as they are, as sentences are full of them; what could make anything of them does not.
    """
    escaped = re.sub(r"([\\`*_\[\]<>#~|$:@&])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?i)(www)\.", r"\1\\.", escaped)
