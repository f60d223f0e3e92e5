"""Strings to sign and the check of signature headers.

Source: pay.weixin.qq.com, 签名生成, 验签 and 调起支付签名; vectors wx-authmsg-java, wx-authheader-go, self-response-*,
self-paysign-*.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta

from payment_channels.channel import Exchange, Signer, work_with
from payment_channels.channels.wechat.platform_keys import PlatformKey

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"
"""Answers and notifications that start so are deliberately wrong, to find out who does not verify."""
WINDOW = timedelta(seconds=300)
Header = Callable[[str], str]
"""Gives a header's value by its name in lower case, or an empty text."""


def request_message(method: str, target: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """Return the string to sign of a request: five lines, each ended by a line feed. ``target`` is path and query."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def answer_message(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return the string that an answer or a notification is verified over; an empty body (204) is signed too."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def invoke_message(appid: str, timestamp: str, nonce: str, package: str) -> bytes:
    """Return the string that a client invocation is signed over: four lines. ``package`` is bare for an app."""
    return f"{appid}\n{timestamp}\n{nonce}\n{package}\n".encode()


def signed(signer: Signer, message: bytes) -> Exchange[str]:
    """Sign, and return base64."""
    signature = yield from work_with(signer, lambda: signer.sign(message))
    return base64.b64encode(signature).decode()


def authorization(mchid: str, signer: Signer, message: bytes, *, timestamp: int, nonce: str) -> Exchange[str]:
    """Return the Authorization header over a request's message."""
    signature = yield from signed(signer, message)
    whose = f'mchid="{mchid}",nonce_str="{nonce}",timestamp="{timestamp}",serial_no="{signer.key_id}"'
    return f'{SCHEME} {whose},signature="{signature}"'


def doubt(header: Header, body: bytes, key: PlatformKey | None, *, now: datetime) -> str:
    """Return why signature headers over ``body`` are not believed, in a few words; an empty text when they are."""
    timestamp, nonce = header("wechatpay-timestamp"), header("wechatpay-nonce")
    signature, serial = header("wechatpay-signature"), header("wechatpay-serial")
    if not (timestamp and nonce and signature and serial):
        return "the signature headers are missing"
    if signature.startswith(PROBE):
        return "a signature probe of WeChat Pay"
    if key is None:
        return f"signed with a key that is not known: {serial[:64]}"
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(int(timestamp[:12]) - now.timestamp()) > WINDOW.total_seconds():
        return "signed outside the window of 300 seconds: compare the clocks"
    if not key.valid_at(now):
        return "signed with a platform certificate that is not valid now"
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return "the signature is not base64"
    return "" if key.verifier.verify(answer_message(timestamp, nonce, body), raw) else "the signature does not fit the body"
