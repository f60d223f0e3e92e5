"""Whatever is sent, the LianLian mock answers, what it refuses moves nothing, and no fen appears or gets lost in its account."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.lianlian import LianlianKeys, LianlianMock
from mocks.lianlian.fields import fen_of, yuan_of
from mocks.lianlian.mock import OPERATIONS
from mocks.wire import MockRequest
from tests.mocks.lianlian_merchant import NOTIFY, PAY, Merchant

QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = TEXT | st.sampled_from(
    ["0", "-1", "00.01", "1" * 40, "MOCK:9999", "MOCK:END:CANCEL", "MOCK:x:1", "20260229000000", "１.00"]
)
NAMES = sorted({field.name for operation in OPERATIONS.values() for field in operation.fields} - {"sign"})
OPENING = 100_000_000


@QUIET
@given(path=st.sampled_from(sorted(OPERATIONS)), changed=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
def test_no_value_of_a_field_brings_it_down(
    lianlian_keys: LianlianKeys, payer: Merchant, path: str, changed: dict[str, str]
) -> None:
    mock = LianlianMock(lianlian_keys, Clock())
    payer.send = mock.handle
    extra = {"confirm_code": "123456", "query_version": "1.0", "city_code": "110000", "brabank_name": "工商"}
    answer = payer.ask(path, {**payer.corporate(), **extra, **changed})
    assert answer["ret_code"] != "1001"
    if answer["ret_code"] != "0000":
        assert mock.books()["account"] == []
    mock.desk.clock.advance(40 * 86400)
    json.dumps(mock.books())
    for notice in mock.notices.all:
        notice.write()


@QUIET
@given(
    body=st.binary(max_size=80)
    | st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=6).map(lambda one: json.dumps(one).encode()),
    path=st.sampled_from(sorted(OPERATIONS)),
    sealed=st.lists(TEXT, min_size=6, max_size=6).map("$".join),
)
def test_no_body_brings_it_down(lianlian_keys: LianlianKeys, payer: Merchant, body: bytes, path: str, sealed: str) -> None:
    mock = LianlianMock(lianlian_keys, Clock())
    for sent in (body, json.dumps({"oid_partner": payer.partner, "pay_load": f"lianpay1_0_1{sealed}"}).encode()):
        reply = mock.handle(MockRequest("POST", path, "", {"content-type": "application/json"}, sent))
        assert reply.status == 200
        assert payer.read(reply)["ret_code"] != "0000"
    assert mock.books()["payouts"] == []


STEP = st.tuples(
    st.sampled_from(["pay", "again", "confirm", "complete", "fail", "return", "hold", "wait", "time"]),
    st.integers(0, 3),
    st.sampled_from(["", "MOCK:4002", "MOCK:END:CANCEL", "MOCK:END:FAILURE", "MOCK:END:WAITING"]),
)


@QUIET
@given(steps=st.lists(STEP, min_size=3, max_size=10))
def test_no_fen_appears_or_gets_lost(lianlian_keys: LianlianKeys, payer: Merchant, steps: list[tuple[str, int, str]]) -> None:
    mock = LianlianMock(lianlian_keys, Clock())
    payer.send = mock.handle
    codes: dict[str, str] = {}
    for event, which, wish in steps:
        number = f"payout{which}"
        if event in {"pay", "again"}:
            answer: dict[str, Any] = payer.pay(number, money_order=f"{which + 1}00.00", info_order=wish or None)
            codes.setdefault(number, answer.get("confirm_code", ""))
        elif event == "confirm":
            payer.confirm(number, codes.get(number) or "000000", notify_url=NOTIFY)
        elif event == "time":
            mock.desk.clock.advance(86400 * which)
        else:
            try:
                mock.control("payouts", number, event, {})
            except ControlRefusedError:
                continue
        sums = mock.books()["sums"]
        assert sums["balance"] + sums["paid_out"] + sums["on_the_way"] == OPENING
        assert sums["balance"] == OPENING + sum(one["amount"] for one in mock.books()["account"])
        out = [one["about"] for one in mock.books()["account"] if one["kind"] == "paid"]
        assert len(out) == len(set(out)), "one number moved money twice"


@given(fen=st.integers(1, 10**10))
def test_yuan_and_fen_are_the_same_money(fen: int) -> None:
    assert fen_of(yuan_of(fen)) == fen


def test_digits_of_other_scripts_are_no_amount(payer: Merchant) -> None:
    assert payer.ask(PAY, payer.payment(money_order="１２.３４"))["ret_code"] == "1004"
