"""Payments as LianLian keeps them: one ``no_order`` moves money once, and one table says which state may follow which.

Sources: LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment-result-query.md (the states; CLOSED when nobody confirmed
within 24 hours), docs/instant-payment.md (a second request to one account within 24 hours is suspected to be a repetition), and
comments of the official demo as copied by public clients (4002, 4003 and 4004 leave the order in CHECK, LianLian's own number is
not made yet and nothing was given to a bank; a bank that looks at the account late sends the money back to the merchant's
account), LianLianPay/LLP-InstantPay-Java@3c08f948 ``RetCodeEnum`` (names are compared for cards that LianLian knows; after 9104
the same number may be sent again with the same content). There only the same amount on the same day is suspected; the page's rule
is the wider one, and holds here. Assumed: three seconds to the bank's answer, two days to a return, 2005 for the same content
while it is open and 1002 for all other repetitions, that after 9104 a query finds nothing.
"""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from mocks.clock import Clock
from mocks.control import not_now, not_there
from mocks.lianlian.account import Account
from mocks.lianlian.codes import find, refused
from mocks.lianlian.fields import fen_of

# Every way from one state to another; what is not here is refused.
MOVES: dict[tuple[str, str], str] = {
    ("CHECK", "confirm"): "APPLY",
    ("CHECK", "close"): "CLOSED",
    ("APPLY", "submit"): "PROCESSING",
    ("APPLY", "hold"): "APPLY",
    ("PROCESSING", "wait"): "WAITING",
    ("PROCESSING", "hold"): "PROCESSING",
    ("PROCESSING", "complete"): "SUCCESS",
    ("PROCESSING", "fail"): "FAILURE",
    ("WAITING", "hold"): "WAITING",
    ("WAITING", "complete"): "SUCCESS",
    ("WAITING", "fail"): "FAILURE",
    ("SUCCESS", "return"): "CANCEL",
}
OPEN = frozenset({"APPLY", "PROCESSING", "WAITING"})
STATES = frozenset({state for state, _ in MOVES} | set(MOVES.values()))
ENDS_AFTER = timedelta(seconds=3)
RETURNS_AFTER = timedelta(days=2)
CONFIRMED_WITHIN = SUSPECT_WITHIN = timedelta(hours=24)
DECLINED = "1111"  # the reason of a failure that nobody gave one for
_NOT_CONTENT = frozenset({"sign", "api_version"})


@dataclass(eq=False)
class Payout:
    """One payment. ``asks`` is the code that asks for its confirmation, ``accepted`` when it went on its way to the bank."""

    fields: dict[str, str]
    created: datetime
    state: str
    notify_url: str
    asks: str = ""
    confirm_code: str = ""
    oid_paybill: str = ""
    accepted: datetime | None = None
    ended: datetime | None = None
    returned: datetime | None = None
    settle_date: date | None = None
    held: bool = False
    wish: str = ""  # the state it is to end in or stay in, or the code it is to fail with
    reason: str = ""
    wrong_codes: int = 0
    history: list[str] = field(default_factory=list)

    @property
    def no_order(self) -> str:
        """The merchant's number."""
        return self.fields["no_order"]

    @property
    def fen(self) -> int:
        """The amount."""
        return fen_of(self.fields["money_order"])

    @property
    def reason_text(self) -> str:
        """Why it failed or came back, in the channel's own words."""
        row = find(self.reason)
        return row.message if row is not None else self.reason


class Payouts:
    """The payments of one merchant, and what they did to his account."""

    def __init__(self, clock: Clock) -> None:
        """Start without any."""
        self._clock = clock
        self.account = Account()
        self.all: dict[str, Payout] = {}
        self._by_paybill: dict[str, Payout] = {}
        self._sent: dict[str, dict[str, str]] = {}  # what was first sent under a number, whether it was taken in or not funded
        self.holders: dict[str, str] = {}
        self.suspects_repetitions = True

    def refuse_repeated(self, fields: dict[str, str]) -> None:
        """Refuse a number that was used, whatever else the request says.

        Raises:
            RefusedError: 2005 or 1002.
        """
        earlier = self.all.get(fields["no_order"])
        sent = (fields, self._sent.get(fields["no_order"], fields))
        content, before = ({k: v for k, v in one.items() if k not in _NOT_CONTENT} for one in sent)
        if content != before:
            other = sorted(name for name in content.keys() | before.keys() if content.get(name) != before.get(name))
            raise refused("1002", why=f"no_order was used with another {', '.join(other)}")
        if earlier is not None:
            going_on = earlier.state in OPEN | {"CHECK"}
            raise refused("2005" if going_on else "1002", why=f"no_order was used; it is {earlier.state}")

    def suspicion(self, fields: dict[str, str]) -> str:
        """Return the code that asks for confirmation: of a second payment to one account, or of another name; or nothing."""
        since = self._clock.now() - SUSPECT_WITHIN
        to_same = (one for one in self.all.values() if one.fields["card_no"] == fields["card_no"] and one.created > since)
        repeated = self.suspects_repetitions and next(to_same, None) is not None
        misnamed = self.holders.get(fields["card_no"], fields["acct_name"]) != fields["acct_name"]
        if misnamed:
            return "4004" if repeated else "4003"
        return "4002" if repeated else ""

    def place(self, fields: dict[str, str], *, asks: str, wish: str) -> Payout:
        """Take in a payment whose number is new; it goes on its way unless it asks for a confirmation.

        Raises:
            RefusedError: 9104, and nothing is taken in but the number, for this content alone.
        """
        self._sent[fields["no_order"]] = fields
        if not asks:
            self.account.need(fen_of(fields["money_order"]))
        state = "CHECK" if asks else "APPLY"
        made = Payout(fields, self._clock.now(), state, fields["notify_url"], asks=asks, wish=wish, history=[state])
        self.all[made.no_order] = made
        if asks:
            made.confirm_code = f"{secrets.randbelow(10**6):06d}"
        else:
            self._send(made)
        return made

    def confirm(self, one: Payout, notify_url: str) -> None:
        """Let a payment that was in doubt go on its way.

        Raises:
            RefusedError: 9104, and it can still be confirmed.
        """
        self.account.need(one.fen)
        one.notify_url = notify_url
        self.move(one, "confirm")
        self._send(one)

    def _send(self, one: Payout) -> None:
        now = self._clock.now()
        one.accepted = now
        while not one.oid_paybill or one.oid_paybill in self._by_paybill:
            one.oid_paybill = f"{now:%Y%m%d}{secrets.randbelow(10**8):08d}"  # as the samples have it: the day and eight digits
        self._by_paybill[one.oid_paybill] = one
        self.account.move("paid", -one.fen, now, one.no_order)
        if one.wish == "APPLY":
            one.held = True
            return
        self.move(one, "submit")
        if one.wish == "WAITING":
            self.move(one, "wait")
        one.held = one.wish in OPEN

    def find(self, no_order: str | None, oid_paybill: str | None) -> Payout | None:
        """Return the payment of the merchant's number, of LianLian's, or of both.

        Raises:
            RefusedError: 9092, the two are of different payments.
        """
        by_order = self.all.get(no_order) if no_order else None
        if not oid_paybill:
            return by_order
        by_paybill = self._by_paybill.get(oid_paybill)
        if no_order and by_order is not by_paybill:
            raise refused("9092", why=f"oid_paybill {oid_paybill} is not of no_order {no_order}")
        return by_paybill

    def settle(self, one: Payout) -> bool:
        """Let time do its work; say whether it ended, so that it is to be told."""
        now, ended = self._clock.now(), False
        if one.state == "CHECK" and now >= one.created + CONFIRMED_WITHIN:
            self.move(one, "close", at=one.created + CONFIRMED_WITHIN)
        due = one.accepted + ENDS_AFTER if one.accepted is not None else now
        if one.state in {"PROCESSING", "WAITING"} and not one.held and now >= due:
            failing = one.wish == "FAILURE" or find(one.wish) is not None
            self.move(one, "fail" if failing else "complete", one.wish if find(one.wish) is not None else "", at=due)
            ended = True
        if one.state == "SUCCESS" and one.wish == "CANCEL" and one.ended is not None and now >= one.ended + RETURNS_AFTER:
            self.move(one, "return", at=one.ended + RETURNS_AFTER)
        return ended

    def move(self, one: Payout, event: str, reason: str = "", *, at: datetime | None = None) -> None:
        """Let an event happen, now or ``at`` a moment before; ``reason`` is a code of the list.

        Raises:
            ControlRefusedError: it cannot happen in its state.
        """
        target = MOVES.get((one.state, event))
        if target is None:
            possible = sorted(event for state, event in MOVES if state == one.state)
            raise not_now("payout", one.state, event, possible)
        moment = at or self._clock.now()
        one.state, one.held = target, event in {"hold", "wait"}
        one.history.append(target)
        if event == "complete":
            one.ended, one.settle_date = moment, moment.date()
        elif event == "fail":
            one.ended, one.reason = moment, reason or DECLINED
            self.account.move("failed", one.fen, moment, one.no_order)
        elif event == "return":
            one.returned, one.reason = moment, reason or DECLINED
            self.account.move("returned", one.fen, moment, one.no_order)

    def of_number(self, no_order: str) -> Payout:
        """Return a payment for the control plane.

        Raises:
            ControlRefusedError: there is none.
        """
        found = self.all.get(no_order)
        if found is None:
            raise not_there("payout", no_order)
        return found

    def sums(self) -> dict[str, Any]:
        """Return what was moved, in fen: ``paid_out`` arrived and stayed, ``on_the_way`` may still do either."""
        everything = self.all.values()
        return {
            "balance": self.account.balance,
            "paid_out": sum(one.fen for one in everything if one.state == "SUCCESS"),
            "on_the_way": sum(one.fen for one in everything if one.state in OPEN),
            "failed": sum(one.fen for one in everything if one.state == "FAILURE"),
            "returned": sum(one.fen for one in everything if one.state == "CANCEL"),
        }
