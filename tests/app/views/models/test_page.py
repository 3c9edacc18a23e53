"""The Models page as Streamlit runs it."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.formatting import size_words
from app.training import child_jobs as training_jobs
from app.training import model_jobs
from app.views.shared.page_parts import key_of
from fer_core import paths
from fer_core.expressions import model_store
from fer_core.expressions.model_list import live_card
from tests.helpers import pages
from tests.helpers.faces import wait_until
from tests.helpers.pages import assert_fine, present, press, press_label, words
from tests.helpers.training_folders import finish, make_run, store_archive
from train.runs import files as progress

SHIPPED = paths.SHIPPED_MODELS / "default"


def script() -> None:
    from app.views.models import page as models

    models.render()


def analyse_script() -> None:
    from app.views.analyse import page as analyse

    analyse.render()


VIEWS: dict[str, Callable[[], None] | Path] = {"models": script, "analyse": analyse_script, "live": pages.MAIN}


def open_page() -> AppTest:
    return pages.open_page(script)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def run_model(name: str) -> Path:
    """A finished run whose model is another one than the shipped."""
    folder = make_run(name, "finished", epochs=4, with_report=True) / progress.MODEL
    (folder / "extra.txt").write_text(name)
    card = json.loads((folder / "card.json").read_text())
    files = card["sha256"] | {"extra.txt": hashlib.sha256(name.encode()).hexdigest()}
    (folder / "card.json").write_text(json.dumps(card | {"name": name, "sha256": files}))
    return folder


def key(action: str, folder: Path) -> str:
    """Of a button in that model's row."""
    return f"models_{action}_{key_of(folder)}"


def keys(page: AppTest) -> list[str]:
    return [str(button.key) for button in page.button]


def choose(page: AppTest, folder: Path) -> None:
    press(page, key("open", folder))


def heads(page: AppTest) -> list[str]:
    return [item.value for item in page.header]


def test_at_first_only_the_shipped_model_is_there_and_live():
    page = open_page()

    text = words(page)
    assert "Live now: **default**" in text
    assert "There is only one model" in text
    assert labels(page) == ["default", "Export", "Make ONNX", "Make SavedModel", "Make JSON + H5"]
    assert [item.value for item in page.title] == ["Models"]
    assert heads(page) == ["default"]
    for note in ("Meant for", "Not for", "Limits", "Licence of the data"):
        assert note in text


def test_a_model_names_the_published_weights_that_it_started_from():
    folder = run_model("mine")
    card = json.loads((folder / "card.json").read_text())
    origin = {"name": "faces.dat", "about": "Face recognition on photographs; CC0."}
    (folder / "card.json").write_text(json.dumps(card | {"training": {"pretrained": origin}}))
    page = open_page()
    assert origin["about"] not in words(page)

    choose(page, folder)

    assert "**Pretraining.** Face recognition on photographs; CC0." in words(page)
    assert "faces.dat" in "".join(part.proto.body for part in page.get("html"))


def test_a_model_of_two_networks_names_both_that_it_started_from():
    folder = run_model("mine")
    card = json.loads((folder / "card.json").read_text())
    training = card["training"] | {"init_from": "one", "join_with": "other"}
    (folder / "card.json").write_text(json.dumps(card | {"training": training}))
    page = open_page()
    choose(page, folder)
    assert "one and other" in "".join(part.proto.body for part in page.get("html"))


def live_name() -> str:
    card = live_card()
    assert card is not None
    return card.name


def test_a_runs_model_is_put_live_and_undone():
    folder = run_model("mine")
    page = open_page()

    press(page, key("promote", folder))

    assert "mine is now used for live video" in words(page)
    assert "Live now: **mine**" in words(page)
    press(page, "undo")
    assert "default is live again" in words(page)
    assert live_name() == "default"
    press(page, key("open", SHIPPED))
    assert "undo" not in keys(page), "said once"


def test_going_back_to_the_previous_model_can_be_undone_too():
    folder = run_model("mine")
    page = open_page()
    press(page, key("promote", folder))

    assert "Go back to the previous model (default, 70.7\u00a0%)" in labels(page)
    press(page, "models_roll_back")

    assert live_name() == "default"
    press(page, "undo")
    assert "mine is live again" in words(page)
    assert live_name() == "mine"


def test_undo_leaves_alone_what_somebody_made_live_since():
    page = open_page()
    first, second = run_model("first"), run_model("second")
    page.run()
    press(page, key("promote", first))
    model_store.promote(second)

    press(page, "undo")

    assert "Another model has been made live since" in page.error[0].value
    assert live_name() == "second"


@pytest.mark.parametrize(
    ("changes", "words_of_it"),
    [
        ({"accuracy": 0.24}, "46.7 points below the live model (default, 70.7\u00a0%)"),
        ({"archive_sha256": "b" * 64}, "different images, so the two cannot be compared"),
    ],
)
def test_a_worse_or_otherwise_measured_model_asks_with_both_figures(changes: dict[str, Any], words_of_it: str):
    folder = run_model("mine")
    card = json.loads((folder / "card.json").read_text())
    figures = card["metrics"]["validation"] | changes
    (folder / "card.json").write_text(json.dumps(card | {"metrics": {"validation": figures}}))

    page = open_page()

    (asked,) = (item.value for item in page.markdown if "all the same?" in item.value)
    assert words_of_it in asked.replace("\\", "")
    assert "70.7" in asked
    press(page, key("promote", folder))
    assert live_name() == "mine"


def test_a_run_and_its_kept_copy_are_one_row():
    folder = run_model("mine")
    kept = model_store.keep(folder)

    page = open_page()

    assert sorted(name for name in keys(page) if name.startswith("models_open_")) == sorted(
        [key("open", SHIPPED), key("open", kept)]
    )
    press(page, key("delete", kept))
    assert "Its training run still has the model" in words(page)
    assert key("open", folder) in keys(page)


def test_a_runs_model_is_kept_and_deleted():
    folder = run_model("mine")
    page = open_page()
    assert key("delete", folder) not in keys(page), "a run's model goes with its run"

    press(page, key("keep", folder))
    kept = paths.home() / "models" / "mine"
    assert kept.is_dir()
    shutil.rmtree(folder.parent)
    page.run()
    press(page, key("delete", kept))

    assert not kept.exists()
    assert "mine was deleted" in words(page)


def test_the_shipped_model_offers_no_deletion():
    run_model("mine")
    page = open_page()

    assert key("delete", SHIPPED) not in keys(page)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"schema_version": 1}'])
def test_a_damaged_folder_is_named_with_its_reason_and_can_be_deleted(damage):
    broken = paths.home() / "models" / "broken"
    shutil.copytree(SHIPPED, broken)
    (broken / "card.json").write_text(damage)

    page = open_page()

    assert "**broken** is damaged" in page.warning[0].value
    press_label(page, "Delete it")
    assert not broken.exists()


@pytest.mark.parametrize("file", ["card.json", "model.tflite"])
def test_a_damaged_live_model_is_said_and_rolled_back(file):
    model_store.promote(run_model("mine"))
    (paths.home() / "models" / "default" / file).unlink()

    page = open_page()

    assert "The live model is damaged" in page.error[0].value
    press(page, "models_roll_back")
    assert "default is live again" in words(page)


@pytest.mark.parametrize("metrics", [{}, {"validation": {}}, {"validation": {"split": "validation", "n": "many"}}])
def test_cards_with_poor_figures_break_nothing(metrics):
    folder = run_model("mine")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"metrics": metrics}))
    page = open_page()

    choose(page, folder)

    assert heads(page) == ["mine"]
    assert "Make ONNX" in labels(page)


def test_figures_by_the_votes_come_before_those_by_the_labels():
    page = open_page()

    choose(page, SHIPPED)

    names = [metric.label for metric in page.metric]
    assert names.index("Crowd accuracy") < names.index("Label accuracy, validation")
    assert "Accuracy, validation" not in names


@pytest.mark.parametrize("crowd", [None, {}, {"accuracy": 0.9}, "many"])
def test_a_card_without_votes_or_with_damaged_ones_shows_the_labels_alone(crowd):
    folder = run_model("mine")
    card = json.loads((folder / "card.json").read_text())
    figures = card["metrics"]["validation"] | {"crowd": crowd}
    (folder / "card.json").write_text(json.dumps(card | {"metrics": {"validation": figures}}))
    page = open_page()

    choose(page, folder)

    names = [metric.label for metric in page.metric]
    assert "Accuracy, validation" in names
    assert "Crowd accuracy" not in names


def pair_of(first: int = 0, second: int = 1, *, difference: float = 0.1, p: float = 0.03) -> dict[str, Any]:
    return {
        "first": first,
        "second": second,
        "difference": difference,
        "interval_95": [0.02, 0.18],
        "only_first_right": 20,
        "only_second_right": 10,
        "p_value": p / 3,
        "p_corrected": p,
        "recall_difference": {"happy": 0.1, "sad": -0.05},
    }


def comparison_of(*pairs: dict[str, Any], models: int = 2) -> dict[str, Any]:
    return {"n": 100, "models": ["x"] * models, "accuracies": [0.6, 0.5, 0.4][:models], "pairs": list(pairs)}


def compare(page: AppTest, *folders: Path) -> None:
    page.button_group(key=present(page, "models_view")).set_value("Compare").run()
    page.multiselect(key=present(page, "compare_models")).set_value(list(folders)).run()
    assert_fine(page)


def compared(answer: Any, *more: Path) -> AppTest:
    """The page, with the test of the run "mine" against the shipped model (and `more`) answered."""
    models, archive = [run_model("mine"), SHIPPED, *more], store_archive()
    finish(model_jobs.comparison(models, archive, "validation"), answer)
    page = open_page()
    compare(page, *models)
    return page


def test_two_models_are_compared_from_their_cards():
    folder = run_model("mine")
    page = open_page()

    press(page, key("compare", folder))

    text = words(page)
    assert page.multiselect(key=present(page, "compare_models")).value == [SHIPPED, folder]
    assert heads(page) == ["Compare models"]
    assert "Recall of happy" in text
    assert "Validation accuracy during training" in text
    assert "upload an archive on the Train page" in text


def test_up_to_four_models_are_compared_and_each_has_its_letter():
    folders = [run_model(name) for name in ("one", "two", "three")]
    page = open_page()

    compare(page, SHIPPED, *folders)

    letters = [words(page).count(f">{letter}</span>") for letter in "ABCDE"]
    assert letters == [3, 3, 3, 3, 0]  # in the key, in the table, above the confusion matrix
    assert page.multiselect(key=present(page, "compare_models")).proto.max_selections == 4


def test_figures_are_given_with_their_difference_to_the_first_and_the_best_is_bold():
    folder = run_model("mine")
    card = json.loads((folder / "card.json").read_text())
    figures = card["metrics"]["validation"]
    changed = figures | {"accuracy": figures["accuracy"] - 0.1, "ece": figures["ece"] - 0.01}
    (folder / "card.json").write_text(json.dumps(card | {"metrics": {"validation": changed}}))
    page = open_page()

    compare(page, SHIPPED, folder)

    text = words(page)
    shipped, ours = figures["accuracy"], changed["accuracy"]
    assert f"<b>{shipped:.1%}</b>".replace("%", "\N{NO-BREAK SPACE}%") in text
    assert f"{ours:.1%}<small>\N{MINUS SIGN}10.0</small>".replace("%", "\N{NO-BREAK SPACE}%") in text
    error = f"<b>{changed['ece']:.1%}</b><small>\N{MINUS SIGN}1.0</small>"
    assert error.replace("%", "\N{NO-BREAK SPACE}%") in text


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_models_are_not_compared(count):
    folders = [run_model("mine"), SHIPPED]
    page = open_page()

    compare(page, *folders[:count])

    assert "Choose two to 4 models" in words(page)


def test_models_of_the_same_name_can_be_told_apart():
    kept = [paths.home() / "models" / name for name in ("a", "b")]
    for folder in kept:
        shutil.copytree(SHIPPED, folder)
        card = json.loads((folder / "card.json").read_text())
        (folder / "note.txt").write_text(folder.name)
        files = card["sha256"] | {"note.txt": hashlib.sha256(folder.name.encode()).hexdigest()}
        (folder / "card.json").write_text(json.dumps(card | {"sha256": files}))
    page = open_page()

    compare(page, *kept)

    assert page.multiselect(key=present(page, "compare_models")).value == kept
    assert "default (yours), models/b" in page.multiselect(key=present(page, "compare_models")).options


def test_a_compared_model_may_go_away():
    folder = run_model("mine")
    page = open_page()
    compare(page, SHIPPED, folder)

    shutil.rmtree(folder.parent)
    page.run()

    assert_fine(page)
    assert "There is only one model" in words(page)


def test_the_difference_on_the_same_images_is_told():
    page = compared(comparison_of(pair_of()))

    assert "A · **mine** is better by 10.0 points: statistically significant" in page.success[0].value
    assert "20 : 10" in words(page)
    assert "A minus B, in points" in words(page)


def test_a_difference_within_chance_is_told_as_such():
    assert "No statistically significant difference" in compared(comparison_of(pair_of(p=0.4))).info[0].value


def test_of_several_models_those_beyond_chance_are_named():
    pairs = (pair_of(0, 1, difference=-0.1), pair_of(0, 2, p=0.4), pair_of(1, 2, difference=0.2))

    page = compared(comparison_of(*pairs, models=3), run_model("other"))

    (verdict,) = page.success
    assert (
        verdict.value
        == "B · **default** is better than A by 10.0 points, than C by 20.0 points: statistically significant."
    )
    assert "A</span> against" in words(page)
    assert "not significant" in words(page)


@pytest.mark.parametrize("answer", ["[]", "{}", '{"n": 1}', comparison_of(), comparison_of(pair_of(0, 2))])
def test_a_damaged_comparison_can_be_made_again(answer):
    page = compared(answer)

    assert "damaged" in page.error[0].value
    assert "Test the difference" in labels(page)


@pytest.mark.slow
def test_the_difference_is_tested_by_a_real_child():
    folder, archive = run_model("mine"), store_archive()
    page = open_page()
    compare(page, folder, SHIPPED)

    press_label(page, "Test the difference")

    job = model_jobs.comparison([folder, SHIPPED], archive, "validation")
    wait_until(lambda: training_jobs.look(job).state != "running", timeout_s=120)
    page.run()
    assert "No statistically significant difference" in words(page), training_jobs.look(job)


def downloads(page: AppTest) -> list[str]:
    return [button.label for button in page.download_button]


def test_a_models_own_files_are_offered_as_they_are():
    page = open_page()

    assert [label.partition(" · ")[0] for label in downloads(page)] == ["model.keras", "model.tflite", "card.json"]
    assert "7 probabilities: angry, disgust" in words(page)
    assert not (paths.home() / "answers").exists(), "nothing is made before it is asked for"


@pytest.mark.slow
def test_another_form_is_made_by_a_real_child_and_offered():
    page = open_page()

    press_label(page, "Make JSON + H5")

    job = model_jobs.conversion(SHIPPED, "json_h5")
    wait_until(lambda: training_jobs.look(job).state != "running", timeout_s=120)
    page.run()
    assert f"JSON + H5 · {size_words((job.dir / model_jobs.ZIP).stat().st_size)}" in downloads(page)
    with zipfile.ZipFile(job.dir / model_jobs.ZIP) as packed:
        assert sorted(packed.namelist()) == ["card.json", "model.json", "model.weights.h5"]


def test_a_form_that_cannot_be_made_says_why_and_can_be_tried_again():
    job = model_jobs.conversion(SHIPPED, "onnx")
    job.dir.mkdir(parents=True)
    (job.dir / training_jobs.ERROR).write_text("ONNX needs the package tf2onnx. Run: pip install tf2onnx onnxruntime")

    page = open_page()

    assert page.error[0].value.startswith("ONNX could not be made. ONNX needs the package tf2onnx.")
    assert "Make ONNX" in labels(page)


def test_a_form_whose_file_has_gone_is_made_again():
    answer = {"form": "onnx", "files": ["model.onnx"], "difference": 0.0}
    finish(model_jobs.conversion(SHIPPED, "onnx"), answer)

    page = open_page()

    assert "Make ONNX" in labels(page)
    assert len(downloads(page)) == 3


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"schema_version": 1, "name": 7}', b"\xff", b"9" * 5000])
@pytest.mark.parametrize("view", ["models", "live", "analyse"])
def test_a_strangers_card_takes_no_page_down(content, view, calls):
    folder = paths.home() / "models" / "strange"
    shutil.copytree(SHIPPED, folder)
    (folder / "card.json").write_bytes(content)

    page = pages.open_page(VIEWS[view])

    if view == "models":
        assert page.warning[0].value.startswith("**strange** is damaged")


def test_what_a_card_says_is_no_markdown():
    folder = run_model("mine")
    card = json.loads((folder / "card.json").read_text())
    link = "![x](http://tracker.example/x.png) :material/home: www.example.org <b>"
    (folder / "card.json").write_text(json.dumps(card | {"name": link, "notes": {"limits": link}}))
    model_store.promote(folder)

    page = open_page()
    choose(page, folder)

    for said in [item.value for item in page.markdown]:
        for mark in ("![x]", "http://", ":material/home:", "www.example"):
            assert mark not in said
        assert "<b>" not in said.replace("\\<", "")
