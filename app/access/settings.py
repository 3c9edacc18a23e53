"""How people get in, from the environment."""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.access.passphrase import PassphraseHash
from app.access.types import AccessMode, Role
from app.environment import switch

_ROLES_FORM: Final = (
    "FER_ROLES must name who has which role, such as 'administrator=anna@example.org; recorder=@example.org'"
)
_ROLE_NAMES: Final = ", ".join(Role)
ANYBODY: Final = "*"
DEFAULT_HOURS: Final = 12.0
"""So long a sign-in by passphrase holds, a working day."""


@dataclass(frozen=True)
class AccessSettings:
    """What the person who runs the server decides about access.

    Attributes:
        mode: how people get in.
        passphrase: the hash of the shared passphrase, in mode passphrase.
        passphrase_role: the role that the passphrase gives.
        grants: pairs of a role and who has it: an address of e-mail, "@domain", a value of `role_claim`, or "*".
        role_claim: the claim of the provider's token whose values count in `grants` beside the address; "" for none.
        hours: how long a sign-in by passphrase holds.
    """

    mode: AccessMode = AccessMode.OPEN
    passphrase: PassphraseHash | None = field(default=None, repr=False)
    passphrase_role: Role = Role.RECORDER
    grants: tuple[tuple[Role, str], ...] = ()
    role_claim: str = ""
    hours: float = DEFAULT_HOURS

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, *, has_provider: bool = False
    ) -> "AccessSettings":
        """Read FER_ALLOW_ANONYMOUS, FER_ROLES, FER_ROLE_CLAIM, FER_SIGN_IN_HOURS and those of FER_PASSPHRASE_.

        Args:
            environment: the variables.
            has_provider: whether Streamlit's secrets have a section [auth].

        Raises:
            ValueError: one of them is no such thing, or two ways to get in are set.
        """
        text = environment.get("FER_PASSPHRASE_HASH", "").strip()
        is_anonymous = switch(environment, "FER_ALLOW_ANONYMOUS")
        ways = [
            (AccessMode.OIDC, "a provider ([auth] in secrets.toml)", has_provider),
            (AccessMode.PASSPHRASE, "FER_PASSPHRASE_HASH", bool(text)),
            (AccessMode.ANONYMOUS, "FER_ALLOW_ANONYMOUS", is_anonymous),
        ]
        chosen = [(mode, name) for mode, name, is_set in ways if is_set]
        if len(chosen) > 1:
            raise ValueError(f"Choose one way to get in: {' and '.join(name for _, name in chosen)} are both set.")
        mode = chosen[0][0] if chosen else AccessMode.OPEN
        grants = tuple(_grants(environment.get("FER_ROLES", "")))
        if mode is AccessMode.OIDC and not any(role is Role.ADMINISTRATOR for role, _ in grants):
            raise ValueError(
                f"{_ROLES_FORM}; nobody is an administrator, so nobody could see or delete what belongs to nobody."
            )
        return cls(
            mode=mode,
            passphrase=PassphraseHash.parse(text) if text else None,
            passphrase_role=_role(environment.get("FER_PASSPHRASE_ROLE", "").strip() or Role.RECORDER),
            grants=grants,
            role_claim=environment.get("FER_ROLE_CLAIM", "").strip(),
            hours=_hours(environment.get("FER_SIGN_IN_HOURS", "")),
        )

    def roles_of(self, names: Iterable[str]) -> frozenset[Role]:
        """The roles of somebody with these names: an address of e-mail, or values of the claim. Case does not count."""
        known = {name.casefold() for name in names}
        domains = {"@" + name.rpartition("@")[2] for name in known if "@" in name}
        return frozenset(role for role, who in self.grants if who == ANYBODY or who in known or who in domains)


def refuse_if_open(settings: AccessSettings, address: str, hosts: Iterable[str] = ()) -> None:
    """Refuse to serve a network without sign-in.

    Args:
        settings: how people get in.
        address: where the server listens, an address or a name; "" for everywhere.
        hosts: the names under which it is to be reached (FER_ALLOWED_HOSTS), as behind a proxy.

    Raises:
        ValueError: others than this machine could reach it, and nobody would have to sign in.
    """
    if settings.mode is not AccessMode.OPEN:
        return
    reached_by = next((host for host in (address, *hosts) if not is_loopback(host)), None)
    if reached_by is None:
        return
    raise ValueError(
        f"FER Studio would answer at {reached_by or 'every address of this machine'}, and anybody there could read and "
        "delete everything. Set up sign-in (docs/deploy.md): an OpenID Connect provider, or a shared passphrase in "
        "FER_PASSPHRASE_HASH. With FER_ALLOW_ANONYMOUS=1 it starts without; deleting and training are then off."
    )


def is_loopback(host: str) -> bool:
    """Whether that name or address (with a port or without) is this machine's own, which no other one reaches."""
    name = host.strip().casefold()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _role(text: str) -> Role:
    try:
        return Role(text.strip().casefold())
    except ValueError:
        raise ValueError(f"A role must be one of {_ROLE_NAMES}; got {text[:80]!r}") from None


def _grants(text: str) -> Iterable[tuple[Role, str]]:
    for part in filter(None, (part.strip() for part in text.replace("\n", ";").split(";"))):
        role, equals, people = part.partition("=")
        who = [name.strip().casefold() for name in people.split(",") if name.strip()]
        if not equals or not who:
            raise ValueError(f"{_ROLES_FORM}; it has {part[:80]!r}")
        for name in who:
            yield _role(role), name


def _hours(text: str) -> float:
    try:
        hours = float(text.strip() or DEFAULT_HOURS)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 31:
        raise ValueError(f"FER_SIGN_IN_HOURS must be a number of hours up to 744, such as 12; it is {text[:80]!r}")
    return hours
