"""The door for ASGI: the world as an application, for uvicorn or for a client's own ASGI transport."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mocks.wire import Ending, LostReplyError, MockReply, MockRequest
from mocks.world import World

TRANSPORT = "mocks.transport"
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_LARGEST = 1024 * 1024
"""Bytes of a body. No request of a channel is as long; what is longer is answered 413 without being read to its end."""


class Application:
    """ASGI 3. Behind ``mocks.server`` a lost reply closes the connection; elsewhere it raises ``LostReplyError``."""

    def __init__(self, world: World) -> None:
        """Serve that world."""
        self._world = world

    async def __call__(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Answer one request.

        Raises:
            LostReplyError: the reply is to be lost, and there is no connection here to close.
        """
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise LostReplyError("模拟渠道只支持 HTTP / the mocks speak HTTP alone")
        body = await _body(scope, receive)
        if body is None:
            await send({"type": "http.response.start", "status": 413, "headers": [(b"connection", b"close")]})
            await send({"type": "http.response.body", "body": b""})
            return
        reply = self._world.handle(_request(scope, body))
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.ending in {Ending.LOST, Ending.RESET}:
            await _break(scope, receive, reply.ending)
            return
        await _answer(scope, receive, send, reply)


async def _lifespan(receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(scope: MutableMapping[str, Any], receive: _Receive) -> bytes | None:
    announced = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"0")
    if announced.isdigit() and int(announced[:20]) > _LARGEST:
        return None
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > _LARGEST:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _request(scope: MutableMapping[str, Any], body: bytes) -> MockRequest:
    path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope.get("query_string", b"").decode("latin-1")
    return MockRequest(scope["method"], path.decode("latin-1"), query, headers, body, scope.get("scheme", "http"))


async def _break(scope: MutableMapping[str, Any], receive: _Receive, ending: Ending) -> None:
    transport = scope.get(TRANSPORT)
    if transport is None:
        raise LostReplyError(f"应答按要求丢失（{ending.value}） / the reply is {ending.value}, as was asked for")
    if ending is Ending.RESET:
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(scope: MutableMapping[str, Any], receive: _Receive, send: _Send, reply: MockReply) -> None:
    headers = {**reply.headers} if reply.status == 204 else {**reply.headers, "Content-Length": str(len(reply.body))}  # noqa: PLR2004
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    if reply.ending is Ending.HALF:
        await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
        await _break(scope, receive, Ending.LOST)
        return
    await send({"type": "http.response.body", "body": reply.body})
