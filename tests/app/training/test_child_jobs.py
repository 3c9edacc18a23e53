"""Children of the pages: started once, answered from the disk, failing in one sentence."""

import os
import sys
from pathlib import Path

import pytest

from app.training import child_jobs as training_jobs
from app.training.child_jobs import Job
from fer_core import paths
from tests.helpers.faces import wait_until
from tests.helpers.training_folders import finish, store_archive


def job(*arguments: str) -> Job:
    return Job(paths.home() / "answers" / "test-key", arguments)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the children run in place of `python -m train`: a script that notes each call."""
    path = tmp_path / "program"
    monkeypatch.setattr(sys, "executable", str(path))
    return path


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\necho x >> {path.parent}/calls\n{body}\n")
    path.chmod(0o755)


def finished(wanted: Job) -> training_jobs.JobView:
    wait_until(lambda: training_jobs.look(wanted).state != "running")
    return training_jobs.look(wanted)


def test_a_job_runs_once_and_its_answer_stays(program):
    write_program(program, "sleep 0.3; echo '[1, 2]'")
    assert training_jobs.look(job()).state == "new"

    training_jobs.start(job())
    training_jobs.start(job())

    assert training_jobs.look(job()).state == "running"
    assert finished(job()) == training_jobs.JobView("done", answer=[1, 2])
    assert (program.parent / "calls").read_text() == "x\n"


def test_a_refusal_is_the_last_line_said(program):
    write_program(program, "echo noise >&2; echo 'It is no archive. Choose another.' >&2; exit 2")

    training_jobs.start(job())

    assert finished(job()) == training_jobs.JobView("failed", error="It is no archive. Choose another.")


def test_a_job_that_is_given_up_is_as_before_its_start(program):
    write_program(program, "exec sleep 60")
    training_jobs.give_up(job())
    assert training_jobs.look(job()).state == "new", "nothing runs that could end"
    training_jobs.start(job())
    wait_until(lambda: (program.parent / "calls").exists())

    training_jobs.give_up(job())

    assert finished(job()) == training_jobs.JobView("new")
    write_program(program, "echo '[1]'")
    training_jobs.start(job())
    assert finished(job()).answer == [1]


def test_a_killed_child_is_said(program):
    write_program(program, "kill -9 $$")

    training_jobs.start(job())

    assert "ended unexpectedly (status -9), perhaps for lack of memory" in finished(job()).error


def test_half_an_answer_is_no_answer(program):
    write_program(program, "echo '{\"a\": '")

    training_jobs.start(job())

    assert "incomplete" in finished(job()).error


def test_a_child_that_cannot_start_is_said(program):
    training_jobs.start(job())

    assert "could not be done" in finished(job()).error


def test_a_failure_is_told_even_when_it_cannot_be_written(program):
    in_the_way = job().dir / training_jobs.ERROR
    write_program(program, f"mkdir '{in_the_way}'; echo 'The disk is full. Free some space.' >&2; exit 2")

    training_jobs.start(job())

    assert finished(job()).error == "The disk is full. Free some space."


def test_after_a_failure_it_can_be_started_again(program):
    write_program(program, "exit 1")
    training_jobs.start(job())
    assert finished(job()).state == "failed"
    write_program(program, "echo 3")

    training_jobs.start(job())

    assert finished(job()).answer == 3


def test_a_damaged_answer_counts_as_none():
    finish(job(), "{ damaged")

    assert training_jobs.look(job()).state == "new"


def test_an_answer_belongs_to_the_archives_content():
    path = store_archive(inspected=False)
    before = training_jobs.inspection(path)
    path.write_text("other")
    os.utime(path, (1, 1))

    assert training_jobs.inspection(path).dir != before.dir


@pytest.mark.parametrize("written", [b"raf", b"\xff", b"../x", b""])
def test_a_damaged_label_order_counts_as_none(written):
    path = store_archive(inspected=False)
    training_jobs.keep_label_order(path, "rafdb")
    assert training_jobs.label_order(path) == "rafdb"
    (kept,) = training_jobs.answer_dir("labels", "").parent.glob("labels-*/label_order.txt")
    kept.write_bytes(written)
    assert training_jobs.label_order(path) == ""


def test_only_uploads_are_listed_and_deleted(tmp_path):
    path = store_archive("faces.tar.gz", inspected=False)
    (path.parent / ".half.part").write_text("")
    (path.parent / "notes.txt").write_text("")
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("")

    assert [archive.title for archive in training_jobs.stored_archives()] == ["faces.tar.gz"]
    training_jobs.delete_archive(elsewhere)
    training_jobs.delete_archive(path)

    assert elsewhere.exists()
    assert training_jobs.stored_archives() == ()


def test_the_servers_folder_comes_from_the_environment(monkeypatch):
    assert training_jobs.server_folder() is None
    monkeypatch.setenv("FER_ARCHIVES", "~/archives")

    assert training_jobs.server_folder() == Path.home() / "archives"


def test_everything_is_kept_in_the_users_folder():
    places = (training_jobs.runs_dir(), training_jobs.archives_dir(), job().dir)

    assert all(place.is_relative_to(paths.home()) for place in places)
