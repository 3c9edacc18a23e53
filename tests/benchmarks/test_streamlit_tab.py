"""A tab without a browser: Streamlit's own messages, and the real app with a viewer who sends a clip."""

import asyncio
import json

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import scene
from benchmarks.encoded_clip import EncodedClip, encode
from benchmarks.headless_viewer import watch
from benchmarks.streamlit_tab import KEPT_RUNS, TOLD_RUNS, StreamlitTab
from tests.helpers.browser import studio

SETTLED_S = 1.5
"""By then the server has met a frame that came quickly, and knows from it when each later one was taken."""


class Line:
    """In the place of the WebSocket: what the server would say, and what it heard."""

    def __init__(self) -> None:
        self.heard: list[BackMsg] = []

    async def send(self, data: bytes) -> None:
        self.heard.append(BackMsg.FromString(data))


@pytest.fixture
def tab() -> StreamlitTab:
    return StreamlitTab(Line(), "http://127.0.0.1:1")  # type: ignore[arg-type]


def take(tab: StreamlitTab, message: ForwardMsg) -> None:
    tab._take(tab._whole(message))


def component(name: str, data: dict[str, object], *, fragment: str = "") -> ForwardMsg:
    message = ForwardMsg()
    instance = message.delta.new_element.component_instance
    instance.component_name, instance.id, instance.json_args = f"package.{name}", f"id of {name}", json.dumps(data)
    message.delta.fragment_id = fragment
    return message


def new_run(*fragments: str) -> ForwardMsg:
    message = ForwardMsg()
    message.new_session.page_script_hash = "the app's own"
    message.metadata.run.fragment_ids.extend(fragments)
    return message


def finished() -> ForwardMsg:
    return ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)


def test_a_value_asks_for_a_run_of_the_page_that_is_shown_and_of_the_fragment_it_stands_in(tab):
    navigation = ForwardMsg()
    navigation.navigation.page_script_hash = "live"
    for message in (new_run(), navigation, component("webrtc_streamer", {"mode": "SENDONLY"}, fragment="f1")):
        take(tab, message)

    asyncio.run(tab.tell("webrtc_streamer", {"playing": False}))

    (asked,) = [message.rerun_script for message in tab._socket.heard]
    assert (asked.page_script_hash, asked.fragment_id) == ("live", "f1")
    assert [(w.id, json.loads(w.json_value)) for w in asked.widget_states.widgets] == [
        ("id of webrtc_streamer", {"playing": False})
    ]


def test_the_newest_state_of_a_component_is_known_of_either_kind(tab):
    bidi = ForwardMsg()
    bidi.delta.new_element.bidi_component.component_name = "app.fer_live_stage"
    bidi.delta.new_element.bidi_component.json = '{"feed": "fer/results/key"}'
    for message in (component("webrtc_streamer", {}), component("webrtc_streamer", {"sdp_answer_json": "{}"}), bidi):
        take(tab, message)

    assert tab.components["webrtc_streamer"].data == {"sdp_answer_json": "{}"}
    assert tab.components["fer_live_stage"].data["feed"] == "fer/results/key"


def test_a_large_message_that_came_before_is_referred_to_until_it_was_not_used_for_some_runs(tab):
    large = component("webrtc_streamer", {"mode": "SENDONLY"})
    large.hash, large.metadata.cacheable = "h", True
    reference = ForwardMsg(ref_hash="h")
    reference.metadata.cacheable = True
    for message in (new_run(), large, finished(), new_run(), reference, finished()):
        tab.components.clear()
        take(tab, message)
        if message.WhichOneof("type") in ("delta", "ref_hash"):
            assert tab.components["webrtc_streamer"].data == {"mode": "SENDONLY"}
    asyncio.run(tab.rerun())
    assert list(tab._socket.heard[-1].rerun_script.cached_message_hashes) == ["h"]

    for _ in range(TOLD_RUNS):
        take(tab, new_run())
        take(tab, finished())
    asyncio.run(tab.rerun())
    assert not tab._socket.heard[-1].rerun_script.cached_message_hashes
    take(tab, reference)  # by a run that was asked for before
    assert tab._kept

    for _ in range(KEPT_RUNS + 1):
        take(tab, new_run())
        take(tab, finished())
    assert not tab._kept


def test_a_fragment_that_runs_by_itself_is_asked_for_until_the_page_runs_anew(tab):
    again = ForwardMsg()
    again.auto_rerun.interval, again.auto_rerun.fragment_id = 0.001, "f1"

    async def run() -> None:
        take(tab, again)
        while len(tab._socket.heard) < 3:
            await asyncio.sleep(0.001)
        take(tab, new_run())
        heard = len(tab._socket.heard)
        await asyncio.sleep(0.02)
        assert len(tab._socket.heard) == heard

    asyncio.run(run())

    assert {(m.rerun_script.fragment_id, m.rerun_script.is_auto_rerun) for m in tab._socket.heard} == {("f1", True)}


@pytest.mark.slow
@pytest.mark.parametrize("returned", ["0", "1"])
def test_a_viewer_without_a_browser_sends_a_clip_to_the_real_app_and_hears_its_results(returned):
    clip = EncodedClip("drawn", encode(scene.frames(width=320, height=240, count=40)))

    async def view(url: str) -> tuple[str, list[tuple[float, float, bool]], list[int | None]]:
        async with asyncio.timeout(120), watch(url, clip, per_s=20, delay_s=0) as viewer:
            rows: list[tuple[float, float, bool]] = []
            while sum(with_face for *_, with_face in rows) < 5:
                await asyncio.sleep(0.05)
                rows = [row for row in viewer.heard.rows if row[1] > viewer.heard.rows[0][1] + SETTLED_S]
            mode = viewer.tab.components["webrtc_streamer"].data["mode"]
            return mode, rows, [viewer.track.frame_at(captured_s) for _, captured_s, _ in rows]

    with studio.serve(environment={"FER_RETURNED_PICTURE": returned}) as server:
        mode, rows, frames = asyncio.run(view(server.url))

    assert mode == ("SENDRECV" if returned == "1" else "SENDONLY")
    assert all(heard_s > captured_s for heard_s, captured_s, _ in rows)
    assert sum(frame is not None for frame in frames) >= 5
    known = [frame for frame in frames if frame is not None]
    assert known == sorted(known)
    assert len(set(known)) >= len(known) - 1, "each result is of a later frame"
