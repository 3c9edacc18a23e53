"""Who may import whom, read from the sources; that imports form no circle; and the web process loads no TensorFlow."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

TRAIN_FOR_APP = (
    "train.architectures",
    "train.archive.label_orders",
    "train.archive.limits",
    "train.archive.streams",
    "train.archive.uploads",
    "train.dataset.near_duplicates",
    "train.dataset.report",
    "train.errors",
    "train.evaluation.compare",
    "train.evaluation.crowd",
    "train.evaluation.figures",
    "train.evaluation.report_text",
    "train.evaluation.types",
    "train.fitting.trial",
    "train.runs.files",
    "train.runs.request",
    "train.runs.run",
    "train.settings",
    "train.sweeps.plan",
    "train.sweeps.results",
)
"""What the app may import of the training side: modules that read files or name settings, and load no Keras."""

PAGES = (
    "app.main",
    "app.state",
    "app.streaming",
    "app.views",
    *(f"app.access.{name}" for name in ("current", "downloads", "gate", "server", "sign_in")),
)
"""The only places in the app that may import Streamlit; nothing outside them imports them."""

LAYERS = {
    "app": (
        ("app.views.sessions", "app.views.history", "app.views.models", "app.views.your_data", "app.views.system"),
        ("app.views.analyse", "app.views.training", "app.views.sign_in"),
        ("app.views.live",),
        ("app.views.shared",),
        ("app.web",),
        ("app.report",),
        ("app.doctor",),
        ("app.access",),
        ("app.charts",),
        ("app.access",),
        ("app.sessions", "app.training"),
        ("app.analysis",),
        ("app.recording",),
        ("app.live", "app.session_statistics"),
        ("app.store.exchange",),
        ("app.store",),
    ),
    "train": (
        ("train.sweeps",),
        ("train.jobs",),
        ("train.export",),
        ("train.fitting",),
        ("train.teaching", "train.evaluation"),
        ("train.networks",),
        ("train.augmentation", "train.dataset"),
        ("train.runs",),
        ("train.archive", "train.settings", "train.architectures"),
    ),
    "fer_core": (("fer_core.scale",), ("fer_core.files",), ("fer_core.expressions",), ("fer_core.faces",)),
}
"""Folders from the highest layer to the lowest: a folder imports its own layer's folders never, lower ones only."""


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
        if within(name, "train") and not within(name, *TRAIN_FOR_APP)
        if not any(within(allowed, name) for allowed in TRAIN_FOR_APP)  # the package that it stands in
    ]

    assert strays == []
    assert offenders(modules_of("app"), "tensorflow", "keras", "benchmarks", "tests") == []


def test_one_module_owns_the_camera():
    importers = [p.name for p in modules_of("app") if any(within(n, "streamlit_webrtc") for n in imports_of(p))]

    assert importers == ["streaming.py"]


def test_two_modules_of_the_shared_library_know_ray():
    importers = {name_of(p) for p in modules_of("fer_core") if any(within(n, "ray") for n in imports_of(p))}

    assert importers == {"fer_core.scale.cluster", "fer_core.scale.joining"}
    assert offenders(modules_of("app"), "ray", "fer_core.scale") == []


def name_of(path: Path) -> str:
    """The full name of a module or, for its __init__, of a package."""
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


def import_graph(package: str) -> dict[str, set[str]]:
    """Each module to those of its package that it imports: anywhere, in functions and for types too."""
    names = {name_of(path): path for path in modules_of(package)}
    graph = {}
    for name, path in names.items():
        found = imports_of(path) & names.keys()
        # `from a.b import c` names the package a.b only where c is no module of it.
        graph[name] = {other for other in found - {name} if not any(within(more, other) for more in found - {other})}
    return graph


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """The names along a circle, the first one again at its end; empty where there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph.get(name, ())):
            if circle := walk(other, [*way, name]):
                return circle
        done.add(name)
        return []

    return next((circle for name in sorted(graph) if (circle := walk(name, []))), [])


def test_a_circle_is_found():
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("package", ["app", "fer_core", "train"])
def test_imports_form_no_circle(package):
    assert circle_in(import_graph(package)) == []


def folder_of(module: str, folders: set[str]) -> str:
    """The innermost of `folders` that holds a module; empty for modules of the root."""
    return max((folder for folder in folders if within(module, folder)), key=len, default="")


@pytest.mark.parametrize("package", ["app", "fer_core", "train"])
def test_folders_import_lower_layers_only(package):
    rank = {folder: i for i, layer in enumerate(LAYERS[package]) for folder in layer}
    upward = [
        f"{module} imports {other}"
        for module, others in import_graph(package).items()
        for other in others
        if (mine := folder_of(module, rank.keys() | set())) and (theirs := folder_of(other, rank.keys() | set()))
        if mine != theirs and rank[theirs] <= rank[mine]
    ]

    assert upward == []


@pytest.mark.parametrize("package", ["app", "fer_core", "train"])
def test_every_folder_has_a_layer(package):
    known = {folder for layer in LAYERS[package] for folder in layer} | {package}
    known |= {
        "fer_core.files.pictures",
        "app.views",
        "app.store.migrations",
        "app.store.migrations.versions",
        "train.architectures",
    }
    folders = {name_of(path).rpartition(".")[0] for path in modules_of(package) if path.name != "__init__.py"}

    assert folders <= known


def test_nothing_in_the_app_hides_a_module_of_python():
    """`streamlit run` puts app/ first on the path, so that a folder named statistics there would hide Python's own."""
    names = {path.stem if path.is_file() else path.name for path in (REPOSITORY / "app").iterdir()}

    assert names & sys.stdlib_module_names == set()


def test_streamlit_stays_in_the_pages():
    others = [path for path in modules_of("app") if not within(name_of(path), *PAGES)]

    assert offenders(others, "streamlit", "streamlit_webrtc", *PAGES) == []


def test_only_the_entry_imports_pages():
    others = [path for path in modules_of("app") if not within(name_of(path), "app.main", "app.views")]

    assert offenders(others, "app.views") == []


def test_statistics_need_neither_page_nor_database():
    forbidden = ("streamlit", "app.state", "app.views", "app.store", "sqlalchemy")

    assert offenders(modules_of("app/session_statistics"), *forbidden) == []


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
