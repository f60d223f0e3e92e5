"""The other end is proven without the adapter: a request of the core's page, and the answer that the page promises."""

from .mock import Core

KEY = "0123456789abcdef0123456789abcdef"
BODY = (
    '{"serial":"A00002","debit":"6217000000000001","debit_name":"张三","debit_type":"P","credit":"9990001",'
    '"amount":100,"currency":"CNY","summary":"房租"}'
).encode()
SIGNATURE = "8cdf1e0e152c82edb22b56eac09e1907c0ed77adfba9dce1ee14e6f80e58312d"
"""corebank.example/doc/book, the page's example: made with ``openssl dgst -sha256 -hmac KEY`` over method, path and body."""


def test_a_published_request_is_answered_as_published() -> None:
    """It is booked once, and a signature that is another's is refused."""
    core = Core(KEY)
    core.open_account("9990001", "过渡户")
    core.open_account("6217000000000001", "张三", 1000)
    assert core.carry_out("POST", "/book", BODY, "0" * 64) == "BAD_SIGNATURE"
    assert core.accounts["6217000000000001"] == ("张三", 1000)
    for _ in range(2):
        said = core.carry_out("POST", "/book", BODY, SIGNATURE)
        assert isinstance(said, dict), said
        assert (said["serial"], said["state"]) == ("A00002", "BOOKED")
    assert core.accounts["6217000000000001"] == ("张三", 900)
