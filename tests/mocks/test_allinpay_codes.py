"""The Allinpay mock's codes against the collected list: it has all of them where they stand, and invents none."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from mocks.allinpay import AllinpayMock
from mocks.allinpay.codes import DETAIL, INFO, RETCODE, TRXSTATUS, asked_for, find, refused, rows
from mocks.allinpay.tlt_payouts import IN_BETWEEN, OPEN_LINE, REJECTIONS, SUCCEEDED
from mocks.faults import Fault
from tests.mocks.allinpay_merchant import WECHAT_CODE, Merchant

COLLECTED = Path(__file__).parents[1] / "vectors" / "allinpay" / "allinpay_errors.csv"
WHERE = {
    "vsp retcode": RETCODE,
    "vsp trxstatus": TRXSTATUS,
    "TLT INFO/RET_CODE": INFO,
    "TLT INFO/RET_CODE (query)": INFO,
    "TLT query RET_CODE": INFO,
    "TLT detail RET_CODE": DETAIL,
}


def collected() -> list[dict[str, str]]:
    with COLLECTED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_has_the_collected_list_and_invents_nothing() -> None:
    listed = {(WHERE[row["api"]], row["code"], row["message"]) for row in collected() if row["api"] in WHERE}
    listed = {one for one in listed if "x" not in one[1]}  # 1xxx and 3xxx are ranges
    assert {(row.where, row.code, row.message) for row in rows()} == listed
    assert len(rows()) == len(listed) == 51
    with pytest.raises(KeyError):
        refused(INFO, "3031")  # a detail's
    assert find(TRXSTATUS, "ZZZZ") is None


def test_the_classes_are_the_documents() -> None:
    classes = {
        row["code"]: set(row["message"].split()) for row in collected() if row["api"] == "TLT class" and row["code"] != "C"
    }
    assert classes["A"] == SUCCEEDED
    assert classes["B"] == IN_BETWEEN | {OPEN_LINE}
    assert {row.code for row in rows() if row.where == INFO and not row.code.startswith("1")} == (
        SUCCEEDED | IN_BETWEEN | REJECTIONS
    ) - {"1999"}


def test_texts_are_answered_without_the_lists_remarks() -> None:
    told = {(row.where, row.code): row.text for row in rows()}
    assert told[INFO, "1106"] == "签名验证错"
    assert told[INFO, "1000"] == "报文内容检查错或者处理错"
    assert told[TRXSTATUS, "3889"] == "交易控制失败"
    assert told[TRXSTATUS, "3088"] == "交易未支付"
    assert told[INFO, "4000"] == "已发送银行（代表交易成功）"
    assert all(told.values())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2008", (INFO, "2008")),
        ("3031", (DETAIL, "3031")),
        ("0000", (INFO, "0000")),
        ("detail:0000", (DETAIL, "0000")),
        ("trxstatus:0000", (DETAIL, "trxstatus:0000")),  # no place of this side: a code that nobody knows
        ("7777", (DETAIL, "7777")),
    ],
)
def test_a_code_that_is_asked_for_finds_its_place(code: str, expected: tuple[str, str]) -> None:
    row = asked_for(code, (INFO, DETAIL))
    assert (row.where, row.code) == expected


@pytest.mark.parametrize("code", [row.code for row in rows() if row.where == INFO])
def test_every_code_of_a_package_is_provoked(
    allinpay: AllinpayMock, trader: Merchant, fault: Callable[..., Fault], code: str
) -> None:
    for text in (trader.payout_text(), trader.query_text("payout0001")):
        reply = allinpay.handle(trader.post(trader.sealed(text)), fault("next_code", code=f"info:{code}"))
        assert f"<RET_CODE>{code}</RET_CODE><ERR_MSG>{row_text(INFO, code)}</ERR_MSG>".encode("gbk") in reply.body
        assert trader.tlt_verified(reply.body)
    assert allinpay.books()["payouts"] == []
    assert trader.payout(REMARK=f"MOCK:{code}").info == ("0000" if code == "4000" else code)


@pytest.mark.parametrize("code", [row.code for row in rows() if row.where == DETAIL])
def test_every_code_of_a_detail_is_provoked(
    allinpay: AllinpayMock, trader: Merchant, fault: Callable[..., Fault], code: str
) -> None:
    for text in (trader.payout_text(), trader.query_text("payout0001")):
        reply = allinpay.handle(trader.post(trader.sealed(text)), fault("next_code", code=f"detail:{code}"))
        assert reply.body.count(b"<RET_CODE>") == 2
        assert f"<RET_CODE>{code}</RET_CODE><ERR_MSG>{row_text(DETAIL, code)}</ERR_MSG>".encode("gbk") in reply.body
    assert trader.payout(REMARK=f"MOCK:detail:{code}").codes == ("0000", code)


@pytest.mark.parametrize(("where", "code"), [(row.where, row.code) for row in rows() if row.where in {RETCODE, TRXSTATUS}])
def test_every_code_of_a_collection_is_provoked(
    allinpay: AllinpayMock, trader: Merchant, fault: Callable[..., Fault], where: str, code: str
) -> None:
    place = where.removeprefix("vsp.")
    scan = trader.common(reqsn="scan00001", trxamt="1000", authcode=WECHAT_CODE)
    made = [("scanqrpay", scan), ("query", trader.common(reqsn="scan00001"))]
    for name, fields in made:
        trader.send = lambda request: allinpay.handle(request, fault("next_code", code=f"{place}:{code}"))
        answer = trader.ask(name, fields)
        assert answer[place] == code
        assert ("trxstatus" in answer) is (where == TRXSTATUS)
        assert answer.get("retmsg") or answer.get("errmsg") or code in {"SUCCESS", "0000"}
    trader.send = allinpay.handle
    assert allinpay.books()["orders"] == []
    if code not in {"SUCCESS", "0000"}:
        assert trader.scan(remark=f"MOCK:{code}")[place] == code


def row_text(where: str, code: str) -> str:
    found = find(where, code)
    assert found is not None
    return found.text
