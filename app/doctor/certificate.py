"""The certificate by which browsers trust this server: they give the camera to HTTPS pages and to localhost alone."""

import os
import socket
import ssl
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app.access.settings import is_loopback
from fer_core.findings import Finding, Place, failing, ok, warning

SOON: Final = timedelta(days=14)
"""Certificates of 90 days are renewed 30 before their end: one that has less left is not."""
_PATIENCE_S: Final = 5.0
_OPTIONS: Final = (
    ("STREAMLIT_SERVER_SSL_CERT_FILE", "sslCertFile"),
    ("STREAMLIT_SERVER_SSL_KEY_FILE", "sslKeyFile"),
)
_SET: Final = "Set both STREAMLIT_SERVER_SSL_CERT_FILE and STREAMLIT_SERVER_SSL_KEY_FILE."


def tls(place: Place) -> Finding:
    """The server's own certificate, or the one that the address for people shows."""
    certificate, key = (_option(variable, name) for variable, name in _OPTIONS)
    if place.url:
        return _outside(place.url)
    if certificate or key:
        return _own(certificate, key) if certificate and key else failing("half of it is set", _SET)
    if os.environ.get("FER_TRUSTED_PROXIES", "").strip():
        return ok("none of its own: it ends at the proxy. Give --url with the address that people open to look at it")
    if is_loopback(place.address):
        return ok("none, and none is needed: browsers give the camera to localhost without")
    advice = "Put a proxy with a certificate before it (docs/deploy.md), or set STREAMLIT_SERVER_SSL_CERT_FILE."
    return warning(f"none: at {place.address or 'any address'} browsers give this page no camera", advice)


def _own(certificate: str, key: str) -> Finding:
    """Streamlit's own TLS."""
    try:
        chain = x509.load_pem_x509_certificates(Path(certificate).read_bytes())
        secret = load_pem_private_key(Path(key).read_bytes(), password=None)
    except OSError as error:
        return failing(f"{error.filename}: {error.strerror}", "Correct the path or the permissions of the file.")
    except (ValueError, TypeError):
        return failing(f"{certificate} and {key} are not a certificate and key in PEM format", _SET)
    own = chain[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own != secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        return failing(f"{key} is not the key of {certificate}", "Name the two files that belong together.")
    names = chain[0].subject.rfc4514_string() or "no name"
    return _by_dates(f"{names}", chain[0].not_valid_before_utc, chain[0].not_valid_after_utc)


def _outside(url: str) -> Finding:
    """What a browser would see at the address that people open."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return failing(f"{url[:80]!r} is not an https address", "Give --url one such as https://fer.example.org.")
    context, began_s = ssl.create_default_context(), time.monotonic()
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), timeout=_PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as wrapped,
        ):
            took_ms = (time.monotonic() - began_s) * 1000
            shown = wrapped.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        return failing(
            f"{parts.hostname}: {error.verify_message}",
            "Renew the certificate, or have the proxy show its whole chain.",
        )
    except OSError as error:
        return failing(
            f"{parts.hostname}: {error.strerror or error}", "Start the proxy, or correct the name in the DNS."
        )
    one = x509.load_der_x509_certificate(shown or b"")
    return _by_dates(f"{parts.hostname}, {took_ms:.0f} ms", one.not_valid_before_utc, one.not_valid_after_utc)


def _by_dates(named: str, begins: datetime, ends: datetime) -> Finding:
    now, day = datetime.now(UTC), f"{ends:%Y-%m-%d}"
    if now < begins:
        return failing(f"{named}: valid only from {begins:%Y-%m-%d %H:%M} UTC", "Set this machine's clock right.")
    if now > ends:
        return failing(f"{named}: expired on {day}", "Renew the certificate.")
    if ends - now < SOON:
        return warning(f"{named}: valid until {day}", "Renew the certificate now: see that its renewal runs.")
    return ok(f"{named}: valid until {day}")


def _option(variable: str, name: str) -> str:
    """An option of Streamlit: from the environment, or else from the settings in the folder of its start."""
    if chosen := os.environ.get(variable, "").strip():
        return chosen
    try:
        with Path(".streamlit/config.toml").open("rb") as stream:
            return str(tomllib.load(stream).get("server", {}).get(name, ""))
    except (OSError, tomllib.TOMLDecodeError):
        return ""
