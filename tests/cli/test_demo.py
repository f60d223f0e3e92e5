"""The demonstration ends well when all is as expected, and says so with its exit status when it is not."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from rich.console import Console

from payment_channels import ChannelClient, PaymentOrder, PaymentQuery
from payment_channels.cli import main
from payment_channels.cli.story import Story
from tests.conftest import Script


def test_the_demo_as_make_runs_it() -> None:
    done = subprocess.run([sys.executable, "-m", "payment_channels.cli.demo"], capture_output=True, timeout=50, check=False)
    shown = done.stdout.decode()
    assert done.returncode == 0, shown + done.stderr.decode()
    for part in ("REPLY_LOST", "PAYMENT_SUCCEEDED", "REFUND_SUCCEEDED", "下一步", "all"):
        assert part in shown


def test_another_outcome_than_the_expected_one_is_seen(client: ChannelClient, script: Script, order: PaymentOrder) -> None:
    story = Story(Console(quiet=True))
    act: Callable[[], tuple[object, str]] = lambda: (client.query(PaymentQuery.of(order)), "")  # noqa: E731
    story.tell("查单", "a query", "succeeded", act)  # type: ignore[arg-type]
    assert [step.good for step in story.steps] == [False]


def test_the_channels_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["channels"]) == 0
    shown = capsys.readouterr().out
    assert "wechat: 微信支付 / WeChat Pay" in shown
    assert "payout" in shown
