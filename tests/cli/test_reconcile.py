"""``payment-channels reconcile``: a policy by two people, a day's bill, the case that comes of it, and what was received."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from payment_channels import BillRow, BillRowKind, Money, Outcome, Verb
from payment_channels.business.calendar import business_day
from payment_channels.business.reconciliation.staging import BILL_COLUMNS, write_bill
from payment_channels.cli import reconcile_policy
from payment_channels.cli.settings import read_settings
from payment_channels.journal import DurableClient, OrderKey
from tests.cli.conftest import Shop
from tests.journal.conftest import payment
from tests.journal.scripted import Scripted, told

POLICY = """
[accounts.shop]
since = {since}
fees = {{ payment = {{ millionths = 6000 }} }}
settlement = {{ counted = "D", days = 1 }}
"""


@pytest.fixture
def day(shop: Shop) -> date:
    """The day of two payments, of 12.80 and 20.00; the bill has the second with another amount. Its policy is in force."""
    assert shop.run("journal", "init").status == 0
    with read_settings(shop.folder / "journal.toml").journal() as journal:
        wire = Scripted()
        client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
        for number, fen in (("pay1", 1280), ("pay2", 2000)):
            wire.answers[Verb.PAY] = [told(Verb.PAY, Outcome.SUCCEEDED)]
            client.pay(payment(number, fen, ordered_at=datetime.now(UTC)))
        record = journal.find(OrderKey("shop", "payment", "pay2"))
        assert record is not None
        day = business_day(record.created_at)
    rows = [
        BillRow(kind=BillRowKind.PAYMENT, incoming=True, amount=Money(fen), fee=Money(fee), merchant_order_id=number)
        for number, fen, fee in (("pay1", 1280, 8), ("pay2", 2001, 12))
    ]
    write_bill(rows, shop.folder / "bill.csv")
    (shop.folder / "policy.toml").write_text(POLICY.format(since=day.isoformat()), encoding="utf-8")
    assert shop.run("reconcile", "propose-policy", "policy.toml", "--who", "Zhang", "--why", "first").status == 0
    assert shop.run("reconcile", "put-in-force", "1", "--who", "Li").status == 0
    return day


def test_a_day_is_reconciled_and_its_case_is_closed_by_two_people(shop: Shop, day: date) -> None:
    run = ("reconcile", "run", "--account", "shop", "--day", day.isoformat(), "--file", "bill.csv")
    first = shop.run(*run, "--json")
    assert (first.status, first.json["classes"], first.json["agreed"]) == (1, {"AMOUNT": 1}, "1")
    assert shop.run(*run, "--json").json["changes"] == {"opened": 0, "changed": 0, "cleared": 0}
    (case,) = shop.run("reconcile", "cases", "--json").json
    assert (case["number"], case["channel_amount"]["amount"], case["local_amount"]["amount"]) == ("pay2", 2001, 2000)
    shown = shop.run("reconcile", "show", case["case"])
    assert "AMOUNT" in shown.out
    assert "20.01" in shown.out
    assert "ask_the_channel" in shown.out
    assert shop.run("reconcile", "propose", case["case"], "give_up", "--who", "Zhang", "--why", "x").status == 2
    done = shop.run("reconcile", "propose", case["case"], "ask_the_channel", "--who", "Zhang", "--why", "8812")
    assert done.status == 0
    assert shop.run("reconcile", "close", case["case"], "--proposal", "1", "--who", "Zhang").status == 2
    assert (
        shop.run("reconcile", "send-back", case["case"], "--proposal", "1", "--who", "Li", "--why", "which letter?").status == 0
    )
    assert shop.run("reconcile", "propose", case["case"], "explained", "--who", "Zhang", "--why", "8813").status == 0
    assert shop.run("reconcile", "show", case["case"], "--json").json["proposal"] == 2
    unread = shop.run("reconcile", "close", case["case"], "--proposal", "1", "--who", "Li")
    assert (unread.status, "proposal 2" in unread.err, "第 2 次" in unread.err) == (2, True, True)
    assert shop.run("reconcile", "close", case["case"], "--proposal", "2", "--who", "Li").status == 0
    assert shop.run("reconcile", "cases", "--json").json == []
    (closed,) = shop.run("reconcile", "cases", "--all", "--json").json
    assert closed["state"] == "closed"
    trail = shop.run("reconcile", "show", case["case"], "--json").json["trail"]
    assert [step["what"] for step in trail] == ["opened", "proposed", "sent back", "proposed", "closed"]
    assert len(shop.run("reconcile", "runs", "--json").json) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("交易时间,公众账号ID\n2026-03-04,wx1\n", "line,kind,incoming"),
        (f"{','.join(BILL_COLUMNS)}\n1,payment,True,twelve,CNY,,pay1,,,,,,True\n", "not used"),
    ],
)
def test_a_file_of_another_form_is_refused_and_not_used(shop: Shop, day: date, content: str, told: str) -> None:
    (shop.folder / "theirs.csv").write_text(content, encoding="utf-8")
    run = shop.run("reconcile", "run", "--account", "shop", "--day", day.isoformat(), "--file", "theirs.csv")
    assert run.status == 2
    assert told in run.err
    assert "theirs.csv" in run.err
    assert "twelve" not in run.err
    assert shop.run("reconcile", "runs", "--json").json == []


def test_a_day_that_is_still_to_come_has_no_bill_to_miss(shop: Shop, day: date) -> None:
    later = (day + timedelta(days=2)).isoformat()
    refused = shop.run("reconcile", "run", "--account", "shop", "--day", later, "--file", "bill.csv")
    assert refused.status == 2
    assert "still to come" in refused.err
    for file in (("--file", "bill.csv"), ()):  # nor is the channel asked for the bill of a day that is none
        refused = shop.run("reconcile", "run", "--account", "shop", "--day", "0001-01-01", *file)
        assert (refused.status, "1970-01-01" in refused.err, "Traceback" in refused.err) == (2, True, False)
    assert shop.run("reconcile", "cases", "--json").json == []


def test_settlements_are_expected_and_received(shop: Shop, day: date) -> None:
    shop.run("reconcile", "run", "--account", "shop", "--day", day.isoformat(), "--file", "bill.csv")
    due = day + timedelta(days=1)
    (row,) = shop.run("reconcile", "settlements", "--json").json
    assert (row["due_on"], row["expected"]["amount"], row["state"]) == (due.isoformat(), 1280 + 2001 - 8 - 12, "waiting")
    came = ("reconcile", "receive", "--account", "shop", "--on", due.isoformat(), "--reference", "bank-1", "--who", "Zhang")
    assert shop.run(*came, "--amount", "32.6").status == 0
    assert shop.run(*came, "--amount", "32.61").status == 2
    assert shop.run(*came, "--amount", "a lot").status == 2
    different = shop.run("reconcile", "settlements", "--json")
    assert (different.status, different.json[0]["state"], different.json[0]["difference"]["amount"]) == (1, "different", -1)


def test_a_bill_of_the_channel_itself_is_fetched_and_a_missing_one_is_a_case(shop: Shop, day: date) -> None:
    told_of = shop.run("reconcile", "run", "--account", "shop", "--day", day.isoformat(), "--json")
    assert (told_of.status, told_of.json["bill"], told_of.json["classes"]) == (1, "not_ready", {"BILL_MISSING": 1})
    assert shop.run("reconcile", "missing", "--json").json == []  # it is not due before tomorrow morning


TERMS = "[accounts.shop]\nsince = {since}\nsettlement = {{ counted = '{counted}', days = 1 }}\n"
YEARS = "[calendar]\nyears = {years}\nholidays = {holidays}\n"


@pytest.mark.parametrize(
    ("since", "counted", "calendar", "lacks", "bare"),
    [
        ("2026-03-04", "T", "", {"shop": [2026]}, []),
        ("2026-03-04", "D", "", {}, []),
        ("2026-03-04", "D", YEARS.format(years=[2026], holidays=[]), {}, []),
        ("2026-03-04", "T", YEARS.format(years=[2026], holidays="[2026-10-01]"), {}, []),
        ("2026-03-04", "T", YEARS.format(years=[2025, 2026], holidays="[2026-10-01]"), {}, [2025]),
        ("2024-03-04", "T", YEARS.format(years=[2026], holidays="[2026-10-01]"), {"shop": [2024, 2025]}, []),
        ("2026-12-31", "T", YEARS.format(years=[2026], holidays="[2026-10-01]"), {"shop": [2027]}, []),
        ("2028-01-03", "T", YEARS.format(years=[2026], holidays="[2026-10-01]"), {"shop": [2028]}, []),
    ],
)
def test_a_calendar_that_cannot_tell_the_due_days_is_named(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    since: str,
    counted: str,
    calendar: str,
    lacks: dict[str, list[int]],
    bare: list[int],
) -> None:
    monkeypatch.setattr(reconcile_policy, "today", lambda: date(2026, 12, 30))
    shop.run("journal", "init")
    (shop.folder / "policy.toml").write_text(TERMS.format(since=since, counted=counted) + calendar, encoding="utf-8")
    checked = shop.run("reconcile", "check", "policy.toml", "--json")
    assert (checked.json["calendar_lacks"], checked.json["years_without_holidays"]) == (lacks, bare)
    assert checked.status == (1 if lacks or bare else 0)
    proposed = shop.run("reconcile", "propose-policy", "policy.toml", "--who", "Zhang", "--why", "x")
    for shown in (shop.run("reconcile", "check", "policy.toml"), proposed):
        for year in (*bare, *(year for years in lacks.values() for year in years)):
            assert (str(year) in shown.err, "业务日历" in shown.err) == (True, True)
        assert ("calendar" in shown.err) is bool(lacks or bare)


def test_a_policy_that_is_wrong_is_told_by_its_field(shop: Shop) -> None:
    shop.run("journal", "init")
    for content, field in (
        ("[accounts.shop]\n", "since"),
        ("[accounts.shop]\nsince = 2026-03-04\nown_numbers = ['(']\n", "own_numbers"),
    ):
        Path(shop.folder / "policy.toml").write_text(content, encoding="utf-8")
        refused = shop.run("reconcile", "check", "policy.toml")
        assert (refused.status, field in refused.err) == (2, True)
