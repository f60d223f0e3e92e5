"""The messages that LianLian's pages print, replayed against the mock: it takes the requests, its answers have their fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.lianlian import LianlianMock
from tests.mocks.lianlian_merchant import BALANCE, BRANCHES, CONFIRM, PAY, QUERY, Merchant

VECTORS = Path(__file__).parents[1] / "vectors" / "lianlian"
PRINTED: dict[str, Any] = json.loads((VECTORS / "lianlian.json").read_text(encoding="utf-8"))
EXTRA: dict[str, Any] = json.loads((VECTORS / "lianlian_extra.json").read_text(encoding="utf-8"))


def sample(payer: Merchant, printed: dict[str, Any], **changes: str) -> dict[str, Any]:
    """Return a printed request as this merchant would send it: its number, and no signature yet."""
    return {name: value for name, value in printed.items() if name != "sign"} | {"oid_partner": payer.partner} | changes


def paid(payer: Merchant, **changes: str) -> dict[str, Any]:
    """Send the printed payment; its card number is masked on the page."""
    return payer.ask(PAY, sample(payer, PRINTED["payment_request_plain_example"], card_no="6216260000000000018", **changes))


def test_the_printed_payment_is_taken_as_it_stands(lianlian: LianlianMock, payer: Merchant) -> None:
    assert paid(payer)["ret_code"] == "0000"
    (held,) = lianlian.books()["payouts"]
    assert (held["no_order"], held["fen"], held["info_order"]) == ("2013051500001", 2, "test测试10.00?")
    assert held["payee"] == {"flag_card": "0", "card_no": "6216260000000000018", "acct_name": "张三"}


def test_an_accepted_payment_is_answered_with_the_printed_fields(payer: Merchant) -> None:
    assert paid(payer).keys() == EXTRA["confirm_response"].keys()  # the page prints the same answer for both


@pytest.mark.parametrize("printed", PRINTED["verify"], ids=lambda one: one["fields"]["ret_code"])
def test_a_refusal_has_the_fields_and_the_text_of_the_published_one(payer: Merchant, printed: dict[str, Any]) -> None:
    fields = printed["fields"]
    answer = paid(payer, info_order=f"MOCK:{fields['ret_code']}")
    assert answer.keys() == fields.keys()
    assert answer["ret_msg"] == fields["ret_msg"]


def test_the_printed_confirmation_finds_its_payment(payer: Merchant) -> None:
    printed = EXTRA["confirm_request_plain"]
    code = paid(payer, no_order=printed["no_order"], info_order="MOCK:4002")["confirm_code"]
    answer = payer.ask(CONFIRM, sample(payer, printed, confirm_code=code))
    assert answer["ret_code"] == "0000"
    assert answer.keys() == EXTRA["confirm_response"].keys()


def test_a_query_of_what_is_under_way_has_the_printed_fields(payer: Merchant) -> None:
    paid(payer)
    asked = {"oid_partner": payer.partner, "api_version": "1.0", "no_order": "2013051500001", "sign_type": "RSA"}
    answer = payer.ask(QUERY, asked)
    assert answer["result_pay"] == PRINTED["query_response_example"]["result_pay"] == "PROCESSING"
    assert answer.keys() == PRINTED["query_response_example"].keys()


def test_a_notification_has_the_printed_fields(lianlian: LianlianMock, payer: Merchant, clock: Clock) -> None:
    paid(payer)
    clock.advance(3)
    lianlian.tick()
    (notice,) = lianlian.notices.all
    assert notice.url == PRINTED["payment_request_plain_example"]["notify_url"]
    told = json.loads(notice.write()[1])
    assert told.keys() == PRINTED["notify_example"].keys()
    assert len(told["oid_paybill"]) == len(PRINTED["notify_example"]["oid_paybill"])


def test_the_printed_balance_request_has_the_printed_answer(payer: Merchant) -> None:
    answer = payer.ask(BALANCE, sample(payer, EXTRA["balance_request"]))
    printed = EXTRA["balance_response"]
    assert answer.keys() == printed.keys()
    assert (answer["ret_code"], answer["ret_msg"]) == (printed["ret_code"], printed["ret_msg"])
    assert [answer[name].endswith(".0") for name in ("amt_balance", "amt_unsettle")] == [True, True]  # printed as 100.0


def test_the_printed_branch_request_is_understood_and_finds_nothing_here(payer: Merchant) -> None:
    asked = sample(payer, EXTRA["prcptcd_request"])
    assert payer.ask(BRANCHES, asked)["ret_code"] == "5501"
    answer = payer.ask(BRANCHES, asked | {"brabank_name": "工商"})
    assert answer.keys() == EXTRA["prcptcd_response_shape"].keys()
    assert answer["card_list"][0].keys() == EXTRA["prcptcd_response_shape"]["card_list"][0].keys()
