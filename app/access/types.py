"""People, their roles, and the rights that come with a role."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AccessMode(StrEnum):
    """How this server learns who somebody is."""

    OPEN = "open"
    """Nobody signs in: the server answers this machine alone, and whoever sits at it may do everything."""
    ANONYMOUS = "anonymous"
    """Nobody signs in on a network (FER_ALLOW_ANONYMOUS): all are one user without the rights to delete and train."""
    PASSPHRASE = "passphrase"  # nosec B105 # a word for it
    """One passphrase for everybody, which gives one role."""
    OIDC = "oidc"
    """Each signs in with an account of an OpenID Connect provider."""


class Role(StrEnum):
    """What somebody is here for; a person may have several."""

    VIEWER = "viewer"
    RECORDER = "recorder"
    TRAINER = "trainer"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """Something that not everybody may do."""

    RECORD = "record"
    """Keep sessions and participants of one's own, and analyse files."""
    DELETE = "delete"
    """Delete what is one's own."""
    TRAIN = "train"
    """Upload archives, train, and keep models."""
    PROMOTE = "promote"
    """Make a model the live one of the whole server."""
    ADMINISTER = "administer"
    """See and delete everybody's, set the retention, see the server's state."""


_RIGHTS: Final = {
    Role.VIEWER: frozenset[Right](),
    Role.RECORDER: frozenset({Right.RECORD, Right.DELETE}),
    Role.TRAINER: frozenset({Right.TRAIN, Right.PROMOTE}),
    Role.ADMINISTRATOR: frozenset(Right),
}
OF_ADMINISTRATORS: Final = "administrator"  # as app.store.own_rows has it, which knows nothing of users
"""The owner of what belongs to nobody else: all that was stored before there were owners, and what the one person of an
open server stores."""


@dataclass(frozen=True)
class User:
    """Somebody who may use this server.

    Attributes:
        owner: what their sessions, files, runs and models are stored under; it stays the same for an account.
        name: what the page calls them.
        roles: never empty.
        withheld: rights that they lack though a role gives them.
    """

    owner: str
    name: str
    roles: frozenset[Role]
    withheld: frozenset[Right] = frozenset()

    def has(self, role: Role) -> bool:
        """Whether they have that role; an administrator has all, and everybody may view."""
        return role is Role.VIEWER or role in self.roles or Role.ADMINISTRATOR in self.roles

    def may(self, right: Right) -> bool:
        """Whether they have that right."""
        return right not in self.withheld and any(right in _RIGHTS[role] for role in self.roles)

    @property
    def sees_all(self) -> bool:
        """Whether others' sessions, runs and models are shown to them as well."""
        return self.may(Right.ADMINISTER)


LOCAL_USER: Final = User(OF_ADMINISTRATORS, "", frozenset({Role.ADMINISTRATOR}))
"""Whoever sits at an open server."""
ANONYMOUS_USER: Final = User("anonymous", "", frozenset({Role.RECORDER}), withheld=frozenset({Right.DELETE}))
"""Everybody at a server that was opened to a network without sign-in."""
