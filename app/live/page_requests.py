"""What a page of this server asks by HTTP: whose it is, and a body that is no longer than it may be."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from app.live.channel import OWNER_KEY, ResultsChannel, channel_of
from app.live.socket import is_own_page

READ_WITHIN_S: Final = 15.0
"""What takes longer to arrive is of no use any more."""


class RefusedError(Exception):
    """A request is not answered: HTTP's status, and a sentence for the viewer."""

    def __init__(self, status: int, words: str) -> None:
        """With that status and sentence."""
        super().__init__(words)
        self.status = status


def channel_for(request: Request) -> ResultsChannel:
    """The channel whose key is in the address. Browsers say whose page asks, and no page can make them lie.

    Raises:
        RefusedError: the page is not one of this very server, or nobody has that key.
    """
    if not is_own_page(request):
        raise RefusedError(403, "This page was opened under another address than the server knows.")
    channel = channel_of(request.path_params["key"], request.scope.get(OWNER_KEY, ""))
    if channel is None:
        raise gone()
    return channel


def gone() -> RefusedError:
    """That the session of a key is gone."""
    return RefusedError(404, "This page's analysis has ended. Reload the page.")


async def body_of(request: Request, max_bytes: int) -> bytes:
    """What is sent, and no more of it than is allowed.

    Raises:
        RefusedError: it is longer, does not come in time, or is cut off.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > max_bytes:
                    raise RefusedError(413, f"The page sent more than {max_bytes // 1024} kB at once.")
    except TimeoutError as error:
        raise RefusedError(408, "What the page sent took too long to arrive: this connection is too slow.") from error
    except ClientDisconnect as error:
        raise RefusedError(400, "What the page sent arrived incomplete.") from error
    return bytes(data)
