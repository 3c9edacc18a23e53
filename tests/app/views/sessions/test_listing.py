"""The list of sessions: found by words, participant and day, read at a glance, selected and worked on."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.access.types import ANONYMOUS_USER, LOCAL_USER
from app.store.sessions import sessions, start_session
from app.views.sessions.selection import exported
from fer_core.results import Doubt
from tests.helpers.pages import assert_fine, html_of, memory_of, press, spoken
from tests.helpers.people import acting
from tests.helpers.session_pages import HOSTILE, open_page
from tests.helpers.store_builders import NOON, make_participant, make_session, new_session, rows


def titles(page: AppTest) -> list[str]:
    """What is listed."""
    return [button.label.replace("\\", "") for button in page.button if str(button.key).startswith("session_open")]


def days(page: AppTest) -> list[str]:
    """The headings between the rows."""
    return re.findall(r'<h2 class="fer-day">(.*?)</h2>', html_of(page))


def tick(page: AppTest, *numbers: int) -> None:
    for number in numbers:
        page.checkbox(key=f"sessions_check_{number}").check().run()
    assert_fine(page)


def test_without_sessions_the_page_says_where_they_come_from(store):
    page = open_page()

    assert "No sessions yet. Record one, or save an analysed video." in spoken(page)
    assert [button.label for button in page.button] == ["Record on Live", "Analyse a file"]


def test_the_list_tells_what_each_session_is(store):
    mia, ben = make_participant(store, "Mia <b>"), make_participant(store, "Ben")
    samples = rows("happy", count=12) + rows("sad", start_ms=2400, count=8, doubts=(Doubt.NOT_CONFIDENT,))
    make_session(store, mia, samples, title=HOSTILE)
    make_session(store, ben, [], title="Nobody there", started_at=NOON + timedelta(days=1))
    start_session(store, new_session(ben, title="Now", started_at=NOON + timedelta(days=1, hours=1)))

    page = open_page()

    text = spoken(page).replace("\xa0", " ")
    assert '<span title="Mia &lt;b&gt;">Mia &lt;b&gt;</span><span class="n">14:00</span><span class="n">1:00' in text
    assert 'aria-label="Happy 60 %, Unsure 40 %"' in text
    assert "Happy 60 %</span>" in text
    assert text.count("No face seen</span>") == 2
    assert ":red-badge[Recording now]" in text
    assert days(page) == ["Saturday, 2 May 2026", "Friday, 1 May 2026"]
    assert titles(page)[:2] == ["Now", "Nobody there"]
    assert all("<script>" not in button.label for button in page.button), "its signs are escaped"


def test_sessions_are_found_by_words_in_title_participant_and_note(store):
    mia, ben = make_participant(store, "Mia"), make_participant(store, "Ben")
    make_session(store, mia, title="First")
    make_session(store, mia, title="Second", note="moved to the <window>")
    make_session(store, ben, title="Third")
    page = open_page()

    for words, found in (("mia second", ["Second"]), ("WINDOW", ["Second"]), ("ben", ["Third"]), ("i%", [])):
        page.text_input(key="sessions_search").set_value(words).run()
        assert_fine(page)
        assert titles(page) == found, words
        assert ("moved to the &lt;window&gt;" in html_of(page)) == ("Second" in found), "why it was found"
    assert "No session matches." in spoken(page)

    press(page, "sessions_show_all_instead")
    assert len(titles(page)) == 3
    page.selectbox(key="sessions_participant").set_value(ben).run()
    assert titles(page) == ["Third"]
    press(page, "sessions_show_all")
    assert len(titles(page)) == 3


def test_sessions_are_found_by_day(store):
    person = make_participant(store)
    for day in range(4):
        make_session(store, person, title=f"Day {day}", started_at=NOON + timedelta(days=day))
    page = open_page()
    first = NOON.date()

    page.date_input(key="sessions_days").set_value((first + timedelta(days=1), first + timedelta(days=2))).run()

    assert_fine(page)
    assert titles(page) == ["Day 2", "Day 1"]
    page.date_input(key="sessions_days").set_value((first,)).run()
    assert titles(page) == ["Day 0"]


def test_a_long_list_comes_in_pages(store):
    person = make_participant(store, "Ada")
    for day in range(23):
        make_session(store, person, title=f"Day {day}", started_at=NOON + timedelta(days=day))
    page = open_page()

    assert (len(titles(page)), titles(page)[0]) == (20, "Day 22")
    assert "1–20 of 23" in spoken(page)
    assert page.button(key="sessions_previous").disabled
    press(page, "sessions_next")
    assert titles(page) == ["Day 2", "Day 1", "Day 0"]
    assert "21–23 of 23" in spoken(page)
    assert page.button(key="sessions_next").disabled

    page.text_input(key="sessions_search").set_value("Day 1").run()
    assert (memory_of(page).list_offset, titles(page)[0]) == (0, "Day 21"), "what is found is shown from its start"


def test_the_bar_says_why_its_buttons_are_grey(store):
    person = make_participant(store)
    first, second = make_session(store, person, title="One"), make_session(store, person, title="Two")
    running = start_session(store, new_session(person, title="Now"))
    page = open_page()
    assert "Tick two or more sessions to compare them, one or more to export or delete them." in spoken(page)
    assert page.button(key="sessions_compare").help == "Tick two or more sessions first."

    tick(page, first)
    assert "1 selected. To compare, tick one more." in spoken(page)
    assert page.button(key="sessions_compare").disabled
    tick(page, second)
    assert not page.button(key="sessions_compare").disabled
    assert "sessions_delete_now" in [button.key for button in page.button]
    tick(page, running)
    assert "“Now” is being recorded: stop the recording before you delete it." in spoken(page)
    assert "sessions_delete_now" not in [button.key for button in page.button]
    press(page, "sessions_clear")
    assert "Tick two or more" in spoken(page)


def test_what_is_selected_stays_so_on_other_pages_of_the_list(store):
    person = make_participant(store)
    numbers = [make_session(store, person, started_at=NOON + timedelta(days=day)) for day in range(22)]
    page = open_page()
    tick(page, numbers[-1], numbers[-2])

    press(page, "sessions_next")

    assert "2 selected, 2 of them not shown here." in spoken(page)
    press(page, "sessions_select_all")
    press(page, "sessions_compare")
    assert memory_of(page).compared == (*numbers[:2], *numbers[-2:])


def test_several_are_deleted_after_one_question(store):
    person = make_participant(store)
    numbers = [make_session(store, person, title=f"No {i}", started_at=NOON + timedelta(days=i)) for i in range(3)]
    page = open_page()
    tick(page, *numbers[:2])
    assert "Delete 2 sessions?\n\n- No 0, P01\n- No 1, P01" in spoken(page)

    press(page, "sessions_delete_now")

    assert "Deleted 2 sessions." in spoken(page)
    assert [one.title for one in sessions(store)] == ["No 2"]


def test_an_account_without_the_right_may_not_delete(store):
    own = store.everybodys.of(ANONYMOUS_USER)
    number = make_session(own, make_participant(own))
    with acting(ANONYMOUS_USER):
        page = open_page()
        tick(page, number)

        assert "This account may not delete sessions." in spoken(page)
        assert "sessions_delete_now" not in [button.key for button in page.button]


@pytest.mark.parametrize("count", [1, 2])
def test_the_selected_sessions_are_exported_in_one_zip(store, count):
    person = make_participant(store)
    numbers = [make_session(store, person, started_at=NOON + timedelta(days=day)) for day in range(count)]

    with zipfile.ZipFile(io.BytesIO(exported(store, numbers, LOCAL_USER))) as archive:
        names = archive.namelist()
        if count == 1:
            assert "samples.csv" in names
            return
        assert [name[:19] for name in names] == ["sessions/2026-05-01", "sessions/2026-05-02"]
        with zipfile.ZipFile(io.BytesIO(archive.read(names[1]))) as one:
            assert "samples.csv" in one.namelist()
