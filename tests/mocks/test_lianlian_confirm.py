"""Payments of the LianLian mock that ask for a confirmation: 4002, 4003, 4004, their confirm_code, and CLOSED after 24 hours."""

from typing import Any

import pytest

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.faults import Fault
from mocks.lianlian import LianlianMock
from mocks.wire import MockReply, MockRequest
from tests.mocks.lianlian_merchant import PAY, QUERY, Merchant

OPENING = 100_000_000
FEN = 12345
TEXTS = {
    "4002": "疑似重复提交订单",
    "4003": "收款银行卡和姓名不一致",
    "4004": "疑似重复提交订单且收款银行卡和姓名不一致",
}


def held(lianlian: LianlianMock, number: str = "payout1") -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in lianlian.books()["payouts"] if one["no_order"] == number)
    return found


def balance(lianlian: LianlianMock) -> int:
    found: int = lianlian.books()["sums"]["balance"]
    return found


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_a_payment_in_doubt_waits_for_its_confirmation_and_moves_nothing(
    lianlian: LianlianMock, payer: Merchant, clock: Clock, code: str
) -> None:
    answer = payer.pay(info_order=f"MOCK:{code}")
    assert (answer["ret_code"], answer["ret_msg"], answer["no_order"]) == (code, TEXTS[code], "payout1")
    assert len(answer["confirm_code"]) == 6
    assert "oid_paybill" not in answer
    clock.advance(3600)
    told = payer.query()
    assert (told["ret_code"], told["result_pay"]) == ("0000", "CHECK")
    assert "oid_paybill" not in told
    assert balance(lianlian) == OPENING
    assert lianlian.notices.all == []


def test_a_confirmed_payment_goes_on_its_way(lianlian: LianlianMock, payer: Merchant, clock: Clock) -> None:
    code = payer.pay(info_order="MOCK:4003")["confirm_code"]
    answer = payer.confirm("payout1", code, notify_url="http://127.0.0.1:9/elsewhere")
    assert (answer["ret_code"], answer["no_order"]) == ("0000", "payout1")
    assert balance(lianlian) == OPENING - FEN
    clock.advance(3)
    told = payer.query()
    assert (told["result_pay"], told["oid_paybill"]) == ("SUCCESS", answer["oid_paybill"])
    assert held(lianlian)["history"] == ["CHECK", "APPLY", "PROCESSING", "SUCCESS"]
    assert [(one.about, one.url) for one in lianlian.notices.all] == [("payout1", "http://127.0.0.1:9/elsewhere")]
    assert payer.confirm("payout1", code)["ret_code"] == "4001"
    assert balance(lianlian) == OPENING - FEN


def test_a_wrong_code_confirms_nothing(lianlian: LianlianMock, payer: Merchant) -> None:
    code = payer.pay(info_order="MOCK:4002")["confirm_code"]
    answer = payer.confirm("payout1", other_than(code))
    assert (answer["ret_code"], answer["ret_msg"]) == ("4011", "验证码不匹配")
    assert payer.confirm("payout1", code[:5])["ret_msg"] == "商户请求参数校验错误（confirm_code）"
    assert held(lianlian)["state"] == "CHECK"
    assert payer.confirm("payout1", code)["ret_code"] == "0000"


@pytest.mark.parametrize(("wrong", "then"), [(6, "0000"), (7, "4008")])
def test_more_than_six_wrong_codes_are_too_many(lianlian: LianlianMock, payer: Merchant, wrong: int, then: str) -> None:
    code = payer.pay(info_order="MOCK:4002")["confirm_code"]
    assert {payer.confirm("payout1", other_than(code))["ret_code"] for _ in range(wrong)} == {"4011"}
    assert payer.confirm("payout1", code)["ret_code"] == then
    assert held(lianlian)["state"] == ("PROCESSING" if then == "0000" else "CHECK")


def test_what_is_not_there_or_asks_for_nothing_is_not_confirmed(payer: Merchant) -> None:
    assert payer.confirm("none", "123456")["ret_code"] == "4001"
    payer.pay()
    answer = payer.confirm("payout1", "123456")
    assert (answer["ret_code"], answer["ret_msg"]) == ("4001", "该订单不存在或非复核状态")


def test_what_nobody_confirms_within_a_day_is_closed_and_moved_nothing(
    lianlian: LianlianMock, payer: Merchant, clock: Clock
) -> None:
    code = payer.pay(info_order="MOCK:4002")["confirm_code"]
    clock.advance(86399)
    assert payer.query()["result_pay"] == "CHECK"
    clock.advance(1)
    assert payer.query()["result_pay"] == "CLOSED"
    assert payer.confirm("payout1", code)["ret_code"] == "4001"
    assert balance(lianlian) == OPENING
    assert lianlian.notices.all == []


def test_a_payment_in_doubt_that_is_sent_again_is_not_taken_twice(lianlian: LianlianMock, payer: Merchant) -> None:
    payer.pay(info_order="MOCK:4002")
    assert payer.pay(info_order="MOCK:4002")["ret_code"] == "2005"
    assert payer.pay(info_order="MOCK:4002", money_order="1.00")["ret_code"] == "1002"
    assert len(lianlian.books()["payouts"]) == 1


def test_an_empty_account_can_be_filled_before_the_confirmation(lianlian: LianlianMock, payer: Merchant) -> None:
    code = payer.pay(info_order="MOCK:4002")["confirm_code"]
    lianlian.control("merchants", payer.partner, "empty", {})
    assert payer.confirm("payout1", code)["ret_code"] == "9104"
    lianlian.control("merchants", payer.partner, "top_up", {"yuan": "123.45"})
    assert payer.confirm("payout1", code)["ret_code"] == "0000"
    assert balance(lianlian) == 0


def test_a_second_payment_to_one_account_within_a_day_is_suspected(lianlian: LianlianMock, payer: Merchant, clock: Clock) -> None:
    assert payer.pay("payout1")["ret_code"] == "0000"
    clock.advance(86399)
    assert payer.pay("payout2", money_order="9.99")["ret_code"] == "4002"
    assert payer.pay("payout3", card_no="6226090000000055")["ret_code"] == "0000"
    clock.advance(86400)
    assert payer.pay("payout4")["ret_code"] == "0000"
    assert {one["no_order"]: one["asks"] for one in lianlian.books()["payouts"]} == {
        "payout1": "",
        "payout2": "4002",
        "payout3": "",
        "payout4": "",
    }


def test_the_control_plane_can_end_the_suspicion(lianlian: LianlianMock, payer: Merchant) -> None:
    assert payer.pay("payout1")["ret_code"] == "0000"
    told = lianlian.control("merchants", payer.partner, "trust_repeats", {})
    assert told == {"balance": OPENING - FEN, "suspects_repetitions": False}
    assert payer.pay("payout2")["ret_code"] == "0000"
    lianlian.control("merchants", payer.partner, "suspect_repeats", {})
    assert payer.pay("payout3")["ret_code"] == "4002"


def test_a_card_that_lianlian_knows_under_another_name_is_asked_about(lianlian: LianlianMock, payer: Merchant) -> None:
    lianlian.control("cards", "6226090000000048", "register", {"name": "李四"})
    assert payer.pay("payout1", acct_name="张三")["ret_code"] == "4003"
    assert payer.pay("payout2", acct_name="张三")["ret_code"] == "4004"
    assert payer.pay("payout3", acct_name="李四")["ret_code"] == "4002"
    assert payer.pay("payout4", card_no="6226090000000055", acct_name="张三")["ret_code"] == "0000"
    lianlian.reset()
    assert payer.pay("payout1", acct_name="张三")["ret_code"] == "0000"


def test_a_card_is_registered_with_its_name_or_not_at_all(lianlian: LianlianMock) -> None:
    with pytest.raises(ControlRefusedError, match="whose is the card 6226090000000048"):
        lianlian.control("cards", "6226090000000048", "register", {})


def test_a_fault_of_such_a_code_makes_a_payment_that_can_be_confirmed(lianlian: LianlianMock, payer: Merchant) -> None:
    def faulty(request: MockRequest) -> MockReply:
        return lianlian.handle(request, Fault(1, "next_code", options={"code": "4004"}))

    payer.send = faulty
    answer = payer.ask(PAY, payer.payment())
    payer.send = lianlian.handle
    assert answer["ret_code"] == "4004"
    assert payer.query()["result_pay"] == "CHECK"
    assert payer.confirm("payout1", answer["confirm_code"])["ret_code"] == "0000"
    payer.send = faulty
    assert (
        payer.ask(QUERY, {"oid_partner": payer.partner, "sign_type": "RSA", "no_order": "payout1", "api_version": "1.0"})[
            "ret_msg"
        ]
        == TEXTS["4004"]
    )


def test_magic_values_reach_the_confirmation_and_the_query(lianlian: LianlianMock, payer: Merchant) -> None:
    payer.pay("payout1", info_order="MOCK:query:9999")
    assert payer.query("payout1")["ret_code"] == "9999"
    lianlian.control("merchants", payer.partner, "trust_repeats", {})
    payer.pay("payout2", info_order="MOCK:confirm:9902")
    assert payer.query("payout2")["result_pay"] == "PROCESSING"
