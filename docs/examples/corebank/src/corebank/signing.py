"""The core's signature: HMAC-SHA256 in hex over the lines that name the message, and its body. corebank.example/doc/signing."""

import hashlib
import hmac

HEADER = "Core-Signature"


def signature(key: str, method: str, target: str, body: bytes) -> str:
    """Sign a request. ``target`` is the path as it is sent; ``body`` is byte for byte what is sent."""
    return _over(key, f"{method}\n{target}\n".encode() + body)


def fits(key: str, target: str, status: int, body: bytes, given: str) -> bool:
    """Say whether ``given`` is the core's signature over its answer to ``target``; never raise for a wrong one."""
    return hmac.compare_digest(_over(key, f"{target}\n{status}\n".encode() + body).encode(), given.encode())


def _over(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
