"""The live page's sidebar alone, at the feed that the address names: /?key=KEY. Its session has five minutes of two
faces, happy and sad, for the download. Run by panel_feed.py.
"""

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

_ROOT = str(Path(__file__).resolve().parents[3])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

import streamlit as st  # noqa: E402

from app import state  # noqa: E402
from app.views.live import panel  # noqa: E402
from tests.helpers.faces import make_emotion, make_face, make_result  # noqa: E402

st.set_page_config(layout="wide", initial_sidebar_state=380)
session = state.live_session()
if not session.history.snapshot():
    now_s = time.monotonic()
    faces = [make_emotion(name, face=make_face(track_id=i)) for i, name in enumerate(("happy", "sad"), start=1)]
    for i in range(3000):
        session.history.add(make_result(*faces, at_s=now_s - 300 + i / 10))
path = f"fer/results/{st.query_params.get('key', 'none')}"
cast(Any, session).channel = SimpleNamespace(path=path, changed=lambda: None)
if not st.checkbox("Leave the panel out"):
    with st.sidebar:
        panel.render(session, state.history_view())
st.button("Run the page again")
st.write("paused:", session.settings.paused)
