"""How much processor time a process may use, as Linux' control groups say it."""

from pathlib import Path

import pytest

from fer_core.processor import cores_allowed, usable_cores


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.processor.usable_cores", lambda: 64)


def group(tmp_path: Path, line: str) -> Path:
    own = tmp_path / "own"
    own.write_text(line)
    return own


def written(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_dot_", ".")).write_text(text)


@pytest.mark.usefixtures("many_cores")
def test_the_quota_of_a_container(tmp_path: Path):
    mounted = tmp_path / "mounted"
    written(mounted, cpu_dot_max="150000 100000\n")

    assert cores_allowed(mounted, group(tmp_path, "0::/\n")) == 1.5


@pytest.mark.usefixtures("many_cores")
def test_the_least_of_the_groups_above_counts(tmp_path: Path):
    mounted = tmp_path / "mounted"
    written(mounted / "a.slice", cpu_dot_max="200000 100000\n")
    written(mounted / "a.slice" / "fer.service", cpu_dot_max="max 100000\n")

    assert cores_allowed(mounted, group(tmp_path, "0::/a.slice/fer.service\n")) == 2.0


@pytest.mark.usefixtures("many_cores")
def test_version_1_and_a_group_that_is_mounted_under_another_name(tmp_path: Path):
    mounted = tmp_path / "mounted"
    written(mounted / "cpu", cpu_dot_cfs_quota_us="250000\n", cpu_dot_cfs_period_us="100000\n")

    own = group(tmp_path, "9:name=systemd:/\n4:memory:/other\n1:cpu,cpuacct:/docker/0123\n")
    assert cores_allowed(mounted, own) == 2.5
    written(mounted / "cpu", cpu_dot_cfs_quota_us="-1\n")
    assert cores_allowed(mounted, own) == 64


@pytest.mark.usefixtures("many_cores")
@pytest.mark.parametrize("text", ["", "max\n", "max 100000\n", "nonsense 1\n", "0 100000\n"])
def test_what_sets_no_limit(tmp_path: Path, text: str):
    mounted = tmp_path / "mounted"
    written(mounted, cpu_dot_max=text)

    assert cores_allowed(mounted, group(tmp_path, "0::/\n")) == 64
    assert cores_allowed(mounted, tmp_path / "missing") == 64


def test_here_it_is_something_between_nothing_and_all_cores():
    assert 0 < cores_allowed() <= usable_cores()
