"""The System page's section on viewers: this server, the others of its store, and why no more are let in."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.access import current
from app.access.current import NotAllowedError
from app.access.types import Role, User
from app.live.admission import Verdict
from app.live.load import LoadWatch, Standing
from app.replica import own_row
from app.store.database import Store
from app.store.errors import StoreError
from app.store.replicas import tell
from app.views.system import viewers
from tests.helpers.pages import html_of, open_page, run, words

STANDING = Standing(
    viewers=3,
    limit=12,
    measured=3,
    rate_min=14.04,
    rate_median=15.06,
    wait_s=0.0042,
    cores=0.54,
    cores_per_viewer=0.18,
    next_rate=13.2,
    verdict=Verdict.OPEN,
    fair_per_s=8.0,
)


def section_alone() -> None:
    from app.views.system import viewers

    viewers.render()


class Server:
    """How this server stands."""

    def __init__(self) -> None:
        self.standing = STANDING


@pytest.fixture
def server(store: Store, monkeypatch: pytest.MonkeyPatch) -> Server:
    """This server, with its own store, stands as a test says."""
    one = Server()
    monkeypatch.setattr(LoadWatch, "standing", lambda _: one.standing)
    return one


def rows_of(page: AppTest) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html_of(page))
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    return [[re.sub(r"<[^>]+>", " ", cell) for cell in row] for row in cells if row]


def test_this_server_says_what_its_viewers_get_and_cost(server: Server):
    page = open_page(section_alone)

    assert "3 viewers here, 12 at most. One more is let in, as each would get 8 results a second or more." in words(
        page
    )
    assert "With one more, the analysis could give each 13." in words(page)
    (row,) = rows_of(page)
    assert "process" in row[0]
    assert row[1:7] == ["3 of 12", "18", "14.0", "15.1", "4", "yes"]


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.OPEN])
def test_it_says_why_no_more_are_let_in(server: Server, verdict: Verdict):
    server.standing = replace(STANDING, verdict=verdict)

    page = open_page(section_alone)

    assert "No more are let in" in words(page)
    assert rows_of(page)[0][6] in ("in seconds", f"no: {verdict}")


def test_it_says_where_the_load_is_not_asked(server: Server):
    server.standing = replace(STANDING, fair_per_s=None, next_rate=None)
    assert "One more is let in, whatever the load (`FER_MIN_RATE=0`)." in words(open_page(section_alone))

    server.standing = replace(server.standing, verdict=Verdict.FULL)
    assert "all places are taken" in words(open_page(section_alone))


def test_without_viewers_there_are_no_figures(server: Server):
    server.standing = Standing(0, 12, 0, 0.0, 0.0, 0.0, 0.0, 0.0, None, Verdict.OPEN)

    (row,) = rows_of(open_page(section_alone))

    assert row[1:6] == ["0 of 12", "–", "–", "–", "–"]


def test_the_other_servers_of_the_store_are_shown_and_those_that_fell_silent_named(server: Server, store: Store):
    other = replace(own_row(STANDING), name="replica-b/17/abc", viewers=5, verdict="cost", version="9.9")
    tell(store.everybodys, other)
    old = replace(other, name="<b>/18/def", at=datetime.now(UTC) - viewers.SILENT - timedelta(seconds=9))
    tell(store.everybodys, old)

    page = open_page(section_alone)

    own, silent, second = rows_of(page)
    assert "this one" in own[0]
    assert second == ["replica-b, process 17", "5 of 12", "18", "14.0", "15.1", "4", "no: cost", "9.9"]
    assert silent[0].startswith("&lt;b&gt;, process 18")
    assert re.search(r"silent for (39|4\d) s", silent[0])


def test_a_store_that_does_not_answer_leaves_this_servers_figures(server: Server, monkeypatch: pytest.MonkeyPatch):
    def refuse(_: Store) -> None:
        raise StoreError("The store is away: no server answers.")

    page = open_page(section_alone)
    monkeypatch.setattr(viewers, "replicas", refuse)
    run(page)

    assert "no server answers" in words(page)
    assert rows_of(page)[0][1] == "3 of 12"


def test_it_is_the_administrators_alone(server: Server, monkeypatch: pytest.MonkeyPatch):
    recorder = User("account-anna", "anna@example.org", frozenset({Role.RECORDER}))
    monkeypatch.setattr(current, "user", lambda: recorder)

    with pytest.raises(NotAllowedError):
        viewers.render.__wrapped__()  # type: ignore[attr-defined]
