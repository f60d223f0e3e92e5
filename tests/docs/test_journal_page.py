"""The journal's page is run as written: its program, its settings, its file and its commands, against the mock."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mocks.process import MockServer
from payment_channels import (
    ChannelClient,
    Money,
    Outcome,
    PayoutOrder,
    PayoutQuery,
    PersonalAccount,
    Phase,
    open_channel,
)
from payment_channels.channels.lianlian import LianlianConfig
from payment_channels.channels.wechat import WechatConfig
from payment_channels.cli import main
from payment_channels.cli.exits import Exit
from payment_channels.cli.sheet import COLUMNS
from payment_channels.journal import DurableClient, Journal, KeyRing, OrderKey, SqliteStore
from tests.journal.conftest import KEY, SCENE

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("zh", "en")
ENDS = {"payout-batch payees.csv --account shop --yes": Exit.UNRESOLVED}  # the payees have not confirmed


def page(language: str) -> str:
    return (DOCS / language / "journal.md").read_text(encoding="utf-8")


def blocks(language: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page(language), re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program(language: str, mock_server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = WechatConfig.from_directory(mock_server.keys / "wechat", base_url=mock_server.base_url)
    code, _ = blocks(language, "python")
    with ChannelClient(open_channel("wechat", config)) as client:
        given: dict[str, Any] = {"client": client, "key": KEY, "scene": SCENE}
        exec(compile(code, f"{language}/journal.md", "exec"), given)  # noqa: S102  our own page, run as written
        given["journal"].store.close()
    assert len(mock_server.control("books", method="GET")["wechat"]["transfers"]) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_held_back_is_confirmed(language: str, mock_server: MockServer, tmp_path: Path) -> None:
    """The code is taken out of the journal after a query has said no code, and the payout is made."""
    _, code = blocks(language, "python")
    page: dict[str, Any] = {}
    exec(compile(code, f"{language}/journal.md", "exec"), page)  # noqa: S102  our own page, run as written
    config = LianlianConfig.from_directory(mock_server.keys / "lianlian", base_url=mock_server.base_url)
    order = PayoutOrder(
        merchant_order_id="held1",
        ordered_at=datetime.now(UTC),
        amount=Money(888),
        payee=PersonalAccount(account_no="6222021234567894321", name="张三"),
        purpose="MOCK:4002",
        remark="货款",
        notify_url="https://example.com/notify",
    )
    store = SqliteStore(tmp_path / "journal.sqlite3")
    journal = Journal(store, KeyRing.single(KEY))
    with ChannelClient(open_channel("lianlian", config)) as client:
        durable = DurableClient(client, journal, account="ll")
        assert durable.payout(order).phase is Phase.AWAITING_CONFIRMATION
        asked = PayoutQuery.of(order)
        durable.query_payout(asked)
        record = journal.find(OrderKey("ll", "payout", "held1"))
        assert record is not None
        assert page["confirm"](durable, journal, record, order.notify_url).phase is Phase.PROCESSING
        mock_server.control("lianlian/payouts/held1/complete")
        assert durable.query_payout(asked).outcome is Outcome.SUCCEEDED
    store.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commands(
    language: str, mock_server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").symlink_to(mock_server.keys)
    (settings,) = blocks(language, "toml")
    assert "http://127.0.0.1:8700" in settings
    Path("journal.toml").write_text(settings.replace("http://127.0.0.1:8700", mock_server.base_url), encoding="utf-8")
    (payees,) = blocks(language, "csv")
    Path("payees.csv").write_text(payees, encoding="utf-8")
    commands = [line.partition(" ")[2] for block in blocks(language, "sh") for line in block.splitlines()]
    assert len(commands) > 10
    for command in commands:
        status = main(shlex.split(command))
        told = capsys.readouterr()
        assert status == ENDS.get(command, Exit.DONE), f"{command}: {told.out}{told.err}"
    found = mock_server.control("books", method="GET")["wechat"]["transfers"]
    assert sorted((one["out_bill_no"], one["transfer_amount"]) for one in found) == [
        ("payee0001", 888),
        ("payee0002", 1230),
        ("payee0003", 30),
    ]
    assert Path("payees.result.csv").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_command_and_exit_status_stands_on_the_page(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = page(language)
    assert [column.name for column in COLUMNS if f"`{column.name}`" not in text] == []
    assert [column.zh[0] for column in COLUMNS if column.zh[0] not in text] == []
    assert [code for code in Exit if f"| {code.value} |" not in text] == []
    with pytest.raises(SystemExit):
        main(["journal", "--help"])
    commands = re.findall(r"^    ([a-z-]+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) > 10
    assert [name for name in commands if f"`{name}" not in text] == []


def test_both_languages_have_the_same_settings_files_and_commands() -> None:
    for kind in ("toml", "csv", "sh"):
        assert blocks("zh", kind) == blocks("en", kind)
