"""The camera by a relay (TURN server): Debian's coturn on loopback, and a browser that may use nothing else."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.live.ice import LIFETIME_S, ROUND_S, for_browser
from app.settings import AppSettings
from tests.helpers.browser import coturn, studio
from tests.helpers.browser.preflight import check

pytestmark = [pytest.mark.browser, pytest.mark.video]

# What the nominated pair of candidates says of the browser's end.
LOCAL_CANDIDATE_JS = """async () => {
  const entries = [...(await window.ferStage.camera.peer.getStats()).values()];
  const pair = entries.find((e) => e.type === "candidate-pair" && e.nominated && e.state === "succeeded");
  const local = entries.find((e) => e.id === pair?.localCandidateId);
  return local ? [local.candidateType, local.relayProtocol] : null;
}"""
# The browser knows the relay by one of its addresses only.
ONE_TRANSPORT_JS = """
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(original, [configuration]) {
    const iceServers = configuration.iceServers.map((server) => {
      return { ...server, urls: [server.urls].flat().filter((url) => url.endsWith("transport=%s")) };
    });
    return new original({ ...configuration, iceServers });
  },
});
"""
GATHER_JS = """async (configuration) => {
  const peer = new RTCPeerConnection(configuration);
  const [kinds, errors] = [[], []];
  peer.createDataChannel("test");
  peer.onicecandidate = ({ candidate }) => candidate?.type && kinds.push(candidate.type);
  peer.onicecandidateerror = (event) => errors.push(event.errorCode);
  const over = new Promise((end) => {
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && end();
  });
  await peer.setLocalDescription(await peer.createOffer());
  await over;
  peer.close();
  return [kinds, errors];
}"""


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[coturn.Relay]:
    """A relay for all tests of this file."""
    if coturn.coturn_path() is None:
        pytest.skip("no coturn on this machine; on Debian: apt-get install coturn")
    with coturn.relay(tmp_path_factory.mktemp("coturn")) as running:
        yield running


@pytest.fixture(scope="module")
def relayed(relay: coturn.Relay) -> Iterator[studio.Server]:
    """The app, whose viewers may use the relay alone."""
    environment = {"FER_TURN_URLS": relay.urls, "FER_TURN_SECRET": relay.secret, "FER_ICE_POLICY": "relay"}
    with studio.serve(environment=environment) as running:
        yield running


@pytest.fixture(scope="module")
def browser(happy_camera: Path) -> Iterator[Browser]:
    with studio.chromium(camera=happy_camera) as running:
        yield running


def wait_for_label(page: Page, wanted: str) -> None:
    """Until the sidebar names an expression."""
    page.locator(".panel .fer-now").filter(has_text=re.compile(wanted)).wait_for()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_by_the_relay_alone_the_video_connects_and_labels_come(
    relayed: studio.Server, browser: Browser, transport: str
) -> None:
    _, page = studio.open_page(browser, relayed.url, init_script=ONE_TRANSPORT_JS % transport)
    verdict, rows = check(page)
    assert verdict == "Everything works. Press Start."
    assert {kind for kind, _ in rows.values()} == {"ok"}
    assert rows["Camera"][1].startswith("Allowed; 640 × 480")
    assert re.fullmatch(r"Answers in \d+ ms\.", rows["Server"][1])
    way = rf"Connects by the relay \({transport.upper()}\), and answers in \d+ ms\."
    assert re.fullmatch(way, rows["Video's way"][1])

    studio.press_start(page)
    studio.wait_until_playing(page)
    wait_for_label(page, "Happy")
    assert page.evaluate(LOCAL_CANDIDATE_JS) == ["relay", transport]
    page.context.close()


@pytest.mark.parametrize("fault", ["none", "wrong secret", "expired"])
def test_the_relay_takes_credentials_of_its_secret_until_they_end(
    relay: coturn.Relay, relayed: studio.Server, browser: Browser, fault: str
) -> None:
    secret = "another secret, as long" if fault == "wrong secret" else relay.secret
    now_s = time.time() - (LIFETIME_S + ROUND_S + 1 if fault == "expired" else 0)
    settings = AppSettings(turn_urls=(relay.url("udp"),), turn_secret=secret, relay_only=True)
    page = studio.new_tab(browser)
    page.goto(f"{relayed.url}/_stcore/health")

    kinds, errors = page.evaluate(GATHER_JS, for_browser(settings, "v1", now_s))

    assert set(kinds) == ({"relay"} if fault == "none" else set())
    assert (401 in errors) == (fault != "none")
    page.context.close()


# The relay's address has nobody behind it, and another program has the camera.
DEAD_RELAY_JS = """
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(original, [configuration]) {
    const urls = "turn:127.0.0.1:9?transport=udp";
    const iceServers = configuration.iceServers.map((server) => ({ ...server, urls }));
    return new original({ ...configuration, iceServers });
  },
});
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("in use", "NotReadableError"); };
"""


def test_each_thing_that_is_in_the_way_has_its_sentence(relayed: studio.Server, browser: Browser) -> None:
    page = studio.new_tab(browser, allow=True)
    page.context.add_init_script(DEAD_RELAY_JS)
    page.route_web_socket(re.compile("/fer/results/"), lambda socket: socket.close())
    page.goto(relayed.url)

    _, rows = check(page)

    assert {name: kind for name, (kind, _) in rows.items() if kind == "error"}.keys() == {
        "Camera",
        "Server",
        "Video's way",
    }
    assert "another program may be using it" in rows["Camera"][1]
    assert "a proxy does not pass on WebSockets" in rows["Server"][1]
    assert "The relay does not answer" in rows["Video's way"][1]
    page.context.close()


def test_a_wrong_secret_is_found_by_the_check_and_snapshots_take_over(relay: coturn.Relay, browser: Browser) -> None:
    environment = {"FER_TURN_URLS": relay.urls, "FER_TURN_SECRET": "another secret, as long", "FER_ICE_POLICY": "relay"}
    with studio.serve(environment=environment) as server:
        _, page = studio.open_page(browser, server.url)
        verdict, rows = check(page)
        assert verdict == "There is a problem."
        kind, words = rows["Video's way"]
        assert kind == "error"
        assert "The relay refuses this server's credentials: FER_TURN_SECRET must equal" in words
        assert "another secret" not in page.content()

        page.get_by_role("button", name="Use snapshots").click()
        wait_for_label(page, "Happy")
        page.context.close()
