"""The CIB mock's envelope: GBK, the form FOX, who signs on, and the order of the elements, refused with the bank's own codes."""

import re
from collections.abc import Callable

import pytest

from mocks.cib import CibMock
from mocks.wire import MockRequest
from tests.mocks.cib_customer import DECLARATION, Answer, Customer, element, posted, read


def told(cib: CibMock, request: MockRequest) -> tuple[str, str]:
    reply = cib.handle(request)
    return Answer(reply, read(reply.body)).code, str(reply.note.get("why"))


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"USERPASS": "wrong"}, "15500", "登录失败，请输入正确的用户名及密码"),
        ({"USERID": "nobody"}, "2000", "操作员不存在"),
        ({"CID": "1100000000"}, "2000", "证书不符"),
        ({"CID": "11"}, "2000", "一般错误"),
        ({"DTCLIENT": "20260601120000"}, "2000", "一般错误"),
        ({"GENUSERKEY": "X"}, "2000", "一般错误"),
        ({"APPID": ""}, "2000", "一般错误"),
    ],
)
def test_who_may_not_sign_on_is_refused_there_and_nothing_is_done(
    cib: CibMock, customer: Customer, changes: dict[str, str], code: str, message: str
) -> None:
    answer = customer.ask(customer.transfer_xml(), customer.sonrq(**changes))
    assert (answer.code, answer.text("MESSAGE"), answer.text("SEVERITY")) == (code, message, "ERROR")
    assert answer.root.find("SECURITIES_MSGSRSV1") is None
    assert cib.books()["transfers"] == []


def test_a_day_of_one_digit_signs_on_as_in_the_banks_sample(customer: Customer) -> None:
    assert customer.ask(customer.transfer_xml(), customer.sonrq(DTCLIENT="2010-10-8 10:00:56")).code == "0"


def test_a_user_key_is_made_when_it_is_asked_for_and_ends_a_quarter_of_an_hour_later(customer: Customer) -> None:
    answer = customer.ask(customer.transfer_xml(), customer.sonrq(GENUSERKEY="Y"))
    assert (answer.text("USERKEY") or "").startswith(f"{customer.facts['cid']}@")
    assert (answer.text("DTSERVER"), answer.text("TSKEYEXPIRE")) == ("2026-06-01 12:00:00", "2026-06-01 12:15:00")
    assert customer.transfer("20260601t2").text("USERKEY") is None


SWAPPED: dict[str, Callable[[str], str]] = {
    "sign-on": lambda text: re.sub(r"(<CID>.*</CID>)(<USERID>.*</USERID>)", r"\2\1", text),
    "parts": lambda text: re.sub(r"<FOX>(<SIGN.*V1>)(<SECU.*)</FOX>", r"<FOX>\2\1</FOX>", text),
    "info": lambda text: re.sub(r"(<TRNAMT>.*</TRNAMT>)(<PURPOSE>.*</PURPOSE>)", r"\2\1", text),
    "payee": lambda text: re.sub(r"(<ACCTID>1170101001000769.*</ACCTID>)(<NAME>[^<]*</NAME>)", r"\2\1", text),
    "uid": lambda text: re.sub(r"(<TRNUID>.*</TRNUID>)(<XFERRQ>.*</XFERRQ>)", r"\2\1", text),
}


@pytest.mark.parametrize("where", sorted(SWAPPED))
def test_another_order_of_the_elements_is_refused(cib: CibMock, customer: Customer, where: str) -> None:
    text = customer.request(customer.transfer_xml()).body.decode("gbk")
    swapped = SWAPPED[where](text)
    assert swapped != text
    assert sorted(swapped) == sorted(text)
    assert told(cib, posted(swapped))[0] == "2000"
    assert cib.books()["transfers"] == []
    assert told(cib, posted(text))[0] == "0"


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("<NAME>测试收款人</NAME>", "", "2000"),  # missing
        ("<NAME>测试收款人</NAME>", "<NAME></NAME>", "2000"),
        ("<BANKNUM></BANKNUM>", "", "2000"),  # may be empty within the bank, and has to be there
        ("<PURPOSE>货款</PURPOSE>", "<PURPOSE>货款</PURPOSE><PURPOSE>货款</PURPOSE>", "2000"),  # twice
        ("<PURPOSE>货款</PURPOSE>", "<PURPOSE>货款</PURPOSE><SPEED>1</SPEED>", "2000"),  # unknown
        ("<PURPOSE>货款</PURPOSE>", f"<PURPOSE>{'货' * 31}</PURPOSE>", "2000"),  # 62 bytes
        ("<PURPOSE>货款</PURPOSE>", "<PURPOSE>a&amp;b</PURPOSE>", "2000"),
        ("<PURPOSE>货款</PURPOSE>", "<PURPOSE>a&lt;b</PURPOSE>", "2000"),
        ('INTERBANK="Y" ', "", "2000"),
        ('INTERBANK="Y" ', 'INTERBANK="1" ', "2000"),
        ("<TRNAMT>12.34</TRNAMT>", "<TRNAMT>12.345</TRNAMT>", "2006"),
        ("<TRNAMT>12.34</TRNAMT>", "<TRNAMT>-1</TRNAMT>", "2006"),
        ("<TRNAMT>12.34</TRNAMT>", "<TRNAMT>0.00</TRNAMT>", "2006"),
        ("<TRNAMT>12.34</TRNAMT>", f"<TRNAMT>{'9' * 16}.00</TRNAMT>", "2006"),
        ("<TRNUID>20260601t1</TRNUID>", f"<TRNUID>{'1' * 31}</TRNUID>", "2000"),
        ("<TRNUID>20260601t1</TRNUID>", "<TRNUID></TRNUID>", "2000"),
        ("XFERTRNRQ>", "ICTRANSFERTRNRQ>", "2000"),  # not served
    ],
)
def test_what_breaks_the_table_of_elements_is_refused(
    cib: CibMock, customer: Customer, was: str, becomes: str, code: str
) -> None:
    text = customer.request(customer.transfer_xml()).body.decode("gbk")
    changed = text.replace(was, becomes)
    assert changed != text
    assert told(cib, posted(changed))[0] == code
    assert cib.books()["transfers"] == []


def test_the_longest_values_are_taken(cib: CibMock, customer: Customer) -> None:
    answer = customer.transfer("1" * 30, "0.01", PURPOSE="货" * 30, ACCTID="6" * 32)
    assert answer.code == "0"
    assert cib.books()["transfers"][0]["payee"]["ACCTID"] == "6" * 32


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: posted(text, kind="text/xml"), "Content-Type"),
        (lambda text: posted(text, encoding="utf-8"), "GBK"),
        (lambda text: posted(text.replace("GBK", "UTF-8"), encoding="utf-8"), "not GBK"),
        (lambda text: posted(text.replace("货款", "𠮷"), encoding="gb18030"), "GBK"),  # four bytes, which GBK has not
        (lambda text: posted(text[:-3]), "well-formed"),
        (lambda text: posted(text.replace("?><FOX", '?><!DOCTYPE FOX [<!ENTITY a "b">]><FOX')), "DOCTYPE"),
        (lambda text: posted(text.replace("FOX>", "OFX>")), "FOX"),
        (lambda text: posted(""), "no element|well-formed"),
    ],
)
def test_what_is_no_message_is_refused_at_the_sign_on(
    cib: CibMock, customer: Customer, change: Callable[[str], MockRequest], reason: str
) -> None:
    text = customer.request(customer.transfer_xml()).body.decode("gbk")
    code, why = told(cib, change(text))
    assert code == "2000"
    assert re.search(reason, why)
    assert cib.books()["transfers"] == []


def test_answers_are_gbk_and_count_two_bytes_for_a_chinese_letter(customer: Customer) -> None:
    answer = customer.transfer(PURPOSE="转账给冥冥吃饭")
    assert "转账给冥冥吃饭".encode("gbk") in answer.reply.body
    assert answer.reply.body.startswith(DECLARATION.encode())
    assert answer.text("PURPOSE") == "转账给冥冥吃饭"


def test_another_method_and_a_path_beside_are_not_answered(cib: CibMock) -> None:
    assert cib.handle(MockRequest("GET", "/cib")).status == 405
    assert [cib.owns(path) for path in ("/cib", "/cib/", "/cib/proxy", "/cibx", "/")] == [4, 4, 4, 0, 0]


def test_the_log_says_why_and_shows_no_payee_and_no_password(cib: CibMock, customer: Customer) -> None:
    xml = customer.transfer_xml().replace(element("PURPOSE", "货款"), "")
    reply = cib.handle(customer.request(xml))
    assert "PURPOSE is missing" in reply.note["why"]
    assert customer.facts["user_pass"] not in str(reply.note)
    assert "测试收款人" not in str(reply.note)
