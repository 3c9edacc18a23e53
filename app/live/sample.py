"""The sample clip, which takes the camera's place on the live page. Imports no Streamlit."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse

SAMPLE_PATH: Final = "fer/sample"
"""Where the browser finds it, below the page's address."""
SAMPLE_FILE: Final = Path(__file__).parents[1] / "assets" / "live" / "sample.webm"


async def serve_sample(_: Request) -> FileResponse:
    """The clip, whole or in parts; browsers may keep it for a day."""
    return FileResponse(SAMPLE_FILE, headers={"Cache-Control": "max-age=86400"})
