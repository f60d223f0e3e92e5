"""UnionPay as the conformance kit needs it: the mock as counterpart, the collected table as witness, sample orders."""

import base64
import csv
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from error_codes import translate
from mocks.doors import async_transport, transport
from mocks.world import World
from payment_channels import (
    Channel,
    CorporateAccount,
    Inbound,
    Money,
    PaymentOrder,
    PaymentResult,
    PayoutOrder,
    PersonalAccount,
    SubmitForm,
    Verb,
    open_channel,
)
from payment_channels.channels.unionpay import UnionpayConfig
from payment_channels.testing import Booked, ChannelConformance, Collected, KitClock, Trouble

TABLE = Path(__file__).parents[1] / "vectors" / "unionpay" / "unionpay_errors.csv"
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
    Verb.PAY: {"path": "appTransReq"},
    Verb.QUERY: {"path": "queryTrans"},
    Verb.QUERY_REFUND: {"path": "queryTrans"},
    Verb.QUERY_PAYOUT: {"path": "queryTrans"},
    Verb.REFUND: {"text": "txnType=04"},
    Verb.CANCEL: {"text": "txnType=31"},
    Verb.PAYOUT: {"text": "txnType=12"},
    Verb.BILL: {"text": "txnType=76"},
}
CHOICES: Mapping[Verb, str | None] = {
    Verb.PAY: "app",
    Verb.QUERY: "app",
    Verb.REFUND: "app",
    Verb.QUERY_REFUND: "app",
    Verb.CANCEL: "app",
    Verb.PAYOUT: "personal_account",
    Verb.QUERY_PAYOUT: "personal_account",
    Verb.BILL: "trade",
}
OPERATIONS = {Verb.PAY: "pay.app"}
SUCCESSES = {"00", "A6"}
PAYEE = PersonalAccount(account_no="6226090000000048", name="张三", id_type="01", id_no="510265790128303")
COMPANY = CorporateAccount(account_no="1000200030004000", name="某某公司")
_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class UnionpayCounterpart:
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
        return 200, "ok"

    def _control(self, things: str, number: str, verb: str, **options: Any) -> None:
        self.world.channels["unionpay"].control(things, number, verb, options)

    def _books(self) -> Any:
        return self.world.books()["unionpay"]

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        if asynchronous:
            return library.AsyncClient(transport=async_transport(self.world, library))
        return library.Client(transport=transport(self.world, library))

    def books(self) -> Sequence[Booked]:
        books = self._books()
        numbers = {one["queryId"]: one["orderId"] for one in books["orders"]}
        given_back = [*books["refunds"], *books["cancels"]]
        return [
            *(Booked("payment", one["orderId"], Money(one["txnAmt"]), one["code"] in SUCCESSES) for one in books["orders"]),
            *(
                Booked("refund", one["orderId"], Money(one["txnAmt"]), True, of=numbers.get(one["origQryId"]))
                for one in given_back
            ),
            *(Booked("payout", one["orderId"], Money(one["txnAmt"]), one["code"] in SUCCESSES) for one in books["payouts"]),
        ]

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        action = created.payer_action
        if isinstance(action, SubmitForm):
            self.browser.post(action.action, data=dict(action.fields))
        (held,) = [one for one in self._books()["orders"] if one["orderId"] == order.merchant_order_id]
        if held["code"] not in SUCCESSES:
            self._control("orders", order.merchant_order_id, "pay")

    def complete(self, order: PayoutOrder) -> None:
        self._control("payouts", order.merchant_order_id, "complete")

    def fail(self, order: PayoutOrder) -> None:
        self._control("payouts", order.merchant_order_id, "fail", code="61")

    def settle_refunds(self) -> None:
        self.world.clock.advance(5)
        self.world.tick()

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        self.world.faults.add({"channel": "unionpay", **KINDS[trouble], **DOORS[verb]})

    def answer(self, row: Collected) -> None:
        told = {"message": row.message} if row.message else {}
        self.world.faults.add({"channel": "unionpay", "kind": "next_code", "code": row.code, **told, **DOORS[row.verb]})

    def show(self, state: str, verb: Verb) -> None:
        self.world.faults.add({"channel": "unionpay", "kind": "unknown_state", "state": state, **DOORS[verb]})

    def received(self) -> Sequence[Inbound]:
        self.world.deliver()
        taken, self._posted = self._posted, []
        return taken

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        fields = dict(parse_qsl(genuine.body.decode("ascii"), keep_blank_values=True))
        yield "a stranger's signature", _posted({**fields, "signature": _signed_by_a_stranger(fields)})
        cheap = {**fields, "txnAmt": "1"}
        yield "another amount, signed by a stranger", _posted({**cheap, "signature": _signed_by_a_stranger(cheap)})
        yield "another amount", _posted(cheap)
        yield "a field more", _posted({**fields, "respCodeToo": "00"})
        for name in ("signature", "signPubKeyCert", "signMethod", "version", "orderId"):
            yield f"no {name}", _posted({one: text for one, text in fields.items() if one != name})
        yield "the old version", _posted({**fields, "version": "5.0.0"})
        keyed = {**fields, "signMethod": "11"}
        digest = hashlib.sha256(f"{_plain(keyed)}&{hashlib.sha256(b'').hexdigest()}".encode()).hexdigest()
        yield "a signature by an empty key", _posted({**keyed, "signature": digest})

    def today(self) -> date:
        return (self.world.clock.now() + timedelta(hours=1)).date()  # Beijing's, whose clearing day ends at 23:00

    def end_day(self) -> date:
        today = self.today()
        self.world.clock.advance(40 * 3600)
        return today

    def secrets(self) -> Iterator[str]:
        folder = self.keys / "unionpay"
        for name in ("unionpay_key.pem", "encrypt_key.pem", "middle_key.pem"):
            yield (folder / name).read_text(encoding="utf-8").splitlines()[3]
        yield tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))["secure_key"]
        # The mock's password of the .pfx is 000000, which stands in many an amount: its bytes as printed are looked for instead.
        yield repr((folder / "merchant.pfx").read_bytes()[40:60])[2:-1]


def _posted(fields: Mapping[str, str]) -> Inbound:
    return Inbound(body=urlencode(fields).encode("ascii"))


def _plain(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "signature")


def _signed_by_a_stranger(fields: Mapping[str, str]) -> str:
    digest = hashlib.sha256(_plain(fields).encode()).hexdigest().encode()
    return base64.b64encode(_STRANGER.sign(digest, padding.PKCS1v15(), hashes.SHA256())).decode()


def collected() -> list[Collected]:
    """Every code of the collected list, in answer to each operation that the table takes a stand on; successes are no errors.

    UnionPay publishes one list for all operations and does not say which answers what. That no code of it was left out
    altogether is tested with the table; here each is played on the wire.
    """
    with TABLE.open(encoding="utf-8") as file:
        listed = {row["code"]: row for row in csv.DictReader(file) if row["api"] == "respCode" and row["code"] not in SUCCESSES}
    return [
        Collected(verb, choice, code=code, message=row["message"], assumed=row["checked"] == "assumed")
        for code, row in listed.items()
        for verb, choice in CHOICES.items()
        if translate("unionpay", OPERATIONS.get(verb, str(verb)), where="respCode", code=code).kind != "unmapped"
    ]


class Conformance(ChannelConformance):
    """What UnionPay wants besides what every channel does."""

    usual_product = "app"

    def details(self, verb: Verb, choice: str | None) -> Mapping[str, Any]:
        if verb is Verb.PAYOUT:
            return {"payee": PAYEE}
        if verb is Verb.PAY and choice in {"gateway", "gateway_b2b"}:
            company = {"payer": COMPANY, "expires_at": datetime.now(UTC) + timedelta(hours=1)} if choice == "gateway_b2b" else {}
            return {"return_url": "https://example.com/back", **company}
        return {}

    def collected(self) -> list[Collected]:
        return collected()


def opened(world: World, keys: Path, clock: KitClock) -> tuple[UnionpayCounterpart, Channel]:
    """Both ends: the mock, and the adapter configured for it."""
    channel = open_channel("unionpay", UnionpayConfig.from_directory(keys / "unionpay"), clock=clock)
    return UnionpayCounterpart(world, keys), channel
