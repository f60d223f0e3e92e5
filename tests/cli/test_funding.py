"""``payment-channels funding``: money paid in, held for payouts, left by those that failed, and used again by two people."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payment_channels import Money, Outcome, Verb
from payment_channels.business.funding import Funding
from payment_channels.cli.settings import read_settings
from payment_channels.journal import DurableClient, OrderKey
from tests.cli.conftest import Shop
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, told

POLICY = """
[accounts.shop]
mode = "funds_first"
alarm = 50000
stop = 20000
"""
TEA = ("--account", "shop", "--merchant", "tea")
ZHANG, LI = ("--who", "Zhang", "--why", "test"), ("--who", "Li")


@pytest.fixture
def funded(shop: Shop) -> Shop:
    """600.00 yuan came in; a payout of 100.00 has failed, and one of 250.00 was paid."""
    assert shop.run("journal", "init").status == 0
    came = shop.run("funding", "paid-in", *TEA, "--amount", "600.00", "--reference", "bank-1", "--who", "Zhang")
    assert came.status == 0
    with read_settings(shop.folder / "journal.toml").journal() as journal:
        funding, wire = Funding(journal), Scripted()
        client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
        for number, fen, outcome in (("p1", 10000, Outcome.FAILED), ("p2", 25000, Outcome.SUCCEEDED)):
            key = OrderKey("shop", "payout", number)
            journal.store.write(lambda cursor, key=key, fen=fen: funding.reserve(cursor, key, "tea", Money(fen)))  # type: ignore[misc]
            wire.answers[Verb.PAYOUT] = [told(Verb.PAYOUT, outcome)]
            client.payout(payout(number, fen, ordered_at=datetime.now(UTC)))
            funding.follow(key)
    return shop


def minor(shown: dict[str, object]) -> dict[str, int]:
    return {name: value["amount"] for name, value in shown.items() if isinstance(value, dict)}


def test_balances_are_shown_by_merchant_and_account(funded: Shop) -> None:
    (row,) = funded.run("funding", "status", "--json").json
    assert (row["account"], row["merchant"]) == ("shop", "tea")
    empty = dict.fromkeys(("reserved", "residual", "returned", "fees"), 0)
    assert minor(row) == empty | {"free": 35000, "available": 35000, "spent": 25000, "paid_in": 60000}
    table = funded.run("funding", "status")
    assert "350.00" in table.out
    assert "600.00" in table.out
    assert funded.run("funding", "status", "--merchant", "rice", "--json").json == []


def test_a_residual_is_paid_again_by_two_people(funded: Shop) -> None:
    funded.run("funding", "paid-in", *TEA, "--amount", "1", "--reference", "bank-2", "--who", "Zhang")
    left = funded.run("funding", "residuals", "--json").json
    assert [(one["number"], minor(one)["left"]) for one in left["left"]] == [("p1", 10000)]
    asked = ("p1", "--account", "shop", "--number", "p1a", "--amount", "100.01", *ZHANG)
    too_much = funded.run("funding", "repay", *asked)
    assert (too_much.status, "left 100.00 CNY" in too_much.err) == (2, True)
    assert funded.run("funding", "withdraw", "p2", *asked[1:]).status == 2


def test_a_withdrawal_is_proposed_approved_and_done(funded: Shop) -> None:
    with read_settings(funded.folder / "journal.toml").journal() as journal:
        funding, wire = Funding(journal), Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.FAILED)]})
        client = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
        key = OrderKey("shop", "payout", "p3")
        journal.store.write(lambda cursor: funding.reserve(cursor, key, "tea", Money(20000)))
        client.payout(payout("p3", 20000, ordered_at=datetime.now(UTC)))
    assert funded.run("funding", "follow", "--json").json == {"followed": 1}
    part = ("p3", "--account", "shop", "--number", "w0", "--amount", "50", *ZHANG)
    assert funded.run("funding", "withdraw", *part).status == 0
    left = funded.run("funding", "residuals", "--json").json["left"]
    assert [(one["number"], minor(one)["whole"], minor(one)["left"]) for one in left if one["number"] == "p3"] == [
        ("p3", 20000, 15000)
    ]
    assert funded.run("funding", "decline", "w0", "--account", "shop", *ZHANG).status == 0
    proposed = ("p3", "--account", "shop", "--number", "w1", "--amount", "200", *ZHANG)
    assert funded.run("funding", "withdraw", *proposed).status == 0
    assert funded.run("funding", "approve", "w1", "--account", "shop", "--who", "zhang").status == 2
    assert funded.run("funding", "approve", "w1", "--account", "shop", *LI).status == 0
    done = funded.run("funding", "done", "w1", "--account", "shop", "--reference", "desk-1", *LI, "--json")
    assert (done.json["state"], done.json["checker"], done.json["original"]) == ("done", "Li", "p3")
    (row,) = funded.run("funding", "status", "--json").json
    assert (minor(row)["paid_in"], minor(row)["residual"], minor(row)["available"]) == (40000, 0, 15000)
    assert funded.run("funding", "verify").status == 0


def test_a_statement_has_its_day_and_is_accumulated(funded: Shop) -> None:
    found = funded.run("funding", "statement", "--entries", "--json").json
    assert [(row["what"], row["entries"]) for row in found["statements"]] == [
        ("日初 opening", None), ("failed", 1), ("paid_in", 1), ("reserved", 2), ("spent", 1), ("日终累计 closing", None)
    ]  # fmt: skip
    assert found["entries"][0]["change"] == {"available": "600.00", "paid_in": "600.00"}
    assert minor(found["statements"][-1])["spent"] == 25000
    assert "日终累计 closing" in funded.run("funding", "statement", "--entries").out
    assert funded.run("funding", "statement", "--day", "2020-01-01", "--json").json["statements"] == []


def test_a_policy_is_checked_proposed_and_put_into_force_by_another(funded: Shop) -> None:
    path = funded.folder / "funding.toml"
    path.write_text(POLICY, encoding="utf-8")
    assert funded.run("funding", "check", "funding.toml").status == 0
    assert funded.run("funding", "propose", "funding.toml", *ZHANG).status == 0
    assert funded.run("funding", "put-in-force", "1", "--who", "Zhang").status == 2
    assert funded.run("funding", "alarms").status == 0
    assert funded.run("funding", "put-in-force", "1", *LI).status == 0
    shown = funded.run("funding", "policy", "--json").json
    assert (shown["in_force"], shown["accounts"][0]["alarm"], shown["versions"][0]["checker"]) == (1, 50000, "Li")
    alarms = funded.run("funding", "alarms", "--json")
    assert (alarms.status, alarms.json[0]["kind"], alarms.json[0]["amount"]["amount"]) == (1, "low", 35000)
    path.write_text(POLICY + "limit = 3\n", encoding="utf-8")
    wrong = funded.run("funding", "check", "funding.toml")
    assert (wrong.status, "limit" in wrong.err) == (2, True)
    path.write_text("[accounts.nobody]\n", encoding="utf-8")
    assert funded.run("funding", "check", "funding.toml").status == 1


def test_what_is_taken_out_past_the_sdk_is_noted_by_two(funded: Shop) -> None:
    given = ("funding", "taken-out", *TEA, "--amount", "350.00", "--reference", "desk-1", "--why", "end")
    assert funded.run(*given, "--who", "Zhang").status == 2
    assert funded.run(*given, "--who", "Zhang", "--who", "Li").status == 0
    assert funded.run(*given[:-4], "--reference", "desk-2", "--why", "end", "--who", "Zhang", "--who", "Li").status == 2
    assert funded.run("funding", "paid-in", *TEA, "--amount", "1.001", "--reference", "b", "--who", "Zhang").status == 2


def test_money_goes_to_an_account_of_the_settings_and_a_reference_is_noted_once(funded: Shop) -> None:
    given = ("--amount", "1", "--who", "Zhang")
    tea, tae = ("funding", "paid-in", *TEA), ("funding", "paid-in", "--account", "shop", "--merchant", "tae")
    strange = funded.run("funding", "paid-in", "--account", "shopp", "--merchant", "tea", "--reference", "bank-7", *given)
    assert strange.status == 2
    assert "shopp" in strange.err
    first, again = (funded.run(*tea, "--reference", "bank-7", *given) for _ in range(2))
    assert "tea @ shop：凭证 bank-7 已记 / noted" in first.out
    assert "nothing was added" in again.out
    assert "look at the merchant's name" not in first.err
    assert "look at the merchant's name" in funded.run(*tae, "--reference", "bank-8", *given).err


def test_what_never_left_is_released_by_a_person(funded: Shop) -> None:
    with read_settings(funded.folder / "journal.toml").journal() as journal:
        funding = Funding(journal)
        key = OrderKey("shop", "payout", "p9")
        journal.store.write(lambda cursor: funding.reserve(cursor, key, "tea", Money(100)))
    assert funded.run("funding", "release", "p9", "--account", "shop", *ZHANG, "--json").json["state"] == "released"
    assert funded.run("funding", "release", "p2", "--account", "shop", *ZHANG).status == 2
    assert funded.run("funding", "release", "nobody", "--account", "shop", *ZHANG).status == 2


def test_the_channels_own_balance_is_compared(funded: Shop) -> None:
    told_by = funded.run("funding", "compare", "shop")  # WeChat Pay's interface of transfers has no balance
    assert told_by.status == 2
    settings = (funded.folder / "journal.toml").read_text(encoding="utf-8")
    keys = json.dumps(str(Path(funded.mock.keys) / "alipay"))
    more = f'\n[accounts.purse]\nchannel = "alipay"\nfolder = {keys}\nbase_url = "{funded.mock.base_url}"\n'
    (funded.folder / "journal.toml").write_text(settings + more, encoding="utf-8")
    compared = funded.run("funding", "compare", "purse", "--json")
    assert (compared.status, compared.json["least"]["amount"]) == (1, 0)
    had = compared.json["total"]["amount"]
    came = f"{had // 100}.{had % 100:02}"
    place = ("--account", "purse", "--merchant", "tea")
    assert funded.run("funding", "paid-in", *place, "--amount", came, "--reference", "b1", "--who", "Zhang").status == 0
    assert funded.run("funding", "compare", "purse").status == 0
