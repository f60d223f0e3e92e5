"""What the SDK costs at Alipay: one signed, verified QR-code order, by hand, by the SDK, and by alipay-sdk-python.

Run ``make bench``; the goals are a ratio of 1.10 to the client by hand, and a twentieth of what the official client for Python
uses. That one is installed into a folder that is thrown away; where it cannot be had, its line says so.
"""

import base64
import http.client
import importlib
import json
import secrets
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from payment_channels import ChannelClient, Money, PaymentOrder, open_channel
from payment_channels.channels.alipay import AlipayConfig
from tests.benchmarks.side_by_side import Sides, compare, limits, new_key, options, pem, public_pem, ratios, serving

APP_ID, SELLER_ID, METHOD, NOTIFY = "2021000000000001", "2088000000000001", "alipay.trade.precreate", "https://example.com/notify"
CONTENT = b'{"code":"10000","msg":"Success","qr_code":"https:\\/\\/qr.alipay.com\\/bax03431ljhokirwl38f00a7"}'
BEIJING = timezone(timedelta(hours=8))
THEIRS = Path(__file__).parents[1] / "real_clients" / "alipay" / "requirements.txt"
HEADERS = {
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
    "User-Agent": "by hand",
}


class ByHand:
    """Signing and verification as one would write them around httpx."""

    def __init__(self, origin: str, key: rsa.RSAPrivateKey, public: rsa.RSAPublicKey) -> None:
        self.url, self.key, self.public = f"{origin}/gateway.do", key, public

    def request(self, number: str) -> dict[str, Any]:
        content = {
            "out_trade_no": number,
            "total_amount": "1.00",
            "subject": "tea",
            "product_code": "QR_CODE_OFFLINE",
        }
        fields = {
            "app_id": APP_ID,
            "method": METHOD,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "notify_url": NOTIFY,
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        }
        message = "&".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()
        fields["sign"] = base64.b64encode(self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
        return {"url": self.url, "content": urlencode(fields).encode(), "headers": HEADERS}

    def read(self, response: httpx.Response) -> str:
        whole = response.json()
        signed = response.content[response.content.index(b"{", 1) : response.content.rindex(b',"sign":')]
        self.public.verify(base64.b64decode(whole["sign"]), signed, padding.PKCS1v15(), hashes.SHA256())
        answer = whole["alipay_trade_precreate_response"]
        if answer["code"] != "10000":
            raise ValueError
        url: str = answer["qr_code"]
        return url


def order(number: str) -> PaymentOrder:
    """A fresh order."""
    return PaymentOrder(
        merchant_order_id=number,
        ordered_at=datetime.now(UTC),
        amount=Money(100),
        product="precreate",
        subject="tea",
        notify_url=NOTIFY,
    )


def installed(folder: str) -> str:
    """Install the official client; return why it could not be, or an empty text."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder]
    done = subprocess.run([*command, "-r", str(THEIRS)], capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    sys.path.append(folder)
    return ""


def theirs(origin: str, key: rsa.RSAPrivateKey, platform: rsa.RSAPrivateKey) -> Callable[[], None]:
    """Return one call of the official client's: its own model, signature, connection and check."""
    web: Any = importlib.import_module("alipay.aop.api.util.WebUtils")
    where = urlsplit(origin)
    ours = ssl.get_server_certificate((where.hostname or "", where.port or 0))

    def connection(url: str, query: str, timeout: float) -> tuple[str, http.client.HTTPSConnection]:
        # Its own function has no place for a port nor for a certificate of ours. Like it, each call opens a connection that is
        # given no context, for which the standard library reads the machine's trusted certificates: the same is done here.
        parts = urlsplit(url)
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=ours)
        opened = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, context=context)
        return f"{parts.path}?{query}", opened

    web.get_http_connection = connection
    config: Any = importlib.import_module("alipay.aop.api.AlipayClientConfig").AlipayClientConfig()
    config.server_url, config.app_id = f"{origin}/gateway.do", APP_ID
    traditional = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    config.app_private_key, config.alipay_public_key = bare(traditional.decode()), bare(public_pem(platform))
    client = importlib.import_module("alipay.aop.api.DefaultAlipayClient").DefaultAlipayClient(config)
    request: Any = importlib.import_module("alipay.aop.api.request.AlipayTradePrecreateRequest").AlipayTradePrecreateRequest

    def call() -> None:
        made = request()
        made.notify_url = NOTIFY
        made.biz_content = {"out_trade_no": secrets.token_hex(16), "total_amount": "1.00", "subject": "tea"}
        assert json.loads(client.execute(made))["qr_code"]

    return call


def bare(text: str) -> str:
    """Return a key as the official client takes it: base64 without its armour."""
    return "".join(line for line in text.splitlines() if "-----" not in line)


def beside_theirs(sides: Sides, call: Callable[[], None]) -> None:
    """Print how many times the SDK's CPU time the official client uses, each with its own connections."""
    with httpx.Client(verify=sides.trust, limits=limits(), trust_env=False) as wire:
        client = ChannelClient(sides.channel, http=wire)

        def sdk() -> None:
            assert client.pay(sides.order(secrets.token_hex(16))).payer_action is not None

        def ten(what: Callable[[], None]) -> Callable[[], None]:
            def run() -> None:
                for _ in range(10):
                    what()

            return run

        times, ours = ratios(max(sides.pairs // 8, 3), ten(call), ten(sdk))
    print(f"alipay-sdk-python: {times:.1f} times the SDK's CPU time ({ours / 10:.0f} us a call), one at a time", flush=True)


def main() -> None:
    """Measure the four cases and the official client, and print a table."""
    asked = options(__doc__)
    merchant, platform = new_key(), new_key()
    signature = base64.b64encode(platform.sign(CONTENT, padding.PKCS1v15(), hashes.SHA256()))
    answer = b'{"alipay_trade_precreate_response":' + CONTENT + b',"sign":"' + signature + b'"}'
    with serving({"Content-Type": "text/html;charset=utf-8"}, answer) as (origin, trust), tempfile.TemporaryDirectory() as folder:
        config = AlipayConfig(
            app_id=APP_ID,
            seller_id=SELLER_ID,
            app_private_key=pem(merchant).decode(),
            alipay_public_key=public_pem(platform),
            base_url=origin,
        )
        hand = ByHand(origin, merchant, platform.public_key())
        sides = Sides(open_channel("alipay", config), order, hand, trust, asked.pairs, asked.calls)
        compare(sides)
        why = installed(folder)
        if why:
            print(f"alipay-sdk-python: not measured, since it could not be installed: {why}")
            return
        beside_theirs(sides, theirs(origin, merchant, platform))


if __name__ == "__main__":
    main()
