"""HTTP over httpx, or over httpx2 when asked for: one call, one answer, and which kind of failure it was.

Errors fall in two kinds, and money hangs on the difference: *never left* (name resolution, connection refused, TLS
handshake, connect or pool timeout, unsupported address) and *may have left* (everything else).
"""

import asyncio
import importlib
import zlib
from time import monotonic
from types import ModuleType
from typing import Any, Self

from payment_channels.channel.wire import HttpCall, HttpReply, TransportFailure

LIBRARIES = ("httpx", "httpx2")
GRACE = 0.25
"""Seconds that the library's own timeouts get before ours cuts in: theirs know whether anything left."""


class _Door:
    """What the blocking and the asynchronous transport share: the library, the request, the kinds of failure."""

    def __init__(self, client: Any, library: ModuleType, *, owned: bool) -> None:
        self.client = client
        self.owned = owned
        self._library = library
        self._never_left = (
            library.ConnectError,  # DNS, refused, TLS handshake
            library.ConnectTimeout,
            library.PoolTimeout,
            library.ProxyError,  # raised while the tunnel is being built
            library.UnsupportedProtocol,
        )

    @classmethod
    def over(cls, http: Any, *, client_class: str) -> Self:
        """Use a client that the caller made, or make one of the named library."""
        if http is None or isinstance(http, str):
            library = importlib.import_module(http or "httpx")
            # The environment's proxies and netrc stay out of it: a payment goes where the configuration says.
            return cls(getattr(library, client_class)(trust_env=False), library, owned=True)
        return cls(http, _library_of(http), owned=False)

    def request(self, call: HttpCall, seconds: float) -> Any:
        """Build the request outside the client, so that no default header, cookie or parameter joins what was signed."""
        if self.client.is_closed:
            reason = "the HTTP client was closed before"
            raise TransportFailure(reason, maybe_sent=False)
        try:
            timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
            request = self._library.Request(
                call.method, call.url, headers=list(call.headers), content=call.body, extensions={"timeout": timeout}
            )
        except Exception as error:
            reason = f"the request cannot be built: {type(error).__name__}"
            raise TransportFailure(reason, maybe_sent=False) from error
        signed = "/" + call.url.partition("://")[2].partition("/")[2]
        if request.url.raw_path.decode("ascii", "replace") != signed:
            reason = "the HTTP library would alter the address that was signed"
            raise TransportFailure(reason, maybe_sent=False)
        return request

    def failure(self, error: Exception, call: HttpCall) -> TransportFailure:
        """Name a failure without quoting anything that could be secret."""
        host = call.url.partition("://")[2].partition("/")[0]
        return TransportFailure(f"{type(error).__name__} {host}", maybe_sent=not isinstance(error, self._never_left))


def _library_of(client: Any) -> ModuleType:
    for parent in type(client).__mro__:
        name = parent.__module__.partition(".")[0]
        if name in LIBRARIES:
            return importlib.import_module(name)
    reason = f"an httpx or httpx2 client is needed, not {type(client).__name__}"
    raise TypeError(reason)


def _too_large(call: HttpCall) -> TransportFailure:
    return TransportFailure(f"the answer is larger than {call.max_reply_bytes} bytes", maybe_sent=True)


def _packed(response: Any) -> bool:
    """Say whether the body has to be unpacked here, within the limit: the library would unpack a bomb before anyone can look.

    Plain answers are asked for. One layer of gzip is read all the same, since something on the way may add it.

    Raises:
        TransportFailure: another encoding, or several on top of each other.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"} or response.is_stream_consumed:  # of a mock: it is in memory already
        return False
    if encoding not in {"gzip", "x-gzip"}:
        reason = "the answer has an encoding that was not asked for"
        raise TransportFailure(reason, maybe_sent=True)
    return True


def _unpacked(body: bytes, call: HttpCall) -> bytes:
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    plain = unpacker.decompress(body, call.max_reply_bytes + 1)  # one more byte tells full from too full
    if len(plain) > call.max_reply_bytes:
        raise _too_large(call)
    if not unpacker.eof:
        reason = "the answer is cut off"
        raise TransportFailure(reason, maybe_sent=True)
    return plain


def _reply(response: Any, body: bytes) -> HttpReply:
    headers: dict[str, str] = {}
    for raw_name, raw_text in response.headers.raw:
        name, text = raw_name.decode("ascii", "replace").lower(), raw_text.decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return HttpReply(status=response.status_code, headers=headers, body=body)


class HttpTransport(_Door):
    """Blocking. Safe to share between threads, as the client itself is."""

    def send(self, call: HttpCall, seconds: float) -> HttpReply:
        """Send one call and read the whole answer within ``seconds``.

        Raises:
            TransportFailure: there is no whole answer.
        """
        request = self.request(call, seconds)
        deadline = monotonic() + seconds + GRACE
        try:
            # auth=None: a caller's auth would overwrite the signature; a redirect would send the payment twice.
            response = self.client.send(request, auth=None, follow_redirects=False, stream=True)
            try:
                body = bytearray()
                packed = _packed(response)
                for chunk in response.iter_raw() if packed else response.iter_bytes():
                    body += chunk
                    if len(body) > call.max_reply_bytes:
                        raise _too_large(call)
                    if monotonic() > deadline:
                        reason = "the answer did not end in time"
                        raise TransportFailure(reason, maybe_sent=True)
            finally:
                response.close()
            whole = _unpacked(bytes(body), call) if packed else bytes(body)
        except TransportFailure:
            raise
        except Exception as error:
            raise self.failure(error, call) from error
        return _reply(response, whole)

    def close(self) -> None:
        """Close the client, if it was made here."""
        if self.owned:
            self.client.close()


class AsyncHttpTransport(_Door):
    """Asynchronous, on asyncio."""

    async def send(self, call: HttpCall, seconds: float) -> HttpReply:
        """Send one call and read the whole answer within ``seconds``.

        Raises:
            TransportFailure: there is no whole answer.
        """
        request = self.request(call, seconds)
        try:
            async with asyncio.timeout(seconds + GRACE):
                response = await self.client.send(request, auth=None, follow_redirects=False, stream=True)
                try:
                    body = bytearray()
                    packed = _packed(response)
                    async for chunk in response.aiter_raw() if packed else response.aiter_bytes():
                        body += chunk
                        if len(body) > call.max_reply_bytes:
                            raise _too_large(call)
                finally:
                    await response.aclose()
            whole = _unpacked(bytes(body), call) if packed else bytes(body)
        except TransportFailure:
            raise
        except Exception as error:
            raise self.failure(error, call) from error
        return _reply(response, whole)

    async def aclose(self) -> None:
        """Close the client, if it was made here."""
        if self.owned:
            await self.client.aclose()
