"""What the video costs by itself: a page whose frame callback returns the frame as it came."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from app import streaming  # noqa: E402

st.write("Live video")
streaming.open_stream(key="camera", on_frame=lambda frame: frame, on_end=lambda: None, ice_servers=[])
