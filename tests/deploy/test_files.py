"""The files of deploy/, each read by the program that it is for; what is not installed is skipped."""

import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.live_packages import TRAINING, without_training
from tests.helpers import REPOSITORY
from tests.helpers.certificates import make_certificate
from tests.helpers.stack import filled_in, nginx_program

DEPLOY = REPOSITORY / "deploy"


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str, **environment: str) -> str:
    """What a program says; it must end well."""
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    done = subprocess.run(command, env=path | environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_nginx_takes_its_configuration_and_needs_no_other_variable(tmp_path: Path):
    certificate, key = make_certificate(tmp_path)
    variables = {
        "FER_NAME": "fer.example.org",
        "FER_HTTPS_PORT": "127.0.0.1:8443",
        "FER_HTTP_PORT": "127.0.0.1:8080",
        "FER_CERTIFICATE": str(certificate),
        "FER_CERTIFICATE_KEY": str(key),
        "FER_REPLICA_A": "replica-a:8501",
        "FER_REPLICA_B": "replica-b:8501",
        "FER_RESOLVER": "127.0.0.11",
        "FER_NGINX_FOLDER": str(tmp_path),
    }
    conf = tmp_path / "nginx.conf"
    conf.write_text(filled_in(variables))
    run(nginx_program(), "-t", "-p", str(tmp_path), "-c", str(conf))

    compose = (DEPLOY / "compose.yaml").read_text()
    in_container = compose[compose.index("  nginx:") : compose.index("  postgres:\n    image")]
    assert {*re.findall(r"^      (FER_\w+): ", in_container, re.MULTILINE)} == variables.keys()


def test_caddy_takes_its_file(tmp_path: Path):
    said = run(
        program("caddy"),
        "validate",
        f"--config={DEPLOY / 'Caddyfile'}",
        "--adapter=caddyfile",
        FER_NAME="fer.example.org",
        HOME=str(tmp_path),
    )
    assert "Valid configuration" in said
    assert "not formatted" not in said


def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path: Path):
    analyze = program("systemd-analyze")
    unit = tmp_path / "fer-studio.service"
    text = (DEPLOY / "fer-studio.service").read_text()
    # What this machine has in the place of the program and its user.
    unit.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE).replace("=fer\n", "=daemon\n")
    )
    assert "fer-studio.service:" not in run(analyze, "verify", str(unit))
    exposed = run(analyze, "security", "--offline=true", str(unit))
    found = re.search(r"Overall exposure level for fer-studio.service: ([\d.]+)", exposed)
    assert found is not None
    assert float(found[1]) <= 2.5


def test_compose_takes_its_file_and_asks_for_each_secret(tmp_path: Path):
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed")
    folder = tmp_path / "deploy"
    shutil.copytree(DEPLOY, folder)
    # The old docker-compose of Debian 12 knows no name of a project.
    (folder / "compose.yaml").write_text(re.sub(r"^name: .*$", "", (folder / "compose.yaml").read_text(), flags=re.M))
    command = (compose, "-f", str(folder / "compose.yaml"), "config")
    example = (DEPLOY / "example.env").read_text()
    secrets = [
        name
        for name in re.findall(r"^(\w+)=$", example, re.MULTILINE)
        if "PASSPHRASE" not in name and "ROLES" not in name
    ]
    assert secrets == ["FER_COOKIE_SECRET", "FER_TURN_SECRET", "POSTGRES_PASSWORD"]
    env = folder / ".env"
    env.write_text(
        re.sub(r"^(FER_COOKIE_SECRET|FER_TURN_SECRET|POSTGRES_PASSWORD)=$", r"\1=s3cret", example, flags=re.M)
    )
    said = run(*command)
    assert said.count("read_only: true") >= 4
    for name in ("replica-a", "replica-b", "nginx", "postgres", "coturn"):
        assert f"  {name}:" in said
    env.write_text(example)
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode != 0, "empty secrets are refused"


def plain(name: str) -> str:
    """A package's name as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed_by(names: set[str]) -> set[str]:
    """These packages and all that they say they need, on this machine."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = plain(waiting.pop())
        if name not in found:
            found.add(name)
            try:
                wanted = map(Requirement, requires(name) or [])
            except PackageNotFoundError:
                continue
            waiting |= {one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}
    return found


def test_the_live_image_has_all_that_live_video_needs_and_no_more():
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines(keepends=True)
    wanted = {Requirement(line.partition("#")[0].strip()) for line in lines if line.partition("#")[0].strip()}
    own = "".join(lines).partition("# What these need in turn")[0]
    direct = {
        Requirement(line.partition("#")[0].strip()).name for line in own.splitlines() if line.partition("#")[0].strip()
    }
    needed = needed_by((direct - TRAINING) | {"psycopg-binary"})

    assert not TRAINING & needed
    unneeded = {plain(one.name) for one in wanted if one.marker is None or one.marker.evaluate()} - needed - TRAINING
    assert unneeded == set()
    kept = "".join(without_training(lines))
    assert "tensorflow" not in kept.replace("imports tensorflow", "")
    assert "streamlit==" in kept


def test_a_package_goes_with_its_hashes():
    lock = "keras==3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n# a word\nnumpy==2 \\\n    --hash=sha256:cc\n"

    assert "".join(without_training(lock.splitlines(keepends=True))) == lock[lock.index("# a word") :]


def test_the_image_copies_only_what_is_sent_to_its_builder():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    sent = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    for source in {one for line in copied for one in line.split()}:
        assert any(source == one or one.startswith(f"{source}/") for one in sent), source
