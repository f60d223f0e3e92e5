"""``journal resolve``: what is due is asked after, and what cannot be is told, without keeping the others waiting."""

import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import Shop


def test_resolving_looks_at_what_is_due_and_shows_what_came_of_it(three: Shop) -> None:
    three.confirm(3)
    assert three.run("journal", "resolve", "--json").json == [], "nothing is due yet"
    three.earlier(3, minutes=10)
    told = three.run("journal", "resolve", "--once", "--json")
    assert told.status == 0
    assert [(one["merchant_id"], one["before"], one["after"], one["did"]) for one in told.json] == [
        ("payee0003", "unknown", "succeeded", "queried")
    ]
    assert "1/1" in told.err


def test_an_order_that_cannot_be_asked_after_waits_and_the_exit_status_says_so(three: Shop) -> None:
    three.earlier(3, minutes=10)
    text = (three.folder / "journal.toml").read_text(encoding="utf-8")
    (three.folder / "journal.toml").write_text(text.replace(three.mock.base_url, "http://127.0.0.1:1"), encoding="utf-8")
    told = three.run("journal", "resolve", "--json")
    assert (told.status, told.json[0]["did"]) == (4, "waiting")


UNOPENED = {
    "no such folder": 'channel = "wechat"\nfolder = "nosuch"',
    "no such file of a field": 'channel = "wechat"\n[accounts.closed.fields]\nmerchant_key = { file = "nosuch.pem" }',
    "no such variable": 'channel = "wechat"\n[accounts.closed.fields]\napiv3_key = { environment = "PC_TEST_NOT_SET" }',
    "no such channel": 'channel = "nosuch"\nfolder = "keys"',
}


def closed(shop: Shop, how: str, *, first: bool) -> None:
    """Give the settings a further account, which cannot be opened."""
    text = (shop.folder / "journal.toml").read_text(encoding="utf-8")
    added = f"\n[accounts.closed]\n{UNOPENED[how]}\n"
    changed = text.replace("\n[accounts.shop]\n", f"{added}\n[accounts.shop]\n", 1) if first else text + added
    (shop.folder / "journal.toml").write_text(changed, encoding="utf-8")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", UNOPENED)
def test_an_account_that_cannot_be_opened_is_told_and_the_others_are_asked_after(three: Shop, how: str, first: bool) -> None:
    three.confirm(3)
    three.earlier(3, minutes=10)
    closed(three, how, first=first)
    told = three.run("journal", "resolve", "--json")
    assert [(one["merchant_id"], one["after"]) for one in told.json] == [("payee0003", "succeeded")]
    assert told.status == 1
    assert "账户 closed 打不开" in told.err
    assert "the account closed cannot be opened" in told.err
    assert "accounts.closed" in told.err
    assert "no such accounts" not in told.err
    assert three.run("journal", "resolve").status == 1, "and it is told every time, though nothing is due"
    assert three.run("journal", "status").status == 0


def test_where_no_account_can_be_opened_nothing_is_asked(three: Shop) -> None:
    three.earlier(3, minutes=10)
    text = (three.folder / "journal.toml").read_text(encoding="utf-8")
    broken = text.replace('channel = "wechat"', 'channel = "nosuch"')
    (three.folder / "journal.toml").write_text(broken, encoding="utf-8")
    told = three.run("journal", "resolve", "--json")
    assert (told.status, told.out) == (2, "")
    assert "账户 shop 打不开" in told.err
    assert three.order(3).queries == 0


def test_an_order_that_waits_as_well_does_not_hide_the_account(three: Shop) -> None:
    three.earlier(3, minutes=10)
    text = (three.folder / "journal.toml").read_text(encoding="utf-8")
    (three.folder / "journal.toml").write_text(text.replace(three.mock.base_url, "http://127.0.0.1:1"), encoding="utf-8")
    closed(three, "no such channel", first=False)
    told = three.run("journal", "resolve", "--json")
    assert (told.status, told.json[0]["did"]) == (1, "waiting")


def test_for_ever_goes_on_with_the_others_and_says_at_the_end_that_one_was_left_out(three: Shop) -> None:
    three.confirm(3)
    three.earlier(3, minutes=10)
    closed(three, "no such folder", first=True)
    command = [sys.executable, "-m", "payment_channels.cli", "journal", "resolve", "--forever", "--json"]
    running = subprocess.Popen(command, cwd=three.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert b'"payee0003"' in running.stdout.readline()
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 1
    assert b"the account closed cannot be opened" in running.communicate()[1]


def test_an_account_whose_channel_breaks_while_it_is_opened_is_told_by_the_kind_of_the_fault(
    three: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> object:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("payment_channels.cli.accounts.Account.open", broken)
    told = three.run("journal", "resolve")
    assert told.status == 2
    assert "ZeroDivisionError" in told.err
    assert "secret" not in told.out + told.err
