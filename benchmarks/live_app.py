"""The real app, but writing how long each frame callback took to FER_BENCH_CALLBACKS at every hundredth."""

import os
import runpy
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.live import session as live_session  # noqa: E402

if not hasattr(live_session.LiveSession, "plain_on_frame"):
    durations: deque[float] = deque(maxlen=2000)
    plain: Any = live_session.LiveSession.on_frame

    def on_frame(self: live_session.LiveSession, frame: Any) -> Any:
        """Time the original."""
        started = time.perf_counter()
        try:
            return plain(self, frame)
        finally:
            durations.append((time.perf_counter() - started) * 1000)
            if len(durations) % 100 == 0:
                Path(os.environ["FER_BENCH_CALLBACKS"]).write_text("\n".join(f"{d:.3f}" for d in durations))

    live_session.LiveSession.plain_on_frame = plain  # type: ignore[attr-defined]
    live_session.LiveSession.on_frame = on_frame  # type: ignore[method-assign]

runpy.run_path(str(ROOT / "app" / "main.py"), run_name="__main__")
