"""What is called an address is one to everybody who reads it: no sign in it is dropped by one reader and sent by another."""

import pytest

from payment_channels.codec.addresses import parts_of


@pytest.mark.parametrize(
    ("text", "scheme", "host"),
    [
        ("https://a.example/x?y=1#z", "https", "a.example"),
        ("HTTPS://A.example/", "https", "a.example"),
        ("http://127.0.0.1:8080/notify", "http", "127.0.0.1"),
        ("http://[::1]/", "http", "::1"),
        ("https://a.example/%E8%8C%B6", "https", "a.example"),
    ],
)
def test_an_address_is_read(text: str, scheme: str, host: str) -> None:
    parts = parts_of(text)
    assert parts is not None
    assert (parts.scheme, parts.hostname) == (scheme, host)


NO_ADDRESSES = [
    "https://a.example/\nx",
    "https://a.example/x\n",
    "\thttps://a.example/x",
    "https://a.example/x\r\ny",
    "ht\ntps://a.example/",
    "https://a.exam\tple/",
    "https://a.example/\x00",
    "\x00https://a.example/",
    "https://a.example/\x7f",
    "https://a.example/a b",
    " https://a.example/",
    "https://a.example/茶",
    "https://茶.example/",
    "javascript://localhost/%0aalert(1)",
    "ftp://localhost/x",
    "file://localhost/etc/passwd",
    "https:///x",
    "//a.example/x",
    "/x",
    "a.example",
    "",
    "https://[::1/",
    "https://a.example:99999/",
    "https://a.example:0/",
    "https://a.example:x/",
]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_everything_else_is_none(text: str) -> None:
    assert parts_of(text) is None
