"""Who may import whom, read from the sources; and the web process never loads TensorFlow."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
TRAIN_FOR_APP = (
    "train.archive.uploads",
    "train.architectures",
    "train.evaluation.compare",
    "train.settings.augmentation",
    "train.settings.training",
    "train.dataset.report",
    "train.errors",
    "train.evaluation.figures",
    "train.runs.files",
    "train.evaluation.types",
    "train.runs.run",
    "train.settings.fields",
)

ANALYSIS_PARTS = ("charts", "copies", "folders", "jobs", "memory", "worker")
SESSION_PARTS = ("charts", "compare_charts", "curves", "data", "memory", "report", "svg", "tables", "words")
RECORDING_PARTS = ("", "_baseline", "_markers", "_memory", "_neutral", "_types", "_video", "_watch")


def modules_of(package: str) -> list[Path]:
    found = sorted((REPOSITORY / package).rglob("*.py"))
    assert found, f"no modules in {package}"
    return found


def imports_of(path: Path) -> set[str]:
    """Full names that a module imports anywhere, functions included: `from a import b` is "a" and "a.b"."""
    package = path.relative_to(REPOSITORY).parent.parts
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*start, *([node.module] if node.module else [])])
            names |= {origin, *(f"{origin}.{alias.name}" for alias in node.names)}
    return names


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def offenders(paths: list[Path], *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(REPOSITORY)} imports {name}"
        for path in paths
        for name in sorted(imports_of(path))
        if within(name, *forbidden)
    ]


def test_imports_are_read_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "REPOSITORY", tmp_path)
    path = tmp_path / "app" / "views" / "page.py"
    path.parent.mkdir(parents=True)
    path.write_text("import a.b as c\ndef f():\n    from d import e\nfrom . import g\nfrom ..h import i\n")

    assert imports_of(path) == {"a.b", "d", "d.e", "app.views", "app.views.g", "app.h", "app.h.i"}
    assert offenders([path], "a", "e", "app.h") == [
        "app/views/page.py imports a.b",
        "app/views/page.py imports app.h",
        "app/views/page.py imports app.h.i",
    ]


def test_the_shared_library_imports_neither_side_nor_streamlit_nor_tensorflow():
    assert (
        offenders(modules_of("fer_core"), "app", "train", "streamlit", "streamlit_webrtc", "tensorflow", "keras") == []
    )


def test_the_training_side_imports_neither_app_nor_streamlit():
    assert offenders(modules_of("train"), "app", "streamlit", "streamlit_webrtc") == []


def test_the_app_imports_of_the_training_side_only_what_reads_files():
    strays = [
        f"{path.relative_to(REPOSITORY)} imports {name}"
        for path in modules_of("app")
        for name in imports_of(path)
        if within(name, "train") and name != "train" and not within(name, *TRAIN_FOR_APP)
    ]

    assert strays == []
    assert offenders(modules_of("app"), "tensorflow", "keras", "benchmarks", "tests") == []


def test_one_module_owns_the_camera():
    importers = [p.name for p in modules_of("app") if any(within(n, "streamlit_webrtc") for n in imports_of(p))]

    assert importers == ["streaming.py"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "live_session.py",
            "live_analysis.py",
            "live_frames.py",
            "live_progress.py",
            "interrupted.py",
            "charts.py",
            "consent.py",
            "face_reason.py",
            "file_summary.py",
            "keep_session.py",
        ),
        *(f"analysis_{part}.py" for part in ANALYSIS_PARTS),
        *(f"recording{part}.py" for part in RECORDING_PARTS),
        *(f"session_{part}.py" for part in SESSION_PARTS),
    ],
)
def test_what_runs_outside_the_page_imports_no_streamlit(name):
    assert offenders([REPOSITORY / "app" / name], "streamlit", "streamlit_webrtc", "app.state", "app.views") == []


def test_what_sessions_mean_needs_neither_page_nor_database():
    assert offenders(modules_of("app/sessions"), "streamlit", "app.state", "app.views", "app.store", "sqlalchemy") == []


def test_nothing_that_people_run_imports_the_tests():
    paths = [path for package in ("app", "fer_core", "train") for path in modules_of(package)]

    assert offenders(paths, "tests", "pytest", "hypothesis", "skimage") == []


CHILD = """
import importlib, sys
from pathlib import Path
import numpy as np

for path in sorted(Path("app").rglob("*.py")):
    parts = path.with_suffix("").parts
    if parts[-1] not in ("main", "__init__"):  # main runs the page as it is imported
        importlib.import_module(".".join(parts))
from app.live.pipelines import make_pipeline

pipeline = make_pipeline("haar", "default", min_hits=1)
rows = pipeline.model.predict(np.zeros((1, 48, 48, 1), np.uint8))
pipeline.process(np.zeros((240, 320, 3), np.uint8), 0.0)
assert rows.shape == (1, 7)
print(sorted({name.split(".")[0] for name in sys.modules} & {"tensorflow", "keras", "train", "app", "streamlit"}))
"""


def test_the_web_process_runs_without_tensorflow(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        cwd=REPOSITORY,
        env=os.environ | {"FER_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    loaded = answer.stdout.strip().splitlines()[-1]
    assert "tensorflow" not in loaded
    assert "keras" not in loaded
    assert "'app'" in loaded, "the child did import the app"
