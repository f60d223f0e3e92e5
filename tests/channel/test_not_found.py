"""From when on "not found" may be believed: never sooner than the channel's quiet period after the order was last sent."""

from datetime import UTC, datetime, timedelta

import pytest

from error_codes import translate
from payment_channels import Authenticity, HttpCall, HttpReply, Money, PayoutQuery, Reading, Verb
from payment_channels.channel import settle
from payment_channels.channel.ending import Ending, Trail
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import PersonalAccount
from payment_channels.model.prepared import Prepared

AT = datetime(2026, 6, 1, tzinfo=UTC)
WHERE, CODE, OPERATION = "STATUS/CODE", "2020", "query_payout.xfer"
QUIET = timedelta(minutes=15)
ORDER = PayoutOrder(
    merchant_order_id="P1", ordered_at=AT, amount=Money(100), payee=PersonalAccount(account_no="6217000000000001", name="张三")
)


def conclusive_after(asked: PayoutQuery) -> datetime | None:
    """What the answer "not found" to this query says, at a channel whose document gives a quiet period."""
    line = "http://127.0.0.1:8007"
    trail = Trail(left=True, call=HttpCall("POST", f"{line}/", ()), reply=HttpReply(200, {}, b"<FOX/>"))
    reading = Reading(operation=OPERATION, where=WHERE, code=CODE, http_status=200, authenticity=Authenticity.TRUSTED_LINE)
    ending = Ending(channel="cib", verb=Verb.QUERY_PAYOUT, asked=asked, trail=trail, reading=reading, trusted_line=line)
    return settle(ending).not_found_conclusive_after


def test_the_table_gives_the_quiet_period_that_is_counted_here() -> None:
    meaning = translate("cib", OPERATION, where=WHERE, code=CODE)
    assert (meaning.canonical, meaning.quiet_period) == ("PAYOUT_NOT_FOUND", QUIET.total_seconds())


@pytest.mark.parametrize(
    ("ordered", "sent", "expected"),
    [
        (AT, None, AT + QUIET),
        (AT, AT + timedelta(hours=5), AT + timedelta(hours=5) + QUIET),  # it lay for five hours before it left
        (AT, AT - timedelta(minutes=1), AT + QUIET),  # clocks differ
        (None, AT, None),
    ],
)
def test_it_is_counted_from_the_later_of_ordering_and_sending(
    ordered: datetime | None, sent: datetime | None, expected: datetime | None
) -> None:
    asked = PayoutQuery(merchant_order_id="P1", amount=Money(100), ordered_at=ordered, last_sent_at=sent)
    assert conclusive_after(asked) == expected


def test_a_query_of_what_was_prepared_knows_the_time() -> None:
    late = AT + timedelta(days=1)
    prepared = Prepared(channel="cib", order=ORDER, prepared_at=late)
    assert conclusive_after(PayoutQuery.of(prepared)) == late + QUIET
    assert conclusive_after(PayoutQuery.of(ORDER)) == AT + QUIET
