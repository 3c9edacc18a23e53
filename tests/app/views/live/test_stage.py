"""What the stage answers, and that its files fit together."""

import re

import pytest

from app.views.live import stage
from app.views.live.stage import StageAnswer, answer_of
from tests.helpers import REPOSITORY

ASSETS = REPOSITORY / "app" / "assets" / "live"
TOP_LEVEL_NAME = re.compile(r"^(?:const|let|var|class|(?:async )?function) (\w+)", re.MULTILINE)


@pytest.mark.parametrize(
    ("mirror", "picture", "missed", "answer"),
    [
        (None, None, None, StageAnswer()),
        (False, None, None, StageAnswer(mirror=False)),
        (True, None, None, StageAnswer(mirror=True)),
        (None, True, None, StageAnswer(picture=True)),
        (None, None, "stream", StageAnswer(missed=True)),
        (None, None, "frame", StageAnswer(missed=True, unreachable=True)),
        ("no", "yes", "nothing", StageAnswer()),
    ],
)
def test_what_the_viewer_did(mirror, picture, missed, answer):
    assert answer_of(mirror, picture, missed) == answer


def test_no_two_of_its_files_use_one_name():
    names = [name for script in stage.SCRIPTS for name in TOP_LEVEL_NAME.findall((ASSETS / f"{script}.js").read_text())]

    assert len(names) > 30
    assert sorted(names) == sorted(set(names))


def test_only_the_last_file_is_the_components_way_in():
    ways_in = [script for script in stage.SCRIPTS if "export default" in (ASSETS / f"{script}.js").read_text()]

    assert ways_in == [stage.SCRIPTS[-1]]


def test_the_markup_has_what_the_scripts_look_for():
    markup = (ASSETS / "stage.html").read_text()
    sought = {
        name
        for script in ("stage", "controls")
        for name in re.findall(r"""(?:find|press)\("\.([\w]+)""", (ASSETS / f"{script}.js").read_text())
    }

    assert {"start", "stop", "toast"} <= sought
    assert {name for name in sought if f'class="{name}' not in markup} == set()
