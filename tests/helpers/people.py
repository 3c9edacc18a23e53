"""Users to test with, each with things of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.access import current
from app.access.types import ANONYMOUS_USER, Role, User

ANNA = User("account-anna", "anna@example.org", frozenset({Role.RECORDER, Role.TRAINER}))
BEN = User("account-ben", "ben@example.org", frozenset({Role.RECORDER, Role.TRAINER}))
VIEWER = User("account-vera", "vera@example.org", frozenset({Role.VIEWER}))
CHIEF = User("account-chief", "chief@example.org", frozenset({Role.ADMINISTRATOR}))
NOBODY_IN_PARTICULAR = ANONYMOUS_USER


@contextmanager
def acting(user: User) -> Iterator[None]:
    """Within it, pages that run here are that user's: a page's test has no cookies that could say so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(current, "user", lambda: user)
        yield
