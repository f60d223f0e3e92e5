"""The signature is proven on what the channel has published, to the letter."""

import json
from pathlib import Path

from corebank.signing import fits, signature

VECTORS = json.loads((Path(__file__).parent / "vectors" / "signing.json").read_text(encoding="utf-8"))


def test_there_are_published_vectors() -> None:
    """Without one, a test of the signature repeats what the author believes."""
    assert VECTORS, "tests/vectors/signing.json: copy a published example here, with its source"
    assert all(vector.get("source") for vector in VECTORS), "tests/vectors/signing.json: each vector names its source"


def test_a_request_is_signed_as_published() -> None:
    """Each vector has ``key``, ``method``, ``target``, ``body`` and ``signature``."""
    assert VECTORS, "tests/vectors/signing.json: copy a published example here, with its source"
    for vector in VECTORS:
        given = signature(vector["key"], vector["method"], vector["target"], vector["body"].encode())
        assert given == vector["signature"], f"src/corebank/signing.py: {vector['source']} has another signature"


def test_a_wrong_signature_does_not_fit() -> None:
    """One byte more, another key, nothing at all: none of it is believed, and none of it raises."""
    for given in ("", "0" * 64, "中文", "\x00"):
        assert not fits("key", "/book", 200, b"{}", given), f"src/corebank/signing.py: {given!r} was believed"
