"""What failed and returned payouts left behind: withdrawn, or paid once more, under a new number and by two people.

A person proposes, another approves, and from then on the money is held under the new number, which stays linked to the order that
left it. ``repayment``: a new payout under that number, sent as any other. ``withdrawal``: taken out at the channel's own desk,
and noted here when it is done.
"""

from collections.abc import Sequence
from dataclasses import replace

from payment_channels.business.amounts import spoken
from payment_channels.business.funding import requests, reservations
from payment_channels.business.funding.books import Books
from payment_channels.business.funding.elsewhere import Elsewhere
from payment_channels.business.funding.following import Move, follow, move, residual_first
from payment_channels.business.funding.funding import Funding
from payment_channels.business.funding.ledger import Held, lock
from payment_channels.business.funding.positions import ENDED_WITHOUT, belongs
from payment_channels.business.funding.remaining import Left, left_by, live, remains, root_of
from payment_channels.business.funding.requests import Request, RequestKind, RequestState
from payment_channels.business.funding.reservations import OPEN, RELEASED, TAKEN_OUT, Reservation
from payment_channels.business.funding.short import ShortOfFundsError, suffices
from payment_channels.business.people import checked_by_another, named
from payment_channels.journal import OrderKey
from payment_channels.journal.records import moment
from payment_channels.journal.store import Cursor
from payment_channels.model.money import Money
from payment_channels.model.refusals import InvalidRequestError


class Residuals:
    """Proposals, approvals, and the links between old numbers and new."""

    def __init__(self, funding: Funding, elsewhere: Elsewhere | None) -> None:
        """Work on the same books. ``elsewhere``: ``business.onward.Onward.of(journal)``; None where no desk gives orders on."""
        self.funding = funding
        self.elsewhere = elsewhere
        self.journal = funding.journal

    def propose(self, kind: RequestKind, original: OrderKey, amount: Money, *, number: str, who: str, why: str) -> Request:
        """Propose to use what an order left, all or a part of it, under a new number. Nothing moves.

        Raises:
            InvalidRequestError: the order left nothing, or not so much; its end is not known; the number is used already; or it
                would be paid once more, and another account has it by now, or may still be given it.
        """
        maker, reason, new = named(who), named(why, "why"), named(number, "number")

        def work(cursor: Cursor) -> Request:
            root = root_of(cursor, original)
            if kind is RequestKind.REPAYMENT:
                self._nowhere_else(cursor, original, root)
            left, now = self._left_by(cursor, original, amount), self.journal.now()
            if _is_used(cursor, original.account, new):
                raise _used(new)
            self._fits(cursor, root, amount)
            at = moment(now)
            assert at is not None  # noqa: S101  a moment was given
            asked = Request(
                number=new, purse=left.purse, kind=kind, amount=amount.amount, original=original, root=root,
                state=RequestState.PROPOSED, maker=maker, why=reason, proposed_at=at,
            )  # fmt: skip
            if not requests.add(cursor, asked, now):
                raise _used(new)
            return asked

        return self.journal.store.write(work)

    def approve(self, account: str, number: str, *, who: str) -> Request:
        """Approve a proposal of somebody else's: from now on the money is held under the new number.

        A repayment is then sent under that number through this account as any payout; ``Funding.reserve`` finds it held.

        Raises:
            ShortOfFundsError: the residual has funded another payout meanwhile.
            InvalidRequestError: it is not proposed, its maker would check himself, or the original has ended otherwise meanwhile,
                left less than was asked for, or is at another account.
        """

        def work(cursor: Cursor) -> Request:
            asked = self._proposed(cursor, account, number)
            _, checker = checked_by_another(asked.maker, who)
            if asked.kind is RequestKind.REPAYMENT:
                self._nowhere_else(cursor, asked.original, asked.root)
            amount = Money(asked.amount, asked.purse.currency)
            self._left_by(cursor, asked.original, amount)
            self._fits(cursor, asked.root, amount, asked)
            self._hold(cursor, lock(self.journal.store, cursor, asked.purse), asked)
            return self._decided(cursor, replace(asked, state=RequestState.APPROVED, checker=checker))

        return self.journal.store.write(work)

    def decline(self, account: str, number: str, *, who: str, why: str) -> Request:
        """Decline a proposal; its maker may do so too.

        Raises:
            InvalidRequestError: it is not proposed, or a name or reason is missing.
        """
        person, reason = named(who), named(why, "why")

        def work(cursor: Cursor) -> Request:
            asked = self._proposed(cursor, account, number)
            return self._decided(cursor, replace(asked, state=RequestState.DECLINED, checker=person, note=reason))

        return self.journal.store.write(work)

    def done(self, account: str, number: str, *, reference: str, who: str) -> Request:
        """Note that an approved withdrawal was made; ``reference`` is the channel's number of it. Again, it changes nothing.

        Raises:
            InvalidRequestError: it is no approved withdrawal, or a name is missing.
        """
        note = f"{named(who)}: {named(reference, 'reference')}"

        def work(cursor: Cursor) -> Request:
            asked = self._locked(cursor, account, number)
            if asked.kind is not RequestKind.WITHDRAWAL or asked.state not in {RequestState.APPROVED, RequestState.DONE}:
                raise _refused(
                    "number",
                    f"{number} 不是已批准的提回（种类 {asked.kind}，状态 {asked.state}）；提出的须先由另一人批准",
                    f"{number} is no approved withdrawal (kind {asked.kind}, state {asked.state}): what is proposed is "
                    "first approved by another person",
                )
            if asked.state is RequestState.DONE:
                return asked
            held = lock(self.journal.store, cursor, asked.purse)
            found = reservations.find(cursor, asked.key)
            if found is None or found.state == RELEASED:
                raise _refused("number", f"{number} 的占用已释放", f"what was held for {number} was released")
            out = replace(found.position, reserved=0, outside=found.position.reserved)
            move(cursor, held, replace(found, state=TAKEN_OUT), Move(out, note=note), self.journal.now())
            return self._decided(cursor, replace(asked, state=RequestState.DONE, note=note))

        return self.journal.store.write(work)

    def requests(self, account: str | None = None, *, limit: int = 1000) -> list[Request]:
        """Return the requests, the newest first."""
        condition, values = ("account = ?", (account,)) if account is not None else ("1 = 1", ())
        ordered = f"{condition} ORDER BY id DESC LIMIT ?"
        return self.journal.store.read(lambda cursor: requests.select(cursor, ordered, (*values, limit)))

    def left(self, account: str | None = None, *, limit: int = 1000) -> list[Reservation]:
        """Return the orders that left a residual, the newest first; what has funded others since is not taken off."""
        whose, values = ("account = ? AND ", (account,)) if account is not None else ("", ())
        ended = "(state IN (?, ?, ?) OR kind = 'payout_batch')"  # a batch's lines end one by one
        condition = f"{whose}residual + from_residual > 0 AND {ended} ORDER BY id DESC LIMIT ?"
        meant = (*values, *sorted(ENDED_WITHOUT), limit)
        return self.journal.store.read(lambda cursor: reservations.select(cursor, condition, meant))

    def remaining(self, orders: Sequence[Reservation]) -> list[Left]:
        """Return of each order how much it left, and how much of that nobody has asked for yet."""
        return self.journal.store.read(lambda cursor: [remains(cursor, one) for one in orders])

    # --- within a transaction

    def _left_by(self, cursor: Cursor, original: OrderKey, amount: Money) -> Reservation:
        """Return an order whose end is known by the journal at this moment, and which left something; its purse is locked.

        Raises:
            InvalidRequestError: its end is not known, or is another; what is unknown is never paid again.
        """
        found = follow(self.journal, cursor, original, lambda kept, _: kept)
        ended = found is not None and (found.state in ENDED_WITHOUT or found.key.kind == "payout_batch")
        if found is None or not ended or found.purse.currency != amount.currency:
            told = found.state if found is not None else "—"
            raise _refused(
                "original",
                f"订单 {original.merchant_id} 没有留下可用的头寸（{told}）；结果未知的绝不重付",
                f"the order {original.merchant_id} has left nothing ({told}); what is unknown is never paid again",
            )
        return found

    def _nowhere_else(self, cursor: Cursor, *keys: OrderKey) -> None:
        """Ask where the orders are that would be paid once more; their assignments are held, before their purses.

        Raises:
            InvalidRequestError: another account has one of them, or may be given it.
        """
        if self.elsewhere is None:
            return
        for key in dict.fromkeys(keys):
            there = self.elsewhere(cursor, key)
            if there is not None:
                raise there.refusal("original")

    def _fits(self, cursor: Cursor, root: OrderKey, amount: Money, but: Request | None = None) -> None:
        """See that all that is asked for of what one order left, over all repayments of it, is no more than that.

        ``but`` is the request itself, where it is among them already.

        Raises:
            InvalidRequestError: it is more.
        """
        first = follow(self.journal, cursor, root, lambda kept, _: kept)  # a chain of repayments ends where its first was paid
        whole = left_by(first) if first is not None else 0
        used = sum(one.amount for one in live(cursor, root) if one != but)
        if amount.amount <= 0 or amount.amount > whole - used:
            left, taken, wanted = (spoken(one, amount.currency) for one in (whole, used, amount.amount))
            raise _refused(
                "amount",
                f"该单留下 {left}，已提出或已用 {taken}，不能再用 {wanted}",
                f"the order left {left}, {taken} of it is asked for or used, so {wanted} is too much",
            )

    def _hold(self, cursor: Cursor, held: Held, asked: Request) -> None:
        now = self.journal.now()
        at = moment(now)
        assert at is not None  # noqa: S101  a moment was given
        if held.books.residual < asked.amount:
            there, needed = (spoken(one, asked.purse.currency) for one in (max(0, held.books.residual), asked.amount))
            raise ShortOfFundsError.because(
                f"（留存只剩 {there}，需要 {needed}：其余已抵付后来的代付）",
                f"(the residual is {there} and {needed} is needed: the rest has funded later payouts)",
                field="amount",
            )
        settings = self.funding.policy(cursor).of(asked.purse.account, asked.purse.currency)
        fee = settings.fee if asked.kind is RequestKind.REPAYMENT else None
        drafted = Reservation(
            id=0, key=asked.key, purse=asked.purse, amount=asked.amount, orders=1, fee=fee, mode=settings.mode,
            from_residual=0, holders=1, state=OPEN, conflicts=0, seen_event=0, reserved_at=at, followed_at=at, position=Books(),
        )  # fmt: skip
        suffices(self.journal.store, cursor, held, drafted, settings)
        opened = reservations.add(cursor, residual_first(held, drafted), now)
        if opened is None:
            raise _used(asked.number)
        move(cursor, held, opened, Move(belongs(opened, ())), now)

    def _locked(self, cursor: Cursor, account: str, number: str) -> Request:
        found = requests.find(cursor, account, number, self.journal.store.for_update)
        if found is None:
            raise _refused("number", f"没有提出过 {account} 的 {number}", f"nothing of {account} was proposed as {number}")
        return found

    def _proposed(self, cursor: Cursor, account: str, number: str) -> Request:
        asked = self._locked(cursor, account, number)
        if asked.state is not RequestState.PROPOSED:
            raise _refused("number", f"{number} 已是 {asked.state}", f"{number} is {asked.state} already")
        return asked

    def _decided(self, cursor: Cursor, asked: Request) -> Request:
        now = self.journal.now()
        requests.decide(cursor, asked, now)
        return replace(asked, decided_at=moment(now))


def _is_used(cursor: Cursor, account: str, number: str) -> bool:
    text = (
        "SELECT 1 FROM orders WHERE account = ? AND merchant_id = ? UNION ALL "
        "SELECT 1 FROM fund_reservations WHERE account = ? AND merchant_id = ? UNION ALL "
        "SELECT 1 FROM fund_requests WHERE account = ? AND number = ?"
    )
    return bool(cursor.rows(text, (account, number) * 3))


def _used(number: str) -> InvalidRequestError:
    return _refused("number", f"单号 {number} 已用过；请换新单号", f"the number {number} was used: take a new one")


def _refused(field: str, zh: str, en: str) -> InvalidRequestError:
    return InvalidRequestError.because(zh, en, field=field)
