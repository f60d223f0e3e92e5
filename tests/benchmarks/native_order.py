"""What the SDK costs: one signed, verified native order over TLS on loopback, against the same client used by hand.

Interleaved pairs, CPU time of this process, and the median of the ratios: sequential and 50 at once, blocking and
asynchronous. Run ``make bench``; the goal is a ratio of 1.10. The server is a process of its own.
"""

import argparse
import asyncio
import base64
import ipaddress
import json
import multiprocessing
import secrets
import socket
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from payment_channels import AsyncChannelClient, ChannelClient, Money, PaymentOrder, open_channel
from payment_channels.channels.wechat import PlatformPublicKey, WechatConfig

MCHID, APPID, KEY_ID, SERIAL = "1900000001", "wx0001", "PUB_KEY_ID_01", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
ANSWER = b'{"code_url":"weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00"}'
AT_ONCE = 50


def certificate(key: rsa.RSAPrivateKey) -> bytes:
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


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """Return the private key as PEM."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def serve(listener: socket.socket, files: tuple[str, str], answer: bytes) -> None:
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


def body(number: str) -> bytes:
    """The same order as the SDK sends."""
    order = {
        "appid": APPID,
        "mchid": MCHID,
        "description": "tea",
        "out_trade_no": number,
        "notify_url": "https://example.com/notify",
        "amount": {"total": 100, "currency": "CNY"},
    }
    return json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode()


class ByHand:
    """Signing and verification as one would write them around httpx."""

    def __init__(self, origin: str, key: rsa.RSAPrivateKey, public: rsa.RSAPublicKey) -> None:
        self.origin, self.key, self.public = origin, key, public

    def request(self, number: str) -> dict[str, Any]:
        content, timestamp, nonce = body(number), int(time.time()), secrets.token_hex(16).upper()
        message = f"POST\n/v3/pay/transactions/native\n{timestamp}\n{nonce}\n".encode() + content + b"\n"
        signature = base64.b64encode(self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
        fields = f'mchid="{MCHID}",nonce_str="{nonce}",timestamp="{timestamp}",serial_no="{SERIAL}",signature="{signature}"'
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "by hand",
            "Authorization": f"WECHATPAY2-SHA256-RSA2048 {fields}",
            "Wechatpay-Serial": KEY_ID,
        }
        return {"url": f"{self.origin}/v3/pay/transactions/native", "content": content, "headers": headers}

    def read(self, response: httpx.Response) -> str:
        heads = response.headers
        message = f"{heads['Wechatpay-Timestamp']}\n{heads['Wechatpay-Nonce']}\n".encode() + response.content + b"\n"
        if heads["Wechatpay-Serial"] != KEY_ID or abs(int(heads["Wechatpay-Timestamp"]) - time.time()) > 300:
            raise ValueError
        self.public.verify(base64.b64decode(heads["Wechatpay-Signature"]), message, padding.PKCS1v15(), hashes.SHA256())
        url: str = response.json()["code_url"]
        return url


def order() -> PaymentOrder:
    """A fresh order."""
    return PaymentOrder(
        merchant_order_id=secrets.token_hex(16),
        ordered_at=datetime.now(UTC),
        amount=Money(100),
        product="native",
        subject="tea",
        notify_url="https://example.com/notify",
    )


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


def main() -> None:
    """Measure the four cases and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--calls", type=int, default=20, help="calls in one sequential round")
    options = parser.parse_args()
    tls, merchant, platform = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3))
    timestamp = str(int(time.time()))
    message = f"{timestamp}\nN\n".encode() + ANSWER + b"\n"
    signature = base64.b64encode(platform.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n"
        f"Wechatpay-Timestamp: {timestamp}\r\n"
        f"Wechatpay-Nonce: N\r\nWechatpay-Serial: {KEY_ID}\r\nWechatpay-Signature: {signature}\r\n\r\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        files = (str(Path(folder) / "cert.pem"), str(Path(folder) / "key.pem"))
        Path(files[0]).write_bytes(certificate(tls))
        Path(files[1]).write_bytes(pem(tls))
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        origin = f"https://127.0.0.1:{listener.getsockname()[1]}"
        server = multiprocessing.get_context("fork").Process(
            target=serve, args=(listener, files, head.encode() + ANSWER), daemon=True
        )
        server.start()
        try:
            trust = ssl.create_default_context(cafile=files[0])
            measure(origin, trust, merchant, platform, options.pairs, options.calls)
        finally:
            server.terminate()
            server.join()
            listener.close()


def measure(
    origin: str, trust: ssl.SSLContext, merchant: rsa.RSAPrivateKey, platform: rsa.RSAPrivateKey, pairs: int, calls: int
) -> None:
    """Print the four ratios."""
    public = (
        platform.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    )
    channel = open_channel(
        "wechat",
        WechatConfig(
            mchid=MCHID,
            appid=APPID,
            merchant_serial_no=SERIAL,
            merchant_key=pem(merchant).decode(),
            apiv3_key="k" * 32,
            platform_keys=(PlatformPublicKey(key_id=KEY_ID, pem=public),),
            base_url=origin,
        ),
    )
    hand = ByHand(origin, merchant, platform.public_key())
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    print(f"{'case':<22}{'ratio':>8}{'by hand, us CPU a call':>26}")

    def show(case: str, found: tuple[float, float], count: int) -> None:
        print(f"{case:<22}{found[0]:>8.3f}{found[1] / count:>26.0f}", flush=True)

    with httpx.Client(verify=trust, limits=limits, trust_env=False) as http, ThreadPoolExecutor(AT_ONCE) as pool:
        client = ChannelClient(channel, http=http)

        def sdk(_: object = None) -> None:
            assert client.pay(order()).payer_action is not None

        def plain(_: object = None) -> None:
            assert hand.read(http.post(**hand.request(secrets.token_hex(16))))

        def many(what: Callable[[object], None]) -> Callable[[], None]:
            def run() -> None:
                for _ in range(calls):
                    what(None)

            return run

        def at_once(what: Callable[[object], None]) -> Callable[[], None]:
            def run() -> None:
                list(pool.map(what, range(AT_ONCE)))

            return run

        show("sync, one at a time", ratios(pairs, many(sdk), many(plain)), calls)
        show("sync, 50 threads", ratios(max(pairs // 2, 5), at_once(sdk), at_once(plain)), AT_ONCE)

    loop = asyncio.new_event_loop()
    http2 = httpx.AsyncClient(verify=trust, limits=limits, trust_env=False)
    aclient = AsyncChannelClient(channel, http=http2)

    async def asdk() -> None:
        assert (await aclient.pay(order())).payer_action is not None

    async def aplain() -> None:
        assert hand.read(await http2.post(**hand.request(secrets.token_hex(16))))

    async def in_turn(what: Callable[[], Any]) -> None:
        for _ in range(calls):
            await what()

    async def together(what: Callable[[], Any]) -> None:
        await asyncio.gather(*(what() for _ in range(AT_ONCE)))

    def running(how: Callable[[Callable[[], Any]], Any], what: Callable[[], Any]) -> Callable[[], None]:
        return lambda: loop.run_until_complete(how(what))

    show("async, one at a time", ratios(pairs, running(in_turn, asdk), running(in_turn, aplain)), calls)
    show("async, 50 tasks", ratios(max(pairs // 2, 5), running(together, asdk), running(together, aplain)), AT_ONCE)
    loop.run_until_complete(http2.aclose())
    loop.close()


if __name__ == "__main__":
    main()
