"""A real port for the world: uvicorn with httptools, a ready file, lost replies as closed connections, and a clean end."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mocks.asgi import TRANSPORT, Application
from mocks.world import World

_TICK_SECONDS = 0.1
_GRACE_SECONDS = 2


class _Protocol(HttpToolsProtocol):
    """Hands the application the connection, so that it can be closed without an answer.

    httptools, since uvicorn's other parser answers 404 to the absolute-form request line that some official SDKs send.
    """

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, object]", self.scope)[TRANSPORT] = self.transport


class _Server(uvicorn.Server):
    """Says when it is ready, and lets the world's time go by."""

    def __init__(self, config: uvicorn.Config, world: World, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._world = world
        self._ready = ready
        self._ticking: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ticking = asyncio.create_task(self._tick())
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._world.close()
        if self._ticking is not None:
            self._ticking.cancel()
        await super().shutdown(sockets)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            await asyncio.to_thread(self._world.deliver)


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 is a free one.

    Raises:
        OSError: the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def address(bound: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(world: World, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, then return."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # uvicorn ends in order, and then hands the signal on to these
    config = uvicorn.Config(
        Application(world),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    _Server(config, world, ready).run(sockets=[bound])


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def write_ready(path: Path, content: dict[str, object]) -> None:
    """Write the ready file in one piece: whoever sees it can read it whole."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(json.dumps(content) + "\n", encoding="utf-8")
    new.replace(path)
