"""What the benchmarks share: a server that answers at once, and the SDK beside the same client used by hand.

Interleaved pairs, CPU time of this process, and the median of the ratios: sequential and 50 at once, blocking and
asynchronous. The server is a process of its own, over TLS on loopback.
"""

import argparse
import asyncio
import ipaddress
import multiprocessing
import secrets
import socket
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from payment_channels import AsyncChannelClient, Channel, ChannelClient, PaymentOrder

AT_ONCE = 50


class ByHand(Protocol):
    """The floor: signing and verification as one would write them around httpx."""

    def request(self, number: str) -> dict[str, Any]:
        """Return the arguments of a post."""

    def read(self, response: httpx.Response) -> str:
        """Verify an answer and return what the payer is given."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a comparison, and how often they are compared."""

    channel: Channel
    order: Callable[[str], PaymentOrder]
    hand: ByHand
    trust: ssl.SSLContext
    pairs: int
    calls: int


def new_key() -> rsa.RSAPrivateKey:
    """Make a key of the size that the channels use."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """Return the private key as PEM."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """Return the public half as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def options(description: str | None) -> argparse.Namespace:
    """Read the command line: ``pairs`` and ``calls``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--calls", type=int, default=20, help="calls in one sequential round")
    return parser.parse_args()


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    """Return a self-signed certificate for the loopback address."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _serve(listener: socket.socket, files: tuple[str, str], answer: bytes) -> None:
    """Answer every request with the same signed reply, as cheaply as can be."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
                await reader.readexactly(length)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, sock=listener, ssl=context)
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def serving(headers: dict[str, str], body: bytes) -> Iterator[tuple[str, ssl.SSLContext]]:
    """Serve one answer for ever; give the server's origin and what trusts its certificate."""
    key = new_key()
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Content-Length": str(len(body))}.items())
    answer = f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body
    with tempfile.TemporaryDirectory() as folder:
        files = (str(Path(folder) / "cert.pem"), str(Path(folder) / "key.pem"))
        Path(files[0]).write_bytes(_certificate(key))
        Path(files[1]).write_bytes(pem(key))
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, files, answer), daemon=True)
        server.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}", ssl.create_default_context(cafile=files[0])
        finally:
            server.terminate()
            server.join()
            listener.close()


def ratios(pairs: int, first: Callable[[], None], second: Callable[[], None]) -> tuple[float, float]:
    """Run both in turns; return the median ratio of their CPU times and the second's median in microseconds."""
    found, cost = [], []
    for number in range(pairs + 2):
        times = {}
        for which in (first, second) if number % 2 else (second, first):
            started = time.process_time()
            which()
            times[which] = time.process_time() - started
        if number >= 2:  # the first rounds warm up
            found.append(times[first] / times[second])
            cost.append(times[second])
    return statistics.median(found), statistics.median(cost) * 1e6


def limits() -> httpx.Limits:
    """Return what keeps a connection for each call at once."""
    return httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)


def compare(sides: Sides) -> None:
    """Print the four ratios: the SDK's CPU time over that of the same client used by hand."""
    print(f"{'case':<22}{'ratio':>8}{'by hand, us CPU a call':>26}")
    _blocking(sides)
    _asynchronous(sides)


def _show(case: str, found: tuple[float, float], count: int) -> None:
    print(f"{case:<22}{found[0]:>8.3f}{found[1] / count:>26.0f}", flush=True)


def _blocking(sides: Sides) -> None:
    def many(what: Callable[[object], None]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(sides.calls):
                what(None)

        return run

    with httpx.Client(verify=sides.trust, limits=limits(), trust_env=False) as http, ThreadPoolExecutor(AT_ONCE) as pool:
        client = ChannelClient(sides.channel, http=http)

        def sdk(_: object = None) -> None:
            assert client.pay(sides.order(secrets.token_hex(16))).payer_action is not None

        def plain(_: object = None) -> None:
            assert sides.hand.read(http.post(**sides.hand.request(secrets.token_hex(16))))

        def at_once(what: Callable[[object], None]) -> Callable[[], None]:
            def run() -> None:
                list(pool.map(what, range(AT_ONCE)))

            return run

        _show("sync, one at a time", ratios(sides.pairs, many(sdk), many(plain)), sides.calls)
        _show("sync, 50 threads", ratios(max(sides.pairs // 2, 5), at_once(sdk), at_once(plain)), AT_ONCE)


def _asynchronous(sides: Sides) -> None:
    loop = asyncio.new_event_loop()
    http = httpx.AsyncClient(verify=sides.trust, limits=limits(), trust_env=False)
    client = AsyncChannelClient(sides.channel, http=http)

    async def sdk() -> None:
        assert (await client.pay(sides.order(secrets.token_hex(16)))).payer_action is not None

    async def plain() -> None:
        assert sides.hand.read(await http.post(**sides.hand.request(secrets.token_hex(16))))

    async def in_turn(what: Callable[[], Any]) -> None:
        for _ in range(sides.calls):
            await what()

    async def together(what: Callable[[], Any]) -> None:
        await asyncio.gather(*(what() for _ in range(AT_ONCE)))

    def running(how: Callable[[Callable[[], Any]], Any], what: Callable[[], Any]) -> Callable[[], None]:
        return lambda: loop.run_until_complete(how(what))

    _show("async, one at a time", ratios(sides.pairs, running(in_turn, sdk), running(in_turn, plain)), sides.calls)
    _show("async, 50 tasks", ratios(max(sides.pairs // 2, 5), running(together, sdk), running(together, plain)), AT_ONCE)
    loop.run_until_complete(http.aclose())
    loop.close()
