"""Bills that the channels' mocks make of their books, through the adapters: what agrees, agrees; what is planted is found."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mocks.clock import BEIJING
from mocks.clock import Clock as MockClock
from mocks.doors import open_world, transport
from payment_channels import BillQuery, BillStatus, ChannelClient, Money, Outcome, PaymentOrder, PaymentQuery, Verb
from payment_channels.business.reconciliation import AccountTerms, CaseState, Difference, FeeTerms, Reconciliation, Run
from payment_channels.journal import DurableClient, Journal, KeyRing, OrderKey, SqliteStore, State
from tests.business.reconciliation.planted import in_force
from tests.journal.scripted import Scripted, told
from tests.simulation.channels import Side
from tests.simulation.channels.institutions import Allinpay
from tests.simulation.channels.networks import Alipay, Unionpay, Wechat
from tests.simulation.wire import Clock

RATES = {"wechat": 6000, "alipay": 0, "unionpay": 6000, "allinpay": None}
"""What each mock charges for a payment, in millionths; Allinpay's charges by product, which is not checked here."""


class Shop:
    """One channel's account with its journal, and the channel's mock at the other end; one clock for all three, moved by hand."""

    def __init__(self, kind: type[Side], keys: Path, folder: Path) -> None:
        self.clock = Clock()
        self.world = open_world(keys, MockClock(self.clock))
        self.world._post = lambda _url, _headers, _body: (200, "")
        self.side = kind(self.world, keys)
        self.journal = Journal(SqliteStore(folder / "journal.sqlite3"), KeyRing.single(bytes(range(32))), clock=self.clock)
        self.http = httpx.Client(transport=transport(self.world))
        self.bare = ChannelClient(self.side.open(self.clock), http=self.http, timeout=5)
        self.client = DurableClient(self.bare, self.journal, account="shop")
        self.number = 0
        self.reconciliation = Reconciliation(self.journal)
        rate = RATES[kind.name]
        in_force(self.reconciliation, AccountTerms(
            since=self.day,
            cut_off=time(23) if kind is Unionpay else None,
            own_numbers=("shop.*",),
            fees={} if rate is None else {"payment": FeeTerms(millionths=rate)},
        ), account="shop")  # fmt: skip

    @property
    def day(self) -> date:
        """Today in Beijing; it is noon there, so it is the channel's business day too."""
        return self.clock().astimezone(BEIJING).date()

    def order(self, fen: int = 10_000, name: str = "shop") -> PaymentOrder:
        self.number += 1
        now = self.clock()
        return self.side.payment(f"{name}{self.number:08}", fen, now, now + timedelta(hours=2), 0)

    def paid(self, fen: int = 10_000, client: Any = None, name: str = "shop") -> PaymentOrder:
        """Have an order paid, and told of it only where the client asks."""
        order = self.order(fen, name)
        (client or self.client).pay(order)
        self.clock.wait(5)
        self.world.tick()
        assert self.side.pays(order.merchant_order_id)
        return order

    def refunded(self, paid: PaymentOrder, fen: int) -> None:
        record = self.journal.find(OrderKey("shop", "payment", paid.merchant_order_id))
        assert record is not None
        found = self.bare.query(PaymentQuery.of(self.journal.prepared_of(record)))  # past the journal, which knows nothing
        named, now = {"channel_order_id": found.channel_order_id}, self.clock()
        self.client.refund(self.side.refund(f"shop{paid.merchant_order_id[-8:]}r", fen, now, paid, named))
        self.clock.wait(10)
        self.world.tick()

    def run(self, day: date, **changes: Any) -> Run:
        bill = self.bare.bill(BillQuery(day=day, bill_kind="trade"))
        return self.reconciliation.run("shop", day, bill.model_copy(update=changes) if changes else bill)

    def state(self, order: PaymentOrder) -> State:
        record = self.journal.find(OrderKey("shop", "payment", order.merchant_order_id))
        assert record is not None
        return record.state

    def found(self, *states: CaseState) -> set[tuple[str, Difference]]:
        cases = self.reconciliation.book.cases()
        return {(one.number, one.difference) for one in cases if not states or one.state in states}

    def change(self, order: PaymentOrder, what: str) -> None:
        """Have the journal say something else than is true."""
        text = f"UPDATE orders SET {what}, unresolved = '' WHERE merchant_id = ?"  # noqa: S608  the tests' own words
        self.journal.store.write(lambda cursor: cursor.run(text, (order.merchant_order_id,)))

    def a_day_on(self) -> None:
        self.clock.wait(24 * 3600)
        self.world.tick()


@pytest.fixture(params=[Wechat, Alipay, Unionpay, Allinpay], ids=lambda one: one.name)
def shop(request: pytest.FixtureRequest, mock_channel_keys: Path, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(request.param, mock_channel_keys, tmp_path)
    yield made
    made.http.close()
    made.journal.store.close()


def test_a_day_that_agrees_has_no_case_and_settles_what_nobody_asked_after(shop: Shop) -> None:
    day, orders = shop.day, [shop.paid(10_000 + number) for number in range(4)]
    shop.refunded(orders[0], 2_500)
    assert {shop.state(order) for order in orders} <= {State.PENDING, State.UNKNOWN}
    early = shop.run(day)
    assert (early.bill_status, early.classes, early.clean) == (BillStatus.NOT_READY, {Difference.BILL_MISSING: 1}, False)
    shop.a_day_on()
    run = shop.run(day)
    assert (run.rows, run.classes, run.clean, run.opened, run.cleared) == (5, {}, True, 0, 1)
    assert run.settled >= len(orders)
    assert {shop.state(order) for order in orders} == {State.SUCCEEDED}
    again = shop.run(day)
    assert (again.settled, again.agreed, again.opened, again.changed, again.cleared) == (0, 5, 0, 0, 0)
    assert {(one.side, one.kind): (one.count, one.amount) for one in again.totals} == {
        ("bill", "payment"): (4, 40_006), ("journal", "payment"): (4, 40_006),
        ("bill", "refund"): (1, 2_500), ("journal", "refund"): (1, 2_500),
    }  # fmt: skip


def test_every_planted_difference_is_found_in_the_channels_own_bill(shop: Shop) -> None:
    day, fine = shop.day, [shop.paid() for _ in range(3)]
    amount, status = shop.paid(), shop.paid()
    shop.change(amount, "amount = amount + 1")
    shop.change(status, "state = 'failed'")
    past = shop.paid(client=shop.bare)
    foreign = shop.paid(client=shop.bare, name="elsewhere")
    wire, ghost = Scripted(answers={Verb.PAY: [told(Verb.PAY, Outcome.SUCCEEDED)]}), shop.order()
    DurableClient(wire, shop.journal, account="shop").pay(ghost)  # type: ignore[arg-type]
    shop.a_day_on()
    rows = shop.bare.bill(BillQuery(day=day, bill_kind="trade")).rows
    twice = next(row for row in rows if row.merchant_order_id == fine[0].merchant_order_id)
    fees = [
        row.model_copy(update={"fee": Money(999)}) if row.merchant_order_id == fine[1].merchant_order_id else row for row in rows
    ]
    run = shop.run(day, rows=(*fees, twice))
    expected = {
        (amount.merchant_order_id, Difference.AMOUNT),
        (status.merchant_order_id, Difference.STATUS),
        (past.merchant_order_id, Difference.CHANNEL_ONLY),
        (foreign.merchant_order_id, Difference.FOREIGN),
        (ghost.merchant_order_id, Difference.LOCAL_ONLY),
        (fine[0].merchant_order_id, Difference.DUPLICATE),
    }
    if RATES[shop.side.name] is not None:
        expected.add((fine[1].merchant_order_id, Difference.FEE))
    assert shop.found() == expected
    assert (shop.state(fine[2]), shop.state(status), run.clean) == (State.SUCCEEDED, State.SUCCEEDED, False)
    assert shop.run(day, rows=(*fees, twice)).opened == 0


def test_an_order_about_the_cut_off_is_waited_for_and_found_in_the_next_bill(shop: Shop) -> None:
    day, _ = shop.day, shop.paid()  # without any business UnionPay has no bill of a day
    hours = 11 if shop.side.name == "unionpay" else 12  # it is noon, and the channel's day ends at 23:00 or at midnight
    shop.clock.wait(hours * 3600 - 15)
    order = shop.order()
    shop.client.pay(order)
    shop.clock.wait(15)
    shop.world.tick()
    assert shop.side.pays(order.merchant_order_id)
    shop.change(order, f"state = 'succeeded', changed_at = {int(shop.clock().timestamp() * 1_000_000)}")
    shop.a_day_on()
    first = shop.run(day)
    assert (first.classes, first.clean) == ({Difference.PENDING_CUTOFF: 1}, True)
    assert shop.found(CaseState.WAITING) == {(order.merchant_order_id, Difference.PENDING_CUTOFF)}
    shop.a_day_on()
    second = shop.run(day + timedelta(days=1))
    assert (second.elsewhere, second.cleared, second.classes) == (1, 1, {})
    assert shop.found(CaseState.CLEARED) == {(order.merchant_order_id, Difference.PENDING_CUTOFF)}
    assert shop.run(day).opened == 0
