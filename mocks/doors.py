"""Doors for tests within one process: transports for httpx and httpx2, a respx router, and ASGI. The only place that knows them.

world = open_world(folder)
client = httpx.Client(transport=transport(world), base_url="https://mocks.test")
"""

import asyncio
import importlib
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mocks.asgi import Application
from mocks.opening import open_world
from mocks.wire import Ending, MockReply, MockRequest
from mocks.world import World

if TYPE_CHECKING:
    import httpx
    import respx

__all__ = ["Application", "async_transport", "open_world", "respx_router", "transport"]


def transport(world: World, library: ModuleType | None = None) -> "httpx.MockTransport":
    """Return a transport for a sync client of ``library``, which is httpx unless it is given (as httpx2)."""
    used: Any = library or importlib.import_module("httpx")

    def answer(request: Any) -> Any:
        reply = world.handle(_request(request))
        if wait := _wait(request, reply):
            time.sleep(wait)
        return _response(used, request, reply)

    made: httpx.MockTransport = used.MockTransport(answer)
    return made


def async_transport(world: World, library: ModuleType | None = None) -> "httpx.MockTransport":
    """Return the same for an async client."""
    used: Any = library or importlib.import_module("httpx")

    async def answer(request: Any) -> Any:
        reply = world.handle(_request(request))
        if wait := _wait(request, reply):
            await asyncio.sleep(wait)
        return _response(used, request, reply)

    made: httpx.MockTransport = used.MockTransport(answer)
    return made


def respx_router(world: World, base_url: str | None = None) -> "respx.MockRouter":
    """Return a respx router that answers everything under ``base_url``, or whatever the host: a context manager or decorator."""
    used: Any = importlib.import_module("httpx")
    routers: Any = importlib.import_module("respx")

    def answer(request: Any) -> Any:
        return _response(used, request, world.handle(_request(request)))

    router: respx.MockRouter = routers.MockRouter(assert_all_called=False)
    name, _, port = urlsplit(base_url or "").netloc.partition(":")
    where: dict[str, Any] = ({"host": name} if name else {}) | ({"port": int(port)} if port else {})
    router.route(**where).mock(side_effect=answer)
    return router


def _request(request: Any) -> MockRequest:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return MockRequest(request.method, path, query, headers, request.read(), request.url.scheme)


def _wait(request: Any, reply: MockReply) -> float:
    allowed = _patience(request)
    return reply.delay if allowed is None else min(reply.delay, allowed)


def _patience(request: Any) -> float | None:
    read = request.extensions.get("timeout", {}).get("read")
    return None if read is None else float(read)


def _response(used: Any, request: Any, reply: MockReply) -> Any:
    allowed = _patience(request)
    if allowed is not None and reply.delay > allowed:
        raise used.ReadTimeout(
            "模拟渠道按要求晚于客户端的超时才应答 / the mock was told to answer later than the client waits", request=request
        )
    if reply.ending in {Ending.LOST, Ending.RESET}:
        raise used.ReadError(
            f"应答按要求丢失（{reply.ending.value}） / the mock was told that the reply is {reply.ending.value}",
            request=request,
        )
    if reply.ending is Ending.HALF:
        raise used.RemoteProtocolError(
            "模拟渠道按要求在应答中途断开 / the mock was told to close the connection in the middle of the body", request=request
        )
    return used.Response(reply.status, headers=reply.headers, content=reply.body, request=request)
