"""Two users on one server, each page tried with the other's numbers, names and keys; and each action without its right.

What Streamlit's protocol can send of widgets is tried against a real server in tests/app/access/test_real_server.py.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import state
from app.access import audit, current, files, server
from app.access.current import NotAllowedError
from app.access.types import ANONYMOUS_USER, Right, User
from app.live.pipelines import make_pipeline
from app.live.session import LiveSession
from app.recording.going_on import key_of
from app.recording.recording import Recording
from app.store.database import Store
from app.store.records import Marker
from app.store.session_parts import add_marker
from app.store.sessions import sessions
from app.tab_memory import RecordingMemory, SessionMemory
from app.training import child_jobs
from tests.helpers.pages import MAIN, html_of, open_page, page_of, run, session_of, spoken
from tests.helpers.people import ANNA, BEN, CHIEF, VIEWER, acting
from tests.helpers.recordings import begin
from tests.helpers.store_builders import make_participant, make_session
from train.runs.files import RunStatus, write_status

SECRET, OWN = "Secretive Sue", "Ordinary Ole"


def sessions_page() -> None:
    from app.views.sessions import page

    page.render()


def history_page() -> None:
    from app.views.history import page

    page.render()


def data_page() -> None:
    from app.views.your_data import page

    page.render()


def train_page() -> None:
    from app.views.training import page

    page.render()


def models_page() -> None:
    from app.views.models import page

    page.render()


@pytest.fixture
def hers(store: Store) -> tuple[int, int]:
    """Numbers of Anna's participant and session; Ben has one of each, too."""
    person = make_participant(store.everybodys.of(ANNA), SECRET)
    number = make_session(store.everybodys.of(ANNA), person, title=f"{SECRET}'s day")
    his = make_participant(store.everybodys.of(BEN), OWN)
    make_session(store.everybodys.of(BEN), his, title=f"{OWN}'s day")
    return person, number


def page_with(source: Callable[[], None], memory: SessionMemory) -> AppTest:
    page = page_of(source)
    page.session_state["session_memory"] = memory
    return run(page)


def people_of(page: AppTest) -> list[str]:
    """The participants that the data page lists."""
    return re.findall(r'class="fer-person"><b>(.*?)</b>', html_of(page))


def test_lists_show_ones_own(hers: tuple[int, int]) -> None:
    for source in (sessions_page, history_page, data_page):
        with acting(BEN):
            seen = spoken(open_page(source))
        assert SECRET not in seen
    with acting(BEN):
        page = open_page(sessions_page)
        assert [b.label for b in page.button if str(b.key).startswith("session_open_")] == [f"{OWN}'s day"]
        assert list(open_page(history_page).selectbox(key="history_participant").options) == [OWN]
        assert people_of(open_page(data_page)) == [OWN]
    with acting(CHIEF):
        assert people_of(open_page(data_page)) == [f"{OWN} ({BEN.owner})", f"{SECRET} ({ANNA.owner})"]


def test_a_guessed_number_of_a_session_opens_what_a_wrong_one_does(hers: tuple[int, int]) -> None:
    said = []
    for number in (hers[1], 4711):
        with acting(BEN):
            page = page_with(sessions_page, SessionMemory(opened=number))
        assert SECRET not in spoken(page)
        said.append([error.value.replace(str(number), "N") for error in page.error])
    assert said[0] == said[1] != []
    with acting(ANNA):
        assert SECRET in spoken(page_with(sessions_page, SessionMemory(opened=hers[1])))


def test_guessed_numbers_of_comparison_and_participant_show_ones_own_alone(store: Store, hers: tuple[int, int]) -> None:
    (own,) = sessions(store.everybodys.of(BEN))
    with acting(BEN):
        page = page_with(sessions_page, SessionMemory(compared=(hers[1], own.id)))
        assert SECRET not in spoken(page)
        assert list(page.multiselect(key="compare_sessions").options) == [f"{OWN}'s day"]
        for source in (history_page, data_page):
            page = page_with(source, SessionMemory(participant_id=hers[0]))
            assert SECRET not in spoken(page)
            assert OWN in str([*[box.options for box in page.selectbox], *people_of(page)])


def test_the_key_of_anothers_recording_in_the_address_leads_nowhere(
    store: Store, made: list[Recording], calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "is_tab_open", lambda _: False)
    recording = begin(store.everybodys.of(ANNA), made)
    key = key_of(recording.uid, server.cookie_secret())
    state.recording_tabs().keep("hers, gone", LiveSession(make_pipeline), recording, key, owner=ANNA.owner)
    with acting(BEN):
        page = page_of(MAIN)
        page.query_params["recording"] = key
        run(page)
        assert page.session_state["recording_memory"].recording is None
        assert "recording" not in page.query_params, "like any key that nobody has"
        session_of(page).close()
    with acting(ANNA):
        page = page_of(MAIN)
        page.query_params["recording"] = key
        run(page)
        assert page.session_state["recording_memory"].recording is recording
        assert session_of(page).channel.owner == ANNA.owner
        session_of(page).close()


@pytest.fixture
def run_folder(store: Store) -> Path:
    """A finished run of Anna's."""
    folder = child_jobs.runs_dir() / f"2026-01-01-{SECRET.replace(' ', '-')}"
    folder.mkdir(parents=True)
    write_status(folder, RunStatus("finished"))
    files.give(folder, ANNA)
    return folder


def test_anothers_run_is_not_there_by_its_name_in_the_address(run_folder: Path) -> None:
    for user, is_there in ((BEN, False), (ANNA, True), (CHIEF, True)):
        with acting(user):
            page = page_of(train_page)
            page.session_state["train_view"] = "Runs"
            page.query_params["run"] = run_folder.name
            run(page)
            shown = str([list(box.options) for box in page.selectbox]) + spoken(page)
        assert (run_folder.name in shown) is is_there, user


@pytest.fixture
def audited() -> Iterator[None]:
    """Everything that the test noted is written before its store is closed."""
    yield
    assert audit.flush()


def noted(store: Store) -> list[tuple[str, str, str, int]]:
    return [(one.event, one.who, one.what, one.count) for one in audit.recent()]


def test_what_is_deleted_and_changed_is_noted_without_names(store: Store, hers: tuple[int, int], audited: None) -> None:
    with acting(ANNA):
        page = page_with(sessions_page, SessionMemory(opened=hers[1]))
        run(page.button_group(key=f"session_part_{hers[1]}").set_value("Export"))
        run(page.button(key="session_delete_now").click())
    with acting(CHIEF):
        page = open_page(data_page)
        run(page.radio(key="data_keep_for").set_value("365"))
        run(page.button(key="data_days_sent").click())
    found = noted(store)
    assert ("deleted", ANNA.owner, f"session {hers[1]}", 1) in found
    assert ("retention changed", CHIEF.owner, "days", 365) in found
    assert SECRET not in str(found)


def test_an_administrator_chooses_whose_everything_goes(store: Store, hers: tuple[int, int], audited: None) -> None:
    make_participant(store.everybodys.of(CHIEF), "mine")
    with acting(CHIEF):
        page = open_page(data_page)
        assert page.radio(key="data_everything_whose").value == "Only mine"
        page.text_input(key="data_everything_typed").set_value("delete everything")
        run(page.button(key="data_everything_sent").click())
    assert len(sessions(store.everybodys)) == 2
    with acting(CHIEF):
        page = open_page(data_page)
        run(page.radio(key="data_everything_whose").set_value("Everybody's")) if page.radio else None
        page.text_input(key="data_everything_typed").set_value("delete everything")
        run(page.button(key="data_everything_sent").click())
    assert sessions(store.everybodys) == []
    assert ("deleted", CHIEF.owner, "everything of everybody", 2) in noted(store)


def keys_of(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


@pytest.mark.parametrize("user", [BEN, ANONYMOUS_USER])
def test_who_is_no_administrator_cannot_choose_the_time_that_is_kept(
    store: Store, user: User, hers: tuple[int, int]
) -> None:
    with acting(user):
        page = open_page(data_page)
        assert "An administrator can change this" in spoken(page)
        assert not {"data_days_sent", "data_keep"} & keys_of(page)
        assert not [radio for radio in page.radio if radio.key == "data_keep_for"]


def test_on_an_anonymous_server_nothing_offers_to_delete(store: Store) -> None:
    person = make_participant(store.everybodys.of(ANONYMOUS_USER), OWN)
    number = make_session(store.everybodys.of(ANONYMOUS_USER), person)
    marker = add_marker(store.everybodys.of(ANONYMOUS_USER), number, Marker(0, "note", "Began"))
    with acting(ANONYMOUS_USER):
        page = page_with(sessions_page, SessionMemory(opened=number))
        run(page.button_group(key=f"session_part_{number}").set_value("Export"))
        assert "may not delete" in spoken(page)
        assert "session_delete_now" not in keys_of(page)
        run(page.button_group(key=f"session_part_{number}").set_value("Tasks and markers"))
        assert "marker_add" in keys_of(page)
        assert f"marker_delete_{marker}" not in keys_of(page)
        data = open_page(data_page)
        assert not {"data_everything_sent", f"data_delete_sent_{person}"} & keys_of(data)


def actions(store: Store) -> dict[str, tuple[Right, Callable[[], object]]]:
    """What pages call when a button was pressed, whatever drew it."""
    from app.store.privacy import Deleted
    from app.views.models import rows as models
    from app.views.sessions import files as session_files
    from app.views.sessions import markers as session_markers
    from app.views.sessions import selection
    from app.views.shared import check_in_form, promotion, store_parts
    from app.views.training import runs
    from app.views.your_data import deletion

    memory, nothing = SessionMemory(), lambda: None
    any_thing: Any = None
    return {
        "change": (Right.RECORD, lambda: store_parts.change(memory, nothing, "")),
        "check in": (Right.RECORD, lambda: check_in_form._keep(store, any_thing)),
        "delete a session": (Right.DELETE, lambda: session_files._delete_now(store, memory, 1, "")),
        "delete several sessions": (Right.DELETE, lambda: selection._delete_now(store, memory, [])),
        "delete a marker": (Right.DELETE, lambda: session_markers._delete(any_thing, memory, any_thing)),
        "delete": (Right.DELETE, lambda: deletion.delete(memory, lambda: Deleted(0, 0), "", noted="")),
        "retention": (Right.ADMINISTER, lambda: deletion._set_days(store, 3)),
        "run": (Right.TRAIN, lambda: runs._try(nothing, any_thing, audit.AuditEvent.RUN_RESUMED)),
        "promote": (Right.PROMOTE, lambda: promotion._promote(any_thing, any_thing)),
        "undo going back": (Right.PROMOTE, lambda: promotion._promote_again(any_thing)),
        "roll back": (Right.PROMOTE, promotion._roll_back),
        "keep a model": (Right.TRAIN, lambda: models._keep(any_thing)),
        "delete a model": (Right.TRAIN, lambda: models._delete(any_thing)),
    }


@pytest.mark.parametrize(
    "name",
    [
        "change",
        "check in",
        "delete a session",
        "delete several sessions",
        "delete a marker",
        "delete",
        "retention",
        "run",
        "promote",
        "undo going back",
        "roll back",
        "keep a model",
        "delete a model",
    ],
)
def test_an_action_asks_for_its_right_itself(store: Store, name: str) -> None:
    right, act = actions(store)[name]
    assert not VIEWER.may(right)
    with acting(VIEWER), pytest.raises(NotAllowedError, match=f"right to {right}"):
        act()


def test_whose_sign_in_has_ended_while_recording_may_go_on_recording_and_nothing_else(
    store: Store, made: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = begin(store.everybodys.of(CHIEF), made)
    memory = RecordingMemory(recording=recording)
    monkeypatch.setattr(state, "recording_memory", lambda: memory)
    state.remember_user(CHIEF)

    found = current._or_while_recording(None)
    assert found is not None
    assert (found.owner, found.name) == (CHIEF.owner, CHIEF.name)
    assert {right for right in Right if found.may(right)} == {Right.RECORD}
    assert not found.sees_all
    recording.stop()
    assert current._or_while_recording(None) is None
