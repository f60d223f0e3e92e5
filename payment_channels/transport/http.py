"""HTTP over httpx, or over httpx2 when asked for: one call, one answer, and which kind of failure it was.

Errors fall in two kinds, and money hangs on the difference: *never left* (name resolution, connection refused, TLS
handshake, connect or pool timeout, unsupported address) and *may have left* (everything else).
"""

import asyncio
import importlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from types import ModuleType
from typing import Any, Self

from payment_channels.channel.wire import HttpCall, HttpReply, TransportFailure
from payment_channels.transport.deadlines import Within, guarded
from payment_channels.transport.logs import WithoutQuery, watch

LIBRARIES = ("httpx", "httpx2")
GRACE = 0.25
"""Seconds that the library's own timeouts get before ours cuts in: theirs know whether anything left."""
ADDRESSES = 64
"""Parsed addresses that a door keeps: most calls go to one of a few, and parsing costs more than signing checks."""


@dataclass(frozen=True, slots=True)
class _Address:
    """An address as the library reads it. ``faithful``: path and query are to the letter what was signed."""

    url: Any
    host: bytes
    faithful: bool


class _Door:
    """What the blocking and the asynchronous transport share: the library, the request, the kinds of failure."""

    def __init__(self, client: Any, library: ModuleType, *, owned: bool) -> None:
        self.client = client
        self.owned = owned
        self._library = library
        watch(library.__name__)
        self._address: Callable[[str], _Address] = lru_cache(ADDRESSES)(self._parsed)
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
            client = getattr(library, client_class)(trust_env=False, transport=cls._own_transport(library))
            return cls(client, library, owned=True)
        return cls(http, _library_of(http), owned=False)

    @staticmethod
    def _own_transport(library: ModuleType) -> Any:
        """Return what carries the calls of a client that is made here."""
        raise NotImplementedError

    def request(self, call: HttpCall, seconds: float) -> Any:
        """Build the request outside the client, so that no default header, cookie or parameter joins what was signed."""
        if self.client.is_closed:
            reason = "the HTTP client was closed before"
            raise TransportFailure(reason, maybe_sent=False)
        try:
            address = self._address(call.url)
            # Content as a stream: what is given as ``content`` costs two more copies of the headers.
            request = self._library.Request(
                call.method,
                address.url,
                headers=_headers(call, address.host),
                stream=self._library.ByteStream(call.body),
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
            )
            request.read()  # it is in memory; a hook of the caller's client may look at it, before and after it is sent
            request.headers.encoding = "utf-8"  # or each look at a header would try all of them for their encoding
        except Exception as error:
            reason = f"the request cannot be built: {type(error).__name__}"
            raise TransportFailure(reason, maybe_sent=False) from error
        if not address.faithful:
            reason = "the HTTP library would alter the address that was signed"
            raise TransportFailure(reason, maybe_sent=False)
        return request

    def _parsed(self, text: str) -> _Address:
        url = self._library.URL(text)
        signed = "/" + text.partition("://")[2].partition("/")[2]
        return _Address(url, url.netloc, faithful=url.raw_path.decode("ascii", "replace") == signed)

    def failure(self, error: Exception, call: HttpCall, request: Any) -> TransportFailure:
        """Name a failure without quoting anything that could be secret.

        The libraries say which request an error is of. One that is of no request, or of another, is a hook's of the caller's
        client, which may have been run because the answer had come.
        """
        host = call.url.partition("://")[2].partition("/")[0]
        never_left = isinstance(error, self._never_left) and _is_of(error, request)
        return TransportFailure(f"{type(error).__name__} {host}", maybe_sent=not never_left)


def _is_of(error: Any, request: Any) -> bool:
    try:
        return error.request is request
    except RuntimeError:  # what both libraries raise where no request was noted
        return False


def _headers(call: HttpCall, host: bytes) -> list[tuple[bytes, bytes]]:
    """The call's headers and the two that the protocol itself needs.

    Raises:
        UnicodeEncodeError: a header is not ASCII.
    """
    headers = [(name.encode("ascii"), text.encode("ascii")) for name, text in call.headers]
    given = {name.lower() for name, _ in headers}
    if b"host" not in given:
        headers.insert(0, (b"Host", host))
    if (call.body or call.method != "GET") and b"content-length" not in given:
        headers.append((b"Content-Length", str(len(call.body)).encode()))
    return headers


def _library_of(client: Any) -> ModuleType:
    for parent in type(client).__mro__:
        name = parent.__module__.partition(".")[0]
        if name in LIBRARIES:
            return importlib.import_module(name)
    reason = f"an httpx or httpx2 client is needed, not {type(client).__name__}"
    raise TypeError(reason)


def _too_large(call: HttpCall) -> TransportFailure:
    return TransportFailure(f"the answer is larger than {call.max_reply_bytes} bytes", maybe_sent=True)


def _packed(headers: Mapping[str, str]) -> bool:
    """Say whether the body has to be unpacked here, within the limit: the library would unpack a bomb before anyone can look.

    Plain answers are asked for. One layer of gzip is read all the same, since something on the way may add it.

    Raises:
        TransportFailure: another encoding, or several on top of each other.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
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


def _headers_of(response: Any) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_text in response.headers.raw:
        name, text = raw_name.decode("ascii", "replace").lower(), raw_text.decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


class HttpTransport(_Door):
    """Blocking. Safe to share between threads, as the client itself is."""

    @staticmethod
    def _own_transport(library: ModuleType) -> Any:
        return guarded(library.HTTPTransport(trust_env=False))

    def send(self, call: HttpCall, seconds: float) -> HttpReply:
        """Send one call and read the whole answer within ``seconds``.

        Raises:
            TransportFailure: there is no whole answer.
        """
        request = self.request(call, seconds)
        try:
            until = monotonic() + seconds + GRACE
            if self.owned or "?" in call.url:
                with Within(seconds), WithoutQuery():
                    return self._answer(request, call, until)
            return self._answer(request, call, until)  # a caller's client, an address without a query: nothing to watch over
        except TransportFailure:
            raise
        except Exception as error:
            raise self.failure(error, call, request) from error

    def _answer(self, request: Any, call: HttpCall, deadline: float) -> HttpReply:
        # auth=None: a caller's auth would overwrite the signature; a redirect would send the payment twice.
        response = self.client.send(request, auth=None, follow_redirects=False, stream=True)
        try:
            body = bytearray()
            headers, whole = _headers_of(response), response.is_stream_consumed  # a mock's answer is in memory already
            packed = not whole and _packed(headers)
            for chunk in response.iter_bytes() if whole else response.iter_raw():
                body += chunk
                if len(body) > call.max_reply_bytes:
                    raise _too_large(call)
                if monotonic() > deadline:
                    reason = "the answer did not end in time"
                    raise TransportFailure(reason, maybe_sent=True)
        finally:
            response.close()
        plain = _unpacked(bytes(body), call) if packed else bytes(body)
        return HttpReply(status=response.status_code, headers=headers, body=plain)

    def close(self) -> None:
        """Close the client, if it was made here."""
        if self.owned:
            self.client.close()


class AsyncHttpTransport(_Door):
    """Asynchronous, on asyncio."""

    @staticmethod
    def _own_transport(library: ModuleType) -> Any:
        return library.AsyncHTTPTransport(trust_env=False)

    async def send(self, call: HttpCall, seconds: float) -> HttpReply:
        """Send one call and read the whole answer within ``seconds``.

        Raises:
            TransportFailure: there is no whole answer.
        """
        request = self.request(call, seconds)
        try:
            async with asyncio.timeout(seconds + GRACE):
                with WithoutQuery():
                    response = await self.client.send(request, auth=None, follow_redirects=False, stream=True)
                try:
                    body = bytearray()
                    headers, whole = _headers_of(response), response.is_stream_consumed  # a mock's answer is in memory already
                    packed = not whole and _packed(headers)
                    async for chunk in response.aiter_bytes() if whole else response.aiter_raw():
                        body += chunk
                        if len(body) > call.max_reply_bytes:
                            raise _too_large(call)
                finally:
                    await response.aclose()
            plain = _unpacked(bytes(body), call) if packed else bytes(body)
        except TransportFailure:
            raise
        except Exception as error:
            raise self.failure(error, call, request) from error
        return HttpReply(status=response.status_code, headers=headers, body=plain)

    async def aclose(self) -> None:
        """Close the client, if it was made here."""
        if self.owned:
            await self.client.aclose()
