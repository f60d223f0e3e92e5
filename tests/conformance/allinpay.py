"""Allinpay as the conformance kit needs it: the mock as counterpart, the collected table as witness, sample orders."""

import base64
import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mocks.doors import async_transport, transport
from mocks.world import World
from payment_channels import (
    Channel,
    CorporateAccount,
    Inbound,
    Money,
    OriginalPayment,
    PaymentCode,
    PaymentOrder,
    PaymentQuery,
    PaymentResult,
    PayoutOrder,
    PersonalAccount,
    Verb,
    Wallet,
    open_channel,
)
from payment_channels.channels.allinpay import AllinpayConfig
from payment_channels.testing import Booked, ChannelConformance, Collected, KitClock, Trouble

TABLE = Path(__file__).parents[1] / "vectors" / "allinpay" / "allinpay_errors.csv"
KINDS: Mapping[Trouble, Mapping[str, Any]] = {
    Trouble.LOST: {"kind": "lose_reply"},
    Trouble.CUT: {"kind": "half_body"},
    Trouble.GARBAGE: {"kind": "garbage"},
    Trouble.FORGED: {"kind": "bad_signature"},
    Trouble.UNSIGNED: {"kind": "unsigned"},
    Trouble.SERVER_ERROR: {"kind": "server_error", "executed": True},
    Trouble.TWICE: {"kind": "executed_twice"},
}
DOORS: Mapping[Verb, Mapping[str, str]] = {
    Verb.PAY: {"path": "/apiweb/unitorder/pay"},
    Verb.QUERY: {"path": "/apiweb/unitorder/query"},
    Verb.QUERY_REFUND: {"path": "/apiweb/unitorder/query"},
    Verb.REFUND: {"path": "/apiweb/unitorder/refund"},
    Verb.CANCEL: {"path": "/apiweb/unitorder/cancel"},
    Verb.PAYOUT: {"text": "<TRX_CODE>100014"},
    Verb.PAYOUT_BATCH: {"text": "<TRX_CODE>100002"},
    Verb.QUERY_PAYOUT: {"text": "<TRX_CODE>200004"},
    Verb.QUERY_PAYOUT_BATCH: {"text": "<TRX_CODE>200004"},
    Verb.BILL: {"path": "/apiweb/trxfile/get"},
}
SUCCESSES = {"SUCCESS", "0000", "4000"}  # 4000 is no error in the list, and no success here
REQUESTS, QUERIES = (Verb.PAY, Verb.REFUND, Verb.CANCEL), (Verb.QUERY, Verb.QUERY_REFUND)
PLACES: Mapping[str, tuple[str, Sequence[Verb]]] = {
    "vsp retcode": ("retcode", (*REQUESTS, *QUERIES, Verb.BILL)),
    "vsp trxstatus": ("trxstatus", REQUESTS),
    "TLT INFO/RET_CODE": ("info", (Verb.PAYOUT,)),
    "TLT INFO/RET_CODE (query)": ("info", (Verb.PAYOUT,)),
    "TLT query RET_CODE": ("info", (Verb.PAYOUT,)),
    "TLT detail RET_CODE": ("detail", (Verb.PAYOUT,)),
}
"""Where a collected list's codes stand, as the mock names it, and which requests are answered so."""
ON_QUERIES: Mapping[str, Sequence[Verb]] = {
    "1001": (*QUERIES, Verb.QUERY_PAYOUT),
    "2000": (*QUERIES, Verb.QUERY_PAYOUT),
    "2008": (*QUERIES, Verb.QUERY_PAYOUT),
    **dict.fromkeys(("2001", "2003", "2005", "2007", "0003", "1000", "1002", "1105", "1106"), (Verb.QUERY_PAYOUT,)),
}
"""What refuses a query, or says that the order is in between. The others, in answer to a query, are states of the order: those
are tried one by one in tests/channels/allinpay."""
NO_CODES = {"3xxx", "1xxx", "1099"}  # classes, and the refusal of a reversal, which nobody here asks for
PERSON = PersonalAccount(account_no="6222021234567894321", name="张三", bank_code="0102")
COMPANY = CorporateAccount(account_no="1000200030004000", name="某某公司", bank_code="0102", cnaps_code="102100099996")
OPENID = Wallet(wallet_id="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class AllinpayCounterpart:
    """The mock's world within the process."""

    notify_url = "http://127.0.0.1:9/notify"
    troubles = frozenset(KINDS)

    def __init__(self, world: World, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self._posted: list[Inbound] = []
        world._post = self._take

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self._posted.append(Inbound(body=body, headers=headers))
        return 200, "success"

    def _control(self, things: str, number: str, verb: str, **options: Any) -> None:
        self.world.channels["allinpay"].control(things, number, verb, options)

    def _books(self) -> Any:
        return self.world.books()["allinpay"]

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        if asynchronous:
            return library.AsyncClient(transport=async_transport(self.world, library))
        return library.Client(transport=transport(self.world, library))

    def books(self) -> Sequence[Booked]:
        books = self._books()
        given_back = [*books["refunds"], *books["cancels"]]
        return [
            *(
                Booked("payment", one["reqsn"], Money(one["trxamt"]), one["state"] in {"PAID", "CANCELLED"})
                for one in books["orders"]
            ),
            *(Booked("refund", one["reqsn"], Money(one["trxamt"]), True, of=one["of"]) for one in given_back),
            *(Booked("payout", self._number(one), Money(one["AMOUNT"]), one["state"] == "PAID") for one in books["payouts"]),
        ]

    def _number(self, line: Mapping[str, Any]) -> str:
        """A line of a batch is known by its batch and SN: our own number of it comes back as CUST_USERID."""
        own: str = line["payee"].get("CUST_USERID") or line["REQ_SN"]
        return own

    def _line(self, order: PayoutOrder) -> Mapping[str, Any]:
        held: list[Mapping[str, Any]] = [one for one in self._books()["payouts"] if self._number(one) == order.merchant_order_id]
        return held[0]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        del created
        (held,) = [one for one in self._books()["orders"] if one["reqsn"] == order.merchant_order_id]
        if held["state"] != "PAID":
            self._control("orders", order.merchant_order_id, "pay")

    def complete(self, order: PayoutOrder) -> None:
        line = self._line(order)
        if line["state"] == "OPEN":
            self._control("payouts", line["REQ_SN"], "complete", sn=line["SN"])

    def fail(self, order: PayoutOrder) -> None:
        line = self._line(order)
        if line["state"] == "OPEN":
            self._control("payouts", line["REQ_SN"], "fail", code="3031", sn=line["SN"])
        else:  # a single payout ends at once here: it can only come back, which reads as a failed detail
            self._control("payouts", line["REQ_SN"], "return", code="3031", sn=line["SN"])

    def settle_refunds(self) -> None:
        self.world.clock.advance(5)
        self.world.tick()

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.world.faults.add({"channel": "allinpay", **KINDS[trouble], **DOORS[verb]})

    def answer(self, row: Collected) -> None:
        told = {"message": row.message} if row.message else {}
        place = _PLACE_OF.get((row.code, row.message))
        code = f"{place}:{row.code}" if place is not None else row.code
        self.world.faults.add({"channel": "allinpay", "kind": "next_code", "code": code, **told, **DOORS[row.verb]})

    def show(self, state: str, verb: Verb) -> None:
        self.world.faults.add({"channel": "allinpay", "kind": "unknown_state", "state": state, **DOORS[verb]})

    def received(self) -> Sequence[Inbound]:
        self.world.deliver()
        taken, self._posted = self._posted, []
        return taken

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        fields = dict(parse_qsl(genuine.body.decode("ascii"), keep_blank_values=True))
        yield "a stranger's signature", _posted({**fields, "sign": _signed_by_a_stranger(fields)})
        little = "2" if fields["trxamt"] == "1" else "1"
        cheap = {**fields, "initamt": little, "trxamt": little}
        yield "another amount, signed by a stranger", _posted({**cheap, "sign": _signed_by_a_stranger(cheap)})
        yield "another amount", _posted(cheap)
        yield "a field more", _posted({**fields, "trxstatustoo": "0000"})
        yield "signed by MD5", _posted({**fields, "signtype": "MD5", "sign": "0" * 32})
        for name in ("sign", "trxid", "trxstatus", "cusorderid", "appid"):
            yield f"no {name}", _posted({one: text for one, text in fields.items() if one != name})

    def today(self) -> date:
        return self.world.clock.now().date()  # Beijing's

    def end_day(self) -> date:
        today = self.today()
        self.world.clock.advance(40 * 3600)
        return today

    def secrets(self) -> Iterator[str]:
        folder = self.keys / "allinpay"
        for name in ("vsp_merchant_key.pem", "vsp_platform_key.pem", "tlt_platform_key.pem"):
            yield (folder / name).read_text(encoding="utf-8").splitlines()[3]
        yield tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))["md5_key"]
        yield repr((folder / "tlt_merchant.p12").read_bytes()[40:60])[2:-1]


def _posted(fields: Mapping[str, str]) -> Inbound:
    return Inbound(body=urlencode(fields).encode("ascii"))


def _signed_by_a_stranger(fields: Mapping[str, str]) -> str:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "sign")
    return base64.b64encode(_STRANGER.sign(text.encode(), padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303


def _listed() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["api"] in PLACES and row["code"] not in SUCCESSES | NO_CODES]


_PLACE_OF = {(row["code"], row["message"]): PLACES[row["api"]][0] for row in _listed()}
CHOICES: Mapping[Verb, str | None] = {
    Verb.PAY: "wechat_native",
    Verb.QUERY: "wechat_native",
    Verb.REFUND: "wechat_native",
    Verb.QUERY_REFUND: "wechat_native",
    Verb.CANCEL: "wechat_native",
    Verb.PAYOUT: "personal_account",
    Verb.QUERY_PAYOUT: "personal_account",
    Verb.BILL: "trade",
}


def collected() -> list[Collected]:
    """Every code of the collected lists, in answer to each request that its list is of; successes are no errors."""
    return [
        Collected(verb, CHOICES[verb], code=row["code"], message=row["message"], assumed=row["checked"] == "assumed")
        for row in _listed()
        for verb in _verbs(row)
    ]


def _verbs(row: Mapping[str, str]) -> Sequence[Verb]:
    place, requests = PLACES[row["api"]]
    both = (*requests, *ON_QUERIES.get(row["code"], ()))
    payouts = {Verb.PAYOUT, Verb.QUERY_PAYOUT}
    return [verb for verb in both if (verb in payouts) is (place in {"info", "detail"})]


class Conformance(ChannelConformance):
    """What Allinpay wants besides what every channel does."""

    usual_product = "wechat_native"

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        if verb is Verb.PAYOUT:
            payee = PERSON if choice == "personal_account" else COMPANY
            number = self.number()
            return {"payee": payee, "merchant_order_id": number, "channel_fields": {"CUST_USERID": number}}
        if verb is Verb.PAY and choice == "scan":
            return {"payer": PaymentCode(code=f"13{self.number()[1:].rjust(16, '0')}")}
        if verb is Verb.PAY and choice in {"wechat_jsapi", "wechat_mini_program", "alipay_jsapi", "unionpay_jsapi"}:
            return {"payer": OPENID}
        return {}

    def original(self, paid: PaymentOrder, query: PaymentQuery) -> OriginalPayment:
        """The kit's made-up number of a payment has more digits than the mock takes."""
        number = query.channel_order_id
        return super().original(paid, query.model_copy(update={"channel_order_id": number[-20:] if number else None}))

    def collected(self) -> list[Collected]:
        return collected()


def opened(world: World, keys: Path, clock: KitClock) -> tuple[AllinpayCounterpart, Channel]:
    """Both ends: the mock, and the adapter configured for it."""
    channel = open_channel("allinpay", AllinpayConfig.from_directory(keys / "allinpay"), clock=clock)
    return AllinpayCounterpart(world, keys), channel
