"""Which failures never left, which may have left, and that nothing is added to what was signed: on real sockets."""

import asyncio
import contextlib
import gzip
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from payment_channels import HttpCall, HttpReply, TransportFailure
from payment_channels.transport import AsyncHttpTransport, HttpTransport
from payment_channels.transport.deadlines import guarded

LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
COLOURS = pytest.mark.parametrize("colour", ["sync", "async"])
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\n\r\nhello"


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that accepts one connection and treats it as told; yields its origin."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(5)
            with contextlib.suppress(OSError):
                behave(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # who still waits for a connection waits no more
        listener.close()
        thread.join(timeout=5)


def send(library: ModuleType, colour: str, call: HttpCall, seconds: float = 2.0, **options: Any) -> HttpReply:
    """Send through a client of the caller's, in either colour."""
    if colour == "sync":
        with library.Client(**options) as client:
            return HttpTransport.over(client, client_class="Client").send(call, seconds)

    async def go() -> HttpReply:
        async with library.AsyncClient(**options) as client:
            return await AsyncHttpTransport.over(client, client_class="AsyncClient").send(call, seconds)

    return asyncio.run(go())


def own(library: ModuleType, colour: str, call: HttpCall, seconds: float) -> HttpReply:
    """Send through a client that the transport makes for itself, as it does where none is given."""
    if colour == "sync":
        transport = HttpTransport.over(library.__name__, client_class="Client")
        try:
            return transport.send(call, seconds)
        finally:
            transport.close()

    async def go() -> HttpReply:
        transport = AsyncHttpTransport.over(library.__name__, client_class="AsyncClient")
        try:
            return await transport.send(call, seconds)
        finally:
            await transport.aclose()

    return asyncio.run(go())


def get(origin: str, **changes: Any) -> HttpCall:
    return HttpCall("GET", f"{origin}/v3/a?b=1", (("Accept", "*/*"),), **changes)


def read_request(connection: socket.socket) -> bytes:
    return connection.recv(65536)


@LIBRARIES
@COLOURS
def test_an_answer_comes_back_whole(library: ModuleType, colour: str) -> None:
    seen: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(HELLO)

    with peer(behave) as origin:
        call = HttpCall("POST", f"{origin}/v3/a?b=%7C", (("Accept", "x/y"), ("Authorization", "ours")), b"body")
        reply = send(
            library, colour, call, auth=("user", "pass"), headers={"X-Default": "1"}, cookies={"c": "1"}, params={"p": "1"}
        )
    assert (reply.status, reply.header("x-ONE"), reply.body) == (200, "1", b"hello")
    request = seen[0].decode()
    assert request.startswith("POST /v3/a?b=%7C HTTP/1.1\r\n")
    assert "Authorization: ours" in request
    for added in ("X-Default", "Cookie", "Basic ", "p=1"):
        assert added not in request


@LIBRARIES
@COLOURS
def test_a_refused_connection_never_left(library: ModuleType, colour: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TransportFailure) as caught:
        send(library, colour, get(f"http://127.0.0.1:{port}"))
    assert caught.value.maybe_sent is False


@LIBRARIES
@COLOURS
def test_a_failed_tls_handshake_never_left(library: ModuleType, colour: str) -> None:
    with peer(lambda connection: connection.sendall(b"this is not TLS\r\n")) as origin, pytest.raises(TransportFailure) as caught:
        send(library, colour, get(origin.replace("http:", "https:")))
    assert caught.value.maybe_sent is False


@LIBRARIES
@COLOURS
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a", 'http://127.0.0.1/a"b', "http://127.0.0.1/支付"])
def test_an_address_that_cannot_be_sent_as_signed_never_left(library: ModuleType, colour: str, url: str) -> None:
    with pytest.raises(TransportFailure) as caught:
        send(library, colour, HttpCall("GET", url, ()))
    assert caught.value.maybe_sent is False


@LIBRARIES
@COLOURS
@pytest.mark.parametrize("target", ['a"b', "支付", "a b", "a?b=支付"])
def test_an_address_that_the_library_would_alter_is_not_sent(library: ModuleType, colour: str, target: str) -> None:
    reached: list[Any] = []

    def handle(request: Any) -> Any:
        reached.append(request)
        return library.Response(200)

    with pytest.raises(TransportFailure, match=r"alter|built") as caught:
        send(library, colour, HttpCall("GET", f"http://127.0.0.1/{target}", ()), transport=library.MockTransport(handle))
    assert caught.value.maybe_sent is False
    assert reached == []


def closes_silently(connection: socket.socket) -> None:
    read_request(connection)


def half_an_answer(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(HELLO[:-3])


def no_http(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")


def bad_gzip(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")


def resets(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@LIBRARIES
@COLOURS
@pytest.mark.parametrize("behave", [closes_silently, half_an_answer, no_http, bad_gzip, resets])
def test_whatever_goes_wrong_after_connecting_may_have_left(library: ModuleType, colour: str, behave: Any) -> None:
    with peer(behave) as origin, pytest.raises(TransportFailure) as caught:
        send(library, colour, get(origin))
    assert caught.value.maybe_sent is True


@LIBRARIES
@COLOURS
def test_silence_ends_at_the_deadline(library: ModuleType, colour: str) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.recv(1)  # until the client gives up and closes

    with peer(behave) as origin, pytest.raises(TransportFailure) as caught:
        send(library, colour, get(origin), seconds=0.2)
    assert caught.value.maybe_sent is True


@LIBRARIES
@COLOURS
def test_an_answer_that_drips_for_ever_ends_at_the_deadline(library: ModuleType, colour: str) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    started = time.monotonic()
    with peer(behave) as origin, pytest.raises(TransportFailure) as caught:
        send(library, colour, get(origin), seconds=0.3)
    assert caught.value.maybe_sent is True
    assert time.monotonic() - started < 4


def drips_headers(connection: socket.socket) -> None:
    """Each piece comes long before a read's timeout, and the headers have no end."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-One: ")
    for _ in range(60):
        connection.sendall(b"x")
        time.sleep(0.05)


@LIBRARIES
@COLOURS
@pytest.mark.parametrize("target", ["/v3/a?b=1", "/v3/a"])
def test_headers_that_drip_for_ever_end_at_the_deadline(library: ModuleType, colour: str, target: str) -> None:
    started = time.monotonic()
    with peer(drips_headers) as origin:
        with pytest.raises(TransportFailure) as caught:
            own(library, colour, HttpCall("GET", origin + target, ()), 0.3)
        assert time.monotonic() - started < 1.5
    assert caught.value.maybe_sent is True


@LIBRARIES
@COLOURS
def test_a_tls_handshake_that_drips_ends_at_the_deadline_and_never_left(library: ModuleType, colour: str) -> None:
    def behave(connection: socket.socket) -> None:
        for byte in b"\x16\x03\x03\x40\x00" + bytes(60):  # the head of a long record, and what never becomes one
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    started = time.monotonic()
    with peer(behave) as origin:
        with pytest.raises(TransportFailure) as caught:
            own(library, colour, get(origin.replace("http:", "https:")), 0.3)
        assert time.monotonic() - started < 1.5
    assert caught.value.maybe_sent is False


@LIBRARIES
def test_a_call_s_deadline_is_not_the_next_one_s(library: ModuleType) -> None:
    """The same connection and the same thread: the first call's time is over, the second has its own."""

    def behave(connection: socket.socket) -> None:
        for pause in (0.0, 0.4):
            read_request(connection)
            time.sleep(pause)
            connection.sendall(HELLO)

    with peer(behave) as origin:
        transport = HttpTransport.over(library.__name__, client_class="Client")
        assert transport.send(get(origin), 0.2).status == 200
        time.sleep(0.2)
        assert transport.send(get(origin), 5).body == b"hello"
        transport.close()


@LIBRARIES
@COLOURS
def test_an_answer_without_end_is_cut_at_the_limit(library: ModuleType, colour: str) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(64):
            connection.sendall(b"x" * 65536)

    with peer(behave) as origin, pytest.raises(TransportFailure, match="larger") as caught:
        send(library, colour, get(origin, max_reply_bytes=100_000))
    assert caught.value.maybe_sent is True


BOMB = gzip.compress(bytes(64 << 20))


@LIBRARIES
@COLOURS
@pytest.mark.parametrize(("encoding", "body"), [("gzip", BOMB), ("gzip, gzip", gzip.compress(BOMB))])
def test_a_bomb_is_not_unpacked(library: ModuleType, colour: str, encoding: str, body: bytes) -> None:
    """A few hundred bytes of gzip within gzip are gigabytes: nothing beyond the limit is ever in memory."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with peer(behave) as origin, pytest.raises(TransportFailure, match=r"larger|encoding") as caught:
        send(library, colour, get(origin))
    assert caught.value.maybe_sent is True
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


@LIBRARIES
@COLOURS
def test_one_layer_of_gzip_is_read(library: ModuleType, colour: str) -> None:
    body = gzip.compress(b"hello")

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    with peer(behave) as origin:
        assert send(library, colour, get(origin)).body == b"hello"


@LIBRARIES
@COLOURS
def test_a_redirect_is_not_followed(library: ModuleType, colour: str) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 307 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    with peer(behave) as origin:
        assert send(library, colour, get(origin), follow_redirects=True).status == 307


@LIBRARIES
@COLOURS
def test_hooks_of_the_caller_may_look_at_the_request_and_add_to_it(library: ModuleType, colour: str) -> None:
    """As at any request of the library: what is logged before it leaves, and beside its answer."""
    seen: list[bytes] = []

    def before(request: Any) -> None:
        seen.append(request.content)
        request.headers["X-Trace"] = "追踪"

    def after(response: Any) -> None:
        seen.append(response.request.content)

    async def abefore(request: Any) -> None:
        before(request)

    async def aafter(response: Any) -> None:
        after(response)

    def behave(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(HELLO)

    hooks = {"request": [before], "response": [after]} if colour == "sync" else {"request": [abefore], "response": [aafter]}
    with peer(behave) as origin:
        reply = send(library, colour, HttpCall("POST", f"{origin}/v3/a", (("Accept", "*/*"),), b"body"), event_hooks=hooks)
    assert (reply.status, reply.body) == (200, b"hello")
    assert (seen[0], seen[2]) == (b"body", b"body")
    assert "X-Trace: 追踪".encode() in seen[1]


@LIBRARIES
@COLOURS
def test_a_hook_of_the_caller_that_raises_may_have_left(library: ModuleType, colour: str) -> None:
    def hook(_: Any) -> None:
        raise KeyError("secret")

    async def ahook(_: Any) -> None:
        raise KeyError("secret")

    with pytest.raises(TransportFailure) as caught:
        send(library, colour, get("http://127.0.0.1:9"), event_hooks={"request": [hook if colour == "sync" else ahook]})
    assert caught.value.maybe_sent is True
    assert "secret" not in str(caught.value)


@LIBRARIES
@COLOURS
@pytest.mark.parametrize("of_another_request", [True, False])
def test_a_hook_s_own_connection_that_fails_after_the_answer_came_does_not_say_that_nothing_left(
    library: ModuleType, colour: str, of_another_request: bool
) -> None:
    def hook(_: Any) -> None:
        other = library.Request("POST", "http://tracing.example/spans") if of_another_request else None
        raise library.ConnectError("refused", request=other)

    async def ahook(answer: Any) -> None:
        hook(answer)

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(HELLO)

    with peer(behave) as origin, pytest.raises(TransportFailure) as caught:
        send(library, colour, get(origin), event_hooks={"response": [hook if colour == "sync" else ahook]})
    assert caught.value.maybe_sent is True


def test_what_is_no_client_is_refused() -> None:
    with pytest.raises(TypeError, match="httpx"):
        HttpTransport.over(object(), client_class="Client")


def test_the_named_library_is_used() -> None:
    for name, library in (("httpx", httpx), ("httpx2", httpx2), (None, httpx)):
        transport = HttpTransport.over(name, client_class="Client")
        assert isinstance(transport.client, library.Client)
        transport.close()
        assert transport.client.is_closed


async def test_a_cancelled_wait_is_the_callers_own() -> None:
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        loop.call_soon_threadsafe(reached.set)
        connection.recv(1)

    with peer(behave) as origin:
        async with httpx.AsyncClient() as client:
            transport = AsyncHttpTransport.over(client, client_class="AsyncClient")
            task = asyncio.create_task(transport.send(get(origin), 5))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


def test_a_library_that_keeps_its_backend_elsewhere_is_used_as_it_is() -> None:
    class Elsewhere:
        """A transport of a release to come."""

    transport = Elsewhere()
    assert guarded(transport) is transport
