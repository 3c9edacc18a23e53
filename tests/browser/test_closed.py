"""What a browser may do with a server that is closed by default, and what a day of use leaves behind."""

import http.server
import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, WebSocket

from benchmarks import scene
from fer_core.files.video_writer import VideoWriter
from tests.browser.test_recording import agree, fill_in_consent, wait_until_recorded
from tests.helpers import REPOSITORY
from tests.helpers.browser import studio
from tests.helpers.web_requests import LOOPBACK

pytestmark = [pytest.mark.browser, pytest.mark.video, pytest.mark.timeout(300)]

NAME = "Zwetschgenmus"
FOREIGN = "evil.example"
TELL_VIOLATIONS = """addEventListener('securitypolicyviolation',
  e => console.error(`Refused by the policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile} ${e.sample}`))"""
OPEN_STREAM = """url => new Promise(done => {
  const socket = new WebSocket(url);
  socket.onopen = () => done('open');
  socket.onerror = () => done('refused');
})"""
PAGES = {
    "analyse": "Start",
    "sessions": "Import an exported session",
    "history": "Mood",
    "train": "Data",
    "models": "Live now",
    "data": "Delete everything",
}


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A page of another program of this machine, with the studio in a frame."""

    studio = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<h1>Elsewhere</h1><iframe src="{self.studio}"></iframe>'.encode())

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("closed") / "home"


@pytest.fixture(scope="module")
def log(home: Path) -> Path:
    return home.parent / "log"


@pytest.fixture(scope="module")
def server(home: Path, log: Path) -> Iterator[studio.Server]:
    before = os.umask(0o022)  # as most systems start a program
    try:
        own = {"FER_HOME": str(home), "DATABASE_URL": "", "FER_MAX_TAB_FILES": "2"}
        with studio.serve(environment=own, log=log) as running:
            yield running
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def browser(happy_camera: Path) -> Iterator[Browser]:
    flags = (f"--host-resolver-rules=MAP {FOREIGN} {LOOPBACK}",)
    with studio.chromium(camera=happy_camera, flags=flags) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere(server: studio.Server) -> Iterator[str]:
    Elsewhere.studio = server.url
    other = http.server.ThreadingHTTPServer((LOOPBACK, 0), Elsewhere)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    yield f"http://localhost:{other.server_port}"
    other.shutdown()
    thread.join()
    other.server_close()


def test_a_page_from_elsewhere_neither_opens_the_stream_nor_shows_the_studio(server, browser, elsewhere) -> None:
    page = studio.new_tab(browser)
    page.goto(elsewhere)
    port = server.url.rpartition(":")[2]

    for name in (LOOPBACK, "localhost"):
        assert page.evaluate(OPEN_STREAM, f"ws://{name}:{port}/_stcore/stream") == "refused"
    assert page.frames[1].url.startswith("chrome-error:")
    page.context.close()


def test_a_name_that_was_pointed_at_this_machine_leads_nowhere(server, browser) -> None:
    page = studio.new_tab(browser)
    answer = page.goto(f"http://{FOREIGN}:{server.url.rpartition(':')[2]}/")

    assert answer is not None
    assert answer.status == 421
    assert "does not answer for the host evil.example" in page.locator("body").inner_text()
    page.context.close()


def test_a_tab_holds_so_many_files_until_one_is_removed(server, browser, tmp_path) -> None:
    files = [tmp_path / f"{name}.jpg" for name in "abcd"]
    for file in files:
        file.write_bytes(b"no picture")
    page = studio.new_tab(browser)
    page.goto(f"{server.url}/analyse", wait_until="domcontentloaded")
    field, input_ = page.get_by_test_id("stFileUploader"), page.locator("input[type=file]")

    input_.set_input_files([str(file) for file in files[:2]])
    field.get_by_text("b.jpg").wait_for()
    with page.expect_response(lambda answer: "upload_file" in answer.url and answer.status == 413) as refused:
        input_.set_input_files([str(files[2])])
    assert refused.value.text() == "This page holds no more than 2 files. Start with those, or remove some.\n"
    field.get_by_text("413").wait_for()

    with page.expect_response(lambda answer: answer.request.method == "DELETE") as removed:
        field.get_by_role("button", name="Remove a.jpg").click()
    assert removed.value.status == 204
    with page.expect_response(lambda answer: answer.request.method == "PUT") as taken:
        input_.set_input_files([str(files[3])])
    assert taken.value.status == 204
    page.context.close()


def test_every_page_works_under_the_policy_and_its_use_stays_private(server, browser, home, log, tmp_path) -> None:
    said: list[str] = []
    received: list[bytes] = []
    page = studio.new_tab(browser, allow=True)
    page.context.add_init_script(TELL_VIOLATIONS)
    page.on("console", lambda message: said.extend(_policy_words(message)))
    page.on("websocket", lambda socket: _note(socket, received))

    page.goto(server.url, wait_until="domcontentloaded")
    page.locator("button.start").wait_for()
    studio.press_start(page)
    studio.wait_until_playing(page, timeout_s=120)
    fill_in_consent(page, NAME)
    agree(page)
    wait_until_recorded(page, seconds=2)
    page.get_by_role("button", name="Stop recording").click()
    page.get_by_text(re.compile(r"Saved: \d+:\d+")).wait_for()
    _analyse(page, server.url, tmp_path)
    for address, words in PAGES.items():
        page.goto(f"{server.url}/{address}", wait_until="domcontentloaded")
        page.get_by_text(words).first.wait_for()
    page.goto(f"{server.url}/sessions", wait_until="domcontentloaded")
    page.locator("[class*=st-key-session_open] button").first.click()
    page.locator(".js-plotly-plot").first.wait_for()
    page.context.close()

    assert said == []
    assert received
    assert not any(str(REPOSITORY).encode() in message for message in received)
    assert _too_open(home) == []
    _check_log(log)


def _policy_words(message: ConsoleMessage) -> list[str]:
    """What of the console is about the policies, of this server's own pages alone."""
    return [message.text] if "olicy" in message.text and message.type in ("error", "warning") else []


def _note(socket: WebSocket, received: list[bytes]) -> None:
    socket.on("framereceived", lambda data: received.append(data if isinstance(data, bytes) else data.encode()))


def _analyse(page: Page, url: str, folder: Path) -> None:
    film = folder / "portrait.mp4"
    with VideoWriter(film) as writer:
        for i, frame in enumerate(scene.frames(width=320, height=240, count=12)):
            writer.write(frame, i / 6)
    page.goto(f"{url}/analyse", wait_until="domcontentloaded")
    page.locator("input[type=file]").set_input_files([str(film)])
    page.get_by_role("button", name="Start").and_(page.locator(":enabled")).click()
    page.locator("video").first.wait_for()


def _too_open(home: Path) -> list[str]:
    """Files and folders below it that others than the server's user could enter, read or change."""
    found = [home, *home.rglob("*")]
    assert len(found) > 10, "nothing was stored"
    return [str(path) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077 and not path.is_symlink()]


def _check_log(log: Path) -> None:
    words = log.read_text()
    assert "Refused: " in words, "it is this server's"
    for sign in (NAME, "candidate:", "a=ice", "fer/results/", "_stcore/upload_file", "Traceback"):
        assert sign not in words
