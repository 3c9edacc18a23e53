"""How people get in, and what is missing for it."""

import json
import os
import time
import tomllib
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from app.access.settings import AccessSettings, refuse_if_open
from app.access.types import AccessMode
from fer_core.findings import Finding, Place, failing, ok, warning

_PATIENCE_S: Final = 5.0
_NEEDED: Final = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_ENDS: Final = ("authorization_endpoint", "token_endpoint")


def sign_in(place: Place) -> Finding:
    """Judge it, without asking anybody for a password."""
    try:
        provider = _provider()
        settings = AccessSettings.from_environment(has_provider=bool(provider))
        refuse_if_open(settings, place.address, [place.url] if place.url else [])
    except (ValueError, OSError) as error:
        return failing(str(error), "See docs/deploy.md, Sign-in.")
    match settings.mode:
        case AccessMode.OPEN:
            return ok("none: the server answers this machine alone, and whoever sits at it may do everything")
        case AccessMode.ANONYMOUS:
            found = "none, and the server answers a network: deleting and training are off"
            return warning(found, "Set FER_PASSPHRASE_HASH or a provider instead of FER_ALLOW_ANONYMOUS.")
        case AccessMode.PASSPHRASE:
            return ok(f"one passphrase, which gives the role {settings.passphrase_role}, for {settings.hours:g} h")
        case AccessMode.OIDC:
            return _by_provider(provider, settings)


def _by_provider(provider: dict[str, Any], settings: AccessSettings) -> Finding:
    missing = [name for name in _NEEDED if not str(provider.get(name, "")).strip()]
    if missing:
        return failing(f"[auth] in secrets.toml lacks {', '.join(missing)}", "Add them (docs/deploy.md, Sign-in).")
    if find_spec("authlib") is None:
        return failing("the package Authlib is missing", "Run: touch requirements.txt && make setup")
    began_s = time.monotonic()
    try:
        address = str(provider["server_metadata_url"])  # the server's owner wrote it
        with urllib.request.urlopen(address, timeout=_PATIENCE_S) as answer:  # nosec B310
            described = json.loads(answer.read(1_000_000))
        unsaid = [name for name in _ENDS if name not in described]
    except (OSError, ValueError) as error:
        return failing(
            f"the provider does not answer: {error}", "Correct server_metadata_url, or check the connection."
        )
    if unsaid:
        return failing(f"the provider's answer has no {', '.join(unsaid)}", "Correct server_metadata_url.")
    people = len({who for _, who in settings.grants})
    took_ms = (time.monotonic() - began_s) * 1000
    return ok(f"OpenID Connect, the provider answered in {took_ms:.0f} ms; roles for {people} names")


def _provider() -> dict[str, Any]:
    """The section [auth] of Streamlit's secrets; empty where there is none."""
    chosen = [Path(name) for name in os.environ.get("STREAMLIT_SECRETS_FILES", "").replace(",", " ").split()]
    usual = [folder / ".streamlit" / "secrets.toml" for folder in (Path.cwd(), Path.home())]
    for path in chosen or usual:
        if path.is_file():
            with path.open("rb") as stream:
                section = tomllib.load(stream).get("auth", {})
            if section:
                return dict(section)
    return {}
