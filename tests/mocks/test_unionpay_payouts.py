"""Payouts of the UnionPay mock: opened, accepted, ended in every scripted way; and the certificates they are encrypted for."""

import base64
from typing import Any

import pytest
from cryptography import x509

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.unionpay import UnionpayMock
from tests.mocks.unionpay_merchant import BACK_PATH, Merchant


def rotated(shop: Merchant) -> x509.Certificate:
    asked = shop.fields("95/00", "000000", orderId="certs00001", certType="01", channelType="07")
    answer = shop.ask(BACK_PATH, asked)
    assert (answer["respCode"], answer["certType"]) == ("00", "01")
    return x509.load_pem_x509_certificate(answer["encryptPubKeyCert"].encode())


def test_a_payout_is_opened_accepted_and_ends(unionpay: UnionpayMock, shop: Merchant, clock: Clock) -> None:
    sealed = shop.encrypt("phoneNo=18100000000&cvn2=248&expired=1912")
    accepted = shop.payout(customerInfo=shop.person(encryptedInfo=sealed))
    assert (accepted["respCode"], accepted["txnAmt"], accepted["txnType"]) == ("00", "2000", "12")
    assert len(accepted["queryId"]) == 21
    payout = unionpay.books()["payouts"][0]
    assert payout["state"] == "ACCEPTED"
    assert payout["payee"] == {
        "accNo": "6226090000000048",
        "certifTp": "01",
        "certifId": "510265790128303",
        "customerNm": "张三",
        "phoneNo": "18100000000",
        "cvn2": "248",
        "expired": "1912",
    }
    assert unionpay.books()["sums"]["paid_out"] == 0
    clock.advance(3)
    assert unionpay.books()["sums"]["paid_out"] == 2000
    done = shop.query("payout0001")
    assert (done["origRespCode"], done["txnAmt"], done["settleAmt"], done["txnType"]) == ("00", "2000", "2000", "12")
    assert shop.payout()["respCode"] == "12"


def test_a_card_in_clear_is_taken_where_no_certificate_is_named(unionpay: UnionpayMock, shop: Merchant) -> None:
    assert shop.payout(accNo="6226090000000048", encryptCertId="")["respCode"] == "00"
    assert unionpay.books()["payouts"][0]["payee"]["accNo"] == "6226090000000048"


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"accNo": "6226090000000048"}, "10"),  # in clear beside a certificate
        ({"encryptCertId": "68759622183"}, "10"),  # another certificate
        ({"accNo": "12345", "encryptCertId": ""}, "61"),
        ({"customerInfo": "***"}, "10"),
        ({"customerInfo": coded("customerNm=x")}, "10"),  # without braces
        ({"customerInfo": coded("{certifTp=01}")}, "13"),
        ({"customerInfo": coded("{customerNm=x&encryptedInfo=eA==}")}, "10"),
        ({"customerInfo": ""}, "13"),
        ({"accNo": ""}, "13"),
        ({"txnAmt": "0"}, "10"),
        ({"txnAmt": "1.00"}, "10"),
        ({"txnAmt": "-1"}, "10"),
        ({"currencyCode": "840"}, "10"),
        ({"channelType": ""}, "13"),
        ({"backUrl": "ftp://x"}, "10"),
        ({"bizType": "000201"}, "15"),
        ({"accType": "04"}, "10"),
    ],
)
def test_what_is_not_right_moves_nothing(unionpay: UnionpayMock, shop: Merchant, changes: dict[str, str], code: str) -> None:
    assert shop.payout(**changes)["respCode"] == code
    assert unionpay.books()["payouts"] == []
    assert shop.query("payout0001")["respCode"] == "34"


@pytest.mark.parametrize("code", ["61", "64", "66", "90", "01", "30"])
def test_a_payout_can_fail_after_it_was_accepted(unionpay: UnionpayMock, shop: Merchant, code: str) -> None:
    assert shop.payout("byvalue001", reqReserved=f"MOCK:END:{code}")["respCode"] == "00"
    assert shop.query("byvalue001")["origRespCode"] == code
    assert shop.payout("bycontrol1")["respCode"] == "00"
    assert unionpay.control("payouts", "bycontrol1", "fail", {"code": code})["state"] == "FAILED"
    assert shop.query("bycontrol1")["origRespCode"] == code
    assert unionpay.books()["sums"]["paid_out"] == 0
    assert unionpay.notices.all == []  # failures are not notified


@pytest.mark.parametrize("code", ["03", "04", "05"])
def test_a_payout_can_stay_open_for_ever(unionpay: UnionpayMock, shop: Merchant, clock: Clock, code: str) -> None:
    shop.payout(reqReserved=f"MOCK:END:{code}")
    clock.advance(30 * 86400)
    assert shop.query("payout0001")["origRespCode"] == code
    assert unionpay.control("payouts", "payout0001", "complete", {})["state"] == "DONE"
    assert shop.query("payout0001")["origRespCode"] == "00"


def test_a_success_with_a_defect_is_one(unionpay: UnionpayMock, shop: Merchant) -> None:
    shop.payout(reqReserved="MOCK:END:A6")
    answer = shop.query("payout0001")
    assert (answer["origRespCode"], answer["origRespMsg"][:6], answer["settleAmt"]) == ("A6", "有缺陷的成功", "2000")
    assert unionpay.books()["sums"]["paid_out"] == 2000
    assert [notice.event for notice in unionpay.notices.all] == ["payout.A6"]


def test_done_and_answered_as_if_nobody_knew(unionpay: UnionpayMock, shop: Merchant) -> None:
    assert shop.payout(reqReserved="MOCK:DONE:03")["respCode"] == "03"
    assert shop.query("payout0001")["origRespCode"] == "00"
    assert unionpay.books()["sums"]["paid_out"] == 2000


def test_the_encryption_certificate_is_asked_for_and_rotates(unionpay: UnionpayMock, shop: Merchant) -> None:
    first = rotated(shop)
    assert first == shop.certificate("encrypt")
    unionpay.control("certificates", "encrypt", "rotate", {})
    second = rotated(shop)
    assert second != first

    def to(certificate: x509.Certificate, number: str) -> str:
        sealed = shop.encrypt("6226090000000048", certificate)
        return shop.payout(number, accNo=sealed, encryptCertId=str(certificate.serial_number))["respCode"]

    assert [to(first, "payout0001"), to(second, "payout0002")] == ["00", "00"]
    unionpay.control("certificates", "encrypt", "retire", {})
    assert [to(first, "payout0003"), to(second, "payout0004")] == ["10", "00"]
    unionpay.reset()
    assert rotated(shop) == first


def test_the_signer_rotates_and_can_be_one_that_must_not_be_believed(unionpay: UnionpayMock, shop: Merchant) -> None:
    before = unionpay.control("certificates", "signer", "restore", {})["signer"]
    assert unionpay.control("certificates", "signer", "rotate", {})["signer"] != before
    assert shop.query()["respCode"] == "34"
    for verb in ("foreign", "wrong_owner", "ended"):
        unionpay.control("certificates", "signer", verb, {})
        shop.trusted = False
        assert shop.query()["respCode"] == "34"
    unionpay.control("certificates", "signer", "restore", {})
    shop.trusted = True
    assert shop.query()["respCode"] == "34"


def test_without_the_authoritys_key_nothing_rotates(unionpay: UnionpayMock, unionpay_keys: Any) -> None:
    from dataclasses import replace

    other = UnionpayMock(replace(unionpay_keys, middle=None))
    with pytest.raises(ControlRefusedError, match="middle_key"):
        other.control("certificates", "encrypt", "rotate", {})
