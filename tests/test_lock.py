"""requirements.lock is what requirements.txt names, each file by its hash, and names no index."""

import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers import REPOSITORY, audit

LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")


def pins(text: str) -> dict[tuple[str, str], set[str]]:
    """Name and version to the hashes."""
    joined = text.replace("\\\n", " ")
    found: dict[tuple[str, str], set[str]] = {}
    for line in filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())):
        requirement = Requirement(line.partition(" --hash")[0].strip())
        name = canonicalize_name(requirement.name)
        found[name, str(requirement.specifier).removeprefix("==")] = set(re.findall(r"sha256:[0-9a-f]{64}", line))
    return found


def test_the_lock_has_what_is_required_in_these_versions():
    required = pins((REPOSITORY / "requirements.txt").read_text(encoding="utf-8"))

    assert len(required) > 50
    assert required.keys() - pins(LOCK).keys() == set(), "call make lock"


def test_every_file_has_a_hash_and_no_index_is_named():
    assert all(pins(LOCK).values())
    assert "://" not in LOCK
    assert not re.search(r"--(extra-)?index-url|--find-links|^-", LOCK, re.MULTILINE)


def test_a_finding_fails_and_silence_is_told():
    fine, unknown = {"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}
    bad = {"name": "c", "version": "2", "vulns": [{"id": "X-1", "fix_versions": ["3"]}]}

    assert audit.judge([fine, unknown]) == (
        ["pip-audit: 1 of 2 packages checked, nothing known against them."],
        0,
    )
    assert audit.judge([unknown]) == (["pip-audit was skipped: its service knows none of the 1 packages."], 0)
    assert audit.judge([bad, fine]) == (["c 2: X-1, mended in 3"], 1)
