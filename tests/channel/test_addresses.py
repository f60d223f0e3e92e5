"""Addresses that orders carry: every channel refuses what the channel, or a payer's browser, would not read as we do."""

from collections.abc import Callable

import pytest

from payment_channels import InvalidRequestError
from payment_channels.channels.alipay import checks as alipay
from payment_channels.channels.allinpay import checks as allinpay
from payment_channels.channels.lianlian import checks as lianlian
from payment_channels.channels.unionpay import checks as unionpay
from payment_channels.channels.wechat import checks as wechat
from tests.codec.test_addresses import NO_ADDRESSES

CHECKS: dict[str, Callable[[str], None]] = {
    "alipay": lambda url: alipay.check_url(url, "notify_url"),
    "alipay, the payer's browser": lambda url: alipay.check_url(url, "return_url"),
    "allinpay": lambda url: allinpay.check_url(url, "notify_url"),
    "allinpay, the payer's browser": lambda url: allinpay.check_url(url, "return_url"),
    "lianlian": lianlian._check_url,
    "unionpay": lambda url: unionpay.check_url(url, "notify_url"),
    "unionpay, the payer's browser": lambda url: unionpay.check_url(url, "return_url", query=True),
    "wechat": wechat.check_notify_url,
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_what_is_no_address_to_everybody_is_refused(check: Callable[[str], None]) -> None:
    for url in NO_ADDRESSES:
        with pytest.raises(InvalidRequestError):
            check(url)
    for url in ("https://a.example/notify", "http://localhost/notify", "http://127.0.0.1:8080/notify"):
        check(url)


def test_alipay_sends_the_payers_browser_by_http_too_and_posts_by_https_alone() -> None:
    alipay.check_url("http://a.example/back", "return_url")
    with pytest.raises(InvalidRequestError):
        alipay.check_url("http://a.example/notify", "notify_url")
