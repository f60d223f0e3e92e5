"""Funding (头寸): what each merchant has in each channel account, reserved before an order leaves and following it after.

Whatever an order's end, the journal knows it and the postings follow: ``follow`` may be called at any time, by anybody, any
number of times. What is not known to have failed stays reserved.
"""

import logging
from dataclasses import replace

from payment_channels.business.funding import cash, requests, reservations
from payment_channels.business.funding.alarms import Alarm, alarms, stopped
from payment_channels.business.funding.books import Books
from payment_channels.business.funding.cash import Cash
from payment_channels.business.funding.comparing import Comparison, compare
from payment_channels.business.funding.facts import Told
from payment_channels.business.funding.following import Move, follow, move, residual_first
from payment_channels.business.funding.ledger import Purse, books_of, lock
from payment_channels.business.funding.policy import FundingPolicy
from payment_channels.business.funding.positions import ENDED_WITHOUT, belongs
from payment_channels.business.funding.requests import RequestKind, RequestState
from payment_channels.business.funding.reservations import OPEN, RELEASED, Reservation
from payment_channels.business.funding.short import free, suffices
from payment_channels.business.funding.sweeping import behind
from payment_channels.business.funding.tables import TABLES
from payment_channels.business.funding.verifying import faults
from payment_channels.business.people import named
from payment_channels.business.policies import PolicyBook
from payment_channels.journal import Journal, OrderKey, State
from payment_channels.journal.records import moment
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money
from payment_channels.model.refusals import InvalidRequestError
from payment_channels.model.results import Balance

log = logging.getLogger("payment_channels.business")


class Funding:
    """The books of all merchants in all channel accounts, in the journal's database. Share it between threads."""

    def __init__(self, journal: Journal) -> None:
        """Open the books; their tables are made where they are not yet there.

        Raises:
            JournalUnavailableError: the database cannot be used.
        """
        self.journal = journal
        self.policies = PolicyBook(journal, "funding", FundingPolicy)
        journal.store.bring_up_to_date("funding", TABLES)

    # --- what there is

    def policy(self, cursor: Cursor | None = None) -> FundingPolicy:
        """Return the policy in force; as long as there is none, every account is funded first and has no thresholds."""
        found = self.policies.if_any(cursor=cursor)
        return found.policy if found is not None else FundingPolicy()

    def available(self, merchant: str, account: str, currency: str = "CNY", *, cursor: Cursor | None = None) -> int:
        """Return what could be reserved for a merchant now, in minor units; below zero where he has used more than he has.

        It is a look, not a promise: only ``reserve`` holds it. ``cursor``: within a transaction of the caller's.
        """

        def read(hand: Cursor) -> int:
            purse = Purse(merchant, account, currency)
            return free(self.journal.store, hand, purse, books_of(hand, purse), self.policy(hand).of(account, currency))

        return read(cursor) if cursor is not None else self.journal.store.read(read)

    def books(self, merchant: str, account: str, currency: str = "CNY") -> Books:
        """Return a merchant's books in a channel account."""
        return self.journal.store.read(lambda cursor: books_of(cursor, Purse(merchant, account, currency)))

    def reservation(self, key: OrderKey) -> Reservation | None:
        """Return what is held for an order and where its money is; None where nothing was ever reserved for it."""
        return self.journal.store.read(lambda cursor: reservations.find(cursor, key))

    def held_at(self, merchant: str, number: str) -> str | None:
        """Return the account where an approved repayment's money lies: its payout goes there and nowhere else."""
        meant = (number, merchant, RequestKind.REPAYMENT.value, RequestState.APPROVED.value)
        condition = "number = ? AND merchant = ? AND kind = ? AND state = ?"
        found = self.journal.store.read(lambda cursor: requests.select(cursor, condition, meant))
        return found[0].purse.account if found else None

    def repays(self, merchant: str, number: str) -> list[OrderKey]:
        """Return the orders that a merchant's approved repayment is to pay once more: the last, and the first of all."""
        meant = (number, merchant, RequestKind.REPAYMENT.value, RequestState.APPROVED.value)
        condition = "number = ? AND merchant = ? AND kind = ? AND state = ?"
        found = self.journal.store.read(lambda cursor: requests.select(cursor, condition, meant))
        return [key for one in found for key in (one.original, one.root)]

    # --- what operations and routing ask

    def stopped(self, account: str, currency: str = "CNY", *, cursor: Cursor | None = None) -> Alarm | None:
        """Return why routing may send no more payouts through an account; None where it may."""

        def read(hand: Cursor) -> Alarm | None:
            return stopped(self.journal, hand, self.policy(hand), account, currency)

        return read(cursor) if cursor is not None else self.journal.store.read(read)

    def alarms(self) -> list[Alarm]:
        """Return all that operations should know now: what is short, stopped, below zero, stuck, or another at the channel."""
        return alarms(self.journal, self.policy())

    def compare(self, account: str, balance: Balance) -> Comparison:
        """Compare the channel's own balance of an account with ours, and write the comparison down.

        Raises:
            JournalUnavailableError: it could not be written.
        """
        return compare(self.journal, account, balance)

    def faults(self) -> list[str]:
        """Derive all books from the postings alone; return every difference as a sentence. It reads the whole ledger."""
        return faults(self.journal)

    # --- before an order leaves

    def reserve(self, cursor: Cursor, key: OrderKey, merchant: str, amount: Money, *, orders: int = 1) -> Reservation:
        """Hold money for an order, within the caller's transaction: residuals first, then what is available.

        The same order again holds nothing more, whatever has come of it; one that was released is held anew. ``amount`` is the
        order's; of a batch, whose key is the batch's own, the sum of its lines, and ``orders`` their number.

        Raises:
            ShortOfFundsError: it does not suffice, and nothing was reserved.
            InvalidRequestError: money was reserved under this number for another merchant or amount; or it is a repayment of what
                has not failed after all, and has not left.
        """
        now, purse = self.journal.now(), Purse(named(merchant, "merchant"), key.account, amount.currency)
        self._still_owed(cursor, key)
        held = lock(self.journal.store, cursor, purse)  # all that moves an order's money holds its purse
        known = reservations.find(cursor, key)
        if known is not None and (known.purse, known.amount, known.orders) != (purse, amount.amount, orders):
            raise _other_content(key)
        if known is not None and known.state != RELEASED:
            again = replace(known, holders=known.holders + 1)
            reservations.put(cursor, again, now)
            return again
        ended = self.journal.one(cursor, key) if known is not None else None
        if ended is not None and ended.state is State.FAILED:  # nobody will send it, so that nobody would let its money go
            followed = follow(self.journal, cursor, key, lambda found, _: found)
            assert followed is not None  # noqa: S101  it is known
            return followed
        settings = self.policy(cursor).of(key.account, amount.currency)
        asked = known
        if asked is None:
            at = moment(now)
            if at is None or amount.amount <= 0 or orders < 1:
                raise InvalidRequestError.because("占用的金额须为正", "the amount to reserve is positive", field="amount")
            asked = Reservation(
                id=0, key=key, purse=purse, amount=amount.amount, orders=orders, fee=settings.fee, mode=settings.mode,
                from_residual=0, holders=0, state=OPEN, conflicts=0, seen_event=0, reserved_at=at, followed_at=at,
                position=Books(),
            )  # fmt: skip
        suffices(self.journal.store, cursor, held, asked, settings)
        opened: Reservation | None = replace(residual_first(held, asked), state=OPEN, holders=asked.holders + 1)
        if known is None:
            assert opened is not None  # noqa: S101  it was made above
            opened = reservations.add(cursor, opened, now)
        if opened is None:
            raise _other_content(key)  # another merchant's, at this very moment
        return move(cursor, held, opened, Move(belongs(opened, ())), now)

    def _still_owed(self, cursor: Cursor, key: OrderKey) -> None:
        """Refuse a repayment that has not left and whose original has not failed after all: late news came since its approval."""
        asked = requests.find(cursor, key.account, key.merchant_id)
        sent = self.journal.one(cursor, key) if asked is not None else None
        if asked is None or asked.key != key or (sent is not None and sent.state is not State.NOT_SENT):
            return
        for one in dict.fromkeys((asked.original, asked.root)):
            original = follow(self.journal, cursor, one, lambda found, _: found)
            if original is None or original.key.kind == "payout_batch" or original.state in ENDED_WITHOUT:
                continue
            raise InvalidRequestError.because(
                f"{key.merchant_id} 重付的原单 {one.merchant_id} 现为 {original.state}，不能重付；没有发送",
                f"{key.merchant_id} repays {one.merchant_id}, which is {original.state} after all; nothing was sent",
                field="merchant_order_id",
            )

    # --- after it

    def follow(self, key: OrderKey) -> Reservation | None:
        """Bring an order's postings to where the journal has the order; None where nothing was reserved for it.

        Raises:
            JournalUnavailableError: it could not be written; ``follow_all`` will find it.
        """
        return self.journal.store.write(lambda cursor: follow(self.journal, cursor, key, lambda found, _: found))

    def follow_all(self, limit: int = 1000) -> int:
        """Follow what the journal knows and the postings do not, at most ``limit`` orders; return how many that were.

        Run it now and then, and after a crash: whatever was not followed at once is found here. A batch whose order cannot be
        opened, its key not being in the ring, is left and logged.

        Raises:
            JournalUnavailableError: it could not be written; what was followed until then stands.
        """
        followed = 0
        for key in behind(self.journal, limit):
            try:
                followed += self.follow(key) is not None
            except ValueError:
                log.exception("%s cannot be followed: its money stays where it is", key.merchant_id)
        return followed

    def refused(self, key: OrderKey) -> Reservation | None:
        """Say that an order was refused before it left: an exception of a verb that pays.

        What it holds is released where the journal has no such order, or has it as never sent, and nobody else may still send
        it: of several that were given the same order at once, the last who is refused releases it.

        Raises:
            JournalUnavailableError: it could not be written.
        """

        def fewer(found: Reservation, _: Told | None) -> Reservation:
            return replace(found, holders=max(0, found.holders - 1))

        return self.journal.store.write(lambda cursor: follow(self.journal, cursor, key, fewer))

    def release(self, key: OrderKey, *, who: str, why: str) -> Reservation | None:
        """Release what is held for an order that never reached the journal, its process having died before: a person says so.

        Raises:
            InvalidRequestError: the journal has the order and does not say that it never left, or a name or reason is missing.
        """
        note = f"{named(who)}: {named(why, 'why')}"

        def none(found: Reservation, told: Told | None) -> Reservation:
            if told is not None and told.state is not State.NOT_SENT:
                raise InvalidRequestError.because(
                    f"订单 {key.merchant_id} 已在日志中（{told.state}），其头寸随日志而动，不能手工释放",
                    f"the journal has {key.merchant_id} as {told.state}: its money follows the journal, not people",
                    field="merchant_order_id",
                )
            return replace(found, holders=0)

        return self.journal.store.write(lambda cursor: follow(self.journal, cursor, key, none, note))

    # --- in and out

    def paid_in(self, merchant: str, account: str, amount: Money, *, reference: str, who: str) -> Books:
        """Note that a merchant's money has come into a channel account; return his books then.

        ``reference`` is the bank's or the channel's own number of it: the same again changes nothing.

        Raises:
            InvalidRequestError: the amount is not positive, a name is missing, or the reference is of another movement.
            JournalUnavailableError: it could not be written; give it again.
        """
        came = Cash(merchant=merchant, account=account, amount=amount, reference=reference)
        return cash.paid_in(self.journal, came, who=who)

    def taken_out(
        self, merchant: str, account: str, amount: Money, *, reference: str, people: tuple[str, str], why: str
    ) -> Books:
        """Note that available money was taken out of a channel account past the SDK, at the channel's own desk.

        ``people`` are the one who did it and the one who has checked it.

        Raises:
            ShortOfFundsError: the merchant has not so much available.
            InvalidRequestError: as ``paid_in``, or both people are the same.
            JournalUnavailableError: it could not be written; give it again.
        """
        gone = Cash(merchant=merchant, account=account, amount=amount, reference=reference)
        return cash.taken_out(self.journal, gone, people=people, why=why)


def _other_content(key: OrderKey) -> InvalidRequestError:
    return InvalidRequestError.because(
        f"单号 {key.merchant_id} 已为另一商户或另一金额占用过头寸；请换新单号",
        f"money was reserved under {key.merchant_id} for another merchant or amount: take a new number",
        field="merchant_order_id",
        canonical="DUPLICATE_OTHER_CONTENT",
    )
