"""A recording whose server has ended goes on at another one that shares its store, by the key in the tab's address.

The key names the session and is signed with the secret of the servers' cookies, so it is known at each of them and can
be made by nobody else. Imports no Streamlit.
"""

import base64
import hashlib
import hmac
from typing import Final

from app.recording.recording import Recording
from app.store.database import Store
from app.store.taking_over import take_over
from fer_core.expressions.card import ModelCard

_PURPOSE: Final = "fer-studio recording"
_UID_CHARS: Final = 32


def key_of(uid: str, secret: str) -> str:
    """The key of a recording.

    Args:
        uid: of its session, 32 characters.
        secret: what cookies are signed with; equal on all replicas of a server.
    """
    signature = hmac.new(secret.encode(), f"{_PURPOSE}|{uid}".encode(), hashlib.sha256).digest()
    return uid + base64.urlsafe_b64encode(signature[:18]).decode("ascii")


def uid_of(key: str, secret: str) -> str | None:
    """The session that a key names; None where nobody with that secret made it.

    Args:
        key: anybody's text.
        secret: see `key_of`.
    """
    uid = key[:_UID_CHARS]
    return uid if hmac.compare_digest(key.encode(), key_of(uid, secret).encode()) else None


def go_on(store: Store, key: str, secret: str, card: ModelCard) -> Recording | None:
    """Take up the recording that a key names.

    Args:
        store: in which its session is seen by whoever brings the key.
        key: from the address, anybody's text.
        secret: see `key_of`.
        card: of the model that judges from now on.

    Returns:
        The recording, which waits for pictures; None where the key leads to none that could go on.

    Raises:
        StillRecordedError: its server may still live; to be asked again in a moment.
        StoreError: the store cannot be read or written.
    """
    uid = uid_of(key, secret)
    taken = None if uid is None else take_over(store, uid)
    return None if taken is None else Recording.go_on(store, taken, card)
