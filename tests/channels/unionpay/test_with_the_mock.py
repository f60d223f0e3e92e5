"""Adapter and mock, written apart, meet: every verb and product, every fault, files and notifications, in both colours."""

import asyncio
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from mocks.doors import async_transport, respx_router, transport
from mocks.world import World
from payment_channels import (
    AsyncChannelClient,
    BillQuery,
    BillRowKind,
    BillStatus,
    CancelOrder,
    ChannelClient,
    CorporateAccount,
    EventKind,
    EvidenceKind,
    HandOver,
    Inbound,
    Money,
    OriginalPayment,
    Outcome,
    PaymentOrder,
    PaymentQuery,
    PayoutOrder,
    PayoutQuery,
    RefundOrder,
    RefundQuery,
    SubmitForm,
    Verdict,
    open_channel,
)
from payment_channels.channels.unionpay import UnionpayConfig
from tests.channels.unionpay.conftest import CARD, PAYEE, payment

NUMBERS = iter(f"order{number:06}" for number in range(1_000_000))
NOTIFY = "http://127.0.0.1:9/notify"


class Both:
    """A client that can be asked without caring for its colour, and the world it leads to."""

    def __init__(self, world: World, keys: Path, library: ModuleType, colour: str, method: Any) -> None:
        self.world = world
        self.posted: list[Inbound] = []
        world._post = self._take
        config = UnionpayConfig.from_directory(keys / "unionpay", sign_method=method)
        self.channel = open_channel("unionpay", config, clock=world.clock.now)
        self.door = httpx.Client(transport=transport(world))
        self.loop = asyncio.new_event_loop() if colour == "async" else None
        if self.loop is None:
            self.client: Any = ChannelClient(self.channel, http=library.Client(transport=transport(world, library)))
        else:
            self.client = AsyncChannelClient(self.channel, http=library.AsyncClient(transport=async_transport(world, library)))

    def _take(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self.posted.append(Inbound(body=body, headers=headers))
        return 200, "ok"

    def __getattr__(self, verb: str) -> Any:
        def ask(*arguments: Any) -> Any:
            answer = getattr(self.client, verb)(*arguments)
            return self.loop.run_until_complete(answer) if self.loop is not None and inspect.isawaitable(answer) else answer

        return ask

    def control(self, things: str, number: str, verb: str, **options: Any) -> None:
        self.world.channels["unionpay"].control(things, number, verb, options)

    def books(self, things: str, number: str) -> list[dict[str, Any]]:
        return [one for one in self.world.books()["unionpay"][things] if one["orderId"] == number]

    def begin(self, order: PaymentOrder) -> Any:
        """Prepare and pay; where a form was handed out, submit it as the payer's browser would."""
        prepared = self.prepare(order)
        result = self.pay(prepared)
        if isinstance(result.payer_action, SubmitForm):
            self.door.post(result.payer_action.action, data=dict(result.payer_action.fields))
        return prepared

    def paid(self, order: PaymentOrder) -> Any:
        """Pay to the end; return what a refund names it by."""
        prepared = self.begin(order)
        self.control("orders", order.merchant_order_id, "pay")
        found = self.query(PaymentQuery.of(prepared))
        assert found.outcome is Outcome.SUCCEEDED, found
        return OriginalPayment(
            merchant_order_id=order.merchant_order_id,
            channel_order_id=found.channel_order_id,
            ordered_at=order.ordered_at,
            amount=order.amount,
            product=order.product,
        )

    def end(self) -> None:
        if self.loop is not None:
            self.loop.close()


@pytest.fixture(
    params=[(httpx, "sync", "01"), (httpx, "async", "11"), (httpx2, "sync", "12"), (httpx2, "async", "01")],
    ids=["httpx-sync-01", "httpx-async-11", "httpx2-sync-12", "httpx2-async-01"],
)
def both(request: pytest.FixtureRequest, mock_channels: World, mock_channel_keys: Path) -> Iterator[Both]:
    made = Both(mock_channels, mock_channel_keys, *request.param)
    yield made
    made.end()


def order(**changes: Any) -> PaymentOrder:
    now = datetime.now(UTC)
    more: dict[str, Any] = {"merchant_order_id": next(NUMBERS), "ordered_at": now, "notify_url": NOTIFY}
    if changes.get("product") == "gateway_b2b":
        more["expires_at"] = now + timedelta(hours=1)
    return payment(**{**more, **changes})


def refund_of(paid: OriginalPayment, fen: int, number: str) -> RefundOrder:
    return RefundOrder(
        merchant_refund_id=number, ordered_at=datetime.now(UTC), amount=Money(fen), original=paid, notify_url=NOTIFY
    )


def payout(**changes: Any) -> PayoutOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": next(NUMBERS),
        "ordered_at": datetime.now(UTC),
        "amount": Money(3000),
        "payee": PAYEE,
        "notify_url": NOTIFY,
    }
    return PayoutOrder(**{**fields, **changes})


PAYERS: dict[str, dict[str, Any]] = {
    "app": {},
    "gateway": {},
    "gateway_b2b": {"payer": CorporateAccount(account_no="1000200030004000", name="某某公司")},
}


@pytest.mark.parametrize("product", sorted(PAYERS))
def test_every_product_is_paid_and_given_back(both: Both, product: str) -> None:
    asked = order(product=product, amount=Money(12345), **PAYERS[product])
    prepared = both.begin(asked)
    (booked,) = both.books("orders", asked.merchant_order_id)
    assert int(booked["txnAmt"]) == 12345
    assert both.query(PaymentQuery.of(prepared)).outcome is Outcome.UNKNOWN, "open: nobody has paid yet"
    paid = both.paid(order(product=product, amount=Money(1000), **PAYERS[product]))
    refund = refund_of(paid, 400, next(NUMBERS))
    ready = both.prepare(refund)
    assert both.refund(ready).canonical == "REFUND_PROCESSING"
    found = both.query_refund(RefundQuery.of(ready))
    assert (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, Money(400))
    assert both.refund(refund_of(paid, 601, next(NUMBERS))).outcome in {Outcome.FAILED, Outcome.UNKNOWN}
    assert both.query(PaymentQuery.of(prepared)).outcome is not Outcome.FAILED


def test_what_the_payer_is_given(both: Both) -> None:
    assert isinstance(both.pay(order()).payer_action, HandOver)
    handed = both.pay(order(product="gateway"))
    assert (handed.evidence.kind, handed.outcome) == (EvidenceKind.HANDED_TO_PAYER, Outcome.PENDING)


def test_a_cancellation(both: Both) -> None:
    paid = both.paid(order())
    cancel = CancelOrder(merchant_cancel_id=next(NUMBERS), ordered_at=datetime.now(UTC), original=paid, notify_url=NOTIFY)
    prepared = both.prepare(cancel)
    assert both.cancel(prepared).canonical == "CANCEL_IN_PROGRESS"
    found = both.query_refund(RefundQuery.of(prepared))
    assert (found.outcome, found.amounts.order, found.canonical) == (Outcome.SUCCEEDED, Money(100), "REFUND_SUCCEEDED")
    assert both.refund(refund_of(paid, 1, next(NUMBERS))).outcome in {Outcome.FAILED, Outcome.UNKNOWN}
    both.world.deliver()
    (event,) = both.read_notification(both.posted[-1]).events
    told = event.against(RefundQuery.of(cancel))
    assert (event.kind, told.operation, told.outcome) == (EventKind.REFUND, "notification.cancel", Outcome.SUCCEEDED)


def test_a_payout(both: Both) -> None:
    asked = payout()
    prepared = both.prepare(asked)
    assert both.payout(prepared).canonical == "PAYOUT_PROCESSING"
    again = both.payout(asked)
    assert (again.outcome, again.raw.code) == (Outcome.UNKNOWN, "12"), "sent again it is the same transaction, and refused"
    found = both.query_payout(PayoutQuery.of(prepared))
    assert (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, Money(3000))
    (booked,) = both.books("payouts", asked.merchant_order_id)
    assert CARD in str(booked), "decrypted by the other end"


def test_a_payout_that_fails_says_so(both: Both) -> None:
    asked = payout()
    both.payout(asked)
    both.control("payouts", asked.merchant_order_id, "fail", code="61")
    found = both.query_payout(PayoutQuery.of(asked))
    assert (found.outcome, found.raw.code) == (Outcome.FAILED, "61")


@pytest.mark.parametrize("code", ["01", "03", "04", "05", "12", "60"])
def test_a_payout_done_and_answered_doubtfully(both: Both, code: str) -> None:
    asked = payout()
    prepared = both.prepare(asked)
    both.world.faults.add({"kind": "next_code", "text": "txnType=12", "code": code, "executed": True})
    assert both.payout(prepared).outcome is Outcome.UNKNOWN
    assert both.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED


def test_a_payer_s_failed_try_is_not_the_end(both: Both) -> None:
    asked = order(expires_at=datetime.now(UTC) + timedelta(minutes=5))
    prepared = both.begin(asked)
    both.control("orders", asked.merchant_order_id, "fail", code="64")
    first = both.query(PaymentQuery.of(prepared))
    assert (first.outcome, first.raw.code, first.new_id_allowed) == (Outcome.UNKNOWN, "64", False)
    both.world.clock.advance(301)
    last = both.query(PaymentQuery.of(prepared))
    assert last.outcome is Outcome.FAILED


def test_nobody_knows_an_order_that_was_never_made(both: Both) -> None:
    assert both.query(PaymentQuery.of(order())).canonical == "ORDER_NOT_FOUND"
    assert both.query_payout(PayoutQuery.of(payout())).canonical == "PAYOUT_NOT_FOUND"


def test_the_same_number_at_another_time_is_another_order(both: Both) -> None:
    asked = order()
    both.begin(asked)
    later = PaymentQuery.of(asked).model_copy(update={"ordered_at": asked.ordered_at + timedelta(seconds=5)})
    assert both.query(later).canonical == "ORDER_NOT_FOUND"


EXECUTED = ["lose_reply", "reset", "half_body", "garbage", "bad_signature", "unsigned", "executed_twice"]


@pytest.mark.parametrize("kind", EXECUTED)
def test_whatever_happens_to_the_reply_a_query_tells(both: Both, kind: str) -> None:
    asked = payout()
    prepared = both.prepare(asked)
    both.world.faults.add({"kind": kind, "text": "txnType=12"})
    first = both.payout(prepared)
    assert (first.outcome, first.new_id_allowed) == (Outcome.UNKNOWN, False)
    assert both.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED
    assert len(both.books("payouts", asked.merchant_order_id)) == 1, "one id pays out once"


@pytest.mark.parametrize("kind", EXECUTED[:-1])
def test_a_query_that_fails_never_fails_the_payment(both: Both, kind: str) -> None:
    asked = order()
    both.paid(asked)
    both.world.faults.add({"kind": kind, "path": "queryTrans"})
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.UNKNOWN
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED


def test_a_state_and_a_code_never_seen(both: Both) -> None:
    asked = order()
    both.begin(asked)
    both.world.faults.add({"kind": "unknown_state", "path": "queryTrans"})
    seen = both.query(PaymentQuery.of(asked))
    assert (seen.outcome, seen.canonical, seen.raw.code) == (Outcome.UNKNOWN, "UNMAPPED_CODE", "Z9")
    both.world.faults.add({"kind": "server_error", "path": "appTransReq"})
    assert both.pay(order()).outcome is Outcome.UNKNOWN


def test_notifications_of_each_kind(both: Both) -> None:
    asked = order()
    paid = both.paid(asked)
    refund, away = refund_of(paid, 40, next(NUMBERS)), payout()
    both.refund(refund)
    both.payout(away)
    both.world.clock.advance(5)
    both.world.deliver()
    told = {}
    for inbound in both.posted:
        notice = both.read_notification(inbound)
        assert notice.verdict is Verdict.ACCEPTED, notice.problem
        told[notice.events[0].kind] = notice.events[0]
    questions = {
        EventKind.PAYMENT: PaymentQuery.of(asked),
        EventKind.REFUND: RefundQuery.of(refund),
        EventKind.PAYOUT: PayoutQuery.of(away),
    }
    assert set(told) == set(questions)
    for kind, question in questions.items():
        assert told[kind].against(question).outcome is Outcome.SUCCEEDED
    both.world.clock.advance(600)
    spoilt = both.posted[0].model_copy(update={"body": both.posted[0].body.replace(b"txnAmt=100", b"txnAmt=101")})
    assert both.read_notification(spoilt).verdict is Verdict.REFUSED
    assert both.read_notification(both.posted[0]).verdict is Verdict.REPEATED


def test_a_day_s_file(both: Both) -> None:
    asked = order(amount=Money(4321))
    paid = both.paid(asked)
    refund = refund_of(paid, 321, next(NUMBERS))
    both.refund(refund)
    both.world.clock.advance(5)
    both.world.tick()
    day = (both.world.clock.now() + timedelta(hours=1)).date()  # Beijing's, and the clearing day ends at 23:00
    early = both.bill(BillQuery(day=day, bill_kind="trade"))
    assert (early.status, early.rows) == (BillStatus.NOT_READY, ())
    both.world.clock.advance(40 * 3600)
    bill = both.bill(BillQuery(day=day, bill_kind="trade"))
    assert (bill.outcome, bill.status) == (Outcome.SUCCEEDED, BillStatus.READY), bill
    rows = {row.kind: row for row in bill.rows}
    assert rows[BillRowKind.PAYMENT].amount == Money(4321)
    assert rows[BillRowKind.PAYMENT].merchant_order_id == asked.merchant_order_id
    assert rows[BillRowKind.PAYMENT].channel_order_id == paid.channel_order_id
    back = rows[BillRowKind.REFUND]
    assert (back.amount, back.incoming, back.merchant_refund_id) == (Money(321), False, refund.merchant_refund_id)
    assert back.channel_order_id == paid.channel_order_id
    assert {row.business_date for row in bill.rows} == {day}


def test_a_retired_encryption_certificate_is_replaced(both: Both) -> None:
    """UnionPay rotates it; a day later the new one is asked for, and used."""
    both.payout(payout())
    both.control("certificates", "encrypt", "rotate")
    both.world.clock.advance(86_400 + 1)
    later = payout(ordered_at=both.world.clock.now())
    prepared = both.prepare(later)
    both.payout(prepared)
    assert CARD in str(both.books("payouts", later.merchant_order_id))
    assert both.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("how", ["foreign", "wrong_owner", "ended"])
def test_a_signer_that_must_not_be_believed(mock_channels: World, mock_channel_keys: Path, how: str) -> None:
    both = Both(mock_channels, mock_channel_keys, httpx, "sync", "01")
    asked = order()
    both.paid(asked)
    both.control("certificates", "signer", how)
    told = both.query(PaymentQuery.of(asked))
    assert (told.outcome, told.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    both.control("certificates", "signer", "restore")
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED
    both.control("certificates", "signer", "rotate")
    assert both.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED, "a new one under the same authorities"


def test_through_respx(mock_channels: World, mock_channel_keys: Path) -> None:
    config = UnionpayConfig.from_directory(mock_channel_keys / "unionpay")
    with respx_router(mock_channels, "https://gateway.95516.com"), ChannelClient(open_channel("unionpay", config)) as client:
        assert client.pay(order()).outcome is Outcome.PENDING
