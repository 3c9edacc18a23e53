"""From a provider's claims to a user."""

from typing import Any

import pytest

from app.access.claims import is_current, user_from_claims
from app.access.settings import AccessSettings
from app.access.types import ANONYMOUS_USER, LOCAL_USER, Right, Role, User

SETTINGS = AccessSettings(
    grants=((Role.ADMINISTRATOR, "anna@example.org"), (Role.RECORDER, "@example.org"), (Role.TRAINER, "trainers")),
    role_claim="groups",
)
ANNA = {"iss": "https://id.example.org", "sub": "1", "email": "anna@example.org", "email_verified": True}


def user(**changes: Any) -> User | None:
    return user_from_claims(ANNA | changes, SETTINGS)


def test_a_listed_account_has_its_roles_and_an_owner_that_an_other_address_does_not_change() -> None:
    anna, renamed = user(), user(email="anna.new@example.org")
    assert anna is not None
    assert renamed is not None
    assert anna.roles == {Role.ADMINISTRATOR, Role.RECORDER}
    assert renamed.roles == {Role.RECORDER}
    assert anna.owner == renamed.owner
    assert (anna.name, renamed.name) == ("anna@example.org", "anna.new@example.org")
    assert len(anna.owner) < 200


def test_the_same_subject_of_another_provider_is_somebody_else() -> None:
    one, other = user(), user(iss="https://other.example.org")
    assert one is not None
    assert other is not None
    assert one.owner != other.owner


def test_an_unverified_address_counts_for_nothing() -> None:
    assert user(email_verified=False) is None
    assert user(email_verified="false") is None


@pytest.mark.parametrize("groups", ["trainers", ["staff", "trainers"]])
def test_the_claim_gives_roles_too(groups: Any) -> None:
    found = user(email="x@elsewhere.net", groups=groups)
    assert found is not None
    assert found.roles == {Role.TRAINER}


@pytest.mark.parametrize("groups", ["anna@example.org", ["x@example.org", "@example.org"]])
def test_a_group_that_looks_like_an_address_is_none(groups: Any) -> None:
    assert user(email="x@elsewhere.net", groups=groups) is None
    assert user(email_verified=False, groups=groups) is None


@pytest.mark.parametrize("changes", [{"sub": ""}, {"iss": None}, {"email": "x@elsewhere.net", "groups": 7}])
def test_who_is_nobody_or_listed_nowhere_is_no_user(changes: dict[str, Any]) -> None:
    assert user(**changes) is None


def test_a_token_is_over_when_it_says_so_or_does_not_say() -> None:
    assert is_current({"exp": 1000}, now=1000)
    assert is_current({"exp": 1000}, now=1059), "clocks differ"
    assert not is_current({"exp": 1000}, now=1061)
    assert not is_current({}, now=0)
    assert not is_current({"exp": "soon"}, now=0)
    assert not is_current({"exp": None}, now=0)


def test_rights_come_with_roles() -> None:
    def rights(*roles: Role) -> set[Right]:
        return {right for right in Right if User("o", "n", frozenset(roles)).may(right)}

    assert rights(Role.VIEWER) == set()
    assert rights(Role.RECORDER) == {Right.RECORD, Right.DELETE}
    assert rights(Role.TRAINER) == {Right.TRAIN, Right.PROMOTE}
    assert rights(Role.ADMINISTRATOR) == set(Right)
    assert rights(Role.RECORDER, Role.TRAINER) == {Right.RECORD, Right.DELETE, Right.TRAIN, Right.PROMOTE}
    assert {right for right in Right if ANONYMOUS_USER.may(right)} == {Right.RECORD}
    assert LOCAL_USER.sees_all
    assert not ANONYMOUS_USER.sees_all
    assert User("o", "n", frozenset({Role.RECORDER})).has(Role.VIEWER)
    assert not User("o", "n", frozenset({Role.TRAINER})).has(Role.RECORDER)
