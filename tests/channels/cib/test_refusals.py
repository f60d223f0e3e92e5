"""What is refused before anything is sent: the field is named in both languages, and no byte leaves."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from payment_channels import (
    AccountKind,
    BalanceQuery,
    BillQuery,
    ConfigurationError,
    InvalidRequestError,
    Money,
    NotSupportedError,
    PayoutQuery,
    RefusedError,
    Speed,
    Wallet,
)
from payment_channels.channels.cib import CibConfig
from payment_channels.channels.cib.fox import write
from tests.channels.cib.conftest import COMPANY, DAY, PASSWORD, PERSON, answers, by_agent, config, order, talk

FAST = {"payee": PERSON, "requested_speed": Speed.REAL_TIME}


def changed(payee: Any = COMPANY, **update: Any) -> Any:
    return payee.model_copy(update=update)


TRANSFERS: list[tuple[dict[str, Any], str, type[RefusedError]]] = [
    ({"merchant_order_id": "2026-06"}, "merchant_order_id", InvalidRequestError),
    ({"merchant_order_id": "A" * 31}, "merchant_order_id", InvalidRequestError),
    ({"merchant_order_id": "单号1"}, "merchant_order_id", InvalidRequestError),
    ({"amount": Money(10**17)}, "amount", InvalidRequestError),
    ({"amount": Money(100, "USD")}, "currency", NotSupportedError),
    ({"purpose": None}, "purpose", InvalidRequestError),
    ({"purpose": "货" * 31}, "purpose", InvalidRequestError),
    ({"purpose": "a" * 61}, "purpose", InvalidRequestError),
    ({"purpose": "a<b"}, "purpose", InvalidRequestError),
    ({"purpose": "a>b"}, "purpose", InvalidRequestError),
    ({"purpose": "a&b"}, "purpose", InvalidRequestError),
    ({"purpose": "两\n行"}, "purpose", InvalidRequestError),
    ({"purpose": " "}, "purpose", InvalidRequestError),
    ({"purpose": "emoji 😀"}, "purpose", InvalidRequestError),
    ({"payee": changed(name="䶮公司")}, "payee.name", InvalidRequestError),
    ({"payee": changed(name="A&B 公司")}, "payee.name", InvalidRequestError),
    ({"payee": changed(account_no="1" * 33)}, "payee.account_no", InvalidRequestError),
    ({"payee": changed(account_no="12 34")}, "payee.account_no", InvalidRequestError),
    ({"payee": changed(bank_name="兴业<银行")}, "payee.bank_name", InvalidRequestError),
    ({"payee": changed(branch_name="分" * 61)}, "payee.branch_name", InvalidRequestError),
    ({"payee": changed(city="城" * 16)}, "payee.city", InvalidRequestError),
    ({"payee": changed(bank_code="CIB")}, "payee.bank_code", NotSupportedError),
    ({"payee": changed(province="福建")}, "payee.province", NotSupportedError),
    ({"payee": changed(PERSON, id_type="01", id_no="510265790128303")}, "payee.id_type", NotSupportedError),
    ({"payee": changed(PERSON, mobile="13800138000")}, "payee.mobile", NotSupportedError),
    ({"payee": Wallet(wallet_id="o-1")}, "payee", NotSupportedError),
    ({"payee": changed(cnaps_code=None)}, "payee.cnaps_code", InvalidRequestError),
    ({"channel_fields": {"INTERBANK": "N"}}, "channel_fields.INTERBANK", InvalidRequestError),
    ({"payee": PERSON, "channel_fields": {"INTERBANK": "Y"}}, "channel_fields.INTERBANK", InvalidRequestError),
    (
        {"payee": changed(cnaps_code="308584000013"), "channel_fields": {"INTERBANK": "Y"}},
        "channel_fields.INTERBANK",
        InvalidRequestError,
    ),
    ({"channel_fields": {"INTERBANK": "yes"}}, "channel_fields.INTERBANK", InvalidRequestError),
    ({"channel_fields": {"LOCAL": True}}, "channel_fields.LOCAL", InvalidRequestError),
    ({"channel_fields": {"interface": "XMPT"}}, "channel_fields.interface", InvalidRequestError),
    ({"channel_fields": {"MRCHNAME": "商户"}}, "channel_fields.MRCHNAME", NotSupportedError),
    ({"channel_fields": {"PMTMODE": "SUPER"}}, "channel_fields.PMTMODE", InvalidRequestError),
    ({"payee": changed(PERSON, bank_name=None, branch_name=None)}, "payee.bank_name", InvalidRequestError),
    ({"payee": changed(PERSON, city=None)}, "payee.city", InvalidRequestError),
    ({"remark": "备" * 31}, "remark", InvalidRequestError),
    ({"requested_date": date(2026, 5, 31)}, "requested_date", InvalidRequestError),
    ({"requested_speed": Speed.NEXT_DAY}, "requested_speed", NotSupportedError),
    ({"debit_account": "123"}, "debit_account", InvalidRequestError),
    ({"sub_merchant": "S1"}, "sub_merchant", NotSupportedError),
    ({"notify_url": "http://127.0.0.1/"}, "notify_url", NotSupportedError),
    ({"end_to_end_id": "E1"}, "end_to_end_id", NotSupportedError),
    ({**FAST, "amount": Money(50_000_01)}, "amount", RefusedError),
    ({**FAST, "requested_date": date(2026, 6, 3)}, "requested_date", InvalidRequestError),
    (
        {**FAST, "payee": changed(PERSON, cnaps_code=None), "channel_fields": {"INTERBANK": "N"}},
        "payee.cnaps_code",
        InvalidRequestError,
    ),
]
AGENTS: list[tuple[dict[str, Any], str, type[RefusedError]]] = [
    ({"purpose": "货" * 26}, "purpose", InvalidRequestError),
    ({"remark": "备注"}, "remark", NotSupportedError),
    ({"requested_date": date(2026, 6, 3)}, "requested_date", NotSupportedError),
    ({"requested_speed": Speed.REAL_TIME}, "requested_speed", NotSupportedError),
    ({"payee": changed(PERSON, cnaps_code=None)}, "payee.cnaps_code", InvalidRequestError),
    ({"payee": changed(PERSON, bank_name=None, branch_name=None)}, "payee.bank_name", InvalidRequestError),
    ({"payee": changed(PERSON, account_kind=AccountKind.PASSBOOK)}, "payee.account_kind", NotSupportedError),
    (
        {"channel_fields": {"interface": "MAGENTPAY", "MRCHNAME": "商" * 31}},
        "channel_fields.MRCHNAME",
        InvalidRequestError,
    ),
    (
        {"payee": PERSON, "channel_fields": {"interface": "MAGENTPAY", "INTERBANK": "Y"}},
        "channel_fields.INTERBANK",
        InvalidRequestError,
    ),
]


@pytest.mark.parametrize(
    ("made", "changes", "field", "kind"),
    [(order, *row) for row in TRANSFERS] + [(by_agent, *row) for row in AGENTS],
)
def test_a_payout_is_refused_and_the_field_is_named(
    made: Any, changes: dict[str, Any], field: str, kind: type[RefusedError]
) -> None:
    script = answers()
    with pytest.raises(kind) as refusal:
        talk(script).payout(made(**changes))
    assert refusal.value.field == field
    for text in (refusal.value.zh, refusal.value.en):
        assert field.rpartition(".")[2] in text or field in {"currency", "payee"}
    assert script.calls == []


def test_the_largest_super_payout_and_a_limit_of_one_s_own() -> None:
    talk(answers()).prepare(order(**FAST, amount=Money(50_000_00)))
    talk(answers(), super_limit=1_000_000_00).prepare(order(**FAST, amount=Money(1_000_000_00)))
    with pytest.raises(RefusedError) as refusal:
        talk(answers()).prepare(order(**FAST, amount=Money(50_000_01)))
    assert refusal.value.canonical == "AMOUNT_OUT_OF_RANGE"
    assert "50000.00" in refusal.value.zh


def test_an_account_within_the_bank_needs_no_bank_number_once_the_order_says_so() -> None:
    known = changed(cnaps_code=None, bank_name=None, city=None)
    script = answers()
    talk(script).payout(order(payee=known, channel_fields={"INTERBANK": "Y"}))
    assert b'<ACCTTO INTERBANK="Y" LOCAL="N">' in script.calls[0].body
    assert b"<BANKDESC></BANKDESC><BANKNUM></BANKNUM><CITY></CITY>" in script.calls[0].body


def test_the_document_s_longest_values_are_sent() -> None:
    longest = order(
        merchant_order_id="A" * 30,
        amount=Money(10**17 - 1),
        purpose="货" * 30,
        payee=changed(account_no="1" * 32, name="名" * 60, branch_name="分" * 60),
        requested_date=date(2026, 6, 1),
    )
    script = answers()
    talk(script).payout(longest)
    assert b"<TRNAMT>999999999999999.99</TRNAMT>" in script.calls[0].body


def test_an_agent_s_payout_needs_a_merchant_number() -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        talk(answers(), mrch_no=None).payout(by_agent())
    assert "mrch_no" in refusal.value.zh


def test_queries_are_checked_too() -> None:
    client = talk(answers())
    for ask, field in (
        (lambda: client.query_payout(PayoutQuery(merchant_order_id="a-b", amount=Money(1))), "merchant_order_id"),
        (
            lambda: client.query_payout(PayoutQuery(merchant_order_id="A1", amount=Money(1), wire={"interface": "X"})),
            "wire.interface",
        ),
        (
            lambda: client.query_payout(PayoutQuery(merchant_order_id="A1", amount=Money(1), wire={"CID": "9999999999"})),
            "wire.CID",
        ),
        (
            lambda: client.query_payout(PayoutQuery(merchant_order_id="A1", amount=Money(1), wire={"ACCTFROM": "00000000"})),
            "wire.ACCTFROM",
        ),
        (lambda: client.query_payout(PayoutQuery(channel_order_id="006014126744", amount=Money(1))), "way to query"),
        (lambda: client.balance(BalanceQuery(account="1")), "account"),
        (lambda: client.balance(BalanceQuery(account_kind="x")), "account_kind"),
        (lambda: client.bill(BillQuery(day=DAY, bill_kind="trade")), "bill_kind"),
        (lambda: client.bill(BillQuery(day=DAY, bill_kind="statement", variant="2")), "variant"),
    ):
        with pytest.raises(RefusedError) as refusal:
            ask()
        assert refusal.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"trusted_line": "http://203.0.113.7/csp"}, "trusted_line"),
        ({"trusted_line": "http://proxy.internal/csp"}, "trusted_line"),
        ({"trusted_line": "http://127.0.0.1/csp?a=b"}, "trusted_line"),
        ({"trusted_line": ""}, "trusted_line"),
        ({"cid": "123"}, "cid"),
        ({"cid": "１１００３４３１６４"}, "cid"),
        ({"acct_id": "12345"}, "acct_id"),
        ({"mrch_no": "P1"}, "mrch_no"),
        ({"user_pass": "a&b"}, "user_pass"),
        ({"user_id": ""}, "user_id"),
        ({"acct_name": "公司<>"}, "acct_name"),
        ({"super_limit": 0}, "super_limit"),
        ({"base_url": "https://a.example"}, "base_url"),
    ],
)
def test_a_configuration_that_cannot_be_used(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        config(**changes)
    assert refusal.value.field == field
    assert PASSWORD not in str(refusal.value)


def test_the_line_has_no_default() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        CibConfig(cid="1100343164", user_id="jack", user_pass=PASSWORD, acct_id="117010100150190084")  # type: ignore[call-arg]
    assert refusal.value.field == "trusted_line"


def test_a_folder_that_lacks_what_is_needed_is_named(tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"channel\.toml"):
        CibConfig.from_directory(tmp_path, trusted_line="http://127.0.0.1/")
    (tmp_path / "channel.toml").write_text('cid = "1100343164"\n')
    with pytest.raises(ConfigurationError, match="user_id"):
        CibConfig.from_directory(tmp_path, trusted_line="http://127.0.0.1/")


def test_the_envelope_itself_refuses_what_no_check_has_seen() -> None:
    login = dict.fromkeys(("DTCLIENT", "CID", "USERID", "USERPASS", "GENUSERKEY", "APPID", "APPVER"), "1")
    for content in (
        {"TRNUID": "1", "RQBODY": {"ACCTID": "<"}},
        {"TRNUID": "1"},
        {"TRNUID": "1", "RQBODY": {"ACCTID": "1"}, "X": "1"},
    ):
        with pytest.raises(ValueError, match=r"without <|lacks RQBODY|has no X"):
            write(login, "CURRACCTQUERYTRNRQ", content)


def test_nothing_secret_is_printed() -> None:
    channel = talk(answers())
    for thing in (config(), channel, order(payee=PERSON), channel.prepare(order(payee=PERSON))):
        shown = repr(thing) + str(thing)
        assert PASSWORD not in shown
        assert PERSON.account_no not in shown
        assert PERSON.name not in shown


def test_an_address_that_other_channels_call_base_url_is_refused_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="trusted_line") as caught:
        CibConfig.from_directory(tmp_path, base_url="http://127.0.0.1/")  # type: ignore[arg-type]
    assert caught.value.field == "base_url"
    assert "没有 base_url" in caught.value.zh
    with pytest.raises(ConfigurationError) as caught:
        CibConfig.from_directory(tmp_path)
    assert caught.value.field == "trusted_line"
