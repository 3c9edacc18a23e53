"""The parts that every request passes, in their order."""

import logging
from typing import Final

from starlette.middleware import Middleware as Part

from app.live.admission import Verdict
from app.live.viewers import viewers
from app.web.headers import SecurityHeaders
from app.web.limits import AccountOf, Held, Limits
from app.web.newcomers import Newcomers
from app.web.own_pages import OwnPages, note_on_hosts
from app.web.proxies import Proxies, take_over_from_uvicorn
from app.web.settings import MEGABYTE, WebSettings

log: Final = logging.getLogger(__name__)


def closed_by_default(
    settings: WebSettings, *, address: str, max_upload_mb: int, held: Held, account_of: AccountOf
) -> list[Part]:
    """What `st.App` takes as its middleware.

    Args:
        settings: whom the server answers, and how much it takes.
        address: where it listens; "" for everywhere.
        max_upload_mb: of one file, Streamlit's own limit.
        held: what Streamlit keeps of uploads in memory.
        account_of: from a request's headers, the account that signed in; "" where there is none.
    """
    take_over_from_uvicorn()
    note = note_on_hosts(settings, address)
    if note:
        log.warning(note)
    return [
        Part(Proxies, settings.trusted_proxies),
        Part(SecurityHeaders, settings.embed_in),
        Part(OwnPages, settings, address),
        Part(Newcomers, lambda: viewers().verdict() is Verdict.OPEN),
        Part(Limits, settings, max_upload_bytes=max_upload_mb * MEGABYTE, held=held, account_of=account_of),
    ]
