"""What the SDK costs at WeChat Pay: one signed, verified native order, against the same client used by hand.

Run ``make bench``; the goal is a ratio of 1.10.
"""

import base64
import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from payment_channels import Money, PaymentOrder, open_channel
from payment_channels.channels.wechat import PlatformPublicKey, WechatConfig
from tests.benchmarks.side_by_side import Sides, compare, new_key, options, pem, public_pem, serving

MCHID, APPID, KEY_ID, SERIAL = "1900000001", "wx0001", "PUB_KEY_ID_01", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
ANSWER = b'{"code_url":"weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00"}'


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


def order(number: str) -> PaymentOrder:
    """A fresh order."""
    return PaymentOrder(
        merchant_order_id=number,
        ordered_at=datetime.now(UTC),
        amount=Money(100),
        product="native",
        subject="tea",
        notify_url="https://example.com/notify",
    )


def main() -> None:
    """Measure the four cases and print a table."""
    asked = options(__doc__)
    merchant, platform = new_key(), new_key()
    timestamp = str(int(time.time()))
    signature = platform.sign(f"{timestamp}\nN\n".encode() + ANSWER + b"\n", padding.PKCS1v15(), hashes.SHA256())
    headers = {
        "Content-Type": "application/json",
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": "N",
        "Wechatpay-Serial": KEY_ID,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
    }
    with serving(headers, ANSWER) as (origin, trust):
        config = WechatConfig(
            mchid=MCHID,
            appid=APPID,
            merchant_serial_no=SERIAL,
            merchant_key=pem(merchant).decode(),
            apiv3_key="k" * 32,
            platform_keys=(PlatformPublicKey(key_id=KEY_ID, pem=public_pem(platform)),),
            base_url=origin,
        )
        hand = ByHand(origin, merchant, platform.public_key())
        compare(Sides(open_channel("wechat", config), order, hand, trust, asked.pairs, asked.calls))


if __name__ == "__main__":
    main()
