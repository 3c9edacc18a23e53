"""Asks pip-audit for known vulnerabilities of what deployments install: `python -m tests.helpers.audit`.

Only a finding is a failure: a machine without a way to the service, or whose index has no word on vulnerabilities, is
told that nothing was checked.
"""

import json
import subprocess
import sys
from typing import Any

from tests.helpers import REPOSITORY

COMMAND = ("--progress-spinner", "off", "--disable-pip", "--require-hashes", "--format", "json")
TIMEOUT_S = 180


def main() -> int:
    """Print one line, or one for each finding; gives the exit status."""
    command = [sys.executable, "-m", "pip_audit", *COMMAND, "-r", str(REPOSITORY / "requirements.lock")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        print("pip-audit was skipped: its service did not answer.")
        return 0
    lines, status = judge(packages)
    print("\n".join(lines))
    return status


def judge(packages: list[dict[str, Any]]) -> tuple[list[str], int]:
    """What to print of pip-audit's answer, and the exit status."""
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return [f"pip-audit was skipped: its service knows none of the {len(packages)} packages."], 0
    found = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for package in audited
        for vulnerability in package["vulns"]
    ]
    if found:
        return found, 1
    return [f"pip-audit: {len(audited)} of {len(packages)} packages checked, nothing known against them."], 0


if __name__ == "__main__":
    sys.exit(main())
