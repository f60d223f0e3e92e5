"""What a client does without being asked: it verifies the other end's certificate, keeps its connection, parses a key once."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payment_channels import ChannelClient, HttpCall, NotSentError, PaymentOrder, TransportFailure, open_channel
from payment_channels.channels.wechat import WechatConfig
from payment_channels.codec import rsa
from payment_channels.transport import HttpTransport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for the loopback address that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*form))
    return certificate, private


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[int]]]:
    """Answer every request on every connection; the list counts the requests of each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    counts: list[int] = []

    def talk(connection: socket.socket, number: int) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) if context else connection as peer:
                while b"\r\n\r\n" in peer.recv(65536):
                    counts[number] += 1
                    peer.sendall(ANSWER)
        except OSError:
            return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            counts.append(0)
            threading.Thread(target=talk, args=(connection, len(counts) - 1), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], counts
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_a_certificate_that_nobody_vouches_for_ends_it_before_anything_is_sent(
    wechat_config: WechatConfig, order: PaymentOrder, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    with listening(context) as (port, counts):
        config = wechat_config.model_copy(update={"base_url": f"https://127.0.0.1:{port}"})
        with ChannelClient(open_channel("wechat", config), timeout=5) as client, pytest.raises(NotSentError):
            client.pay(order)
        assert sum(counts) == 0


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_one_connection_serves_many_calls(library: str) -> None:
    with listening() as (port, counts):
        transport = HttpTransport.over(library, client_class="Client")
        for _ in range(5):
            transport.send(HttpCall("GET", f"http://127.0.0.1:{port}/", (("Host", f"127.0.0.1:{port}"),)), 5)
        transport.close()
    assert counts == [5]


def test_a_key_is_parsed_when_the_channel_is_opened_and_never_again(
    wechat_config: WechatConfig, order: PaymentOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[int] = []
    really = rsa.private_key

    def counted(pem: str | bytes) -> object:
        parsed.append(1)
        return really(pem)

    monkeypatch.setattr(rsa, "private_key", counted)
    config = wechat_config.model_copy(update={"base_url": "http://127.0.0.1:1"})
    with ChannelClient(open_channel("wechat", config), timeout=1) as client:
        assert parsed == [1]
        for _ in range(3):
            with pytest.raises(NotSentError):
                client.pay(order)
    assert parsed == [1]


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_client_that_was_closed_sends_nothing_and_says_so(library: str) -> None:
    with listening() as (port, counts):
        transport = HttpTransport.over(library, client_class="Client")
        transport.close()
        with pytest.raises(TransportFailure) as caught:
            transport.send(HttpCall("GET", f"http://127.0.0.1:{port}/", ()), 5)
    assert (caught.value.maybe_sent, counts) == (False, [])
