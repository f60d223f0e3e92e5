"""The demonstration ends well when all is as expected, and says so with its exit status when it is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from mocks.process import MockServer
from payment_channels import ChannelClient, PaymentOrder, PaymentQuery, Verb, manifest
from payment_channels.cli import main
from payment_channels.cli.cast import BILLS, Scene
from payment_channels.cli.casts import CASTS
from payment_channels.cli.casts.wechat import WechatCast
from payment_channels.cli.day import Told
from payment_channels.cli.receiver import Receiver
from payment_channels.cli.story import Story
from payment_channels.registry import BUILT_IN
from tests.conftest import Script


@pytest.mark.timeout(150)
def test_the_demo_as_make_runs_it(tmp_path: Path) -> None:
    report = tmp_path / "new" / "day.html"
    command = [sys.executable, "-c", "import sys; from payment_channels.cli import main; sys.exit(main())", "demo", "--report"]
    done = subprocess.run([*command, str(report)], capture_output=True, timeout=140, check=False)
    shown = done.stdout.decode()
    assert done.returncode == 0, shown + done.stderr.decode()
    for part in ("REPLY_LOST", "PAYMENT_SUCCEEDED", "REFUND_SUCCEEDED", "INSUFFICIENT_FUNDS", "下一步", "all"):
        assert part in shown
    assert [cast.name for cast in CASTS if cast.name not in shown] == []
    for part in ("lianlian-main unknown", "CHANNEL_ONLY 1", "PAYEE_NAME_MISMATCH"):
        assert part in shown
    assert "teahouse" in report.read_text(encoding="utf-8")


def test_a_day_that_comes_out_otherwise_is_seen() -> None:
    told = Told(Console(quiet=True))
    told.step("入金", "paid in", "1.00 CNY", "1.00 CNY")
    told.step("入金", "paid in", "1.00 CNY", "0.99 CNY")
    assert (told.count, told.bad) == (2, ["入金：应为 1.00 CNY，实为 0.99 CNY / paid in: expected 1.00 CNY, got 0.99 CNY"])


def test_every_channel_is_on_the_stage() -> None:
    assert {cast.name for cast in CASTS} == set(BUILT_IN)


def test_every_bill_that_is_declared_is_shown() -> None:
    with_bill = {name for name in BUILT_IN if Verb.BILL in manifest(name).capabilities}
    assert {cast.name for cast in CASTS if not cast.absent & BILLS} == with_bill


def test_another_outcome_than_the_expected_one_is_seen(client: ChannelClient, script: Script, order: PaymentOrder) -> None:
    cast = WechatCast(Scene(client, MockServer("", Path()), Receiver("", client), ""))
    story = Story(Console(quiet=True), (cast,))
    story.tell("query", "查单", "a query", "succeeded", lambda on: (on.client.query(PaymentQuery.of(order)), ""))
    story.tell("query", "查单", "a query", "unknown", lambda on: (on.client.query(PaymentQuery.of(order)), ""))
    assert [step.good for step in story.steps] == [False, True]


def test_the_channels_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["channels"]) == 0
    shown = capsys.readouterr().out
    assert "wechat: 微信支付 / WeChat Pay" in shown
    assert "payout" in shown
    assert "products: app, codepay, h5, jsapi, micropay, native; 收付款方 parties: payment_code, wallet\n" in shown
    assert "bill — 账单 bill kinds: fund_flow, trade\n" in shown


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`payment-channels channels | head`, whose pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, "-c", "import sys; from payment_channels.cli import main; sys.exit(main(['channels']))"]
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=50)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
