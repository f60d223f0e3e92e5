"""Strings to sign, signatures by RSA over MD5, and why a message is not believed.

Source: LianLianPay/GitBook-Docs-en@294f74ed docs/signature-add-sign.md and LianLianPay/LLP-YT-Java@28ec8020
security/LLianPayYtSignature.java (keys in order whatever their case, ``sign`` and empty values left out); two answers printed in
the documentation verify, and are vectors.
"""

import base64
import binascii
from collections.abc import Mapping

from payment_channels.channel import Exchange, Signer, Verifier, work_with
from payment_channels.codec.canonical import could_be_cut_otherwise

SIGN_TYPE = "RSA"
DECIDING = (
    "ret_code",
    "result_pay",
    "oid_partner",
    "no_order",
    "oid_paybill",
    "dt_order",
    "money_order",
    "confirm_code",
    "amt_balance",
)
"""What must not be hidden inside another value: by these a message is told from another one."""


def string_to_sign(fields: Mapping[str, str]) -> str:
    """Join all fields but ``sign``, sorted whatever their case, empty ones left out, nothing encoded."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields, key=str.lower) if fields[name] and name != "sign")


def signed(signer: Signer, fields: Mapping[str, str]) -> Exchange[dict[str, str]]:
    """Add ``sign_type`` and ``sign``; drop what is empty."""
    whole = {name: text for name, text in {**fields, "sign_type": SIGN_TYPE}.items() if text}
    message = string_to_sign(whole).encode()
    signature = yield from work_with(signer, lambda: signer.sign(message))
    whole["sign"] = base64.b64encode(signature).decode()
    return whole


def doubt(verifier: Verifier, fields: Mapping[str, str]) -> Exchange[str]:
    """Say in a few words why a message is not believed; an empty text when it is."""
    signature = fields.get("sign", "")
    if not signature:
        return "it is not signed"
    if could_be_cut_otherwise(fields, DECIDING):
        return "it could be cut into other fields"
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return "the signature is not base64"
    message = string_to_sign(fields).encode()
    fits = yield from work_with(verifier, lambda: verifier.verify(message, raw))
    return "" if fits else "the signature does not fit the fields"
