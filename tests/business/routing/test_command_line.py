"""The commands of ``route``: what operators see, in both languages, and how each command ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from payment_channels import PersonalAccount
from payment_channels.business.calendar import BEIJING
from payment_channels.business.routing import RoutingPolicy
from payment_channels.cli import main
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.business.routing.at_work import Wires, paid, payout

SETTINGS = """
[journal]
sqlite = "journal.sqlite3"
[keys]
file = "keys.toml"
[accounts.bank]
channel = "cib"
folder = "nowhere"
[accounts.cards]
channel = "unionpay"
folder = "nowhere"
"""
POLICY = """
[groups.ordinary]
paths = ["reserve"]
[defaults]
group = "ordinary"
payout = [{ account = "cards" }, { account = "bank" }]
[accounts.bank]
path = "reserve"
[accounts.bank.payout]
[accounts.cards]
path = "reserve"
[accounts.cards.payout]
at_most = 500_000
"""


@dataclass
class Told:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Told]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A folder with settings, an empty journal and a policy file."""
    monkeypatch.chdir(tmp_path)
    Path("journal.toml").write_text(SETTINGS, encoding="utf-8")
    Path("routing.toml").write_text(POLICY, encoding="utf-8")

    def run(*arguments: str) -> Told:
        capsys.readouterr()
        status = main(arguments)
        shown = capsys.readouterr()
        return Told(status, shown.out, shown.err)

    assert run("journal", "init").status == 0
    return run


@pytest.fixture
def ruled(run: Run) -> Run:
    """The same, with the policy in force."""
    assert run("route", "propose", "routing.toml", "--who", "Zhang", "--why", "start").status == 0
    assert run("route", "put-in-force", "1", "--who", "Li").status == 0
    return run


def test_explain_says_why_this_account_and_why_not_each_other_in_both_languages(ruled: Run) -> None:
    told = ruled("route", "explain", "--merchant", "tea", "payout", "12345", "--corporate")
    assert told.status == 0
    for part in ("123.45 CNY", "选中 chosen", "走 bank", "银联不支持", "UnionPay cannot", "缺省列表", "the default list"):
        assert part in told.out
    document = ruled("route", "explain", "--merchant", "tea", "payout", "12345", "--corporate", "--json").json
    assert document["account"] == "bank"
    reasons = {one["account"]: [reason["code"] for reason in one["reasons"]] for one in document["considered"]}
    assert reasons == {"cards": ["CHANNEL_CANNOT"], "bank": []}


def test_explain_ends_otherwise_where_no_account_takes_it(ruled: Run) -> None:
    told = ruled("route", "explain", "--merchant", "tea", "payout", "500001", "--wallet")
    assert told.status == 1
    assert "没有账户可以受理" in told.out


def test_explain_by_a_file_needs_no_policy_in_force(run: Run) -> None:
    told = run("route", "explain", "--merchant", "tea", "payout", "1", "--personal", "--policy", "routing.toml")
    assert told.status == 0
    assert "走 cards" in told.out
    assert "不提出" not in told.out
    assert run("route", "explain", "--merchant", "tea", "payout", "1").status == 2  # nothing is in force


def test_a_policy_is_proposed_by_one_and_put_into_force_by_another(run: Run) -> None:
    assert run("route", "propose", "routing.toml", "--who", "Zhang", "--why", "start").status == 0
    refused = run("route", "put-in-force", "1", "--who", "zhang")
    assert refused.status == 2
    assert "不能复核" in refused.err
    assert run("route", "put-in-force", "1", "--who", "Li").status == 0
    (row,) = run("route", "history", "--json").json
    assert (row["version"], row["maker"], row["checker"], row["why"], row["in_force"]) == (1, "Zhang", "Li", "start", True)


def test_check_names_faults_and_accounts_that_the_settings_lack_and_shows_the_difference(ruled: Run) -> None:
    Path("new.toml").write_text(POLICY.replace("at_most = 500_000", "at_most = 600_000"), encoding="utf-8")
    told = ruled("route", "check", "new.toml", "--json")
    assert told.status == 0
    assert told.json["differences"] == [{"place": "accounts.cards.payout.at_most", "was": "500000", "will_be": "600000"}]
    Path("new.toml").write_text(POLICY.replace("bank", "rail"), encoding="utf-8")
    told = ruled("route", "check", "new.toml")
    assert (told.status, "rail" in told.err) == (1, True)
    Path("new.toml").write_text(POLICY.replace('account = "bank"', 'account = "bnak"'), encoding="utf-8")
    told = ruled("route", "check", "new.toml")
    assert (told.status, "there is no account bnak" in told.err) == (2, True)


def test_what_show_prints_may_be_proposed_as_it_is(ruled: Run) -> None:
    Path("again.json").write_text(ruled("route", "show").out, encoding="utf-8")
    assert ruled("route", "check", "again.json", "--json").json["differences"] == []
    assert RoutingPolicy.of_file(Path("again.json")) == RoutingPolicy.of_file(Path("routing.toml"))


def test_a_switch_is_put_with_a_name_and_a_reason_and_is_shown(ruled: Run) -> None:
    assert ruled("route", "switch", "cards", "off", "--who", "Wang", "--why", "银行来电").status == 0
    told = ruled("route", "health")
    for part in ("关闭 off", "Wang", "银行来电"):
        assert part in told.out
    assert "走 bank" in ruled("route", "explain", "--merchant", "tea", "payout", "1", "--personal").out
    assert ruled("route", "switch", "crads", "off", "--who", "Wang", "--why", "x").status == 2


def test_an_orders_way_and_a_replay_of_its_day(ruled: Run) -> None:
    ring = KeyRing.single(bytes(32))
    store = SqliteStore("journal.sqlite3")
    wires = Wires(Journal(store, ring))
    for name in ("bank", "cards"):
        wires.say(name, paid())
    routed = wires.desk().payout("tea", payout(payee=PersonalAccount(account_no="6222020200112345678", name="张三")))
    store.close()
    assert routed.assignment is not None
    told = ruled("route", "order", "order0001")
    assert told.status == 0
    for part in ("cards", "succeeded", "选中 chosen"):
        assert part in told.out
    assert ruled("route", "order", "order0001", "--merchant", "rice").status == 1
    Path("new.toml").write_text(POLICY.replace("at_most = 500_000", "at_most = 100"), encoding="utf-8")
    day = routed.assignment.decided_at.astimezone(BEIJING).date().isoformat()
    told = ruled("route", "replay", "new.toml", "--day", day, "--json")
    assert (told.status, told.json["orders"], told.json["moved"]) == (0, 1, 1)
    assert told.json["flows"][0]["before"] == "cards"
    assert told.json["list"][0]["now"] == "bank"
    shown = ruled("route", "replay", "new.toml", "--day", day).out
    assert "高于上限" in shown
    assert "above" in shown
    assert "6222" not in shown + told.out


@pytest.mark.parametrize("wrong", [("--at", "2026-03-05T10:00"), ("--label", "x"), ("--arrives-on", "tomorrow")])
def test_an_argument_that_cannot_be_read_is_told(ruled: Run, wrong: tuple[str, str]) -> None:
    with pytest.raises(SystemExit):
        ruled("route", "explain", "--merchant", "tea", "payout", "1", *wrong)
