"""The timed ways run the networks that they name, and their rounds are put together rightly."""

import shutil

import pytest

from benchmarks.inference import Measurement, _row, _together
from benchmarks.inference_routes import COUNTS, SHIPPED, Timing, time_route
from fer_core.paths import SHIPPED_MODELS


@pytest.mark.parametrize("route", [SHIPPED, "litert-int8"])
def test_a_way_is_timed_for_each_batch_size(tmp_path, route):
    shutil.copy(SHIPPED_MODELS / "default" / "model.tflite", tmp_path / "shipped-litert-int8.tflite")

    timing = time_route(tmp_path, "shipped", route, 3)

    assert {count: len(times) for count, times in timing.per_face_ms.items()} == {str(n): 3 for n in COUNTS}
    assert all(0 < ms < 1000 for times in timing.per_face_ms.values() for ms in times)
    assert timing.load_s > 0


def test_rounds_are_pooled_and_load_and_memory_are_medians():
    rounds = [
        Timing(load, memory, {str(n): [load] for n in COUNTS}) for load, memory in ((1.0, 10), (3.0, 30), (9.0, 20))
    ]

    together = _together(rounds)

    assert (together.load_s, together.memory_bytes) == (3.0, 20)
    assert together.per_face_ms[4] == [1.0, 3.0, 9.0]


def test_the_ratio_is_to_the_peer_by_the_same_way_and_the_products_to_its_single_pass():
    found = {
        ("shipped", SHIPPED): Measurement(0.1, 2e6, {key: [4.0] for key in COUNTS}),
        ("shipped", "litert-float32"): Measurement(0.1, 2e6, {key: [6.0] for key in COUNTS}),
        ("mini_xception", "litert-int8"): Measurement(0.1, 2e6, {key: [2.0] for key in COUNTS}),
        ("mini_xception", "litert-float32"): Measurement(0.1, 2e6, {key: [1.0] for key in COUNTS}),
    }

    assert _row(found, "shipped", SHIPPED)[5] == "2.00"
    assert _row(found, "shipped", "litert-float32")[5] == "6.00"
