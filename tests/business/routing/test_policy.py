"""A policy is checked as a whole before anybody can use it, and every fault is named by its place."""

from pathlib import Path
from typing import Any

import pytest

from payment_channels import ConfigurationError
from payment_channels.business.routing import RoutingPolicy
from payment_channels.business.routing.difference import differences
from tests.business.routing.at_work import policy

WHOLE = """
[groups.ordinary]
paths = ["reserve"]
payout = [{ account = "bank" }]

[defaults]
group = "ordinary"
payment = [{ account = "bank" }]

[merchants.tea]
group = "ordinary"
fail_over = false
payout = [{ account = "bank", when = { at_most = 500_000 }, sub_merchant = "1900001" }]

[accounts.bank]
path = "reserve"
[accounts.bank.payout]
at_least = 1
hours = [{ opens = 08:30:00, closes = 17:00:00 }]
[accounts.bank.payment]
"""


NAIVE = "maintenance = [{ begins = 2026-03-05T01:00:00, ends = 2026-03-06T01:00:00, why = '' }]\n"


def written(folder: Path, text: str, name: str = "routing.toml") -> RoutingPolicy:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return RoutingPolicy.of_file(file)


def test_the_nearest_list_holds_and_says_where_it_comes_from(tmp_path: Path) -> None:
    read = written(tmp_path, WHOLE)
    assert [read.choices(name, kind)[0] for name, kind in (("tea", "payout"), ("rice", "payout"), ("tea", "payment"))] == [  # type: ignore[arg-type]
        "merchant",
        "group",
        "defaults",
    ]
    assert (read.may_fail_over("tea"), read.may_fail_over("rice")) == (False, True)
    assert read.choices("tea", "payout")[1][0].sub_merchant == "1900001"


def test_the_nearest_word_on_failing_over_holds() -> None:
    said = policy(
        groups={"ordinary": {"paths": ["reserve"], "fail_over": False}},
        merchants={"tea": {"group": "ordinary", "fail_over": True}},
    )
    assert (said.may_fail_over("tea"), said.may_fail_over("rice")) == (True, False)
    assert policy(defaults={"group": "ordinary", "fail_over": False}).may_fail_over("tea") is False


def test_what_is_written_as_json_is_the_same_policy(tmp_path: Path) -> None:
    read = written(tmp_path, WHOLE)
    again = written(tmp_path, read.model_dump_json(exclude_defaults=True), "routing.json")
    assert again == read
    assert differences(read, again) == []


@pytest.mark.parametrize(
    ("was", "will_be", "told"),
    [
        ('account = "bank", when', 'account = "bnak", when', "merchants.tea.payout: there is no account bnak"),
        ('[merchants.tea]\ngroup = "ordinary"', '[merchants.tea]\ngroup = "vip"', "merchants.tea.group: there is no group vip"),
        ('[defaults]\ngroup = "ordinary"', '[defaults]\ngroup = "vip"', "defaults.group: there is no group vip"),
        ('paths = ["reserve"]', 'paths = ["reserv"]', "no account has the funding path reserv"),
        ('path = "reserve"', 'path = "own"', "accounts.bank.path: no group is permitted the funding path own"),
        ("[accounts.bank.payment]\n", "", "the account bank is not open for payment"),
        ("opens = 08:30:00", "opens = 18:30:00", "closes must be after opens"),
        ("at_least = 1", "at_least = 2\nat_most = 1", "no amount fits"),
        ("at_least = 1", "at_leats = 1", "at_leats"),
        ("at_least = 1", "at_least = 1.5", "at_least"),
        ("opens = 08:30:00", 'days = "workdays", opens = 08:30:00', "lists no year"),
        ("[accounts.bank]\n", "[accounts.bank]\nrate = { orders = 0 }\n", "rate.orders"),
        ("[accounts.bank.payout]", f"{NAIVE}[accounts.bank.payout]", "timezone"),
        ("[groups.ordinary]", "[groups.ordinary", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, was: str, will_be: str, told: str) -> None:
    assert was in WHOLE
    with pytest.raises(ConfigurationError, match=told):
        written(tmp_path, WHOLE.replace(was, will_be, 1))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no file"):
        RoutingPolicy.of_file(tmp_path / "none.toml")


def test_that_an_account_now_does_something_without_a_condition_is_told() -> None:
    everything = {"path": "reserve", "payout": {}, "payment": {}}
    before = policy(accounts=dict.fromkeys("abc", everything) | {"d": {"path": "reserve", "payout": {}}})
    after = policy(accounts=dict.fromkeys("abcd", everything))
    assert [(one.place, one.was, one.will_be) for one in differences(before, after)] == [("accounts.d.payment", None, "{}")]
    assert "accounts.a.payout" in [one.place for one in differences(None, after)]


def test_what_changes_is_told_field_by_field_and_defaults_are_no_news() -> None:
    def changed(**changes: Any) -> list[tuple[str, str | None, str | None]]:
        return [(one.place, one.was, one.will_be) for one in differences(policy(), policy(**changes))]

    assert changed() == []
    assert changed(attempts=2) == [("attempts", "3", "2")]
    assert changed(health={"least": 10}) == []
    defaults = {"group": "ordinary", "payout": [{"account": "b"}], "payment": [{"account": name} for name in "abc"]}
    assert changed(defaults=defaults) == [
        ("defaults.payout[1].account", "a", "b"),
        ("defaults.payout[2].account", "b", None),
        ("defaults.payout[2].when.currencies", "CNY", None),
        ("defaults.payout[3].account", "c", None),
        ("defaults.payout[3].when.currencies", "CNY", None),
    ]
    assert {one.place for one in differences(None, policy())} >= {"accounts.a.path", "groups.ordinary.paths"}
    assert not any(one.place.startswith("health") for one in differences(None, policy()))
