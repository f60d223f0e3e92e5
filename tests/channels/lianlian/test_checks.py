"""What is refused before anything is sent, naming the field in both languages; and what stands just inside the limits."""

from typing import Any

import pytest

from payment_channels import (
    AccountKind,
    BalanceQuery,
    ChannelClient,
    CorporateAccount,
    Money,
    PaymentChannelError,
    PayoutQuery,
    PersonalAccount,
    Wallet,
)
from payment_channels.model.orders import Speed
from tests.channels.lianlian.conftest import (
    CARD,
    COMPANY,
    COMPANY_ACCOUNT,
    COMPANY_NAME,
    NAME,
    NUMBER,
    PERSON,
    Gateway,
    confirmation,
    payout,
)
from tests.conftest import NOW, Script

URL = "https://example.com/"


def person(**changes: Any) -> PersonalAccount:
    return PERSON.model_copy(update=changes)


def company(**changes: Any) -> CorporateAccount:
    return COMPANY.model_copy(update=changes)


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("merchant_order_id", {"merchant_order_id": "a b"}),
    ("merchant_order_id", {"merchant_order_id": "P" * 33}),
    ("merchant_order_id", {"merchant_order_id": "单号"}),
    ("amount", {"amount": Money(10_000_000_001)}),
    ("sub_merchant", {"sub_merchant": "1"}),
    ("debit_account", {"debit_account": "1"}),
    ("requested_date", {"requested_date": NOW.date()}),
    ("requested_speed", {"requested_speed": Speed.NEXT_DAY}),
    ("channel_fields.risk", {"channel_fields": {"risk": "1"}}),
    ("notify_url", {"notify_url": None}),
    ("notify_url", {"notify_url": "example.com/notify"}),
    ("notify_url", {"notify_url": "ftp://example.com/"}),
    ("notify_url", {"notify_url": URL + "x" * (129 - len(URL))}),
    ("notify_url", {"notify_url": "https://例子.com/"}),
    ("purpose", {"purpose": None, "amount": Money(5_000_000)}),
    ("purpose", {"purpose": "", "amount": Money(5_000_000)}),
    ("purpose", {"purpose": "用" * 256}),
    ("purpose", {"purpose": "x&result_pay=SUCCESS"}),
    ("purpose", {"purpose": "a\nb"}),
    ("remark", {"remark": None}),
    ("remark", {"remark": ""}),
    ("remark", {"remark": "货" * 25}),
    ("remark", {"remark": "货款!"}),
    ("payee.account_kind", {"payee": person(account_kind=AccountKind.CREDIT_CARD)}),
    ("payee.account_kind", {"payee": person(account_kind=AccountKind.PASSBOOK)}),
    ("payee.account_no", {"payee": person(account_no="12345678901")}),
    ("payee.account_no", {"payee": person(account_no="6" * 20)}),
    ("payee.account_no", {"payee": person(account_no="６216261000000000018")}),
    ("payee.account_no", {"payee": company(account_no="1202 0227")}),
    ("payee.bank_code", {"payee": company(bank_code=None, cnaps_code=None)}),
    ("payee.bank_code", {"payee": company(bank_code="BOC", cnaps_code=None)}),
    ("payee.bank_code", {"payee": person(bank_code="104")}),
    ("payee.city", {"payee": company(city="杭州市")}),
    ("payee.name", {"payee": person(name=" ")}),
    ("payee.name", {"payee": company(name="某某\x00公司")}),
    ("payee.branch_name", {"payee": company(branch_name="\t")}),
    ("payee.cnaps_code", {"payee": company(cnaps_code="102100099996")}),
    ("payee.cnaps_code", {"payee": person(bank_code="03080000", cnaps_code="104100000004")}),
]


@pytest.mark.parametrize(("field", "changes"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_refused_before_sending(client: ChannelClient, script: Script, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        client.payout(payout(**changes))
    assert caught.value.field == field
    assert f"{field}：" in caught.value.zh or field.startswith("channel_fields")
    assert f"{field}: " in caught.value.en or field.startswith("channel_fields")
    assert script.calls == []


@pytest.mark.parametrize(
    ("field", "changes"), [("currency", {"amount": Money(1, "USD")}), ("payee", {"payee": Wallet(wallet_id="1")})]
)
def test_what_is_not_declared(client: ChannelClient, script: Script, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        client.payout(payout(**changes))
    assert (caught.value.field, script.calls) == (field, [])


ALLOWED: list[dict[str, Any]] = [
    {"merchant_order_id": "P" * 32},
    {"merchant_order_id": "a-Z_0"},
    {"amount": Money(1)},
    {"amount": Money(10_000_000_000)},
    {"requested_speed": Speed.REAL_TIME},
    {"notify_url": URL + "x" * (128 - len(URL))},
    {"notify_url": "http://10.20.41.35:8080/tradepayapi/receiveNotify.htm"},
    {"purpose": None, "amount": Money(4_999_999)},
    {"purpose": "用" * 255},
    {"remark": "货" * 24},
    {"remark": "a-Z_0款"},
    {"payee": person(account_no="123456789012")},
    {"payee": person(bank_code="03080000", cnaps_code="308584000013")},
    {"payee": company(account_no="33050161-00001")},
    {"payee": company(bank_code="04031000", cnaps_code="313100000013")},
    {"payee": company(bank_code="01000000", cnaps_code="403100000004")},
    {"payee": company(cnaps_code=None, branch_name=None)},
]


@pytest.mark.parametrize("changes", ALLOWED, ids=repr)
def test_allowed(client: ChannelClient, script: Script, gateway: Gateway, changes: dict[str, Any]) -> None:
    script.answers = [gateway.answers({"ret_code": "0000", "ret_msg": "m"})]
    client.payout(payout(**changes))
    assert len(script.calls) == 1


def test_a_contradictory_account_has_a_code_of_its_own(client: ChannelClient) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        client.payout(payout(payee=company(cnaps_code="102100099996")))
    assert caught.value.canonical == "PAYEE_ACCOUNT_CONTRADICTORY"
    assert "01040000" in caught.value.zh
    assert "104" in caught.value.en


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("merchant_order_id", {"merchant_order_id": "a b"}),
        ("confirm_code", {"confirm_code": ""}),
        ("confirm_code", {"confirm_code": "1234567"}),
        ("confirm_code", {"confirm_code": "12-4"}),
        ("notify_url", {"notify_url": None}),
    ],
)
def test_confirmations(client: ChannelClient, script: Script, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        client.confirm_payout(confirmation(**changes))
    assert (caught.value.field, script.calls) == (field, [])


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("merchant_order_id", PayoutQuery(merchant_order_id="a b", amount=Money(1))),
        ("channel_order_id", PayoutQuery(channel_order_id="2" * 19, amount=Money(1))),
        ("sub_merchant", PayoutQuery(merchant_order_id=NUMBER, amount=Money(1), sub_merchant="1")),
    ],
)
def test_queries(client: ChannelClient, script: Script, field: str, asked: PayoutQuery) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        client.query_payout(asked)
    assert (caught.value.field, script.calls) == (field, [])


@pytest.mark.parametrize("field", ["account", "account_kind", "sub_merchant"])
def test_there_is_one_account(client: ChannelClient, script: Script, field: str) -> None:
    with pytest.raises(PaymentChannelError) as caught:
        client.balance(BalanceQuery.model_validate({field: "1"}))
    assert (caught.value.field, script.calls) == (field, [])


def test_no_refusal_shows_an_account_or_a_name(client: ChannelClient) -> None:
    for payee in (person(account_no=CARD + "x"), company(account_no=COMPANY_ACCOUNT + " "), company(name=COMPANY_NAME + "\n")):
        with pytest.raises(PaymentChannelError) as caught:
            client.payout(payout(payee=payee))
        assert not [secret for secret in (CARD, NAME, COMPANY_ACCOUNT, COMPANY_NAME) if secret in str(caught.value)]
