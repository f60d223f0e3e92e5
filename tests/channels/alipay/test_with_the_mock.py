"""Adapter and mock, written apart, meet: every verb and product, each fault, rotated certificates, bills, notifications."""

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

from mocks.doors import async_transport, open_world, respx_router, transport
from mocks.world import World
from payment_channels import (
    AsyncChannelClient,
    BalanceQuery,
    BillQuery,
    BillRowKind,
    BillStatus,
    CancelOrder,
    ChannelClient,
    CloseOrder,
    CorporateAccount,
    EvidenceKind,
    HandOver,
    Inbound,
    InvokeClient,
    Money,
    OriginalPayment,
    Outcome,
    PaymentCode,
    PaymentOrder,
    PaymentQuery,
    PayoutOrder,
    PayoutQuery,
    PersonalAccount,
    Phase,
    RefundOrder,
    RefundQuery,
    ShowQrCode,
    SubmitForm,
    Verdict,
    Wallet,
    WalletIdKind,
    open_channel,
)
from payment_channels.channels.alipay import AlipayConfig

NUMBERS = iter(f"order_{number:06}" for number in range(1_000_000))
USER = Wallet(wallet_id="2088102114562585", id_kind=WalletIdKind.USER_ID)
TILL = PaymentCode(code="281234567890123456")
CARD = PersonalAccount(account_no="6222021234567894321", name="张三", bank_name="中国工商银行")
COMPANY = CorporateAccount(account_no="33010101010101", name="某公司", bank_name="招商银行", cnaps_code="308331012345")
NOTIFY = "http://127.0.0.1:9/notify"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of keys for the module: making them takes time."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def one_world(keys: Path) -> World:
    return open_world(keys)


@pytest.fixture
def world(one_world: World) -> World:
    """The same world, emptied: opening one reads every key of every channel."""
    one_world.channels["alipay"].reset()
    one_world.faults.clear()
    one_world._post = lambda _url, _headers, _body: (200, "success")
    return one_world


class Ends:
    """A client over the mock, whose verbs are called alike whatever its colour; and the mock's hand."""

    def __init__(self, world: World, keys: Path, library: ModuleType = httpx, colour: str = "sync", **how: Any) -> None:
        self.world = world
        channel = open_channel("alipay", AlipayConfig.from_directory(keys / "alipay", **how))
        self.loop = asyncio.new_event_loop() if colour == "async" else None
        if self.loop is None:
            self.client: Any = ChannelClient(channel, http=library.Client(transport=transport(world, library)))
        else:
            self.client = AsyncChannelClient(channel, http=library.AsyncClient(transport=async_transport(world, library)))

    def __getattr__(self, verb: str) -> Any:
        def ask(*arguments: Any) -> Any:
            done = getattr(self.client, verb)(*arguments)
            return self.loop.run_until_complete(done) if self.loop is not None and inspect.isawaitable(done) else done

        return ask

    def control(self, things: str, number: str, verb: str, **options: Any) -> Any:
        return self.world.channels["alipay"].control(things, number, verb, options)

    def fault(self, kind: str, method: str, **options: Any) -> None:
        self.world.faults.add({"kind": kind, "channel": "alipay", "text": f"method={method}&", **options})

    def end(self) -> None:
        if self.loop is not None:
            self.loop.close()


COLOURS = [(httpx, "sync"), (httpx, "async"), (httpx2, "sync"), (httpx2, "async")]


@pytest.fixture
def ends(world: World, keys: Path) -> Iterator[Ends]:
    made = Ends(world, keys)
    yield made
    made.end()


def order(product: str = "precreate", **changes: Any) -> PaymentOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": next(NUMBERS),
        "ordered_at": datetime.now(UTC),
        "amount": Money(8888),
        "product": product,
        "subject": "Iphone6 16G 测试",
        "notify_url": NOTIFY,
    }
    payers: dict[str, Any] = {"create": {"payer": USER}, "bar_code": {"payer": TILL}}
    extra = {"channel_fields": {"quit_url": "https://example.com/quit"}} if product == "wap" else payers.get(product, {})
    return PaymentOrder(**{**fields, **extra, **changes})


def refund_of(paid: PaymentOrder, fen: int, number: str = "") -> RefundOrder:
    original = OriginalPayment(merchant_order_id=paid.merchant_order_id, amount=paid.amount, product=paid.product)
    return RefundOrder(
        merchant_refund_id=number or next(NUMBERS), ordered_at=datetime.now(UTC), amount=Money(fen), original=original
    )


def payout(payee: Any, **changes: Any) -> PayoutOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": next(NUMBERS),
        "ordered_at": datetime.now(UTC),
        "amount": Money(2350),
        "payee": payee,
        "purpose": "代发",
    }
    return PayoutOrder(**{**fields, **changes})


@pytest.mark.parametrize(("library", "colour"), COLOURS)
@pytest.mark.parametrize("how", [{}, {"mode": "key"}, {"encrypted": True}, {"mode": "key", "encrypted": True}], ids=str)
def test_the_main_job(world: World, keys: Path, library: ModuleType, colour: str, how: dict[str, Any]) -> None:
    """A code is shown, scanned and paid; found; partly and wholly refunded; the refunds found."""
    ends = Ends(world, keys, library, colour, **how)
    asked = order()
    prepared = ends.prepare(asked)
    created = ends.pay(prepared)
    assert (created.outcome, created.phase) == (Outcome.PENDING, Phase.AWAITING_PAYER)
    assert isinstance(created.payer_action, ShowQrCode)
    query = PaymentQuery.of(prepared)
    found = ends.query(query)
    assert (found.outcome, found.canonical) == (Outcome.UNKNOWN, "ORDER_NOT_FOUND"), "nobody has scanned it"
    ends.control("orders", asked.merchant_order_id, "scan")
    assert ends.query(query).outcome is Outcome.PENDING
    ends.control("orders", asked.merchant_order_id, "pay")
    paid = ends.query(query)
    assert (paid.outcome, paid.amounts.order, paid.canonical) == (Outcome.SUCCEEDED, Money(8888), "PAYMENT_SUCCEEDED")
    first, rest = refund_of(asked, 1000), refund_of(asked, 7888)
    told = ends.refund(first)
    assert (told.outcome, told.retry_after, told.extra) == (Outcome.PENDING, 10, {"refund_fee": "10.00"})
    again = ends.refund(first)
    assert (again.outcome, again.raw.code) == (Outcome.UNKNOWN, "N")
    back = ends.query_refund(RefundQuery.of(first))
    assert (back.outcome, back.amounts.order) == (Outcome.SUCCEEDED, Money(1000))
    assert ends.query(query).outcome is Outcome.SUCCEEDED, "a part was refunded: it stays paid"
    ends.refund(rest)
    assert ends.query_refund(RefundQuery.of(rest)).amounts.order == Money(7888)
    closed = ends.query(query)
    assert (closed.outcome, closed.raw.code) == (Outcome.REVERSED, "TRADE_CLOSED")
    ends.end()


def test_over_respx(world: World, keys: Path) -> None:
    with respx_router(world, "https://openapi.alipay.com"), httpx.Client() as http:
        client = ChannelClient(open_channel("alipay", AlipayConfig.from_directory(keys / "alipay")), http=http)
        assert client.pay(order()).outcome is Outcome.PENDING


@pytest.mark.parametrize("product", ["precreate", "bar_code", "create", "page", "wap", "app"])
def test_every_product_is_paid(ends: Ends, product: str) -> None:
    asked = order(product, expires_at=datetime.now(UTC) + timedelta(hours=2))
    prepared = ends.prepare(asked)
    created = ends.pay(prepared)
    number = asked.merchant_order_id
    action = created.payer_action
    assert created.outcome is Outcome.PENDING
    if isinstance(action, SubmitForm):
        assert created.evidence.kind is EvidenceKind.HANDED_TO_PAYER
        with httpx.Client(transport=transport(ends.world)) as browser:
            assert number in browser.post(action.action, data=dict(action.fields)).text
        ends.control("orders", number, "pay")
    elif isinstance(action, HandOver):
        assert created.evidence.kind is EvidenceKind.HANDED_TO_PAYER
        ends.control("orders", number, "pay", order_string=action.text)
    elif product != "bar_code":
        assert isinstance(action, ShowQrCode | InvokeClient)
        ends.control("orders", number, "pay")
    found = ends.query(PaymentQuery.of(prepared))
    assert (found.outcome, found.amounts.order, found.merchant_order_id) == (Outcome.SUCCEEDED, Money(8888), number)


@pytest.mark.parametrize("product", ["page", "wap", "app"])
def test_a_handed_over_order_does_not_exist_before_it_is_used(ends: Ends, product: str) -> None:
    asked = order(product)
    ends.pay(asked)
    found = ends.query(PaymentQuery.of(asked))
    assert (found.outcome, found.canonical, found.not_found_conclusive_after) == (Outcome.UNKNOWN, "ORDER_NOT_FOUND", None)


def test_a_payer_who_is_asked_for_his_password(ends: Ends) -> None:
    asked = order("bar_code", amount=Money(100_001))
    told = ends.pay(asked)
    assert (told.outcome, told.canonical, told.retry_after) == (Outcome.PENDING, "PAYER_AUTHENTICATING", 5)
    query = PaymentQuery.of(asked)
    assert ends.query(query).outcome is Outcome.PENDING
    ends.control("orders", asked.merchant_order_id, "pay")
    assert ends.query(query).outcome is Outcome.SUCCEEDED


def test_nobody_knows_whether_a_till_was_paid(ends: Ends) -> None:
    """20000: done, and answered as if nobody knew. The query tells; otherwise it is cancelled."""
    asked = order("bar_code", subject="MOCK:20000")
    told = ends.pay(asked)
    assert (told.outcome, told.new_id_allowed) == (Outcome.UNKNOWN, False)
    assert ends.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED
    original = OriginalPayment(merchant_order_id=asked.merchant_order_id, amount=asked.amount, product="bar_code")
    undone = ends.cancel(CancelOrder(ordered_at=datetime.now(UTC), original=original))
    assert (undone.outcome, undone.raw.code) == (Outcome.REVERSED, "refund")
    assert ends.query(PaymentQuery.of(asked)).outcome is Outcome.REVERSED


def test_cancelled_before_it_is_paid_and_before_it_exists(ends: Ends) -> None:
    made, waiting = order("create"), order()
    for asked in (made, waiting):
        ends.pay(asked)
    originals = [OriginalPayment(merchant_order_id=one.merchant_order_id, amount=one.amount) for one in (made, waiting)]
    told = [ends.cancel(CancelOrder(ordered_at=datetime.now(UTC), original=original)) for original in originals]
    assert [one.outcome for one in told] == [Outcome.REVERSED, Outcome.UNKNOWN], (
        "what was not found may still be scanned and paid"
    )
    assert ends.query(PaymentQuery.of(made)).outcome is Outcome.FAILED
    ends.control("orders", waiting.merchant_order_id, "pay")
    assert ends.query(PaymentQuery.of(waiting)).outcome is Outcome.SUCCEEDED


def test_closed_and_timed_out(ends: Ends) -> None:
    closed, expired, paid, unscanned = order("create"), order("create"), order("create"), order()
    for asked in (closed, expired, paid, unscanned):
        ends.pay(asked)
    ends.control("orders", expired.merchant_order_id, "expire")
    ends.control("orders", paid.merchant_order_id, "pay")
    told = [ends.close(CloseOrder(merchant_order_id=one.merchant_order_id)).outcome for one in (closed, paid, unscanned)]
    assert told == [Outcome.SUCCEEDED, Outcome.UNKNOWN, Outcome.UNKNOWN]
    for asked in (closed, expired):
        found = ends.query(PaymentQuery.of(asked))
        assert (found.outcome, found.canonical, found.new_id_allowed) == (Outcome.FAILED, "PAYMENT_CLOSED_UNPAID", True)


TROUBLES = ["lose_reply", "reset", "half_body", "garbage", "bad_signature", "unsigned"]
METHODS = {
    "pay": "alipay.trade.create",
    "refund": "alipay.trade.refund",
    "payout": "alipay.fund.trans.uni.transfer",
}


@pytest.mark.parametrize("kind", [*TROUBLES, "server_error"])
def test_every_trouble_with_an_answer_is_unknown_and_found_again(ends: Ends, kind: str) -> None:
    """The money moved each time; nothing is called failed, and the queries tell."""
    extra = {"executed": True} if kind == "server_error" else {}
    asked, sent = order("create"), payout(USER)
    for method in METHODS.values():
        ends.fault(kind, method, **extra)
    assert ends.pay(asked).outcome is Outcome.UNKNOWN
    ends.control("orders", asked.merchant_order_id, "pay")
    assert ends.query(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED
    back = refund_of(asked, 100)
    assert ends.refund(back).outcome is Outcome.UNKNOWN
    assert ends.query_refund(RefundQuery.of(back)).outcome is Outcome.SUCCEEDED
    prepared = ends.prepare(sent)
    assert ends.payout(prepared).outcome is Outcome.UNKNOWN
    assert ends.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.SUCCEEDED


def test_a_wrong_application_and_a_wrong_key(world: World, keys: Path) -> None:
    """The gateway does not sign what it says to a stranger; what it says of a wrong signature repeats the request."""
    right = AlipayConfig.from_directory(keys / "alipay")
    stranger = right.model_copy(update={"app_id": "2021000000000000"})
    forged = right.model_copy(
        update={"app_private_key": (keys / "alipay" / "alipay_private_key.pem").read_text(encoding="utf-8")}
    )
    told = []
    for config in (stranger, forged):
        with httpx.Client(transport=transport(world)) as http:
            told.append(ChannelClient(open_channel("alipay", config), http=http).pay(order("create", subject="nothing secret")))
    assert (told[0].outcome, told[0].canonical) == (Outcome.UNKNOWN, "APP_NOT_FOUND")
    assert (told[1].outcome, told[1].canonical) == (Outcome.FAILED, "SIGNATURE_INVALID")
    assert "nothing secret" not in repr(told[1])


def test_rotated_certificates(ends: Ends, world: World) -> None:
    """The new one is fetched while it is handed out, and answers with it are believed; the old one stays believed."""
    asked = order("create")
    ends.pay(asked)
    ends.control("certificates", "alipay", "rotate")
    assert ends.query(PaymentQuery.of(asked)).outcome is Outcome.PENDING
    ends.control("certificates", "alipay", "rotate")
    ends.fault("lose_reply", "alipay.open.app.alipaycert.download")
    lost = ends.query(PaymentQuery.of(asked))
    assert (lost.outcome, lost.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED"), "the download was lost, the answer was not"
    assert lost.raw.code == "WAIT_BUYER_PAY"
    assert ends.query(PaymentQuery.of(asked)).outcome is Outcome.PENDING


PAYEES: dict[str, Any] = {
    "user id": USER,
    "login id": Wallet(wallet_id="payee@example.com", id_kind=WalletIdKind.LOGIN_ID, name="黄龙国际"),
    "open id": Wallet(wallet_id="074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"),
    "card": CARD,
    "company": COMPANY,
}


@pytest.mark.parametrize("payee", PAYEES)
def test_payouts(ends: Ends, payee: str) -> None:
    """Sent twice, paid once; pending until a query states the amount; other content under the number is refused."""
    scene = {
        "transfer_scene_name": "佣金报酬",
        "transfer_scene_report_infos": [{"info_type": "岗位类型", "info_content": "外卖员"}],
    }
    prepared = ends.prepare(payout(PAYEES[payee], channel_fields=scene))
    told = [ends.payout(prepared), ends.payout(prepared)]
    assert {one.outcome for one in told} == {Outcome.PENDING}
    assert len({one.channel_order_id for one in told}) == 1
    number = prepared.order.merchant_order_id
    if payee in {"card", "company"}:
        assert ends.query_payout(PayoutQuery.of(prepared)).outcome is Outcome.PENDING
        ends.control("transfers", number, "confirm")
    found = ends.query_payout(PayoutQuery.of(prepared))
    assert (found.outcome, found.amounts.order) == (Outcome.SUCCEEDED, Money(2350))
    other = ends.payout(prepared.order.model_copy(update={"amount": Money(2351)}))
    assert (other.outcome, other.canonical) == (Outcome.UNKNOWN, "DUPLICATE_OTHER_CONTENT")
    by_channel = PayoutQuery(channel_order_id=found.channel_order_id, amount=Money(2350))
    assert ends.query_payout(by_channel).outcome is Outcome.SUCCEEDED


def test_payouts_that_fail_and_that_come_back(ends: Ends) -> None:
    failing, returning = (ends.prepare(payout(CARD)) for _ in range(2))
    for prepared in (failing, returning):
        ends.payout(prepared)
    ends.control("transfers", failing.order.merchant_order_id, "fail")
    failed = ends.query_payout(PayoutQuery.of(failing))
    assert (failed.outcome, failed.new_id_allowed) == (Outcome.FAILED, True)
    ends.control("transfers", returning.order.merchant_order_id, "confirm")
    assert ends.query_payout(PayoutQuery.of(returning)).outcome is Outcome.SUCCEEDED
    ends.control("transfers", returning.order.merchant_order_id, "return")
    came_back = ends.query_payout(PayoutQuery.of(returning))
    assert (came_back.outcome, came_back.meaning.canonical) == (Outcome.RETURNED, "PAYOUT_RETURNED")
    assert came_back.returned is not None
    assert came_back.returned.reason


def test_the_balance_follows_the_books(ends: Ends) -> None:
    (before,) = ends.balance(BalanceQuery()).balances
    ends.payout(payout(USER))
    (after,) = ends.balance(BalanceQuery()).balances
    assert (before.available - after.available, after.frozen) == (Money(2350), Money(0))


def test_bills(ends: Ends, world: World) -> None:
    """Not ready, then ready and equal to the books, then empty: three different things."""
    day = world.clock.now().date()
    paid, sent = order("create"), payout(USER)
    ends.pay(paid)
    ends.control("orders", paid.merchant_order_id, "pay")
    back = refund_of(paid, 1000)
    ends.refund(back)
    ends.payout(sent)
    ahead = BillQuery(day=day, bill_kind="trade")
    assert ends.bill(ahead).status is BillStatus.NOT_READY
    world.clock.advance(40 * 3600)
    trade = ends.bill(ahead)
    assert (trade.outcome, trade.status) == (Outcome.SUCCEEDED, BillStatus.READY)
    rows = {(row.kind, row.incoming, row.amount, row.merchant_order_id, row.merchant_refund_id) for row in trade.rows}
    assert rows == {
        (BillRowKind.PAYMENT, True, Money(8888), paid.merchant_order_id, None),
        (BillRowKind.REFUND, False, Money(1000), paid.merchant_order_id, back.merchant_refund_id),
    }
    flow = ends.bill(BillQuery(day=day, bill_kind="fund_flow"))
    assert flow.status is BillStatus.READY
    moved = sorted((row.incoming, row.amount.amount) for row in flow.rows)
    assert moved == [(False, 1000), (False, 2350), (True, 8888)]
    quiet = ends.bill(BillQuery(day=day - timedelta(days=3), bill_kind="trade"))
    assert (quiet.status, quiet.rows) == (BillStatus.EMPTY, ())


def test_notifications(ends: Ends, world: World) -> None:
    """Paid, refunded in part, refunded in full; unpaid and closed: each notification agrees with the query."""
    posted: list[Inbound] = []

    def take(_url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        posted.append(Inbound(body=body, headers=headers))
        return 200, "success"

    world._post = take
    asked, closed = order("create", attach="a=1&b"), order("create")
    for one in (asked, closed):
        ends.pay(one)
    ends.control("orders", asked.merchant_order_id, "pay")
    world.deliver()
    notice = ends.read_notification(posted.pop())
    assert (notice.verdict, notice.acknowledgement.body) == (Verdict.ACCEPTED, b"success")
    (event,) = notice.events
    told = event.against(PaymentQuery.of(asked))
    assert (told.outcome, told.attach) == (Outcome.SUCCEEDED, "a=1&b")
    back = refund_of(asked, 1000)
    ends.refund(back)
    world.deliver()
    payment, refund = ends.read_notification(posted.pop()).events
    assert payment.against(PaymentQuery.of(asked)).outcome is Outcome.SUCCEEDED
    assert refund.facts.merchant_refund_id == back.merchant_refund_id
    assert refund.against(RefundQuery.of(back)).outcome is Outcome.UNKNOWN, "its amount is nowhere: the query tells"
    ends.refund(refund_of(asked, 7888))
    ends.close(CloseOrder(merchant_order_id=closed.merchant_order_id))
    world.deliver()
    events = [ends.read_notification(inbound).events[0] for inbound in posted]
    ended = {event.facts.merchant_order_id: event for event in events}
    assert ended[asked.merchant_order_id].against(PaymentQuery.of(asked)).outcome is Outcome.REVERSED
    unpaid = ended[closed.merchant_order_id].against(PaymentQuery.of(closed))
    assert unpaid.outcome in {Outcome.FAILED, Outcome.UNKNOWN}
    assert ends.query(PaymentQuery.of(closed)).outcome is Outcome.FAILED
