"""Models of strangers: nothing is written outside their folder, nobody else is disturbed, and each gets a sentence."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from fer_core import paths
from fer_core.__main__ import main
from fer_core.doctor import examine
from fer_core.errors import ArtifactError
from fer_core.expressions import model_store, vetting
from fer_core.expressions.card import read_card
from fer_core.expressions.model import file_sha256, list_models, load_model
from fer_core.expressions.model_list import model_table, stored_models

SHIPPED = paths.SHIPPED_MODELS / "default"


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A copy of the shipped model, whole as yet."""
    folder = tmp_path / "received" / "strange"
    folder.mkdir(parents=True)
    for name in ("card.json", "model.tflite"):
        shutil.copy(SHIPPED / name, folder)
    change(folder, sha256={"model.tflite": file_sha256(folder / "model.tflite")})
    return folder


def change(folder: Path, **values: object) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def card_with(path: str, value: object) -> dict[str, Any]:
    """The shipped card with one value replaced, such as that at "dataset.rows"."""
    card: dict[str, Any] = json.loads((SHIPPED / "card.json").read_text())
    del card["sha256"]["model.keras"]
    *parents, last = path.split(".")
    place = card
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return card


def everything_below(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


NAMES = (
    *("../escaped.txt", "..\\escaped.txt", "../../escaped.txt", "sub/../../escaped.txt", "sub/file.txt"),
    *("/tmp/escaped.txt", "C:\\escaped.txt", "C:escaped.txt", "\\\\server\\share\\x", "nul\x00byte", "..", "."),
    *("", ".hidden", "name\n", "~/x", "NUL", "com1.txt", "trailing.", "trailing ", "x" * 300, "card.json"),
    *("stream:x", "model.tflite/"),
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("act", [model_store.keep, model_store.promote, load_model])
def test_a_file_name_that_leads_elsewhere_is_refused_and_nothing_is_written(strange, tmp_path, name, act):
    card = read_card(strange)
    escaped = strange.parent / "escaped.txt"
    escaped.write_text("outside")  # so that a check of the file's presence alone would pass
    change(strange, sha256=card.sha256 | {name: file_sha256(escaped)})
    before = everything_below(tmp_path)

    with pytest.raises(ArtifactError) as caught:
        act(strange)

    assert "file names" in str(caught.value) or "U+0000" in str(caught.value)
    assert everything_below(tmp_path) == before
    assert everything_below(paths.home()) <= {str(paths.home() / "models")}


def test_a_link_out_of_the_folder_is_no_file_of_the_model(strange, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("private")
    (strange / "notes.txt").symlink_to(secret)
    change(strange, sha256=read_card(strange).sha256 | {"notes.txt": file_sha256(secret)})

    with pytest.raises(ArtifactError, match="a link to a file elsewhere"):
        model_store.keep(strange)

    assert not list(paths.home().rglob("notes.txt"))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_a_folder_in_a_files_place_is_refused_at_once(strange, make):
    make(strange / "notes.txt")
    change(strange, sha256=read_card(strange).sha256 | {"notes.txt": "0" * 64})

    with pytest.raises(ArtifactError, match=r"notes\.txt.*something else than a file"):
        load_model(strange)


def test_a_link_in_a_circle_is_refused(strange):
    (strange / "notes.txt").symlink_to("notes.txt")
    change(strange, sha256=read_card(strange).sha256 | {"notes.txt": "0" * 64})

    with pytest.raises(ArtifactError, match=r"notes\.txt"):
        load_model(strange)


def test_a_network_that_would_not_fit_into_memory_is_not_read(strange):
    with (strange / "model.tflite").open("r+b") as stream:
        stream.truncate(50 << 30)  # sparse: it takes no space on the disk

    with pytest.raises(ArtifactError, match=r"at most 1,024 MiB, found 51,200 MiB"):
        load_model(strange)


def as_json(path: str, value: object) -> bytes:
    return json.dumps(card_with(path, value)).encode()


LABELS = json.loads((SHIPPED / "card.json").read_text())["labels"]
NAN, INFINITE = float("nan"), float("inf")
WRONG_LABELS: tuple[object, ...] = ("angry", [1] * 7, {"a": 1}, ["angry"] * 7, [*LABELS, "angry"])
WRONG_SHAPES: tuple[object, ...] = ([48, 48], [48, 48, 3], "48", [48.0, 48, 1])
WRONG_FILES: tuple[object, ...] = ([], {}, {"model.tflite": 7}, {"model.tflite": "xyz"})
WRONG_VALUES: tuple[tuple[str, object], ...] = (
    *(("schema_version", value) for value in (True, 1.0, [1], "1", None)),
    *(("name", value) for value in (7, "", " ", "two\nlines", "\ud800", "\x1b[2J", "evil\u202e", "a\u2028b")),
    ("architecture", None),
    ("architecture", {}),
    *(("labels", value) for value in WRONG_LABELS),
    *(("input_shape", value) for value in WRONG_SHAPES),
    ("crop_geometry", ["fer2013-v1"]),
    *(("temperature", value) for value in (NAN, True, "1", 1e-320, 0.001, 1e30)),
    *(("unsure_below", value) for value in (NAN, 7, None)),
    *(("named_from", value) for value in (NAN, 7, "high")),
    *(("label_temperature", value) for value in (NAN, "1", 0.001)),
    *(("outputs", value) for value in ("answer", ["answer", "votes"], [], [7])),
    *(("sha256", value) for value in WRONG_FILES),
    ("sha256", {f"f{i}": "0" * 64 for i in range(99)}),
    ("golden", []),
    *(("golden.pixels", value) for value in (7, "é", "AAAA")),
    *(("golden.probabilities", value) for value in (7, ["a"] * 7, [NAN] * 7, [1.0] * 7)),
    *(("golden.tolerance", value) for value in (INFINITE, 1.0, NAN, "0.03", -1)),
    *(("parameters", value) for value in ("many", -1, 1.5)),
    ("created", 2026),
    ("dataset", []),
    ("dataset", None),
    *(("dataset.rows", value) for value in ([1], {"train": "many"})),
    ("dataset.cleaned", 7),
    *(("dataset.class_priors", value) for value in ({"happy": "often"}, {"happy": NAN}, {"happy": 1e-320})),
    ("dataset.source", ["x"]),
    *(("metrics", value) for value in ([1], {"validation": 7})),
    ("training", "long"),
    *(("training.pretrained", value) for value in ("weights", {"about": 7})),
    ("training.init_from", 7),
    ("training.join_with", ["x"]),
    *(("versions", value) for value in (["keras"], {"keras": 3})),
    *(("notes", value) for value in ("none", {"limits": ["x"]}, {"limits": "x" * (6 << 20)})),
    *(("mirror_average", value) for value in ("yes", 1)),
)
CARDS: dict[str, bytes] = {
    "nested": b"[" * 100_000,
    "nested in training": as_json("training.x", 1).replace(b'"x": 1', b'"x": ' + b"[" * 900 + b"]" * 900),
    "huge number": as_json("parameters", 1).replace(b'"parameters": 1', b'"parameters": ' + b"9" * 4000),
    "more digits than Python reads": b'{"parameters": ' + b"9" * 9000 + b"}",
    "UTF-16": as_json("name", "x").decode().encode("utf-16"),
    **{f"{path}={str(value)[:30]!a}": as_json(path, value) for path, value in WRONG_VALUES},
}


@pytest.mark.parametrize("content", CARDS.values(), ids=CARDS.keys())
def test_a_card_that_is_none_is_one_named_row_everywhere(strange, content):
    folder = paths.home() / "models" / "strange"
    folder.parent.mkdir()
    shutil.move(strange, folder)
    (folder / "card.json").write_bytes(content)

    with pytest.raises(ArtifactError) as caught:
        load_model("strange")
    (model,) = [model for model in stored_models() if model.origin == "own"]

    assert str(folder) in str(caught.value)
    assert len(str(caught.value)) < 1500
    assert (model.name, model.card) == ("strange", None)
    assert model.problem.startswith(f"{folder}: expected ")
    assert set(list_models()) == {"default"}
    assert load_model("default").card.name == "default"
    (check,) = [check for check in examine() if check.name == "own models"]
    assert (check.status, check.found) == ("warning", model.problem)


def test_a_damaged_model_is_a_line_of_the_table_below_the_whole_ones(strange, capsys):
    shutil.copytree(strange, paths.home() / "models" / "strange")
    (paths.home() / "models" / "strange" / "card.json").write_bytes(CARDS["nested"])

    assert main(["models"]) == 0

    whole, damaged = capsys.readouterr().out.splitlines()[1:]
    assert whole.startswith("default")
    assert damaged.startswith("damaged: ")
    assert "nested" in damaged


@pytest.mark.parametrize("accuracy", [None, "high", 7, {}, float("nan")])
def test_figures_that_are_none_are_not_shown(strange, accuracy):
    folder = paths.home() / "models" / "strange"
    shutil.copytree(strange, folder)
    change(folder, metrics={"validation": {"accuracy": accuracy, "kept_accuracy": accuracy, "n": accuracy}})

    assert "not measured" in model_table()


def test_a_folder_whose_name_is_not_utf_8_is_a_row_too(strange):
    name = os.fsdecode(b"mod\xe8le")
    shutil.copytree(strange, paths.home() / "models" / name)

    (model,) = [model for model in stored_models() if model.origin == "own"]

    assert set(list_models()) == {"default"}
    assert "a name in UTF-8" in model.problem
    (model.name + model.problem).encode()


# The network is tried in a child process first


def with_network(folder: Path, content: bytes) -> Path:
    """The folder with that network, named rightly by its card."""
    (folder / "model.tflite").write_bytes(content)
    change(folder, sha256={"model.tflite": file_sha256(folder / "model.tflite")})
    return folder


def crashing(content: bytes) -> bytes:
    """A network whose root table is found where there is none."""
    return b"\xf0\xff\xff\x7f" + content[4:]


def test_a_network_that_crashes_its_interpreter_is_refused_in_words(strange):
    content = (strange / "model.tflite").read_bytes()
    with_network(strange, crashing(content))

    with pytest.raises(ArtifactError, match="a LiteRT network that can be used"):
        load_model(strange)


def test_another_whole_network_is_tried_once_and_the_verdict_kept(strange, monkeypatch):
    content = (strange / "model.tflite").read_bytes() + b"\0" * 16  # another file, the same network
    with_network(strange, content)
    load_model(strange)
    digest = file_sha256(strange / "model.tflite")
    assert [path.name for path in paths.home().rglob(digest)] == [digest]

    monkeypatch.setattr(vetting, "_try", lambda _: "tried again")
    load_model(strange)
    monkeypatch.setattr(vetting, "_passed", set())  # as another process starts
    load_model(strange)
    shutil.rmtree(paths.home() / "vetted")
    monkeypatch.setattr(vetting, "_passed", set())

    with pytest.raises(ArtifactError, match="tried again"):
        load_model(strange)


def test_the_shipped_network_needs_no_trial(strange, monkeypatch):
    monkeypatch.setattr(vetting, "_try", lambda _: "tried")

    assert load_model(strange).card.name == "default"
    assert not (paths.home() / "vetted").exists()


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("import os; os.abort()", "SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import time; time.sleep(60)", "does not answer"),
        ("raise SystemError('surprise')", "surprise"),
        ("x = bytearray(1 << 40)", "MemoryError"),
    ],
)
def test_however_a_trial_ends_it_is_said(strange, tmp_path, monkeypatch, program, found):
    child = tmp_path / "child.py"
    child.write_text(program)
    monkeypatch.setattr(vetting, "_CHILD", child)
    monkeypatch.setattr(vetting, "TRIAL_S", 1.0 if found == "does not answer" else 60.0)
    with_network(strange, (strange / "model.tflite").read_bytes() + f"{program}".encode())

    with pytest.raises(ArtifactError, match=found):
        load_model(strange)


def test_a_refused_network_is_not_tried_again_and_again(strange, monkeypatch):
    tried: list[bytes] = []

    def refuse(content: bytes) -> str:
        tried.append(content)
        return "bad"

    monkeypatch.setattr(vetting, "_try", refuse)
    with_network(strange, b"no network of ours")

    for _ in range(3):
        with pytest.raises(ArtifactError, match="found bad"):
            load_model(strange)

    assert len(tried) == 1


def test_a_folder_name_of_two_lines_is_one_row(strange, capsys):
    folder = paths.home() / "models" / "two\nlines\u202e"
    shutil.copytree(strange, folder)
    change(folder, parameters="many")

    (model,) = [model for model in stored_models() if model.origin == "own"]

    assert model.name == "two\\x0alines\\u202e"
    assert "\n" not in model.problem
    assert [line for line in model_table().splitlines() if "damaged: " in line and "two\\x0alines" in line]


def test_a_name_that_no_disk_takes_is_no_model():
    with pytest.raises(ArtifactError, match="no such model"):
        load_model("x" * 300)
