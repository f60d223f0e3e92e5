"""TeaPay's signature: HMAC-SHA256 over three lines, in hex. Source: teapay.example/doc/signing."""

import hashlib
import hmac

HEADER = "Tea-Signature"


def signature(key: str, first: str, second: str, body: bytes) -> str:
    """Sign a request (method, path, body) or an answer (status, path, body)."""
    text = f"{first}\n{second}\n".encode() + body
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def right(key: str, first: str, second: str, body: bytes, given: str) -> bool:
    """Say whether a signature is right, in constant time."""
    return hmac.compare_digest(signature(key, first, second, body), given)
