"""How people get in, from the environment."""

import pytest
from streamlit import config

from app.access import server
from app.access.passphrase import hash_passphrase
from app.access.settings import AccessSettings, is_loopback, refuse_if_open
from app.access.types import AccessMode, Role

HASH = str(hash_passphrase("correct horse battery"))


def read(has_provider: bool = False, /, **environment: str) -> AccessSettings:
    return AccessSettings.from_environment(environment, has_provider=has_provider)


def test_nothing_set_is_open_and_each_way_in_has_its_mode() -> None:
    assert read().mode is AccessMode.OPEN
    assert read(FER_ALLOW_ANONYMOUS="0").mode is AccessMode.OPEN
    assert read(FER_ALLOW_ANONYMOUS="1").mode is AccessMode.ANONYMOUS
    assert read(FER_PASSPHRASE_HASH=HASH).mode is AccessMode.PASSPHRASE
    assert read(True, FER_ROLES="administrator=a@b.org").mode is AccessMode.OIDC


def test_the_hash_is_never_printed() -> None:
    settings = read(FER_PASSPHRASE_HASH=HASH, FER_PASSPHRASE_ROLE="administrator")
    assert settings.passphrase_role is Role.ADMINISTRATOR
    assert HASH not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"FER_ALLOW_ANONYMOUS": "yes"}, "FER_ALLOW_ANONYMOUS must be 1 or 0; it is 'yes'"),
        ({"FER_PASSPHRASE_HASH": HASH, "FER_ALLOW_ANONYMOUS": "1"}, "FER_PASSPHRASE_HASH and FER_ALLOW_ANONYMOUS are"),
        ({"FER_PASSPHRASE_HASH": "secret"}, "must be what `python -m app.access` prints"),
        ({"FER_PASSPHRASE_ROLE": "boss"}, "one of viewer, recorder, trainer, administrator; got 'boss'"),
        ({"FER_ROLES": "boss=a@b.org"}, "one of viewer, recorder, trainer, administrator; got 'boss'"),
        ({"FER_ROLES": "viewer a@b.org"}, "FER_ROLES must name who has which role"),
        ({"FER_ROLES": "viewer="}, "FER_ROLES must name who has which role"),
        ({"FER_SIGN_IN_HOURS": "0"}, "FER_SIGN_IN_HOURS must be a number of hours up to 744"),
        ({"FER_SIGN_IN_HOURS": "nan"}, "FER_SIGN_IN_HOURS must be a number of hours up to 744"),
    ],
)
def test_what_is_malformed_is_refused_with_one_sentence(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(**environment)


def test_a_provider_without_an_administrator_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody is an administrator"):
        read(True, FER_ROLES="recorder=*")


def test_roles_go_by_address_domain_claim_and_to_everybody() -> None:
    settings = read(
        FER_ROLES="administrator=Anna@Example.org; trainer=@example.org, lab-trainers\n"
        "recorder=ben@example.org;viewer=*"
    )
    assert settings.roles_of(["anna@example.org"]) == {Role.ADMINISTRATOR, Role.TRAINER, Role.VIEWER}
    assert settings.roles_of(["BEN@EXAMPLE.ORG"]) == {Role.TRAINER, Role.RECORDER, Role.VIEWER}
    assert settings.roles_of(["c@other.net", "lab-trainers"]) == {Role.TRAINER, Role.VIEWER}
    assert settings.roles_of(["d@evil-example.org"]) == {Role.VIEWER}
    assert settings.roles_of(["d@example.org.evil.net"]) == {Role.VIEWER}
    assert settings.roles_of([]) == {Role.VIEWER}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8501", "127.0.0.1", "127.8.8.8:80", "::1", "[::1]:8501", "a.localhost"]
)
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "[::]:8501", "192.168.1.4", "fer.example.org", "127.0.0.1.nip.io"]
)
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_an_open_server_on_a_network_is_refused_and_one_with_a_way_in_is_not() -> None:
    refuse_if_open(read(), "localhost", ["127.0.0.1:8501"])
    for address, hosts, reached_by in (
        ("", [], "every address of this machine"),
        ("192.168.1.4", [], "192.168.1.4"),
        ("127.0.0.1", ["fer.example.org"], "fer.example.org"),
    ):
        with pytest.raises(ValueError, match=f"would answer at {reached_by}, and anybody"):
            refuse_if_open(read(), address, hosts)
    refuse_if_open(read(FER_PASSPHRASE_HASH=HASH), "")
    refuse_if_open(read(FER_ALLOW_ANONYMOUS="1"), "")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("server.baseUrlPath", "studio"),
        ("server.enableAgentApi", True),
        ("server.trustedUserHeaders", {"X-User": "email"}),
    ],
)
def test_settings_of_streamlit_that_lead_around_the_checks_are_refused(option: str, value: object) -> None:
    server.refuse_ways_around()
    before = config.get_option(option)
    config.set_option(option, value)
    try:
        with pytest.raises(SystemExit, match=option):
            server.refuse_ways_around()
    finally:
        config.set_option(option, before)
