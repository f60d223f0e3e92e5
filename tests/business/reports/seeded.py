"""A day's business of three merchants at four channel accounts, made of a seed: what the pages and the pictures show."""

import itertools
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from payment_channels import (
    BillRow,
    BillRowKind,
    CorporateAccount,
    Money,
    Outcome,
    PaymentOrder,
    PayoutOrder,
    PersonalAccount,
    Verb,
)
from payment_channels.business.calendar import BusinessCalendar
from payment_channels.business.funding import AccountFunding, Funding, FundingPolicy
from payment_channels.business.reconciliation import (
    AccountTerms,
    FeeTerms,
    Reconciliation,
    ReconciliationPolicy,
    SettlementTerms,
)
from payment_channels.business.reports import Period
from payment_channels.business.routing.assignments import Assignments
from payment_channels.business.routing.decision import Decision, Question
from payment_channels.journal import Journal, OrderKey
from payment_channels.journal.opening import Lease
from payment_channels.journal.records import moment
from payment_channels.model.prepared import Prepared
from tests.business.ticking import Ticking
from tests.journal.scripted import told

CANARIES = ("6222021234567894321", "张三丰", "110060149013000", "泰山茶叶有限公司")
PERSON = PersonalAccount(account_no=CANARIES[0], name=CANARIES[1])
COMPANY = CorporateAccount(account_no=CANARIES[2], name=CANARIES[3], cnaps_code="102100099996")
ACCOUNTS = {
    "wechat-main": ("wechat", "payment"),
    "alipay-main": ("alipay", "payment"),
    "cib-fund": ("cib", "payout"),
    "allinpay-fund": ("allinpay", "payout"),
}
MERCHANTS = ("tea-house", "silk-road-books", "lotus-travel")
DECLINES = {
    "payment": ("PAYER_FUNDS_INSUFFICIENT", "PAYMENT_CLOSED_UNPAID", "TRANSACTION_LIMIT_EXCEEDED", "RISK_REFUSED"),
    "payout": ("PAYEE_ACCOUNT_WRONG", "PAYEE_NAME_MISMATCH", "PAYEE_BANK_WRONG", "RATE_LIMITED"),
}
LEASE = Lease("seeded", timedelta(seconds=30))


def order(kind: str, number: str, fen: int, at: datetime, **changes: Any) -> Any:
    """An order of a kind, as a core gives it."""
    if kind == "payment":
        return PaymentOrder(
            merchant_order_id=number, ordered_at=at, amount=Money(fen), product="native", subject="tea",
            notify_url="https://example.com/notify", **changes,
        )  # fmt: skip
    fields = {"payee": PERSON} | changes
    return PayoutOrder(merchant_order_id=number, ordered_at=at, amount=Money(fen), **fields)


def sent(journal: Journal, account: str, asked: Any, outcome: Outcome | None, code: str | None = None) -> OrderKey:
    """Write an order down as sent, with what came of it; None: its end was never heard."""
    channel = ACCOUNTS[account][0] if account in ACCOUNTS else "scripted"
    opening = journal.begin(account, Prepared(channel=channel, order=asked, prepared_at=journal.clock()), LEASE)
    if outcome is not None:
        verb = Verb.PAY if asked.kind == "payment" else Verb.PAYOUT
        journal.answered(opening, told(verb, outcome, code))
    return opening.key


def assigned(journal: Journal, merchant: str, account: str, asked: Any, *, order_id: str | None = None, attempt: int = 1) -> None:
    """Write down that routing gave an order to an account."""
    decision = Decision(
        question=Question.of(merchant, asked), at=journal.clock(), policy_version=1, level="merchant", group=None,
        account=account, considered=(),
    )  # fmt: skip
    number = asked.merchant_order_id
    book, place = Assignments(journal), (merchant, asked.kind, order_id or number)
    assert journal.store.write(lambda cursor: book.add(cursor, place, attempt, number, decision, {})) is not None


def moments(numbers: random.Random, begins: datetime, orders: int) -> Iterator[datetime]:
    """Moments of one day, more of them where people are awake."""
    weights = [1, 1, 1, 1, 1, 2, 4, 8, 14, 20, 22, 20, 24, 18, 16, 16, 17, 19, 22, 24, 20, 12, 6, 3]
    hours = sorted(numbers.choices(range(24), weights, k=orders))
    yield from sorted(begins + timedelta(hours=hour, seconds=numbers.randrange(3600)) for hour in hours)


def policies(funds: Funding, room: Reconciliation, day: date) -> None:
    """Put the policies into force that the day is told by."""
    funded = FundingPolicy(accounts={"cib-fund": AccountFunding(alarm=4_000_000, stop=200_000)})
    funds.policies.put_in_force(funds.policies.propose(funded, who="Zhang", why="start").number, who="Li")
    fee, settled = FeeTerms(millionths=6000), SettlementTerms()
    paid = AccountTerms(since=day, fees={"payment": fee}, settlement=settled)
    terms = ReconciliationPolicy(
        accounts={"wechat-main": paid, "alipay-main": paid, "cib-fund": AccountTerms(since=day, covers=frozenset({"payout"}))},
        calendar=BusinessCalendar(years=frozenset({2026})),
    )
    room.policies.put_in_force(room.policies.propose(terms, who="Zhang", why="start").number, who="Li")


def bill(journal: Journal, account: str, day: date, *, lost: int) -> list[BillRow]:
    """The channel's bill of a day's payments; it lacks ``lost`` of them, and one has another amount."""
    period = Period.day(day)
    text = (
        "SELECT merchant_id, amount, created_at FROM orders WHERE account = ? AND created_at >= ? AND created_at < ? "
        "AND state = 'succeeded' ORDER BY id"
    )
    rows = journal.store.read(lambda cursor: cursor.rows(text, (account, period.begins, period.ends)))
    return [
        BillRow(
            kind=BillRowKind.PAYMENT, incoming=True, amount=Money(fen + (place == 0 and lost > 0)), merchant_order_id=number,
            channel_order_id=f"c{number}", fee=Money((fen * 6000 + 500_000) // 1_000_000), at=moment(at), business_date=day,
            status="SUCCESS",
        )
        for place, (number, fen, at) in enumerate(rows[lost:])
    ]  # fmt: skip


def seed(journal: Journal, clock: Ticking, begins: datetime, *, orders: int = 400) -> None:
    """Let a day pass, and the next morning until half past ten, when bills and settlements have come."""
    clock.at, day = begins, begins.date()
    funds, room = Funding(journal), Reconciliation(journal)
    policies(funds, room, day)
    for merchant, account in itertools.product(MERCHANTS, ("cib-fund", "allinpay-fund")):
        funds.paid_in(merchant, account, Money(2_000_000), reference=f"in-{merchant}", who="Zhang")
    business(journal, clock, begins, orders)
    for place, (merchant, account) in enumerate((("tea-house", "cib-fund"), ("silk-road-books", "allinpay-fund"))):
        asked = order(
            "payout", f"evening{place}", 250_000 + 70_000 * place, clock()
        )  # nothing comes after them that would use it
        assigned(journal, merchant, account, asked)
        reserved(funds, account, merchant, asked)
        funds.follow(sent(journal, account, asked, Outcome.FAILED, "PAYEE_BANK_WRONG"))
    clock.at = begins + timedelta(days=1, hours=10, minutes=30)
    room.run("alipay-main", day, bill(journal, "alipay-main", day, lost=2))
    room.run("wechat-main", day, bill(journal, "wechat-main", day, lost=0))
    (came,) = [one for one in room.settlements() if one.account == "wechat-main"]
    room.receipts.record("wechat-main", came.expected, received_on=came.due_on, reference="b0001", who="Zhang")


def reserved(funds: Funding, account: str, merchant: str, asked: Any) -> None:
    """Hold the money of a payout."""
    key = OrderKey(account, asked.kind, asked.merchant_order_id)
    funds.journal.store.write(lambda cursor: funds.reserve(cursor, key, merchant, asked.amount))


def business(journal: Journal, clock: Ticking, begins: datetime, orders: int) -> None:
    """Write a day's orders down, each as if it had gone through routing and funding."""
    numbers, funds = random.Random(8), Funding(journal)
    for place, at in enumerate(moments(numbers, begins, orders)):
        clock.at = at
        account, (_, kind) = numbers.choice(list(ACCOUNTS.items()))
        fen = min(round(numbers.lognormvariate(9, 1.4)) + 1, 900_000)
        payee = {} if kind == "payment" else {"payee": numbers.choice([PERSON, COMPANY])}
        asked = order(kind, f"{kind}{place:05d}", fen, at, **payee)
        merchant = numbers.choices(MERCHANTS, (6, 3, 1))[0]
        assigned(journal, merchant, account, asked)
        if kind == "payout":
            reserved(funds, account, merchant, asked)
        down = account == "alipay-main" and 14 <= (at - begins).seconds // 3600 < 16
        key = sent(journal, account, asked, *ended(numbers, kind, down=down))
        if kind == "payout":
            funds.follow(key)


def ended(numbers: random.Random, kind: str, *, down: bool) -> tuple[Outcome | None, str | None]:
    """Draw what came of an order; ``down``: its channel can hardly be reached."""
    if down and numbers.random() < 0.6:
        return Outcome.FAILED, "CHANNEL_UNREACHABLE"
    chance = numbers.random()
    if chance < 0.9:
        return Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED" if kind == "payment" else None
    if chance < 0.96:
        return Outcome.FAILED, numbers.choice(DECLINES[kind])
    if chance < 0.98:
        return Outcome.PENDING, "PAYMENT_AWAITING_PAYER" if kind == "payment" else None
    if chance < 0.99 and kind == "payout":
        return Outcome.RETURNED, None
    return None, None
