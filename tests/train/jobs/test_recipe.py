"""Recipes: what their files may say, and one carried out with real, tiny steps."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from fer_core.expressions.card import read_card
from tests.helpers.synthetic import drawn_dataset, drawn_votes, write_archive, write_ferplus
from train.__main__ import main, parse
from train.errors import ConfigError, TrainingError
from train.jobs import recipe as recipe_module
from train.jobs.from_flags import fit_request
from train.jobs.recipe import VIEWS, _arguments, carry_out
from train.jobs.recipe_file import Recipe, Step, parse_recipe, read_recipe, recipe_names, stages
from train.runs.files import PROGRESS, RECIPE
from train.runs.request import read_request

DATASET = drawn_dataset()
SMALL: dict[str, Any] = {"architecture": "baseline_cnn", "epochs": 1, "batch_size": 32}
TINY = {
    "about": "A tiny one.",
    "time": "A minute.",
    "steps": [
        {"name": "teacher", "fit": SMALL | {"seed": 5, "ferplus_weight": 0.4}, "export": False},
        {"name": "views", "teach": {"views": 2, "seed": 3}, "teachers": ["teacher"]},
        {"name": "student", "fit": SMALL | {"seed": 6}, "teacher_views": "views", "export": False},
        {"name": "finished", "fit": {"epochs": 1, "batch_size": 32, "seed": 7}, "start": "student"},
    ],
}


def recipe_of(*steps: dict[str, Any]) -> Recipe:
    return parse_recipe("tiny", TINY | {"steps": list(steps)})


NAMES = ["default", "face-transfer", "ferplus-transfer", "processor"]


def test_there_is_a_recipe_for_the_shipped_network_and_three_for_processors():
    assert recipe_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_every_recipe_is_a_command_line_that_is_understood(name, tmp_path, monkeypatch):
    votes = tmp_path / "fer2013new.csv"
    votes.touch()
    for step in read_recipe(name).steps:
        folder = tmp_path / step.name
        folder.mkdir()
        for teacher in step.depends_on - {step.teacher_views}:
            shutil.copytree(Path("models/default"), tmp_path / teacher, dirs_exist_ok=True)
        if step.teacher_views:
            (tmp_path / step.teacher_views / VIEWS).touch()
        options = parse([str(word) for word in _arguments(step, folder, Path("a.csv"), votes, 3)])
        assert options.nice == 3
        if step.kind == "fit":
            request = fit_request(options)
            assert request is not None
            settings = {name: value for name, value in step.settings.items() if hasattr(request.training, name)}
            assert {name: getattr(request.training, name) for name in settings} == settings
            assert request.drop_not_faces == step.settings.get("drop_not_faces", False)
            assert (len(request.teachers), request.teacher_views is not None, request.export) == (
                len(step.teachers),
                bool(step.teacher_views),
                step.export,
            )


def test_the_default_recipe_is_how_the_shipped_network_was_trained():
    card = read_card(Path("models/default"))
    recipe = read_recipe("default")
    settings = recipe.steps[-1].settings
    flat = card.training | card.training["augment"]
    assert {name: flat[name] for name in settings if name in flat} == {k: v for k, v in settings.items() if k in flat}
    assert settings.keys() - flat.keys() == {"drop_not_faces"}
    assert card.dataset["cleaned"] == ["drop_not_faces"]
    trunks = [step.settings["architecture"] for step in recipe.steps if step.name in ("student", "face-early")]
    assert card.architecture == "+".join(trunks)
    told = card.training["recipe"]
    assert [(step["name"], step["settings"], step["start"], step["join_with"]) for step in told["steps"]] == [
        (step.name, step.settings, step.start, step.join_with) for step in recipe.steps
    ]
    assert (told["name"], told["step"], told["votes"]) == ("default", recipe.steps[-1].name, True)
    started = (card.training["init_from"], card.training["join_with"])
    assert started == (recipe.steps[-1].start, recipe.steps[-1].join_with)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"name": "a", "train": {}}, "step a must be one of fit, teach"),
        ({"name": "a", "fit": {"epoch": 3}}, "step a has unknown settings: epoch"),
        ({"name": "a", "fit": {}, "teachers": ["b"]}, "step a depends on b, which must be an earlier step"),
        ({"name": "a", "fit": {}, "teacher_views": "first"}, "step a depends on first"),
        ({"name": "a", "fit": {}, "start": "b"}, "step a depends on b"),
        ({"name": "a", "fit": {}, "start": "first", "join_with": "b"}, "step a depends on b"),
        ({"name": "first", "fit": {}}, "plain folder name of its own"),
        ({"name": "../a", "fit": {}}, "plain folder name of its own"),
        ({"name": "a", "teach": {"views": 2}, "teachers": ["first"]}, "must end with a fit"),
    ],
)
def test_a_recipe_that_cannot_work_is_refused(step, words):
    with pytest.raises(ConfigError, match=words):
        recipe_of({"name": "first", "fit": {}}, step)


def test_an_unknown_recipe_is_refused_with_the_known_ones(capsys):
    with pytest.raises(ConfigError, match="there are default, face-transfer, ferplus-transfer, processor"):
        read_recipe("cake")


def test_without_votes_the_steps_do_without_them(tmp_path):
    step = read_recipe("default").steps[0].without_votes()
    assert step.settings.keys() == {"architecture", "epochs", "batch_size", "seed", "label_smoothing"}
    assert "--ferplus" not in _arguments(step, tmp_path, Path("a.csv"), None, 0)


def test_without_votes_nothing_is_joined_and_no_step_is_done_for_it(tmp_path):
    joined = {"name": "joined", "fit": {"ferplus_weight": 1}, "start": "one", "join_with": "other"}
    recipe = recipe_of(
        {"name": "one", "fit": {}}, {"name": "base", "fit": {}}, {"name": "other", "fit": {}, "start": "base"}, joined
    )
    words = [str(word) for word in _arguments(recipe.steps[-1], tmp_path / "joined", Path("a.csv"), tmp_path, 0)]
    assert words[words.index("--join-with") + 1] == str(tmp_path / "other")
    assert [step.name for step in recipe.steps_without_votes()] == ["one", "joined"]
    last = recipe.steps_without_votes()[-1]
    assert "--join-with" not in _arguments(last, tmp_path / "joined", Path("a.csv"), None, 0)


def test_the_label_order_is_handed_to_every_step(tmp_path):
    for step in parse_recipe("tiny", TINY).steps:
        arguments = [str(word) for word in _arguments(step, tmp_path, Path("a.csv"), None, 0, "rafdb")]
        assert arguments[arguments.index("--label-order") + 1] == "rafdb"


def test_steps_that_lean_on_none_of_their_own_group_may_run_side_by_side():
    assert [[step.name for step in group] for group in stages(read_recipe("default").steps)] == [
        ["teacher-se-resnet-wide", "teacher-vgg-se", "teacher-se-resnet", "teacher-deep-se"],
        ["views"],
        ["student"],
        ["views-of-student"],
        ["poor-cameras"],
        ["what-people-see", "face-early"],
        ["face-early-longer"],
        ["both"],
    ]


def test_as_many_steps_as_asked_run_at_once_and_a_later_group_waits(tmp_path, monkeypatch):
    running, seen = [0], []
    lock, both = threading.Lock(), threading.Barrier(2, timeout=30)

    def carry_out_step(step: Step, output: Path, *rest: Any) -> None:
        with lock:
            running[0] += 1
            seen.append((step.name, running[0]))
        if step.name in ("a", "b"):
            both.wait()
        (output / step.name).mkdir()
        with lock:
            running[0] -= 1

    monkeypatch.setattr(recipe_module, "_carry_out_step", carry_out_step)
    monkeypatch.setattr(recipe_module, "_is_done", lambda step, folder: folder.is_dir())
    monkeypatch.setattr(recipe_module, "_finish", lambda *_: iter(["done"]))
    recipe = recipe_of(
        {"name": "a", "fit": SMALL},
        {"name": "b", "fit": SMALL},
        {"name": "c", "fit": SMALL},
        {"name": "d", "fit": SMALL, "teachers": ["a", "b", "c"]},
    )
    said = list(carry_out(recipe, tmp_path, tmp_path / "out", ferplus=None, nice=0, jobs=2))
    assert said[-1] == "done"
    assert max(count for _, count in seen) == 2
    assert seen[-1] == ("d", 1)


def test_a_failed_step_ends_the_recipe_with_its_reason(tmp_path):
    recipe = recipe_of({"name": "model", "fit": SMALL})
    with pytest.raises(TrainingError, match=r"model is failed after 0 epochs. No archive at .* Run the same command"):
        list(carry_out(recipe, tmp_path / "none.csv", tmp_path / "out", ferplus=None, nice=0))


def test_a_folder_with_another_recipe_is_left_alone(tmp_path):
    (tmp_path / RECIPE).write_text(json.dumps({"name": "cake"}))
    with pytest.raises(ConfigError, match="holds another recipe"):
        list(carry_out(recipe_of({"name": "model", "fit": SMALL}), tmp_path, tmp_path, ferplus=None, nice=0))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_teacher_views_student_and_figures_follow_from_one_command_and_finished_steps_are_kept(tmp_path, capfd):
    archive = write_archive(tmp_path / "drawn.csv", DATASET)
    train = DATASET["train"].labels
    votes = write_ferplus(tmp_path / "fer2013new.csv", {"train": drawn_votes(train)})
    recipe, out = parse_recipe("tiny", TINY), tmp_path / "out"

    said = list(carry_out(recipe, archive, out, ferplus=votes, nice=0))

    assert said[-1] == f"The model is in {out / 'finished' / 'model'}."
    assert "validation: 28 images" in capfd.readouterr().out
    card = read_card(out / "finished" / "model")
    assert card.training["recipe"]["name"] == "tiny"
    assert [step["settings"]["seed"] for step in card.training["recipe"]["steps"]] == [5, 3, 6, 7]
    assert (card.training["seed"], card.training["init_from"], card.architecture) == (7, "student", "baseline_cnn")
    assert not (out / "teacher" / "model").exists()
    student = read_request(out / "student")
    assert student is not None
    assert student.teacher_views is not None

    shutil.rmtree(out / "finished" / "model")
    before = {path: path.stat().st_mtime_ns for path in (out / "teacher" / PROGRESS, out / "views" / VIEWS)}
    again = list(carry_out(recipe, archive, out, ferplus=votes, nice=0))
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert [line for line in again if "done already" in line] == [
        f"Step {number} of 4, {name}: done already."
        for number, name in enumerate(["teacher", "views", "student", "finished"], 1)
    ]
    assert read_card(out / "finished" / "model").training == card.training


def test_teach_refuses_what_it_cannot_do(tmp_path, capsys):
    archive = write_archive(tmp_path / "drawn.csv", DATASET)
    teach = ["teach", "--archive", str(archive), "--teachers", "default", "--output", str(tmp_path / "v.npz")]
    for more, words in (
        (["--views", "0"], "views must be 1 to 1000"),
        (["--mixup", "0.5"], "Mixup blends different images each time"),
        (["--ferplus", str(archive)], "Add --drop-not-faces"),
    ):
        assert main([*teach, *more]) == 2
        assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("*.npz"))
