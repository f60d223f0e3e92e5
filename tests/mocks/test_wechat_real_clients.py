"""What third-party clients taught about the mock, each as a test that needs none of them; `make real-clients` runs them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.wechat import KeysRefusedError, WechatMock, load


@pytest.fixture
def without_certificates(keys_folder: Path, tmp_path: Path) -> Path:
    """A newer merchant: the same keys, and no platform certificates."""
    folder = tmp_path / "wechat"
    folder.mkdir()
    for path in keys_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    facts = folder / "channel.toml"
    facts.write_text("platform_certificates = false\n" + facts.read_text())
    return folder


def test_a_merchant_without_certificates_is_answered_by_the_public_key_unasked(
    without_certificates: Path, merchant: Any, clock: Clock
) -> None:
    # wechatpay-axios-plugin 0.9.6 names no Wechatpay-Serial, and knows the public key alone.
    wechat = WechatMock(load(without_certificates), clock)
    merchant.send = wechat.handle
    answer = merchant.native()
    assert answer.status == 200
    assert answer.reply.headers["Wechatpay-Serial"] == merchant.facts["public_key_id"]
    wechat.control("orders", "order0001", "pay", {})
    headers, _ = wechat.notices.all[0].write()
    assert headers["Wechatpay-Serial"] == merchant.facts["public_key_id"]
    certificates = merchant.ask("GET", "/v3/certificates")
    assert (certificates.status, certificates.code) == (404, "RESOURCE_NOT_EXISTS")
    wechat.reset()
    assert merchant.native().reply.headers["Wechatpay-Serial"] == merchant.facts["public_key_id"]


def test_whether_there_are_certificates_is_true_or_false(without_certificates: Path) -> None:
    facts = without_certificates / "channel.toml"
    facts.write_text(facts.read_text().replace("= false", '= "no"'))
    with pytest.raises(KeysRefusedError, match="platform_certificates should be true or false"):
        load(without_certificates)


@pytest.mark.parametrize(("packed", "kind"), [("", "text/plain; charset=utf-8"), ("&tar_type=GZIP", "application/x-gzip")])
def test_an_archive_is_not_called_text(wechat: WechatMock, merchant: Any, clock: Clock, packed: str, kind: str) -> None:
    # wechatpay-node-v3 2.2.1 decodes what is called text, and bytes of an archive are lost by it.
    merchant.native()
    wechat.control("orders", "order0001", "pay", {})
    day = clock.now().date()
    clock.advance(timedelta(hours=36).total_seconds())
    asked = merchant.ask("GET", f"/v3/bill/tradebill?bill_date={day}{packed}")
    target = asked.json["download_url"].partition("127.0.0.1")[2]
    reply = wechat.handle(merchant.request("GET", target))
    assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
