"""A shared passphrase: its hash for the environment, its check, and how often somebody may try.

The hash is scrypt's (RFC 7914) with 32 MB and a fraction of a second a try, written as
`scrypt:logarithm of n:r:p:salt:hash`, the last two in base64 of URLs. Between them stand colons, as shells and compose
files give a dollar a meaning.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MIN_LENGTH: Final = 12
"""Characters: short ones are guessed, and everybody knows this one."""
MAX_LENGTH: Final = 256
_LOG_N, _R, _P = 15, 8, 1
_MAX_MEMORY: Final = 256 * 2**20
_FORM: Final = "FER_PASSPHRASE_HASH must be what `python -m app.access` prints, such as scrypt:15:8:1:…:…"


@dataclass(frozen=True)
class PassphraseHash:
    """A parsed hash.

    Attributes:
        log_n, r, p: scrypt's costs.
        salt, digest: its salt and its result.
    """

    log_n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> "PassphraseHash":
        """Read it as it stands in the environment.

        Raises:
            ValueError: it is no such hash; the sentence does not repeat it.
        """
        parts = text.strip().split(":")
        if len(parts) != 6 or parts[0] != "scrypt":
            raise ValueError(_FORM)
        try:
            log_n, r, p = (int(part) for part in parts[1:4])
            salt, digest = (base64.urlsafe_b64decode(part) for part in parts[4:])
        except (ValueError, binascii.Error):
            raise ValueError(_FORM) from None
        if not (14 <= log_n <= 20 and 1 <= r <= 16 and 1 <= p <= 4 and len(salt) >= 16 and len(digest) == 32):
            raise ValueError(_FORM)
        return cls(log_n, r, p, salt, digest)

    def matches(self, passphrase: str) -> bool:
        """Whether it is the hash of that passphrase."""
        if len(passphrase) > MAX_LENGTH:
            return False
        return hmac.compare_digest(self.digest, _scrypt(passphrase, self.salt, self.log_n, self.r, self.p))

    def __str__(self) -> str:
        """As it stands in the environment."""
        salt, digest = (base64.urlsafe_b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt:{self.log_n}:{self.r}:{self.p}:{salt}:{digest}"


def hash_passphrase(passphrase: str) -> PassphraseHash:
    """The hash of a new passphrase, with a salt of its own.

    Raises:
        ValueError: it is too short or too long.
    """
    if not MIN_LENGTH <= len(passphrase) <= MAX_LENGTH:
        raise ValueError(
            f"The passphrase must have {MIN_LENGTH} to {MAX_LENGTH} characters; it has {len(passphrase)}. "
            "Four or five words that do not belong together are easy to remember."
        )
    salt = secrets.token_bytes(16)
    return PassphraseHash(_LOG_N, _R, _P, salt, _scrypt(passphrase, salt, _LOG_N, _R, _P))


def _scrypt(passphrase: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**log_n, r=r, p=p, dklen=32, maxmem=_MAX_MEMORY)


class Attempts:
    """Counts failed tries of each address, and of all together. Thread-safe.

    Five tries are free; the wait then doubles from two seconds up to five minutes. An address that does not try for an
    hour begins anew. All addresses together get 60 failed tries in five minutes, so that a thousand addresses guess no
    faster than one lab mistypes.
    """

    FREE = 5
    LONGEST_S = 300.0
    FORGOTTEN_AFTER_S = 3600.0
    OF_ALL = 60
    _MOST_ADDRESSES = 10_000

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Count from zero; `now` gives seconds that never go back."""
        self._now = now
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._recent: list[float] = []

    def wait_s(self, address: str) -> float:
        """How many seconds that address must wait before its next try, 0 when it may try at once."""
        with self._lock:
            return self._wait_s(address, self._now())

    def begin(self, address: str) -> float:
        """Like `wait_s`; at 0 the try counts as a failed one until `succeeded`, so that parallel tries gain nothing."""
        with self._lock:
            now = self._now()
            wait = self._wait_s(address, now)
            if wait <= 0:
                count, _ = self._failed.pop(address, (0, now))
                self._failed[address] = (count + 1, now)
                self._recent.append(now)
                while len(self._failed) > self._MOST_ADDRESSES:
                    self._failed.popitem(last=False)
            return wait

    def succeeded(self, address: str) -> None:
        """Forget that address' failed tries."""
        with self._lock:
            self._failed.pop(address, None)
            if self._recent:
                self._recent.pop()

    def _wait_s(self, address: str, now: float) -> float:
        self._recent = [at for at in self._recent if now - at < self.LONGEST_S]
        wait = self._recent[0] + self.LONGEST_S - now if len(self._recent) >= self.OF_ALL else 0.0
        count, at = self._failed.get(address, (0, now))
        if now - at > self.FORGOTTEN_AFTER_S:
            del self._failed[address]
            return wait
        if count >= self.FREE:
            wait = max(wait, at + min(2.0 ** (count - self.FREE + 1), self.LONGEST_S) - now)
        return max(wait, 0.0)
