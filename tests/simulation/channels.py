"""Where the simulated channels differ: what their orders look like, what payers and banks do, and how their books are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from mocks.control import ControlRefusedError
from mocks.world import World
from payment_channels import (
    CancelOrder,
    Channel,
    CloseOrder,
    Money,
    PaymentCode,
    PaymentOrder,
    PayoutBatchOrder,
    PayoutOrder,
    RefundOrder,
    Verb,
    Wallet,
    open_channel,
)
from payment_channels.channel import Manifest
from payment_channels.channel.interface import Clock
from payment_channels.channels.alipay import AlipayConfig
from payment_channels.channels.unionpay import UnionpayConfig
from payment_channels.channels.wechat import WechatConfig
from payment_channels.model.orders import OriginalPayment
from payment_channels.registry import manifest
from tests.conformance import alipay, unionpay, wechat

OPEN, MOVED, DEAD, BACK = "open", "moved", "dead", "back"
"""How a thing stands in a channel's books: it may still move money; it has; it never will; it had, and the money came back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a channel's books."""

    kind: str
    number: str
    fen: int
    stands: str
    given_back: int = 0
    """Of a payment that moved: what refunds have given back of it, in fen, where the channel itself tells it by its state."""


class Side:
    """One channel of the simulation: the counterpart of the conformance kit makes its forgeries."""

    name: ClassVar[str]
    configuration: ClassVar[Any]
    counterpart_class: ClassVar[Any]
    products: ClassVar[Mapping[str, Mapping[str, Any]]]
    """What is bought by, and what an order by it says of its payer."""
    key_fields: ClassVar[tuple[str, ...]]
    """Where the configuration holds the private key: it is parsed once, as if an HSM held it, however often processes start."""
    reconciled: ClassVar[frozenset[str]] = frozenset({"trade"})
    """Kinds of bill that name orders by the merchant's own numbers; a flow of funds names the channel's."""
    billed: ClassVar[frozenset[str]]
    """Kinds of order that stand in those bills."""
    refunded: ClassVar[Mapping[str, Any]] = {}
    payees: ClassVar[tuple[Mapping[str, Any], ...]]
    never_closed: ClassVar[frozenset[str]] = frozenset()
    """Products whose orders are cancelled and not closed."""
    fates: ClassVar[tuple[str, ...]]
    """What may become of a payout: verbs of the mock's control plane, ``""`` for nothing that a person does."""
    fate_at_once: ClassVar[bool] = False
    things: ClassVar[str] = "transfers"

    def __init__(self, world: World, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self.forger = self.counterpart_class(world, keys)
        self._signer: Any = None

    def open(self, clock: Clock) -> Channel:
        """Return the channel as a process that has just begun has it."""
        configuration = self.configuration.from_directory(self.keys / self.name)
        if self._signer is not None:
            held_elsewhere = dict.fromkeys(self.key_fields) | {"signer": self._signer}
            return open_channel(self.name, configuration.model_copy(update=held_elsewhere), clock=clock)
        channel: Any = open_channel(self.name, configuration, clock=clock)
        self._signer = channel._line.signer
        opened: Channel = channel
        return opened

    @property
    def manifest(self) -> Manifest:
        """What the channel declares: the simulation does with it whatever it may."""
        return manifest(self.name)

    def closes(self, product: str) -> bool:
        """Say whether unpaid orders of a product may be closed."""
        return Verb.CLOSE in self.manifest.capabilities and product not in self.never_closed

    def cancels(self, product: str) -> bool:
        """Say whether payments by a product may be cancelled, whatever their state."""
        declared = self.manifest.capabilities.get(Verb.CANCEL)
        return declared is not None and (not declared.products or product in declared.products)

    @property
    def cancels_by_number(self) -> bool:
        """Say whether a cancellation is a transaction of its own, of a payment that is known to be paid."""
        declared = self.manifest.capabilities.get(Verb.CANCEL)
        return declared is not None and declared.found_by is not None

    @property
    def batches(self) -> bool:
        """Say whether many payouts may be sent in one message."""
        return Verb.PAYOUT_BATCH in self.manifest.capabilities

    @property
    def bill_kinds(self) -> tuple[str, ...]:
        """The kinds of bill that can be fetched and that name orders by the merchant's own numbers."""
        declared = self.manifest.capabilities.get(Verb.BILL)
        return tuple(sorted(declared.bill_kinds & self.reconciled)) if declared is not None else ()

    def _common(self, at: datetime, fen: int) -> dict[str, Any]:
        return {"ordered_at": at, "amount": Money(fen), "notify_url": f"http://127.0.0.1:9/{self.name}"}

    def payment(self, number: str, fen: int, at: datetime, expires: datetime, choice: int) -> PaymentOrder:
        product = list(self.products)[choice % len(self.products)]
        made: dict[str, Any] = {"merchant_order_id": number, "product": product, "subject": "茶一壶", "expires_at": expires}
        return PaymentOrder(**{**self._common(at, fen), **made, **self.products[product], **self.payer(product, choice)})

    def payer(self, product: str, choice: int) -> Mapping[str, Any]:
        """Return what differs from order to order."""
        del product, choice
        return {}

    def payout(self, number: str, fen: int, at: datetime, choice: int) -> PayoutOrder:
        fields = self._common(at, fen) | dict(self.payees[choice % len(self.payees)])
        return PayoutOrder(merchant_order_id=number, **fields)

    def refund(self, number: str, fen: int, at: datetime, paid: PaymentOrder, found: Mapping[str, Any]) -> RefundOrder:
        fields = self._common(at, fen) | dict(self.refunded)
        return RefundOrder(merchant_refund_id=number, original=_original(paid, found), **fields)

    def cancel(self, number: str, at: datetime, paid: PaymentOrder, found: Mapping[str, Any]) -> CancelOrder:
        own = number if self.cancels_by_number else None
        return CancelOrder(merchant_cancel_id=own, ordered_at=at, original=_original(paid, found))

    def batch(self, number: str, at: datetime, lines: tuple[PayoutOrder, ...]) -> PayoutBatchOrder:
        return PayoutBatchOrder(merchant_batch_id=number, ordered_at=at, lines=lines)

    def close(self, paid: PaymentOrder, wire: Mapping[str, str]) -> CloseOrder:
        named: dict[str, Any] = {"merchant_order_id": paid.merchant_order_id, "ordered_at": paid.ordered_at}
        return CloseOrder(product=paid.product, wire=wire, **named)

    def does(self, things: str, number: str, verb: str) -> bool:
        """Let a payer or a bank do something; say whether it could be done."""
        try:
            self.world.channels[self.name].control(things, number, verb, {})
        except ControlRefusedError:
            return False
        return True

    def books(self) -> Iterator[Entry]:
        """Return what the mock's own books hold, without asking the adapter."""
        books: Any = self.world.channels[self.name].books()
        return self._entries(books)

    def _entries(self, books: Any) -> Iterator[Entry]:
        raise NotImplementedError


def _original(paid: PaymentOrder, found: Mapping[str, Any]) -> OriginalPayment:
    named: dict[str, Any] = {"merchant_order_id": paid.merchant_order_id, "ordered_at": paid.ordered_at}
    return OriginalPayment(amount=paid.amount, product=paid.product, **named, **found)


class Wechat(Side):
    """WeChat Pay: transfers wait for their payee, who confirms within a day; payments by code can be reversed, others closed."""

    name = "wechat"
    configuration = WechatConfig
    counterpart_class = wechat.WechatCounterpart
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "native": {},
        "codepay": {**wechat.PAYERS["codepay"], "expires_at": None},
    }
    never_closed = frozenset({"codepay"})
    key_fields = ("merchant_key",)
    billed = frozenset({"payment", "refund"})
    payees = (
        {
            "payee": Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"),
            "remark": "新会员有礼",
            "channel_fields": wechat.SCENE,
        },
    )
    fates = ("confirm", "confirm", "confirm", "fail", "")

    def payer(self, product: str, choice: int) -> Mapping[str, Any]:
        return {"payer": PaymentCode(code=f"13{choice:016}")} if product == "codepay" else {}  # a code is good for one order

    def _entries(self, books: Any) -> Iterator[Entry]:
        paid = {"SUCCESS": MOVED, "REFUND": MOVED, "REVOKED": BACK, "NOTPAY": OPEN, "USERPAYING": OPEN}
        given = {"SUCCESS": MOVED, "PROCESSING": OPEN}
        sent = {"SUCCESS": MOVED, "FAIL": DEAD, "CANCELLED": DEAD}
        for one in books["orders"]:
            yield Entry("payment", one["out_trade_no"], one["amount"]["total"], paid.get(one["trade_state"], DEAD))
        for one in books["refunds"]:
            yield Entry("refund", one["out_refund_no"], one["amount"]["refund"], given.get(one["status"], DEAD))
        for one in books["transfers"]:
            yield Entry("payout", one["out_bill_no"], one["transfer_amount"], sent.get(one["state"], OPEN))


class Alipay(Side):
    """Alipay: a wallet is paid at once, a card in a while, and a card's bank may send the money back."""

    name = "alipay"
    configuration = AlipayConfig
    counterpart_class = alipay.AlipayCounterpart
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {"create": alipay.PAYERS["create"]}
    key_fields = ("app_private_key",)
    billed = frozenset({"payment", "refund"})
    refunded: ClassVar[Mapping[str, Any]] = {"notify_url": None}  # the payment's own address is told
    payees = tuple({"payee": alipay.PAYEES[one], "purpose": "代发", "notify_url": None} for one in ("wallet", "personal_account"))
    fates = ("confirm", "fail", "return", "return", "")

    def _entries(self, books: Any) -> Iterator[Entry]:
        paid = {"TRADE_SUCCESS": MOVED, "TRADE_FINISHED": MOVED, "WAIT_BUYER_PAY": OPEN, "UNSCANNED": OPEN}
        given = {"SUCCESS": MOVED, "PROCESSING": OPEN}
        sent = {"SUCCESS": MOVED, "DEALING": OPEN, "REFUND": BACK}
        for one in books["orders"]:
            stands = MOVED if one["refunded"] else paid.get(one["trade_status"], DEAD)
            stands = BACK if one["cancelled"] == "refund" else stands
            yield Entry("payment", one["out_trade_no"], one["total"], stands, one["refunded"])
        for one in books["refunds"]:
            fen = round(float(one["refund_amount"]) * 100)
            yield Entry("refund", one["out_request_no"], fen, given.get(one["state"], DEAD))
        for one in books["transfers"]:
            yield Entry("payout", one["out_biz_no"], one["amount"], sent.get(one["status"], DEAD))


class Unionpay(Side):
    """UnionPay: what was accepted ends by itself in three seconds, unless the bank says otherwise; no order is closed."""

    name = "unionpay"
    configuration = UnionpayConfig
    counterpart_class = unionpay.UnionpayCounterpart
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {"app": {}}
    key_fields = ("merchant_pfx", "pfx_password")
    billed = frozenset({"payment", "refund", "payout"})
    payees = ({"payee": unionpay.PAYEE},)
    fates = ("", "", "", "fail", "hold")
    fate_at_once = True
    things = "payouts"

    def _entries(self, books: Any) -> Iterator[Entry]:
        paid = {"UNPAID": OPEN, "DECLINED": OPEN, "PAID": MOVED, "LATE": MOVED, "CANCELLED": BACK, "GIVEN_BACK": BACK}
        sent = {"ACCEPTED": OPEN, "DONE": MOVED}
        for one in books["orders"]:
            yield Entry("payment", one["orderId"], one["txnAmt"], paid.get(one["state"], DEAD))
        for kind in ("refund", "cancel", "payout"):
            for one in books[f"{kind}s"]:
                yield Entry(kind, one["orderId"], one["txnAmt"], sent.get(one["state"], DEAD))


SIDES: tuple[type[Side], ...] = (Wechat, Alipay, Unionpay)
