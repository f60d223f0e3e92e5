"""A day's business of three merchants at four channel accounts, made of a seed: what the pages and the pictures show."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from payment_channels import CorporateAccount, Money, Outcome, PaymentOrder, PayoutOrder, PersonalAccount, Verb
from payment_channels.business.routing.assignments import Assignments
from payment_channels.business.routing.decision import Decision, Question
from payment_channels.journal import Journal, OrderKey
from payment_channels.journal.opening import Lease
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


def seed(journal: Journal, clock: Ticking, begins: datetime, *, orders: int = 400) -> None:
    """Write a day's orders down; the clock stands at the day's end afterwards."""
    numbers = random.Random(8)
    for place, at in enumerate(moments(numbers, begins, orders)):
        clock.at = at
        account, (_, kind) = numbers.choice(list(ACCOUNTS.items()))
        down = account == "alipay-main" and 14 <= (at - begins).seconds // 3600 < 16
        fen = round(numbers.lognormvariate(9, 1.4)) + 1
        payee = {} if kind == "payment" else {"payee": numbers.choice([PERSON, COMPANY])}
        asked = order(kind, f"{kind}{place:05d}", fen, at, **payee)
        merchant = numbers.choices(MERCHANTS, (6, 3, 1))[0]
        assigned(journal, merchant, account, asked)
        if down and numbers.random() < 0.6:
            sent(journal, account, asked, Outcome.FAILED, "CHANNEL_UNREACHABLE")
            continue
        chance = numbers.random()
        if chance < 0.9:
            sent(journal, account, asked, Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED" if kind == "payment" else None)
        elif chance < 0.96:
            sent(journal, account, asked, Outcome.FAILED, numbers.choice(DECLINES[kind]))
        elif chance < 0.98:
            sent(journal, account, asked, Outcome.PENDING, "PAYMENT_AWAITING_PAYER" if kind == "payment" else None)
        elif chance < 0.99 and kind == "payout":
            sent(journal, account, asked, Outcome.RETURNED)
        else:
            sent(journal, account, asked, None)
    clock.at = begins + timedelta(days=1, minutes=3)
