"""A folder with the settings of one shop at WeChat Pay's mock, and the command line run in it, within this process."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mocks.process import MockServer
from payment_channels.cli import main
from payment_channels.cli.settings import read_settings
from payment_channels.journal import Journal, OrderKey, OrderRecord, State

SETTINGS = """
[journal]
sqlite = "journal.sqlite3"

[keys]
file = "keys.toml"

[accounts.shop]
channel = "wechat"
folder = {folder}
base_url = "{url}"
timeout = 5

[accounts.shop.channel_fields]
transfer_scene_id = "1000"
transfer_scene_report_infos = [
  {{ info_type = "活动名称", info_content = "新会员有礼" }},
  {{ info_type = "奖励说明", info_content = "注册会员抽奖一等奖" }},
]
"""
HEADER = "merchant_order_id,amount,payee_kind,wallet_id,remark"
WALLET = "o-MYE42l80oelYMDE34nYD456X"


def row(number: int, amount: str = "8.88", **changes: str) -> str:
    """One payee's line of the file."""
    cells = {
        "merchant_order_id": f"payee{number:04d}",
        "amount": amount,
        "payee_kind": "wallet",
        "wallet_id": f"{WALLET}{number:02d}",
        "remark": "新会员有礼",
    }
    return ",".join((cells | changes).values())


@dataclass
class Told:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on the standard output."""
        return json.loads(self.out)


@dataclass
class Shop:
    """One folder with settings, a journal, and files of payees; and the mock at the other end."""

    folder: Path
    mock: MockServer
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Told:
        """Run one command in the folder."""
        self.capture.readouterr()
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            status = main(arguments)
        finally:
            os.chdir(before)
        told = self.capture.readouterr()
        return Told(int(status), told.out, told.err)

    def batch(self, *arguments: str) -> Told:
        """Pay the file; nobody is asked."""
        return self.run("payout-batch", "payees.csv", "--account", "shop", "--yes", *arguments)

    def write(self, *lines: str, header: str = HEADER, encoding: str = "utf-8", name: str = "payees.csv") -> None:
        """Write the file of payees."""
        (self.folder / name).write_bytes("\r\n".join((header, *lines, "")).encode(encoding))

    def look(self, work: Callable[[Journal], Any]) -> Any:
        """Open the journal as the settings say, and look into it."""
        with read_settings(self.folder / "journal.toml").journal() as journal:
            return work(journal)

    def order(self, number: int) -> OrderRecord:
        """Return one payee's order."""
        found = self.look(lambda journal: journal.find(OrderKey("shop", "payout", f"payee{number:04d}")))
        assert found is not None
        return found  # type: ignore[no-any-return]

    def earlier(self, number: int, **span: float) -> None:
        """Have a payee's order written down, sent and due so much earlier."""
        back = round(timedelta(**span).total_seconds() * 1_000_000)
        text = (
            "UPDATE orders SET created_at = created_at - ?, changed_at = changed_at - ?, next_at = next_at - ?, "
            "lease_until = lease_until - ?, sent_before = sent_before - ? WHERE merchant_id = ? RETURNING id"
        )
        values = (*[back] * 5, f"payee{number:04d}")
        assert len(self.look(lambda journal: journal.store.write(lambda cursor: cursor.rows(text, values)))) == 1

    def confirm(self, number: int) -> None:
        """Let a payee confirm on his phone."""
        self.mock.control(f"wechat/transfers/payee{number:04d}/confirm")

    def slow(self, seconds: float, times: int) -> None:
        """Have the channel carry out the next payouts and answer so much later."""
        self._fault("delay", seconds=seconds, times=times)

    def lose_the_reply(self) -> None:
        """Have the channel carry out the next payout and say nothing."""
        self._fault("lose_reply")

    def _fault(self, kind: str, **more: float) -> None:
        where = {"channel": "wechat", "path": "/transfer-bills", "method": "POST"}
        self.mock.control("faults", {"kind": kind, **where, **more})

    def transfers(self) -> list[str]:
        """Return the numbers of all transfers in the channel's own books."""
        return [one["out_bill_no"] for one in self.mock.control("books", method="GET")["wechat"]["transfers"]]

    def posts(self) -> int:
        """Return how often the channel was asked to pay."""
        log = self.mock.control("log", method="GET")["log"]
        return sum(one["method"] == "POST" and one["target"].endswith("/transfer-bills") for one in log)


@pytest.fixture
def empty_shop(tmp_path: Path, mock_server: MockServer, capsys: pytest.CaptureFixture[str]) -> Shop:
    """Settings, and no journal yet."""
    folder = json.dumps(str(mock_server.keys / "wechat"))
    (tmp_path / "journal.toml").write_text(SETTINGS.format(folder=folder, url=mock_server.base_url), encoding="utf-8")
    return Shop(tmp_path, mock_server, capsys)


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    """Settings and an empty journal."""
    assert empty_shop.run("journal", "init").status == 0
    return empty_shop


@pytest.fixture
def three(shop: Shop) -> Shop:
    """One that was paid, one that waits for the payee, one whose reply was lost; written down one after the other."""
    shop.write(row(1), row(2))
    assert shop.batch().status == 4
    shop.confirm(1)
    shop.earlier(1, minutes=30)
    assert shop.run("journal", "resolve").status == 0
    shop.lose_the_reply()
    shop.write(row(1), row(2), row(3, "0.30"))
    assert shop.batch().status == 4
    assert [shop.order(number).state for number in (1, 2, 3)] == [State.SUCCEEDED, State.PENDING, State.UNKNOWN]
    return shop
