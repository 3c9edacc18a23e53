"""The sample clip is small enough to ship, and the shipped network reads it as it was drawn."""

import av
import numpy as np
import pytest

from app.live.pipelines import make_pipeline
from benchmarks import sample_clip

MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def clip_bgr() -> list[np.ndarray]:
    with av.open(str(sample_clip.CLIP)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def test_it_is_small(clip_bgr):
    assert sample_clip.CLIP.stat().st_size <= MOST_BYTES
    assert len(clip_bgr) == sample_clip.SECONDS * sample_clip.FRAMES_PER_S
    assert clip_bgr[0].shape == (sample_clip.HEIGHT, sample_clip.WIDTH, 3)


def test_its_end_leads_on_to_its_beginning(clip_bgr):
    at_the_join, elsewhere = (
        float(np.abs(one.astype(int) - other).mean())
        for one, other in ((clip_bgr[-1], clip_bgr[0]), (clip_bgr[0], clip_bgr[2]))
    )

    assert at_the_join < 2 * elsewhere + 1


def test_the_network_sees_one_face_that_is_happy_and_then_surprised(clip_bgr):
    pipeline = make_pipeline(None, "default")
    results = [pipeline.process(frame, i / sample_clip.FRAMES_PER_S) for i, frame in enumerate(clip_bgr) if i % 2 == 0]

    labels = [face.label for result in results for face in result.faces]
    assert {len(result.faces) for result in results[5:]} == {1}
    assert {face.face.track_id for result in results for face in result.faces} == {1}
    assert labels.count("happy") > 40
    assert labels.count("surprise") > 15
