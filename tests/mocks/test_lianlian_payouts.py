"""Payments of the LianLian mock: fields, one number moves money once, states by the clock, an account that tells every move."""

from typing import Any

import pytest

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.lianlian import LianlianMock
from mocks.lianlian.payouts import MOVES, STATES
from tests.mocks.lianlian_merchant import PAY, Merchant

OPENING = 100_000_000
FEN = 12345


def held(lianlian: LianlianMock, number: str = "payout1") -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in lianlian.books()["payouts"] if one["no_order"] == number)
    return found


def balance(lianlian: LianlianMock) -> int:
    found: int = lianlian.books()["sums"]["balance"]
    return found


def test_a_personal_payment_is_accepted_and_succeeds_three_seconds_later(
    lianlian: LianlianMock, payer: Merchant, clock: Clock
) -> None:
    answer = payer.pay()
    assert (answer["ret_code"], answer["ret_msg"], answer["no_order"]) == ("0000", "交易成功", "payout1")
    assert answer["oid_paybill"].startswith("20260601")
    assert len(answer["oid_paybill"]) == 16
    assert payer.query()["result_pay"] == "PROCESSING"
    assert balance(lianlian) == OPENING - FEN
    clock.advance(3)
    told = payer.query()
    assert {name: value for name, value in told.items() if name != "sign"} == {
        "ret_code": "0000",
        "ret_msg": "交易成功",
        "oid_partner": payer.partner,
        "sign_type": "RSA",
        "dt_order": "20260601120000",
        "no_order": "payout1",
        "oid_paybill": answer["oid_paybill"],
        "money_order": "123.45",
        "info_order": "报销 5 月",
        "result_pay": "SUCCESS",
        "settle_date": "20260601",
    }
    assert lianlian.books()["sums"] == {
        "balance": OPENING - FEN,
        "paid_out": FEN,
        "on_the_way": 0,
        "failed": 0,
        "returned": 0,
    }


def test_a_corporate_payment_reaches_the_books_as_it_was_encrypted(lianlian: LianlianMock, payer: Merchant) -> None:
    more = {"prcptcd": "104100000004", "brabank_name": "中国银行北京分行", "city_code": "110000", "bank_name": "中国银行"}
    assert payer.ask(PAY, payer.corporate(**more))["ret_code"] == "0000"
    assert held(lianlian)["payee"] == {
        "flag_card": "1",
        "card_no": "1000200030004000",
        "acct_name": "某某（北京）有限公司",
        "bank_code": "01040000",
        **more,
    }


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"no_order": None}, "no_order"),
        ({"no_order": "1" * 33}, "no_order"),
        ({"dt_order": "20260631120000"}, "dt_order"),
        ({"money_order": "123.4"}, "money_order"),
        ({"money_order": "0.00"}, "money_order"),
        ({"money_order": "12345"}, "money_order"),
        ({"money_order": "100000000.01"}, "money_order"),
        ({"flag_card": "2"}, "flag_card"),
        ({"card_no": ""}, "card_no"),
        ({"acct_name": None}, "acct_name"),
        ({"memo": None}, "memo"),
        ({"memo": "长" * 25}, "memo"),
        ({"notify_url": None}, "notify_url"),
        ({"notify_url": "ftp://127.0.0.1/"}, "notify_url"),
        ({"notify_url": "http://127.0.0.1/" + "n" * 112}, "notify_url"),
        ({"api_version": "2.0"}, "api_version"),
        ({"prcptcd": "10410000000"}, "prcptcd"),
        ({"money_order": "50000.00", "info_order": None}, "info_order"),
        ({"flag_card": "1"}, "bank_code"),
        ({"flag_card": "1", "bank_code": "104"}, "bank_code"),
        ({"money_order": 123}, "money_order"),
    ],
)
def test_a_field_that_is_missing_or_of_another_form_is_named(
    lianlian: LianlianMock, payer: Merchant, changes: dict[str, Any], name: str
) -> None:
    answer = payer.pay(**changes)
    assert (answer["ret_code"], answer["ret_msg"]) == ("1004", f"商户请求参数校验错误（{name}）")
    assert lianlian.books()["payouts"] == []
    assert balance(lianlian) == OPENING


@pytest.mark.parametrize("changes", [{"money_order": "49999.99", "info_order": None}, {"money_order": "50000.00"}])
def test_a_purpose_is_needed_from_fifty_thousand_yuan(payer: Merchant, changes: dict[str, Any]) -> None:
    assert payer.pay(**changes)["ret_code"] == "0000"


def test_a_persons_card_has_13_to_19_digits(payer: Merchant) -> None:
    assert payer.pay(card_no="10002000300a")["ret_msg"] == "商户请求参数校验错误（card_no）"


def test_the_same_payment_again_moves_nothing_more(lianlian: LianlianMock, payer: Merchant, clock: Clock) -> None:
    payer.pay()
    assert payer.pay()["ret_code"] == "2005"
    clock.advance(3)
    assert payer.pay()["ret_code"] == "1002"
    assert len(lianlian.books()["payouts"]) == 1
    assert balance(lianlian) == OPENING - FEN


@pytest.mark.parametrize("changes", [{"money_order": "123.46"}, {"card_no": "6226090000000055"}, {"acct_name": "李四"}])
def test_a_number_that_was_used_takes_no_other_content(lianlian: LianlianMock, payer: Merchant, changes: dict[str, str]) -> None:
    payer.pay()
    assert payer.pay(**changes)["ret_code"] == "1002"
    assert held(lianlian)["fen"] == FEN
    assert held(lianlian)["payee"]["card_no"] == "6226090000000048"
    assert balance(lianlian) == OPENING - FEN


def test_what_is_not_there_cannot_be_paid_and_may_be_sent_again_as_it_was(lianlian: LianlianMock, payer: Merchant) -> None:
    answer = payer.pay(money_order="1000000.01")
    assert (answer["ret_code"], answer["ret_msg"]) == ("9104", "账户余额不足")
    assert lianlian.books()["payouts"] == []
    assert payer.query()["ret_code"] == "8901"
    lianlian.control("merchants", payer.partner, "top_up", {"yuan": "0.01"})
    assert payer.pay(money_order="0.01")["ret_code"] == "1002"
    assert payer.pay(money_order="1000000.01")["ret_code"] == "0000"
    assert balance(lianlian) == 0
    assert payer.pay(money_order="1000000.01")["ret_code"] == "2005"


def test_the_balance_falls_and_rises_with_what_is_paid(lianlian: LianlianMock, payer: Merchant) -> None:
    def told() -> tuple[str, str]:
        answer = payer.balance()
        assert set(answer) == {"ret_code", "ret_msg", "amt_balance", "amt_unsettle", "sign_type", "sign"}
        return answer["amt_balance"], answer["amt_unsettle"]

    assert told() == ("1000000.0", "0.0")
    payer.pay()
    assert told() == ("999876.55", "0.0")
    lianlian.control("payouts", "payout1", "fail", {})
    assert told() == ("1000000.0", "0.0")
    kinds = [(one["kind"], one["about"], one["amount"], one["balance"]) for one in lianlian.books()["account"]]
    assert kinds == [("paid", "payout1", -FEN, OPENING - FEN), ("failed", "payout1", FEN, OPENING)]


def test_a_failure_tells_its_reason_in_memo(lianlian: LianlianMock, payer: Merchant) -> None:
    payer.pay()
    lianlian.control("payouts", "payout1", "fail", {"code": "1110"})
    told = payer.query()
    assert (told["result_pay"], told["memo"]) == ("FAILURE", "卡状态异常")
    assert "settle_date" not in told


def test_money_that_comes_back_days_later_is_a_cancel_after_the_success(
    lianlian: LianlianMock, payer: Merchant, clock: Clock
) -> None:
    payer.pay(info_order="MOCK:END:CANCEL")
    clock.advance(3)
    assert payer.query()["result_pay"] == "SUCCESS"
    clock.advance(2 * 86400 - 1)
    assert payer.query()["result_pay"] == "SUCCESS"
    assert balance(lianlian) == OPENING - FEN
    clock.advance(1)
    told = payer.query()
    assert (told["result_pay"], "settle_date" in told) == ("CANCEL", False)
    assert balance(lianlian) == OPENING
    assert held(lianlian)["history"] == ["APPLY", "PROCESSING", "SUCCESS", "CANCEL"]
    assert lianlian.books()["sums"]["returned"] == FEN


def test_the_control_plane_returns_only_what_succeeded(lianlian: LianlianMock, payer: Merchant) -> None:
    payer.pay()
    with pytest.raises(
        ControlRefusedError, match="a payout that is PROCESSING cannot return; it can: complete, fail, hold, wait"
    ):
        lianlian.control("payouts", "payout1", "return", {})
    lianlian.control("payouts", "payout1", "complete", {})
    lianlian.control("payouts", "payout1", "return", {"code": "1100"})
    told = payer.query()
    assert (told["result_pay"], told["memo"]) == ("CANCEL", "无效卡号")
    with pytest.raises(ControlRefusedError, match="it can: nothing"):
        lianlian.control("payouts", "payout1", "fail", {})


@pytest.mark.parametrize("state", ["APPLY", "PROCESSING", "WAITING"])
def test_a_payment_can_stay_open_for_ever(payer: Merchant, clock: Clock, state: str) -> None:
    assert payer.pay(info_order=f"MOCK:END:{state}")["ret_code"] == "0000"
    clock.advance(30 * 86400)
    assert payer.query()["result_pay"] == state


def test_what_is_held_goes_on_when_it_is_told_to(lianlian: LianlianMock, payer: Merchant, clock: Clock) -> None:
    payer.pay()
    lianlian.control("payouts", "payout1", "wait", {})
    clock.advance(3600)
    assert payer.query()["result_pay"] == "WAITING"
    lianlian.control("payouts", "payout1", "complete", {})
    assert payer.query()["result_pay"] == "SUCCESS"


@pytest.mark.parametrize(
    ("things", "number", "verb", "options", "said"),
    [
        ("payouts", "none", "complete", {}, "no payout has the number none"),
        ("payouts", "payout1", "fail", {"code": "0000"}, "0000 is no code with which a payout can fail"),
        ("payouts", "payout1", "fail", {"code": "ABCD"}, "ABCD is no code"),
        ("payouts", "payout1", "complete", {"code": "1110"}, "1110 is no code with which a payout can complete"),
        ("payouts", "payout1", "explode", {}, "they can: complete, fail, hold, wait, submit, return"),
        ("orders", "payout1", "pay", {}, "lianlian has no orders"),
        ("merchants", "1", "empty", {}, "no merchant has the number 1; there is"),
        ("merchants", "", "top_up", {"yuan": "1"}, "two decimals"),
    ],
)
def test_the_control_plane_says_what_it_can(
    lianlian: LianlianMock, payer: Merchant, things: str, number: str, verb: str, options: dict[str, Any], said: str
) -> None:
    payer.pay()
    with pytest.raises(ControlRefusedError, match=said):
        lianlian.control(things, number or payer.partner, verb, options)


def test_the_states_are_the_documented_ones_and_each_can_be_reached() -> None:
    documented = {"APPLY", "CHECK", "WAITING", "PROCESSING", "SUCCESS", "FAILURE", "CANCEL", "CLOSED"}
    assert documented == STATES
    reached = {"APPLY", "CHECK"}
    for _ in MOVES:
        reached |= {target for (state, _), target in MOVES.items() if state in reached}
    assert reached == documented


def test_a_query_goes_by_either_number_or_by_both(payer: Merchant) -> None:
    paybill = payer.pay()["oid_paybill"]
    other = payer.pay("payout2", card_no="6226090000000055")["oid_paybill"]
    assert payer.query(None, oid_paybill=paybill)["no_order"] == "payout1"
    assert payer.query("payout1", oid_paybill=paybill)["no_order"] == "payout1"
    assert payer.query("payout1", oid_paybill=other)["ret_code"] == "9092"
    assert payer.query(None, oid_paybill="1")["ret_code"] == "8901"
    assert payer.query("none")["ret_code"] == "8901"
    assert payer.query(None)["ret_msg"] == "商户请求参数校验错误（no_order）"
    assert payer.query(api_version=None)["ret_msg"] == "商户请求参数校验错误（query_version）"
    assert payer.query(api_version=None, query_version="1.0")["ret_code"] == "0000"


def test_the_mock_forgets_everything_when_it_is_told_to(lianlian: LianlianMock, payer: Merchant) -> None:
    payer.pay()
    lianlian.reset()
    assert lianlian.books()["payouts"] == []
    assert balance(lianlian) == OPENING
    assert payer.pay()["ret_code"] == "0000"
