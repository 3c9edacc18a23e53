"""Exported sessions, mutated as files, as JSON and as rows of samples."""

import io
import json
import random
import zipfile
from pathlib import Path

from app.store.database import open_store
from app.store.errors import StoreError
from app.store.exchange.export import export_session
from app.store.exchange.file_format import CSV_FILE, SESSION_FILE
from app.store.exchange.import_file import import_session
from app.store.records import Marker
from app.store.session_parts import add_marker
from tests.fuzz.mutate import VALUES, mutated, mutated_json
from tests.fuzz.targets import Target
from tests.helpers.store_builders import make_participant, make_session


def target(folder: Path) -> Target:
    """The target; each input is imported into a store that has no session of that name yet."""
    store = open_store(f"sqlite:///{folder / 'from.sqlite3'}")
    number = make_session(store, make_participant(store))
    add_marker(store, number, Marker(400, "note", "the door"))
    with zipfile.ZipFile(export_session(store, number, folder / "session.zip")) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    store.close()
    into = open_store(f"sqlite:///{folder / 'into.sqlite3'}")

    def make(rng: random.Random, case: Path) -> Path:
        path = case / "session.zip"
        changed = _changed(rng, parts)
        content = _packed(rng, changed)
        path.write_bytes(mutated(rng, content) if rng.random() < 0.3 else content)
        return path

    return Target(make, lambda path: import_session(into, path), (StoreError,))


def _changed(rng: random.Random, parts: dict[str, bytes]) -> dict[str, bytes]:
    changed = dict(parts)
    values = json.loads(parts[SESSION_FILE])
    values["session"]["uid"] = f"{rng.getrandbits(128):032x}"
    changed[SESSION_FILE] = mutated_json(rng, values) if rng.random() < 0.5 else json.dumps(values).encode()
    if rng.random() < 0.5:
        changed[CSV_FILE] = _rows(rng, parts[CSV_FILE].decode())
    if rng.random() < 0.1:
        del changed[rng.choice(list(changed))]
    return changed


def _rows(rng: random.Random, text: str) -> bytes:
    lines = text.splitlines()
    for _ in range(rng.choice((1, 2, 8))):
        at = rng.randrange(len(lines))
        cells = lines[at].split(",")
        cells[rng.randrange(len(cells))] = str(rng.choice(VALUES))
        lines[at] = ",".join(cells)
    content = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    return mutated(rng, content) if rng.random() < 0.2 else content


def _packed(rng: random.Random, parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in parts.items():
            archive.writestr(name if rng.random() < 0.95 else f"../{name}", content)
    return buffer.getvalue()
