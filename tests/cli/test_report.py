"""``payment-channels report``: a day on the terminal, as JSON, as a page and as files; what is wrong is named."""

from datetime import datetime, timedelta

from payment_channels.business.calendar import BEIJING
from payment_channels.business.reconciliation import AccountTerms, Reconciliation, ReconciliationPolicy
from payment_channels.journal import Journal
from tests.cli.conftest import Shop


def today() -> str:
    return str(datetime.now(BEIJING).date())


def test_a_day_is_shown_and_written(three: Shop) -> None:
    first = str(datetime.now(BEIJING).date() - timedelta(days=1))
    told = three.run("report", "--from", first, "--until", today(), "--html", "out/report.html", "--csv", "out")
    assert told.status == 0
    assert "shop" in told.out
    assert "代付" in told.out
    assert "payouts" not in told.out
    assert "18.06 CNY" in told.out  # 8.88 twice and 0.30
    page = (three.folder / "out" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert (three.folder / "out" / "by_account.csv").exists()


def test_the_terminal_speaks_english(shop: Shop) -> None:
    told = shop.run("report", "--language", "en")
    assert "No order was written down in the period." in told.out
    assert "期间" not in told.out


def test_machines_get_exact_values(three: Shop) -> None:
    first = str(datetime.now(BEIJING).date() - timedelta(days=1))
    document = three.run("report", "--from", first, "--until", today(), "--json").json
    (row,) = document["sheets"]["by_account"]
    assert row["success_rate"] == {"part": 1, "whole": 1, "percent": "100.00"}
    assert row["amount_ordered"] == {"amount": 1806, "currency": "CNY"}
    assert (row["pending"], row["unknown"]) == (1, 1)
    assert document["period"]["last_day"] == today()


def test_days_and_spans_have_a_form_for_machines(three: Shop) -> None:
    since = datetime.now(BEIJING).date() - timedelta(days=3)

    def in_force(journal: Journal) -> None:
        policies = Reconciliation(journal).policies
        policy = ReconciliationPolicy(accounts={"shop": AccountTerms(since=since)})
        policies.put_in_force(policies.propose(policy, who="Zhang", why="test").number, who="Li")

    three.look(in_force)
    document = three.run("report", "--json").json
    assert document["sheets"]["bills_missing"][0]["day"] == str(since)
    assert all(isinstance(row["age"], int) for row in document["sheets"]["oldest_open"])


def test_yesterday_is_the_default(shop: Shop) -> None:
    before = datetime.now(BEIJING).date()
    period = shop.run("report", "--json").json["period"]
    after = datetime.now(BEIJING).date()
    assert period["first_day"] == period["last_day"]
    assert period["first_day"] in {str(one - timedelta(days=1)) for one in (before, after)}


def test_what_is_wrong_is_named(shop: Shop) -> None:
    told = shop.run("report", "--day", today(), "--from", today(), "--until", today())
    assert (told.status, "--day" in told.err) == (2, True)
    told = shop.run("report", "--from", today())
    assert (told.status, "--until" in told.err) == (2, True)
    (shop.folder / "full").write_text("a file", encoding="utf-8")
    told = shop.run("report", "--csv", "full")
    assert (told.status, "--csv" in told.err) == (2, True)
