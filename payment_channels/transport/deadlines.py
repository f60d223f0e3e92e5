"""A deadline over everything that a blocking call reads and writes, its headers too, for the HTTP clients that are made here.

A library's read timeout counts from each piece that comes: a peer that drips one byte of a header at a time keeps a blocking
call for as long as it likes. Here no read may last longer than what is left of its call. A client of the caller's is his
own, and keeps his library's timeouts.
"""

import threading
from time import monotonic
from typing import Any

LEAST = 0.001
"""Seconds that a read gets when none are left: then the library says itself that its time is over. With 0 it would not wait."""
_CALL = threading.local()  # until: when this thread's call ends; a call is carried out by the thread that makes it


class Within:
    """A block in which what this thread reads and writes ends in so many seconds. A class, since every call enters one."""

    __slots__ = ("_before", "_seconds")

    def __init__(self, seconds: float) -> None:
        """``seconds`` count from the moment that the block begins."""
        self._seconds = seconds

    def __enter__(self) -> None:
        """Begin to count."""
        self._before = getattr(_CALL, "until", None)
        _CALL.until = monotonic() + self._seconds

    def __exit__(self, *_: object) -> None:
        """End it, and go on with what was counted around it."""
        _CALL.until = self._before


def _left(timeout: float | None) -> float | None:
    """Return the library's own timeout, or what is left of the call where that is less."""
    until: float | None = getattr(_CALL, "until", None)
    if until is None:
        return timeout
    left = max(until - monotonic(), LEAST)
    return left if timeout is None else min(timeout, left)


def guarded(transport: Any) -> Any:
    """Have a fresh transport of httpx or httpx2 open connections that keep the deadline; return it.

    Neither library lets a network backend be given, and both keep it in the pool under this name: a test on real sockets
    tells when that changes. With a release that keeps it elsewhere, calls have the library's own timeouts and go on.
    """
    pool = getattr(transport, "_pool", None)
    backend = getattr(pool, "_network_backend", None)
    if pool is not None and backend is not None:
        pool._network_backend = _Backend(backend)  # noqa: SLF001  see above
    return transport


class _Backend:
    """Opens connections as the library's own backend does."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *arguments: Any, timeout: float | None = None, **options: Any) -> "_Stream":
        return _Stream(self._backend.connect_tcp(*arguments, timeout=_left(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _Stream:
    """A connection whose reads and writes last no longer than what is left of the call."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found: bytes = self._stream.read(max_bytes, _left(timeout))
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def start_tls(self, *arguments: Any, timeout: float | None = None, **options: Any) -> "_Stream":
        return _Stream(self._stream.start_tls(*arguments, timeout=_left(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
