"""LianLian's gate: verifies MD5withRSA signatures of requests, and signs answers and notifications with the platform key.

Sources: LianLianPay/GitBook-Docs-en@294f74ed docs/signature-add-sign.md (sorted, ``k=v`` joined with ``&``, null left out) and
LianLianPay/LLP-YT-Java@28ec8020 ``LLianPayYtSignature`` (names are sorted without regard to case, empty texts and ``sign`` are
left out); two published answers verify so (tests/vectors/lianlian/lianlian.json). A list is signed as its compact JSON, which is
what that class makes of one; no published answer with a list confirms it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from mocks.lianlian import diagnosis
from mocks.lianlian.codes import refused
from mocks.lianlian.keys import LianlianKeys
from payment_channels.codec.rsa import RsaMd5Signer, RsaMd5Verifier


def value_text(value: Any) -> str:
    """Return what a signature covers of a value."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def string_to_sign(fields: Mapping[str, Any]) -> str:
    """Return what a signature covers: the fields with a value but ``sign``, by name without regard to case; nothing encoded."""
    names = sorted((name for name in fields if name != "sign" and fields[name] not in (None, "")), key=str.lower)
    return "&".join(f"{name}={value_text(fields[name])}" for name in names)


def read_base64(text: str) -> bytes | None:
    """Return what a base64 text holds, or None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


class Gate:
    """Verifies requests and signs answers with the keys of one merchant."""

    def __init__(self, keys: LianlianKeys) -> None:
        """Hold the keys."""
        self.keys = keys
        self._verifier = RsaMd5Verifier("merchant", keys.merchant_key)
        self._signer = RsaMd5Signer("lianlian", keys.platform_key)

    def check(self, fields: Mapping[str, str]) -> None:
        """Let a request pass that its merchant signed.

        Raises:
            RefusedError: 3001 for another merchant, 1001 for the signature.
        """
        if fields["oid_partner"] != self.keys.oid_partner:
            why = {
                "reason": "oid_partner is another merchant's",
                "expected": self.keys.oid_partner,
                "given": fields["oid_partner"],
            }
            raise refused("3001", why=why)
        text, raw = string_to_sign(fields), read_base64(fields["sign"])
        if raw is None or not self._verifier.verify(text.encode(), raw):
            raise refused("1001", why=diagnosis.explain(self.keys.merchant_key, fields, text))

    def sign(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that have a value, with ``sign_type`` and ``sign``."""
        signed = {name: value for name, value in fields.items() if value not in (None, "")} | {"sign_type": "RSA"}
        signature = self._signer.sign(string_to_sign(signed).encode())
        return signed | {"sign": base64.b64encode(signature).decode()}
