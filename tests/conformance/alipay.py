"""Alipay as the conformance kit needs it: the mock as counterpart, the collected table as witness, sample orders."""

import base64
import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mocks.doors import async_transport, transport
from mocks.world import World
from payment_channels import (
    Channel,
    CorporateAccount,
    HandOver,
    Inbound,
    Money,
    PaymentCode,
    PaymentOrder,
    PaymentResult,
    PayoutOrder,
    PersonalAccount,
    SubmitForm,
    Verb,
    Wallet,
    WalletIdKind,
    open_channel,
)
from payment_channels.channels.alipay import AlipayConfig
from payment_channels.testing import Booked, ChannelConformance, Collected, KitClock, Trouble

TABLE = Path(__file__).parents[1] / "vectors" / "alipay" / "alipay_errors.csv"
PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
KINDS: Mapping[Trouble, Mapping[str, Any]] = {
    Trouble.LOST: {"kind": "lose_reply"},
    Trouble.CUT: {"kind": "half_body"},
    Trouble.GARBAGE: {"kind": "garbage"},
    Trouble.FORGED: {"kind": "bad_signature"},
    Trouble.UNSIGNED: {"kind": "unsigned"},
    Trouble.SERVER_ERROR: {"kind": "server_error", "executed": True},
    Trouble.TWICE: {"kind": "executed_twice"},
}
METHODS: Mapping[tuple[Verb, str | None], str] = {
    (Verb.PAY, "precreate"): "alipay.trade.precreate",
    (Verb.PAY, "bar_code"): "alipay.trade.pay",
    (Verb.PAY, "create"): "alipay.trade.create",
    (Verb.QUERY, None): "alipay.trade.query",
    (Verb.CLOSE, None): "alipay.trade.close",
    (Verb.CANCEL, None): "alipay.trade.cancel",
    (Verb.REFUND, None): "alipay.trade.refund",
    (Verb.QUERY_REFUND, None): "alipay.trade.fastpay.refund.query",
    (Verb.PAYOUT, None): "alipay.fund.trans.uni.transfer",
    (Verb.QUERY_PAYOUT, None): "alipay.fund.trans.common.query",
    (Verb.BALANCE, None): "alipay.fund.account.query",
    (Verb.BILL, None): "alipay.data.dataservice.bill.downloadurl.query",
}
CHOICES: Mapping[Verb, str | None] = {
    Verb.QUERY: "create",
    Verb.CLOSE: "create",
    Verb.CANCEL: "bar_code",
    Verb.REFUND: "create",
    Verb.QUERY_REFUND: "create",
    Verb.PAYOUT: "wallet",
    Verb.QUERY_PAYOUT: "wallet",
    Verb.BILL: "trade",
    Verb.BALANCE: None,
}
PAYERS: Mapping[str, Mapping[str, Any]] = {
    "bar_code": {"payer": PaymentCode(code="281234567890123456")},
    "create": {"payer": Wallet(wallet_id="2088102114562585", id_kind=WalletIdKind.USER_ID)},
    "wap": {"channel_fields": {"quit_url": "https://example.com/quit"}},
}
PAYEES: Mapping[str, Any] = {
    "wallet": Wallet(wallet_id="payee@example.com", id_kind=WalletIdKind.LOGIN_ID, name="黄龙国际"),
    "personal_account": PersonalAccount(account_no="6222021234567894321", name="张三", bank_name="中国工商银行"),
    "corporate_account": CorporateAccount(
        account_no="330101010101010101", name="某某公司", bank_name="招商银行", cnaps_code="308331012345"
    ),
}
UPLOADS = {"isv.upload-fail", "isv.invalid-file-extension", "isv.invalid-file-size", "isv.invalid-digest"}
"""Of files that are uploaded, which no operation of the interface does."""
_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_MAIN = re.compile(r"code (\d{5})")


class AlipayCounterpart:
    """The mock's world within the process."""

    notify_url = "http://127.0.0.1:9/notify"
    troubles = frozenset(KINDS)

    def __init__(self, world: World, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self.browser = httpx.Client(transport=transport(world))
        self._posted: list[Inbound] = []
        world._post = self._take

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self._posted.append(Inbound(body=body, headers=headers))
        return 200, "success"

    def _control(self, things: str, number: str, verb: str, **options: Any) -> Any:
        return self.world.channels["alipay"].control(things, number, verb, options)

    def _books(self) -> Any:
        return self.world.books()["alipay"]

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        if asynchronous:
            return library.AsyncClient(transport=async_transport(self.world, library))
        return library.Client(transport=transport(self.world, library))

    def books(self) -> Sequence[Booked]:
        books = self._books()
        return [
            *(
                Booked("payment", one["out_trade_no"], Money(one["total"]), one["trade_status"] in PAID or one["refunded"] > 0)
                for one in books["orders"]
            ),
            *(
                Booked("refund", one["out_request_no"], _fen(one["refund_amount"]), True, of=one["out_trade_no"])
                for one in books["refunds"]
            ),
            *(
                Booked("payout", one["out_biz_no"], Money(one["amount"]), one["status"] == "SUCCESS")
                for one in books["transfers"]
            ),
        ]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        """With what was handed over: a browser submits the form, the wallet takes the text; then the payer pays."""
        action, options = created.payer_action, {}
        if isinstance(action, SubmitForm):
            self.browser.post(action.action, data=dict(action.fields))
        if isinstance(action, HandOver):
            options = {"order_string": action.text}
        held = [one for one in self._books()["orders"] if one["out_trade_no"] == order.merchant_order_id]
        if not held or held[0]["trade_status"] not in PAID:
            self._control("orders", order.merchant_order_id, "pay", **options)

    def complete(self, order: PayoutOrder) -> None:
        (held,) = [one for one in self._books()["transfers"] if one["out_biz_no"] == order.merchant_order_id]
        if held["status"] == "DEALING":
            self._control("transfers", order.merchant_order_id, "confirm")

    def fail(self, order: PayoutOrder) -> None:
        self._control("transfers", order.merchant_order_id, "fail")

    def settle_refunds(self) -> None:
        self.world.clock.advance(15)
        self.world.tick()

    def _door(self, verb: Verb, choice: str | None) -> dict[str, str]:
        method = METHODS[verb, choice if verb is Verb.PAY else None]
        return {"channel": "alipay", "text": f"method={method}&"}

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.world.faults.add({**KINDS[trouble], **self._door(verb, choice)})

    def answer(self, row: Collected) -> None:
        code = f"{row.code}:{row.sub_code}" if row.sub_code else row.code
        told = {"message": row.message} if row.message else {}
        self.world.faults.add({"kind": "next_code", "code": code, **told, **self._door(row.verb, row.choice)})

    def show(self, state: str, verb: Verb) -> None:
        self.world.faults.add({"kind": "unknown_state", "state": state, **self._door(verb, None)})

    def received(self) -> Sequence[Inbound]:
        self.world.deliver()
        taken, self._posted = self._posted, []
        return taken

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        fields = dict(parse_qsl(genuine.body.decode("ascii"), keep_blank_values=True))
        cheap = {**fields, "total_amount": "0.01"}
        yield "a stranger's signature", _posted({**fields, "sign": _signed_by_a_stranger(fields)})
        yield "another amount, signed by a stranger", _posted({**cheap, "sign": _signed_by_a_stranger(cheap)})
        yield "another amount", _posted(cheap)
        yield "a field more", _posted({**fields, "a": "1"})
        yield "an amount that stands twice", genuine.model_copy(update={"body": genuine.body + b"&total_amount=0.01"})
        for name in ("sign", "total_amount", "app_id", "out_trade_no", "trade_status", "notify_id"):
            yield f"no {name}", _posted({one: text for one, text in fields.items() if one != name})
        yield "the old kind of signature", _posted({**fields, "sign_type": "RSA"})
        yield "the name of a certificate that nobody has", _posted({**fields, "alipay_cert_sn": "0" * 32})

    def today(self) -> date:
        return self.world.clock.now().date()  # the mock's clock shows Beijing's day

    def end_day(self) -> date:
        today = self.today()
        self.world.clock.advance(36 * 3600)
        return today

    def secrets(self) -> Iterator[str]:
        folder = self.keys / "alipay"
        for name in ("app_private_key_pkcs1.pem", "app_private_key_pkcs8.pem", "alipay_private_key.pem"):
            yield (folder / name).read_text(encoding="utf-8").splitlines()[3]
        yield tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))["aes_key"]
        yield "sign="


def _fen(text: str) -> Money:
    whole, _, cents = text.partition(".")
    return Money(int(whole) * 100 + int(cents))


def _posted(fields: Mapping[str, str]) -> Inbound:
    return Inbound(body=urlencode(fields).encode("ascii"))


def _signed_by_a_stranger(fields: Mapping[str, str]) -> str:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in {"sign", "sign_type"} and fields[name])
    return base64.b64encode(_STRANGER.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def collected() -> list[Collected]:
    """The rows of the collected table: each interface's own sub-codes, and the gateway's in answer to a payment code."""
    methods = {method: (verb, choice or CHOICES.get(verb)) for (verb, choice), method in METHODS.items()}
    found = []
    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            main = _MAIN.search(row["http_status"])
            of_gateway = row["api"] == "gateway (v2)" and main is not None
            if (
                not re.fullmatch(r"[A-Za-z][\w.\-]+", row["code"])
                or row["code"] in UPLOADS
                or not (of_gateway or row["api"] in methods)
            ):
                continue
            verb, choice = (Verb.PAY, "bar_code") if of_gateway else methods[row["api"]]
            code = main[1] if main is not None else "40004"
            assumed = row["checked"] == "assumed"
            found.append(Collected(verb, choice, code=code, sub_code=row["code"], message=row["message_zh"], assumed=assumed))
    return found


class Conformance(ChannelConformance):
    """What Alipay wants besides what every channel does."""

    usual_product = "create"

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        if verb is Verb.PAY:
            return PAYERS.get(choice or "", {})
        if verb is Verb.PAYOUT:
            return {"payee": PAYEES[choice or "wallet"], "purpose": "一致性代发", "notify_url": None}
        return {}

    def collected(self) -> list[Collected]:
        return collected()


def opened(world: World, keys: Path, clock: KitClock) -> tuple[AlipayCounterpart, Channel]:
    """Both ends: the mock, and the adapter configured for it."""
    channel = open_channel("alipay", AlipayConfig.from_directory(keys / "alipay"), clock=clock)
    return AlipayCounterpart(world, keys), channel
