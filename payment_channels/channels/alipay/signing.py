"""Strings to sign and the check of signatures: RSA2, that is SHA256withRSA over sorted ``k=v`` pairs, in base64.

Source: alipay/alipay-sdk-nodejs-all@e1676390, src/util.ts and test/alipay.test.ts; vectors self-gateway-*, ali-notify-node-*.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping

from payment_channels.channel import Exchange, Signer, Verifier, work_with
from payment_channels.codec.canonical import sorted_pairs

SIGN_TYPE = "RSA2"
_SIGN = frozenset({"sign"})
_SIGN_AND_TYPE = frozenset({"sign", "sign_type"})
DECIDING = (
    "app_id",
    "seller_id",
    "out_trade_no",
    "trade_no",
    "trade_status",
    "total_amount",
    "refund_fee",
    "notify_id",
    "notify_time",
    "notify_type",
    "msg_method",
    "biz_content",
)
"""What must not be hidden inside another value of a notification: by these one is told from another."""
_SERIAL = frozenset({"alipay_cert_sn"})


def request_message(params: Mapping[str, str]) -> bytes:
    """Return the string to sign of a request: everything but ``sign`` and empty values, ``sign_type`` included, unencoded."""
    return sorted_pairs(params, without=_SIGN).encode()


def notification_messages(fields: Mapping[str, str]) -> Iterator[bytes]:
    """Give the strings that a notification may be signed over: without ``sign_type`` (trades), or with it (the message service).

    Both are tried, as the official client does. Public clients leave ``alipay_cert_sn`` out where it comes; no page says so,
    and in either case every other field is under the signature.
    """
    for left_out in (_SIGN_AND_TYPE, _SIGN):
        yield sorted_pairs(fields, without=left_out).encode()
        if "alipay_cert_sn" in fields:
            yield sorted_pairs(fields, without=left_out | _SERIAL).encode()


def signed(signer: Signer, params: Mapping[str, str | None]) -> Exchange[dict[str, str]]:
    """Return the parameters with their ``sign``, the empty and the absent ones left out."""
    present = {name: text for name, text in params.items() if text}
    message = request_message(present)
    signature = yield from work_with(signer, lambda: signer.sign(message))
    present["sign"] = base64.b64encode(signature).decode()
    return present


def fits(verifier: Verifier, message: bytes, signature: str) -> Exchange[bool]:
    """Say whether ``signature`` is the verifier's over ``message``; the base64 has to be the one way to write it."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    if base64.b64encode(raw).decode() != signature:
        return False
    return (yield from work_with(verifier, lambda: verifier.verify(message, raw)))
