"""The address of a session: it opens it, is kept by a reload, and names nobody else's."""

import pytest
from streamlit.testing.v1 import AppTest

from app.store.database import Store
from app.tab_memory import SessionMemory
from tests.helpers.pages import memory_of, open_page, page_of, press, run, spoken
from tests.helpers.people import ANNA, BEN, acting
from tests.helpers.session_pages import script
from tests.helpers.store_builders import make_participant, make_session


def at(number: object) -> AppTest:
    """The page of a new tab at that address."""
    page = page_of(script)
    page.query_params["id"] = str(number)
    return run(page)


def address(page: AppTest) -> str | None:
    """The number that the page's address names."""
    named = page.query_params.get("id")
    return named[0] if isinstance(named, list) else named


def title(page: AppTest) -> str:
    return str(page.title[0].value) if page.title else ""


@pytest.fixture
def two(store: Store) -> tuple[int, int]:
    """Numbers of the sessions "First look" and "Second look"."""
    person = make_participant(store)
    return make_session(store, person), make_session(store, person, title="Second look")


def test_an_opened_session_has_its_address_and_the_list_has_none(two):
    page = open_page(script)
    assert address(page) is None

    press(page, f"session_open_{two[0]}")
    run(page)
    assert address(page) == str(two[0])

    press(page, "session_back")
    assert address(page) is None
    assert memory_of(page).opened is None


def test_the_address_opens_a_session_in_a_new_tab_and_a_changed_one_another(two):
    page = at(two[0])
    assert title(page) == "First look"

    page.query_params["id"] = str(two[1])
    run(page)

    assert title(page) == "Second look"
    assert address(page) == str(two[1])


def test_an_address_that_lost_its_number_is_the_list(two):
    page = at(two[0])

    del page.query_params["id"]
    run(page)

    assert f"session_open_{two[0]}" in [button.key for button in page.button]


def test_a_changed_address_leaves_a_comparison(two):
    page = page_of(script)
    page.session_state["session_memory"] = SessionMemory(compared=two)
    page.query_params["id"] = str(two[1])

    assert title(run(page)) == "Second look"


def test_what_another_page_opened_counts_whatever_was_open_before(two):
    page = at(two[0])
    for number, named in ((two[1], "Second look"), (two[1], "Second look")):
        memory_of(page).opened, memory_of(page).addressed = number, None  # as `state.go_to` leaves it
        if "id" in page.query_params:
            del page.query_params["id"]
        run(page)
        assert title(page) == named
        assert address(page) == str(number)


@pytest.mark.parametrize("said", ["abc", "", "-1", "0", "1.5", "²", "99999999999999999999", str(2**31)])
def test_an_address_that_names_no_number_is_the_list(two, said):
    page = at(said)

    assert f"session_open_{two[0]}" in [button.key for button in page.button]
    assert list(page.error) == []


def test_anothers_session_is_refused_like_one_that_is_not_there(store):
    hers = store.everybodys.of(ANNA)
    number = make_session(hers, make_participant(hers, "Sue"), title="Sue's day")
    with acting(BEN):
        said = [spoken(at(asked)).replace(str(asked), "N") for asked in (number, 4711)]
    assert said[0] == said[1]
    assert "There is no session N" in said[0]
    assert "Sue" not in said[0]
    with acting(ANNA):
        assert title(at(number)) == "Sue's day"
