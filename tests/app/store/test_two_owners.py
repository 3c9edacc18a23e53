"""Another user's records are not there: each function of the store that takes a number is tried with somebody else's.

The functions are found by inspection. A new one fails `test_every_function_is_tried` until it is tried here too.
"""

import importlib
import inspect
import pkgutil
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

import app.store
from app.access import types
from app.access.types import Role, User
from app.store import (
    own_rows,
    participants,
    privacy,
    replicas,
    sample_counts,
    samples,
    session_list,
    session_parts,
    sessions,
    tables,
)
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.exchange import export, export_samples, import_file
from app.store.hidden import purge
from app.store.history import daily_means, session_means
from app.store.records import CheckIn, Marker, StoredBaseline
from app.store.staging import refuse_stored, staged
from app.store.taking_over import take_over
from tests.helpers.faces import make_probabilities
from tests.helpers.store_builders import NOON, make_participant, make_session, new_session, rows

ANNA = User("account-anna", "anna@example.org", frozenset({Role.RECORDER}))
BEN = User("account-ben", "ben@example.org", frozenset({Role.RECORDER}))
CHIEF = User("account-chief", "chief@example.org", frozenset({Role.ADMINISTRATOR}))
NOBODYS = 4711
OTHERS = ("settings", "audit", "replicas")
"""Tables whose rows belong to no participant."""


@dataclass(frozen=True)
class Numbers:
    """Of what somebody has stored, or of nothing."""

    participant: int
    session: int
    marker: int
    check_in: int
    uid: str


NOTHING = Numbers(NOBODYS, NOBODYS, NOBODYS, NOBODYS, "0" * 32)


@dataclass(frozen=True)
class Two:
    """One database with Anna's things and Ben's, as each of them sees it."""

    anna: Store
    ben: Store
    hers: Numbers
    folder: Path


@pytest.fixture
def two(store: Store, tmp_path: Path) -> Two:
    """Anna has a participant with a session, and so has Ben, of the same names."""
    anna, ben = store.everybodys.of(ANNA), store.everybodys.of(BEN)
    hers, _ = fill(anna), fill(ben)
    return Two(anna, ben, hers, tmp_path)


def fill(store: Store) -> Numbers:
    """One of everything."""
    video = f"{store.owner.name}.mp4"
    person = make_participant(store, "P01")
    number = make_session(store, person, video_file=video, video_consent_at=NOON)
    store.videos.mkdir(parents=True, exist_ok=True)
    (store.videos / video).write_bytes(b"frames")
    marker = session_parts.add_marker(store, number, Marker(100, "note", "a secret"))
    said = participants.add_check_in(store, CheckIn(person, NOON, "after", number, note="a secret"))
    participants.add_baseline(store, baseline(person, number))
    return Numbers(person, number, marker, said, sessions.session(store, number).uid)


def baseline(participant: int, session: int | None = None) -> StoredBaseline:
    return StoredBaseline(participant, NOON, make_probabilities("neutral"), 25, 0.5, "a" * 64, session)


def own(numbers: Numbers) -> session_list.Wanted:
    """The sessions of one participant on the first day."""
    return session_list.Wanted(participant_id=numbers.participant, first=NOON.date(), last=NOON.date())


def within(store: Store, work: Callable[[Connection], object]) -> object:
    """Work on a transaction."""
    with store.write() as connection:
        return work(connection)


Try = Callable[[Store, Numbers, Path], object]

REFUSED: dict[str, Try] = {
    "export.export_session": lambda s, n, to: export.export_session(s, n.session, to / "a.zip"),
    "export.export_sessions": lambda s, n, to: export.export_sessions(s, [n.session], to / "a.zip"),
    "export.export_participant": lambda s, n, to: export.export_participant(s, n.participant, to / "a.zip"),
    "participants.participant": lambda s, n, _: participants.participant(s, n.participant),
    "participants.edit_participant": lambda s, n, _: participants.edit_participant(s, n.participant, name="x", note=""),
    "participants.add_baseline": lambda s, n, _: participants.add_baseline(s, baseline(n.participant)),
    "participants.insert_baseline": lambda s, n, _: within(
        s, lambda c: participants.insert_baseline(c, baseline(n.participant))
    ),
    "participants.add_check_in": lambda s, n, _: participants.add_check_in(s, CheckIn(n.participant, NOON)),
    "participants.insert_check_in": lambda s, n, _: within(
        s, lambda c: participants.insert_check_in(c, CheckIn(n.participant, NOON))
    ),
    "participants.delete_check_in": lambda s, n, _: participants.delete_check_in(s, n.check_in),
    "privacy.delete_session": lambda s, n, _: privacy.delete_session(s, n.session),
    "privacy.delete_sessions": lambda s, n, _: privacy.delete_sessions(s, [n.session]),
    "privacy.delete_participant": lambda s, n, _: privacy.delete_participant(s, n.participant),
    "samples.insert_samples": lambda s, n, _: within(
        s, lambda c: samples.insert_samples(c, n.session, rows(start_ms=60_000))
    ),
    "samples.insert_tuples": lambda s, n, _: within(
        s, lambda c: samples.insert_tuples(c, n.session, [(90_000, 1, *[0.0] * (len(samples.SAMPLE_COLUMNS) - 2))])
    ),
    "samples.add_samples": lambda s, n, _: samples.add_samples(s, n.session, rows(start_ms=30_000)),
    "session_parts.rename_identity": lambda s, n, _: session_parts.rename_identity(s, n.session, 1, "mine"),
    "session_parts.ignore_identity": lambda s, n, _: session_parts.ignore_identity(s, n.session, 1),
    "session_parts.merge_identities": lambda s, n, _: session_parts.merge_identities(s, n.session, [1], 1),
    "session_parts.split_identity": lambda s, n, _: session_parts.split_identity(s, n.session, 1),
    "session_parts.add_marker": lambda s, n, _: session_parts.add_marker(s, n.session, Marker(1, "note")),
    "session_parts.insert_marker": lambda s, n, _: within(
        s, lambda c: session_parts.insert_marker(c, n.session, Marker(1, "note"))
    ),
    "session_parts.edit_marker": lambda s, n, _: session_parts.edit_marker(s, Marker(1, "note", id=n.marker)),
    "session_parts.delete_marker": lambda s, n, _: session_parts.delete_marker(s, n.marker),
    "sessions.start_session": lambda s, n, _: sessions.start_session(s, new_session(n.participant)),
    "sessions.insert_session": lambda s, n, _: within(
        s, lambda c: sessions.insert_session(c, new_session(n.participant), state="open")
    ),
    "sessions.end_session": lambda s, n, _: sessions.end_session(s, n.session),
    "sessions.edit_session": lambda s, n, _: sessions.edit_session(s, n.session, title="mine", note=""),
    "sessions.forget_video": lambda s, n, _: sessions.forget_video(s, n.session),
    "sessions.session": lambda s, n, _: sessions.session(s, n.session),
    "sessions.mark_alive": lambda s, n, _: within(s, lambda c: sessions.mark_alive(c, n.session)),
    "sessions.end_at_last_moment": lambda s, n, _: within(s, lambda c: sessions.end_at_last_moment(c, n.session)),
}
"""What says that there is no such record, in the same words as for a number that nobody has."""

EMPTY: dict[str, tuple[Try, object]] = {
    "export_samples.sample_frame": (lambda s, n, _: len(export_samples.sample_frame(s, n.session)), 0),
    "export_samples.sample_frames": (lambda s, n, _: sum(map(len, export_samples.sample_frames(s, n.session))), 0),
    "history.session_means": (lambda s, n, _: session_means(s, n.participant), []),
    "history.daily_means": (lambda s, n, _: daily_means(s, n.participant), []),
    "participants.baselines": (
        lambda s, n, _: [
            *participants.baselines(s, participant_id=n.participant),
            *participants.baselines(s, session_id=n.session),
        ],
        [],
    ),
    "participants.check_ins": (
        lambda s, n, _: [
            *participants.check_ins(s, participant_id=n.participant),
            *participants.check_ins(s, session_id=n.session),
        ],
        [],
    ),
    "sample_counts.sample_counts": (lambda s, n, _: set(sample_counts.sample_counts(s, [n.session]).values()), {0}),
    "sample_counts.has_corrected": (lambda s, n, _: sample_counts.has_corrected(s, n.session), False),
    "samples.read_samples": (lambda s, n, _: len(samples.read_samples(s, n.session, everything=True).time_s), 0),
    "samples.read_timeline": (lambda s, n, _: len(samples.read_timeline(s, n.session).time_s), 0),
    "samples.counted": (
        lambda s, n, _: within(s, lambda c: c.scalar(select(func.count()).where(samples.counted(c, n.session)[0]))),
        0,
    ),
    "session_parts.identities": (lambda s, n, _: session_parts.identities(s, n.session), []),
    "session_parts.identities_of": (lambda s, n, _: within(s, lambda c: session_parts.identities_of(c, n.session)), []),
    "session_parts.markers": (lambda s, n, _: session_parts.markers(s, n.session), []),
    "session_list.count_sessions": (lambda s, n, _: session_list.count_sessions(s, own(n)), 0),
    "session_list.list_sessions": (lambda s, n, _: session_list.list_sessions(s, own(n), limit=9), []),
    "session_list.sessions_of": (lambda s, n, _: session_list.sessions_of(s, [n.session]), []),
    "session_list.read_labels": (lambda s, n, _: len(session_list.read_labels(s, n.session).time_s), 0),
    "sessions.sessions": (lambda s, n, _: sessions.sessions(s, participant_id=n.participant), []),
    "sessions.last_moment_ms": (lambda s, n, _: within(s, lambda c: sessions.last_moment_ms(c, n.session)), 0),
    "hidden.purge": (lambda s, n, _: purge(s, n.participant), None),
    "sessions.record_here": (lambda s, n, _: within(s, lambda c: sessions.record_here(c, n.session)), None),
    "taking_over.take_over": (lambda s, n, _: take_over(s, n.uid), None),
    "staging.refuse_stored": (lambda s, n, _: within(s, lambda c: refuse_stored(c, n.uid)), None),
}
"""What is as empty as for a number that nobody has."""

WITHOUT_A_NUMBER = {
    "audit.add_entries": "the log, which only the audit module writes",
    "audit.recent_entries": "the log; a part of the store shows its owner's entries",
    "import_file.import_session": "tried below: the same file by two users",
    "hidden.add_stand_in": "makes one",
    "hidden.hide": "by a condition; tried by deleting",
    "hidden.hide_all": "tried below: everything of one user",
    "hidden.purge_abandoned": "the server's start",
    "own_rows.owner_of": "no rows",
    "own_rows.only_own_rows": "the restriction itself",
    "own_rows.refuse_others": "the restriction itself",
    "participants.add_participant": "makes one; tried below: names",
    "participants.find_or_add": "by name; tried below",
    "participants.participants": "tried below: lists",
    "privacy.delete_everything": "tried below",
    "privacy.retention_days": "a setting of the server",
    "privacy.set_retention_days": "tried below",
    "privacy.apply_retention": "tried below",
    "privacy.overdue": "tried below",
    "privacy.overview": "tried below",
    "replicas.forget": "administrators only; tried below",
    "replicas.replicas": "administrators only; tried below",
    "replicas.tell": "administrators only; tried below",
    "samples.read_columns": "by a query",
    "samples.column_parts": "by a query",
    "schema.known_version": "the tables' version",
    "scrubbing.scrub": "the database's files",
    "scrubbing.scrub_if_due": "the database's files",
    "scrubbing.is_recording": "the server's own question",
    "sessions.recover_sessions": "the server's start",
    "staging.staged": "makes one; tried below",
    "temporary.temporary_folder": "a new folder",
    "temporary.forget_temporary": "the server's start",
}


def public_functions() -> Iterator[str]:
    """Each function of the store that works on a store or a connection, by its module and name."""
    for module in pkgutil.walk_packages(app.store.__path__, "app.store."):
        if "migrations" in module.name:
            continue
        for name, function in vars(importlib.import_module(module.name)).items():
            is_own = inspect.isfunction(function) and function.__module__ == module.name
            if is_own and not name.startswith("_"):
                first = next(iter(inspect.signature(function).parameters), "")
                if first in ("store", "connection"):
                    yield f"{module.name.rpartition('.')[2]}.{name}"


def test_every_function_is_tried() -> None:
    assert sorted(public_functions()) == sorted([*REFUSED, *EMPTY, *WITHOUT_A_NUMBER])


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that belong to the store's owner."""
    with store.own.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables.metadata.sorted_tables
            if table.name not in OTHERS
        }


def sentence_of(work: Try, store: Store, numbers: Numbers, folder: Path) -> str:
    """What it says where there is no such record, its number left out; empty where it did something."""
    try:
        work(store, numbers, folder)
    except NoSuchRecordError as error:
        return re.sub(r"\d+", "N", str(error))
    return ""


def test_anothers_record_is_refused_like_one_that_is_not_stored(two: Two) -> None:
    before = everything(two.anna)
    for name, work in REFUSED.items():
        said = sentence_of(work, two.ben, two.hers, two.folder)
        assert said, name
        assert said == sentence_of(work, two.ben, NOTHING, two.folder), name
        assert everything(two.anna) == before, name
    assert (two.anna.videos / f"{ANNA.owner}.mp4").exists()
    assert not list(two.folder.glob("*.zip"))


def test_anothers_record_is_as_empty_as_one_that_is_not_stored(two: Two) -> None:
    before = everything(two.anna)
    for name, (work, nothing) in EMPTY.items():
        assert work(two.ben, two.hers, two.folder) == nothing, name
        assert work(two.ben, NOTHING, two.folder) == nothing, name
        assert everything(two.anna) == before, name


UNTOLD = ("sample_counts.has_corrected", "hidden.purge", "sessions.record_here", "taking_over.take_over")
"""Where her own record gives the same, as it is a session that has ended, without corrected values."""


def test_the_owner_herself_is_answered(two: Two) -> None:
    """So that the tests above cannot pass because nothing is found at all."""
    for name, (work, nothing) in EMPTY.items():
        if name == "staging.refuse_stored":
            with pytest.raises(StoreError, match="already stored"):
                work(two.anna, two.hers, two.folder)
        elif name not in UNTOLD:
            assert work(two.anna, two.hers, two.folder) != nothing, name
    for name, work in REFUSED.items():
        if not name.startswith("privacy."):
            assert not sentence_of(work, two.anna, two.hers, two.folder), name
    for work in (REFUSED["privacy.delete_session"], REFUSED["privacy.delete_participant"]):
        assert not sentence_of(work, two.anna, two.hers, two.folder)
    assert not any(everything(two.anna).values())


def test_lists_and_figures_are_ones_own(two: Two) -> None:
    for store, who in ((two.anna, ANNA), (two.ben, BEN)):
        assert [p.belongs_to for p in participants.participants(store)] == [who.owner]
        assert [one.belongs_to for one in sessions.sessions(store)] == [who.owner]
        seen = privacy.overview(store)
        assert (seen.participants, seen.sessions, seen.samples, seen.markers) == (1, 1, 10, 1)
        assert (seen.check_ins, seen.baselines, seen.video_bytes) == (1, 1, 6)
        assert privacy.overdue(store, 1).sessions == 1
    whole = privacy.overview(two.anna.everybodys)
    assert (whole.participants, whole.sessions, whole.samples, whole.video_bytes) == (2, 2, 20, 12)


def test_names_are_unique_for_each_owner(two: Two) -> None:
    with pytest.raises(StoreError, match="already a participant 'P01'"):
        participants.add_participant(two.ben, "P01")
    with two.ben.write() as connection:
        assert participants.find_or_add(connection, "P01") != two.hers.participant
    other = participants.add_participant(two.ben, "P02")
    assert other.belongs_to == BEN.owner
    chief = two.anna.everybodys.of(CHIEF)
    with pytest.raises(StoreError, match="already a participant 'P01'"):
        participants.edit_participant(chief, other.id, name="P01", note="")


def test_an_administrator_sees_and_changes_all_and_has_things_of_their_own(two: Two) -> None:
    chief = two.anna.everybodys.of(CHIEF)
    assert {one.belongs_to for one in sessions.sessions(chief)} == {ANNA.owner, BEN.owner}
    sessions.edit_session(chief, two.hers.session, title="seen", note="")
    assert sessions.session(two.anna, two.hers.session).title == "seen"
    with chief.write() as connection:
        own = participants.find_or_add(connection, "P01")
    assert own != two.hers.participant
    assert [p.id for p in participants.participants(chief.own)] == [own]
    privacy.delete_session(chief, two.hers.session)
    assert sessions.sessions(two.anna) == []


def test_everything_of_one_user_is_that(two: Two) -> None:
    hers = everything(two.anna)
    privacy.set_retention_days(two.anna.everybodys, 400)
    done = privacy.delete_everything(two.ben)
    assert (done.sessions, done.videos) == (1, 1)
    assert not any(everything(two.ben).values())
    assert everything(two.anna) == hers
    assert (two.anna.videos / f"{ANNA.owner}.mp4").exists()
    assert privacy.retention_days(two.ben) == 400


def test_the_time_that_is_kept_is_the_administrators_to_choose(two: Two) -> None:
    works: tuple[Callable[[Store], object], ...] = (
        lambda store: privacy.set_retention_days(store, 1),
        privacy.apply_retention,
    )
    for work in works:
        with pytest.raises(StoreError, match="Only an administrator"):
            work(two.ben)
    assert len(sessions.sessions(two.anna)) == 1


def test_the_servers_are_the_administrators_to_look_at(two: Two) -> None:
    row = replicas.Replica("host/1/a", datetime.now(UTC), "1.0", 1, 8, 1, 0.2, 9.0, 9.0, 0.0, "open")
    chief = two.anna.everybodys.of(CHIEF)
    replicas.tell(chief, row)
    works: tuple[Callable[[Store], object], ...] = (
        replicas.replicas,
        lambda store: replicas.tell(store, row),
        lambda store: replicas.forget(store, row.name),
    )
    for work in works:
        with pytest.raises(StoreError, match="Only an administrator"):
            work(two.ben)
    with two.ben.write() as connection:
        assert connection.execute(select(tables.replicas)).all() == []
        assert connection.execute(delete(tables.replicas)).rowcount == 0
        assert connection.execute(update(tables.replicas).values(viewers=99)).rowcount == 0
    assert [one.viewers for one in replicas.replicas(chief)] == [1]


def test_the_same_file_can_be_imported_by_two_and_tells_neither_of_the_other(two: Two) -> None:
    path = export.export_session(two.anna, two.hers.session, two.folder / "a.zip")
    number = import_file.import_session(two.ben, path)
    mine, hers = sessions.session(two.ben, number), sessions.session(two.anna, two.hers.session)
    assert (mine.uid, mine.title) == (hers.uid, hers.title)
    assert len(samples.read_samples(two.ben, number).time_s) == 10
    for store in (two.ben, two.anna):
        with pytest.raises(StoreError, match="already stored"):
            import_file.import_session(store, path)


def test_an_export_does_not_name_the_account(two: Two) -> None:
    for path in (
        export.export_session(two.anna, two.hers.session, two.folder / "a.zip"),
        export.export_participant(two.anna, two.hers.participant, two.folder / "b.zip"),
    ):
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in archive.namelist() if name.endswith(".json")]
            assert all(b"belongs_to" not in text and b'"account-anna"' not in text for text in texts)


def test_a_session_on_its_way_is_nobody_elses(two: Two) -> None:
    with staged(two.anna, new_session(0)) as stage:
        with pytest.raises(NoSuchRecordError):
            privacy.delete_participant(two.ben, stage.stand_in)
        purge(two.ben, stage.stand_in)
        privacy.delete_everything(two.ben)
        stage.publish("P02", None)
    assert sessions.session(two.anna, stage.session_id).participant == "P02"


def test_no_statement_whatever_reaches_anothers_rows(two: Two) -> None:
    """Also one that a new function brings along without a thought of owners."""
    for table in reversed(tables.metadata.sorted_tables):
        if table.name not in OTHERS:
            try_statements(two, table)


def try_statements(two: Two, table: Table) -> None:
    before, mine = everything(two.anna), len(everything(two.ben)[table.name])
    alias, inner = table.alias(), select(table).subquery()
    column = next(iter(table.primary_key)).name
    with two.ben.write() as connection:
        for query in (
            select(table),
            select(alias),
            select(inner),
            select(table).union(select(table)),
            select(table).where(table.c[column].in_(select(alias.c[column]))),
            select(table, select(alias.c[column]).limit(1).scalar_subquery()),
        ):
            assert len(connection.execute(query).all()) == mine > 0, str(query)
        connection.execute(update(table).values({column: table.c[column]}))
        connection.execute(delete(table))
    assert everything(two.anna) == before


def test_what_cannot_be_restricted_is_refused(two: Two) -> None:
    with pytest.raises(AssertionError, match="only everybody's store"), two.ben.read() as connection:
        connection.execute(text("SELECT * FROM sessions"))
    values = {"belongs_to": ANNA.owner, "name": "x", "note": "", "created_at": NOON}
    with pytest.raises(AssertionError, match="must belong"), two.ben.write() as connection:
        connection.execute(insert(tables.participants).values(values))
    mine = make_session(two.ben, make_participant(two.ben, "P03"))
    given_away = update(tables.sessions).filter_by(id=mine).values(participant_id=two.hers.participant)
    with pytest.raises(NoSuchRecordError), two.ben.write() as connection:
        connection.execute(given_away)


def test_users_and_the_store_call_administrators_alike() -> None:
    assert own_rows.OF_ADMINISTRATORS == types.OF_ADMINISTRATORS
