"""A real OpenID Connect provider on loopback, with accounts of everybody whom a test needs."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from tests.helpers.browser.studio import LOOPBACK, free_port
from tests.helpers.processes import end

ACCOUNTS: Final[Mapping[str, Mapping[str, Any]]] = {
    name: {"sub": name, "email": f"{name}@example.org", "email_verified": True}
    for name in ("viewer", "recorder", "other", "trainer", "administrator", "stranger")
}
ROLES: Final = (
    "viewer=viewer@example.org; recorder=recorder@example.org, other@example.org; trainer=trainer@example.org; "
    "administrator=administrator@example.org"
)


@contextlib.contextmanager
def provider(*, token_s: int = 3600) -> Iterator[str]:
    """The provider's address; its identity tokens are valid for so many seconds."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    accounts = [part for claims in ACCOUNTS.values() for part in ("--user-claims", json.dumps(claims))]
    command = (sys.executable, "-W", "ignore", "-m", "oidc_provider_mock")
    process = subprocess.Popen(
        [*command, "--port", str(port), "--token-max-age", str(token_s), *accounts],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(f"{url}/.well-known/openid-configuration", process)
        yield url
    finally:
        end(process)


def secrets_file(folder: Path, *, provider_url: str, app_port: int) -> Path:
    """Streamlit's secrets for that provider, as docs/deploy.md describes them."""
    path = folder / "secrets.toml"
    path.write_text(
        f"""[auth]
redirect_uri = "http://{LOOPBACK}:{app_port}/oauth2callback"
cookie_secret = "a secret of the tests, the same on all replicas"
client_id = "fer-studio"
client_secret = "not a secret"
server_metadata_url = "{provider_url}/.well-known/openid-configuration"
"""
    )
    return path


def sign_in(page: Page, account: str) -> None:
    """From the page that asks, by the provider's form, back to the app."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox").fill(account)
    page.get_by_role("button", name="Authorize").first.click()


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the provider ended with status {process.returncode}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.2)
    raise TimeoutError(f"the provider did not answer at {url}")
