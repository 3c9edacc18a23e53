"""The live page in figures: what is made of what was seen."""

import numpy as np
import pytest

from benchmarks import moving_face
from benchmarks.live.boxes import Look, errors
from benchmarks.live.first_label import Loaded, Visit, cells
from benchmarks.live.viewers import Measurement
from benchmarks.live.watching import CAMERA_FRAMES, added_ms


def measurement(server_percent: float, *, returned: list[float]) -> Measurement:
    return Measurement(
        results_per_s=[14.0, 15.0, 16.0],
        lags_ms=[[50.0, 70.0], [60.0, 80.0], [100.0, 120.0]],
        returned_per_s=returned,
        server_percent=server_percent,
        viewers_percent=10,
        other_percent=3,
        memory_mb=400,
    )


def test_a_row_tells_the_spread_over_the_viewers_and_the_cost_against_the_returned_picture():
    send_only, back = measurement(30, returned=[]), measurement(75, returned=[19.0, 20.0, 21.0])

    row = send_only.cells("send only", against=back)

    assert row[:4] == [3, "send only", "14.0 / 15.0 / 16.0", "75 / 115"]
    assert row[4:9] == ["110", "–", "30", "10.0", "0.40"]
    assert back.cells("returned picture", against=back)[5:9] == ["20.0", "75", "25.0", "1.00"]


def test_pictures_age_is_counted_across_the_end_of_the_camera_s_file():
    assert added_ms([(100, 97), (2, CAMERA_FRAMES - 1), (None, 5), (7, None)]) == pytest.approx(100)
    assert added_ms([(10, 10), (11, 12)]) == pytest.approx(-1000 / 60)
    assert added_ms([(None, 1)]) is None


def test_a_box_is_held_against_the_face_in_the_very_picture_mirrored_or_not():
    seen = np.array([4.0, -6.0, 80.0, 100.0])
    x, y = moving_face.places()[90] + 4, moving_face.ROW - 6
    box = [(x + 8) / moving_face.WIDTH, y / moving_face.HEIGHT, 0.2, 0.3]
    elsewhere = [0.01, 0.9, 0.2, 0.3]

    straight = errors([Look(90, [elsewhere, box], 50), Look(91, [], 50)], seen, is_mirrored=False)
    mirrored = errors([Look(90, [[1 - box[0], *box[1:]]], 50)], seen, is_mirrored=True)

    assert straight == pytest.approx(np.array([[0.1, 0]]))
    assert mirrored == pytest.approx(np.array([[0.1, 0]]))
    assert errors([], seen, is_mirrored=False).shape == (0, 2)


def test_scripts_count_until_the_stream_s_frame_is_opened():
    loaded = Loaded()

    def fetch(number: int, url: str, kind: str, size: int) -> None:
        loaded.ask({"requestId": str(number), "type": kind, "request": {"url": url}})
        loaded.finish({"requestId": str(number), "encodedDataLength": size})

    fetch(1, "static/js/index.js", "Script", 500_000)
    fetch(2, "static/js/PlotlyChart.js", "Script", 4_000_000)
    fetch(3, "static/font.woff2", "Font", 300_000)
    fetch(4, "component/x.webrtc_streamer/index.html", "Fetch", 1_000)
    fetch(5, "component/x.webrtc_streamer/index.html", "Document", 1_000)
    fetch(6, "component/x.webrtc_streamer/index.js", "Script", 166_000)

    assert loaded.megabytes() == pytest.approx(4.5)
    assert loaded.megabytes("plotly", "vega") == pytest.approx(4)
    assert loaded.frames == 1


def test_the_first_visitor_is_told_apart_from_the_median_of_the_others():
    visits = [Visit(9, 4, Loaded()), Visit(2, 1, Loaded()), Visit(3, 1.5, Loaded()), Visit(2.5, 8, Loaded())]

    assert cells(visits)[:4] == ["9.0", "2.5", "4.0", "1.5"]
