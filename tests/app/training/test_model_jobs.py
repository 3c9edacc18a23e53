"""Jobs on models: what their answers depend on, and how many conversions are kept."""

import json
import os
import shutil

from app.training import child_jobs as training_jobs
from app.training import model_jobs
from fer_core import paths
from tests.helpers.training_folders import finish, store_archive
from train.export.formats import FORMS

SHIPPED = paths.SHIPPED_MODELS / "default"


def test_every_form_that_the_command_line_knows_is_offered():
    assert set(model_jobs.FORMS) == set(FORMS)


def test_a_comparison_belongs_to_its_models_in_their_order_and_to_the_split(tmp_path):
    archive, other = store_archive(inspected=False), tmp_path / "other"
    shutil.copytree(SHIPPED, other)
    card = json.loads((other / "card.json").read_text())
    (other / "card.json").write_text(json.dumps(card | {"name": "other"}))

    jobs = [
        model_jobs.comparison(models, archive, split)
        for models, split in (([SHIPPED, other], "test"), ([other, SHIPPED], "test"), ([SHIPPED, other], "validation"))
    ]

    assert len({job.dir for job in jobs}) == 3
    assert jobs[0] == model_jobs.comparison([SHIPPED, other], archive, "test")


def test_a_comparison_reads_numbers_as_the_train_page_was_told():
    archive = store_archive(inspected=False)
    before = model_jobs.comparison([SHIPPED, SHIPPED], archive, "test")
    training_jobs.keep_label_order(archive, "rafdb")
    job = model_jobs.comparison([SHIPPED, SHIPPED], archive, "test")
    assert job.dir != before.dir
    assert job.arguments[job.arguments.index("--label-order") + 1] == "rafdb"
    training_jobs.keep_label_order(archive, "")
    assert model_jobs.comparison([SHIPPED, SHIPPED], archive, "test") == before


def test_the_latest_conversions_are_kept():
    for age in range(9):
        job = training_jobs.Job(training_jobs.answer_dir("convert", str(age)), ())
        finish(job, {})
        os.utime(job.dir, (1000 - age, 1000 - age))
    finish(training_jobs.Job(training_jobs.answer_dir("compare", "x"), ()), {})

    model_jobs.forget_old_conversions()

    left = sorted(folder.name for folder in (paths.home() / "answers").iterdir())
    assert left == ["compare-x", *(f"convert-{age}" for age in range(5))]
