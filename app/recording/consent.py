"""What somebody agrees to before anything of them is stored. Imports no Streamlit.

The words are part of each session, by their version: change them, and give them a new one.
"""

from typing import Final

from app.formatting import counted

CONSENT_VERSION: Final = "3"
"""Of all the words below; at most 32 characters."""

STORED: Final = (
    "**What is stored.** Numbers, at most as often as you choose: the time, the probability of each of the seven "
    "expressions (as seen, and relative to your neutral face), valence and arousal, how good the view was, where the "
    "face was in the picture, the name of the network, and your markers and answers. No pictures, unless you ask for "
    "the video below."
)
WHERE: Final = "**Where, and for how long.** In {place}, {kept}. It is sent nowhere else."
MEANING: Final = (
    "**What it is not.** Expressions are not feelings: a smile can be polite, and the program makes mistakes. Nothing "
    "here is a diagnosis or a basis for one."
)
LAW: Final = (
    "**Where it is forbidden.** The EU's AI Act, Article 5(1)(f), forbids inferring the emotions of people at work and "
    "in education, except for medical or safety reasons. Do not record anybody there."
)
YOURS: Final = (
    "**It stays yours.** You can stop at any time, delete the session at once or later, and take a copy with you. "
    "Agreeing is up to you: without it nothing is stored, and the live video still works."
)
ASK_TO_DELETE: Final = (
    "**You can ask for it back.** You can stop at any time, and take a copy with you. On this server only whoever "
    "runs it can delete sessions: ask them. Agreeing is up to you: without it nothing is stored, and the live video "
    "still works."
)
VIDEO: Final = (
    "The video shows your face as on this page, with boxes and labels. It is kept as an MP4 file beside the session, "
    "in {place}, and is deleted with the session. Anyone who can read that folder can watch it."
)
FILE: Final = (
    "The people in this video have agreed that these numbers about them are kept. They are not at work or in "
    "education, unless the reasons are medical or safety."
)
FILE_VIDEO: Final = (
    "They have also agreed that the labelled video, which shows their faces, is kept beside the session."
)


def points(place: str, retention_days: int | None, *, may_delete: bool = True) -> tuple[str, ...]:
    """What there is to read before a live recording, as Markdown paragraphs.

    Args:
        place: of the store, as it may be told.
        retention_days: after how many days sessions are deleted; None for never.
        may_delete: whether whoever reads this may delete the session on a page.
    """
    kept = kept_for(retention_days, may_delete=may_delete)
    return (STORED, WHERE.format(place=f"`{place}`", kept=kept), MEANING, LAW, YOURS if may_delete else ASK_TO_DELETE)


def kept_for(retention_days: int | None, *, may_delete: bool = True) -> str:
    """For how long sessions are kept, in words; see `points`."""
    who = "you delete" if may_delete else "whoever runs this server deletes"
    if retention_days is None:
        return f"until {who} it"
    before = "; you can delete it sooner" if may_delete else ""
    return f"for {counted(retention_days, 'day')}, and is then deleted within an hour{before}"
