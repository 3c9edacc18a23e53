"""A PostgreSQL server for the doctor's tests, and certificates."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.certificates import make_certificate
from tests.helpers.postgresql import Postgresql, postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    """A PostgreSQL server on loopback, which a test may stop."""
    with postgresql() as running:
        yield running


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Gives the server a certificate that ends in so many days; the file's path."""

    def make(days: int) -> Path:
        certificate, key = make_certificate(tmp_path, days=days)
        monkeypatch.setenv("STREAMLIT_SERVER_SSL_CERT_FILE", str(certificate))
        monkeypatch.setenv("STREAMLIT_SERVER_SSL_KEY_FILE", str(key))
        return certificate

    return make
