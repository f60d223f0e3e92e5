"""Reconciliation's page is run as written: its policy, its program against a bill that differs, and its commands."""

import re
import shlex
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from payment_channels import BillRow, BillRowKind, BillStatus, Money, Outcome, Verb
from payment_channels.business.reconciliation import AccountTerms, Action, Difference, Reconciliation, ReconciliationPolicy
from payment_channels.business.reconciliation.staging import write_bill
from payment_channels.cli import main, reconcile_policy
from payment_channels.cli.settings import read_settings
from payment_channels.journal import DurableClient, Journal, KeyRing, SqliteStore
from tests.journal.conftest import KEY, payment
from tests.journal.scripted import Scripted, told

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("zh", "en")
DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
SETTINGS = """
[journal]
sqlite = "journal.sqlite3"

[keys]
file = "keys.toml"

[accounts.shop]
channel = "wechat"
folder = "keys"

[accounts.bank]
channel = "unionpay"
folder = "keys"
"""


def page(language: str) -> str:
    return (DOCS / language / "reconciliation.md").read_text(encoding="utf-8")


def blocks(language: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page(language), re.DOTALL)


def paid(journal: Journal) -> None:
    """One payment of 12.80."""
    wire = Scripted({Verb.PAY: [told(Verb.PAY, Outcome.SUCCEEDED)]})
    client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
    client.pay(payment("pay1", 1280, ordered_at=NOON))


def rows(amount: int, fee: int) -> tuple[BillRow, ...]:
    row = BillRow(kind=BillRowKind.PAYMENT, incoming=True, amount=Money(amount), fee=Money(fee), merchant_order_id="pay1")
    return (row,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The amount differs by a fen; two people deal with it; nothing was received yet, and one day's bill was never fetched."""
    journal = Journal(SqliteStore(tmp_path / "journal.sqlite3"), KeyRing.single(KEY), clock=lambda: NOON)
    paid(journal)
    journal.clock = lambda: datetime(2026, 3, 6, 4, tzinfo=UTC)
    (policy,) = blocks(language, "toml")
    book = Reconciliation(journal).policies
    book.put_in_force(book.propose(ReconciliationPolicy(**tomllib.loads(policy)), who="Zhang", why="page").number, who="Li")
    bill = told(Verb.BILL, Outcome.SUCCEEDED, "BILL_READY", status=BillStatus.READY, rows=rows(1281, 8))
    given: dict[str, Any] = {"journal": journal, "day": DAY, "client": SimpleNamespace(bill=lambda _asked, timeout: bill)}
    (code,) = blocks(language, "python")
    exec(compile(code, f"{language}/reconciliation.md", "exec"), given)  # noqa: S102  our own page, run as written
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("ready 1 0 0 ")
    assert "AMOUNT" in shown[0]
    assert shown[1].startswith("AMOUNT pay1 Money(amount=1281, currency='CNY') Money(amount=1280")
    assert "shop 2026-03-04 None" in shown
    assert shown[-1].startswith("2026-03-06 Money(amount=1273")
    assert given["room"].open_cases() == []
    journal.store.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commands(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reconcile_policy, "today", lambda: date(2026, 3, 6))  # the page's calendar has this year alone
    Path("journal.toml").write_text(SETTINGS, encoding="utf-8")
    assert main(["journal", "init"]) == 0
    with read_settings(Path("journal.toml")).journal() as journal:
        journal.clock = lambda: NOON
        paid(journal)
    write_bill(rows(1280, 7), Path("bill.csv"))
    (policy,) = blocks(language, "toml")
    Path("reconciliation.toml").write_text(policy, encoding="utf-8")
    looks = {"run", "missing"}  # there is a case, and days that nobody asked for
    for command in [line.partition(" ")[2] for block in blocks(language, "sh") for line in block.splitlines()]:
        capsys.readouterr()
        status = main(shlex.split(command))
        shown = capsys.readouterr()
        assert status == (1 if command.split()[1] in looks else 0), f"{command}: {shown.out}{shown.err}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_class_action_and_field_stands_on_the_page(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["reconcile", "--help"])
    commands = re.findall(r"^    ([a-z-]+)\s", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) > 10
    named = [*commands, *Difference, *Action, *AccountTerms.model_fields]
    assert [name for name in named if f"`{name}`" not in page(language)] == []


def test_both_languages_have_the_same_program_policy_and_commands() -> None:
    for kind in ("python", "toml", "sh"):
        assert blocks("zh", kind) == blocks("en", kind)
