"""An account's health: what the catalogue counts against a channel switches it off by itself, and good answers bring it back.

An order counts once: against the channel if one of its answers does, for it if all of them are sound. Every switching is a row
that stays, with who and why; the latest row and the clock say where an account stands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from error_codes import CanonicalCode, canonical
from payment_channels.business.calendar import BEIJING
from payment_channels.business.people import named
from payment_channels.business.routing.decision import Reason
from payment_channels.business.routing.terms import HealthTerms
from payment_channels.journal import Journal
from payment_channels.journal.folding import Source
from payment_channels.journal.records import microseconds, moment
from payment_channels.journal.store import Cursor
from payment_channels.model.refusals import InvalidRequestError

SAMPLE = 500
"""The latest orders that are looked at: enough to judge, and bounded."""


class Position(StrEnum):
    """What a row of the switch says."""

    TRIPPED = "tripped"  # by itself: the answers were bad
    RETURNED = "returned"  # by itself: the probes were good
    OFF = "off"  # by a person
    ON = "on"  # by a person, and nothing switches it off by itself
    AUTO = "auto"  # by a person: the answers decide again


class Standing(StrEnum):
    """Where an account stands."""

    SERVING = "serving"
    PROBING = "probing"  # it was off, and a few orders are let through
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Switching:
    """One switching: who, when, why."""

    id: int
    account: str
    at: datetime
    position: Position
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Orders that were judged, and how many of them count against the channel."""

    orders: int
    bad: int


@dataclass(frozen=True, slots=True)
class Health:
    """Where an account stands, since when, and the figures of its window or of its probes."""

    account: str
    standing: Standing
    last: Switching | None
    figures: Figures
    probes_left: int


AUTOMATIC = "automatic"


class Switches:
    """The switches of all accounts, in the journal's database."""

    def __init__(self, journal: Journal) -> None:
        """Open them; their table is made with that of the assignments."""
        self.journal = journal

    def switch(self, account: str, position: Position, *, who: str, why: str) -> Switching:
        """Switch an account by hand: off, on whatever its answers are, or back to the automatic.

        Raises:
            InvalidRequestError: it is not said who, or why, or the position is one that only answers bring about.
            JournalUnavailableError: it could not be written.
        """
        if position in {Position.TRIPPED, Position.RETURNED}:
            raise InvalidRequestError.because(
                "人工开关只有 off、on、auto", "by hand a switch is put to off, on or auto", field="position"
            )
        person, reason = named(who), named(why, "why")
        now = self.journal.now()
        return self.journal.store.write(lambda cursor: _add(cursor, account, position, person, reason, now))

    def history(self, account: str | None = None, limit: int = 100) -> list[Switching]:
        """Return the switchings, the newest first."""
        condition, values = ("account = ?", (account, limit)) if account is not None else ("1 = 1", (limit,))
        return self.journal.store.read(lambda cursor: _rows(cursor, condition, values))

    def health(self, account: str, terms: HealthTerms) -> Health:
        """Return where an account stands now."""
        return self.journal.store.read(lambda cursor: self._health(cursor, account, terms))

    def against(self, cursor: Cursor, account: str, terms: HealthTerms) -> Reason | None:
        """Return what speaks against an account; nothing while it serves or has a probe left."""
        last, now = _last(cursor, account), self.journal.now()
        standing = _standing(last, terms, now)
        if standing is Standing.SERVING or last is None:
            return None
        if standing is Standing.PROBING:
            if _probes_left(cursor, account, last, terms, now):
                return None
            return Reason(
                code="PROBING",
                zh=f"试探中，本轮 {terms.probes} 笔已用完",
                en=f"it is probed, and the {terms.probes} orders of this round are used",
                passing=True,
            )
        since = f"{last.at.astimezone(BEIJING):%m-%d %H:%M:%S}"
        by_zh, by_en = ("自动", "by itself") if last.position is Position.TRIPPED else (f"由 {last.who} ", f"by {last.who}")
        return Reason(
            code="SWITCHED_OFF",
            zh=f"北京时间 {since} {by_zh}停用：{last.why}",
            en=f"off {by_en} since {since} Beijing time: {last.why}",
            passing=True,
        )

    def is_tripped(self, cursor: Cursor, account: str) -> bool:
        """Say whether an account was switched off by itself, so that its probes are counted."""
        last = _last(cursor, account)
        return last is not None and last.position is Position.TRIPPED

    def look(self, account: str, terms: HealthTerms) -> Switching | None:
        """Judge an account's answers, and switch it where they say so; return that switching. Anybody may call it at any time.

        Raises:
            JournalUnavailableError: the database cannot be used.
        """
        seen = self.journal.store.read(lambda cursor: self._health(cursor, account, terms))
        if seen.last is not None and seen.last.position in {Position.OFF, Position.ON}:
            return None
        found = _judged(seen, terms)
        if found is None:
            return None
        position, why = found

        def work(cursor: Cursor) -> Switching | None:
            last = _last(cursor, account)
            if (last.id if last is not None else 0) != (seen.last.id if seen.last is not None else 0):
                return None  # somebody else has switched it meanwhile
            return _add(cursor, account, position, AUTOMATIC, why, self.journal.now())

        return self.journal.store.write(work)

    def _health(self, cursor: Cursor, account: str, terms: HealthTerms) -> Health:
        last, now = _last(cursor, account), self.journal.now()
        standing = _standing(last, terms, now)
        began = microseconds(last.at) if last is not None else 0
        if standing is Standing.PROBING:
            since, left = _rested(last, terms), _probes_left(cursor, account, last, terms, now)
        else:
            since, left = max(now - _seconds(terms.window), began), 0
        return Health(account, standing, last, _figures(cursor, account, since), left)


def _judged(seen: Health, terms: HealthTerms) -> tuple[Position, str] | None:
    orders, bad = seen.figures.orders, seen.figures.bad
    if seen.standing is Standing.PROBING:
        if bad:
            return Position.TRIPPED, f"{bad}/{orders} bad of the probes"
        return (Position.RETURNED, f"{orders}/{orders} good of the probes") if orders >= terms.probes else None
    if seen.standing is Standing.SERVING and orders >= terms.least and bad * 100 >= terms.share * orders:
        return Position.TRIPPED, f"{bad}/{orders} bad in {terms.window} s"
    return None


def _standing(last: Switching | None, terms: HealthTerms, now: int) -> Standing:
    if last is None or last.position in {Position.ON, Position.AUTO, Position.RETURNED}:
        return Standing.SERVING
    if last.position is Position.TRIPPED and now >= _rested(last, terms):
        return Standing.PROBING
    return Standing.OFF


def _seconds(seconds: int) -> int:
    return timedelta(seconds=seconds) // timedelta(microseconds=1)


def _rested(last: Switching | None, terms: HealthTerms) -> int:
    assert last is not None  # noqa: S101  only what was switched off rests
    return microseconds(last.at) + _seconds(terms.rest)


def _probes_left(cursor: Cursor, account: str, last: Switching | None, terms: HealthTerms, now: int) -> int:
    since = max(_rested(last, terms), now - _seconds(terms.rest))
    rows = cursor.rows("SELECT COUNT(*) FROM assignments WHERE account = ? AND decided_at >= ?", (account, since))
    return max(0, terms.probes - int(rows[0][0]))


def _figures(cursor: Cursor, account: str, since: int) -> Figures:
    """Judge the latest orders that were assigned to an account since then, by the answers that came since then."""
    rows = cursor.rows(
        "SELECT o.id, e.source, e.canonical, e.note FROM (SELECT number, kind, account FROM assignments "
        "WHERE account = ? AND decided_at >= ? ORDER BY decided_at DESC LIMIT ?) a "
        "JOIN orders o ON o.merchant_id = a.number AND o.kind = a.kind AND o.account = a.account "
        "JOIN events e ON e.order_id = o.id WHERE e.at >= ?",
        (account, since, SAMPLE, since),
    )
    judged: dict[int, bool] = {}
    for order, source, code, note in rows:
        said = note if source == Source.NOT_SENT else code  # an attempt that never left says why in its note
        if said in _codes():
            judged[order] = judged.get(order, False) or said in _against()
    return Figures(len(judged), sum(judged.values()))


@cache
def _codes() -> frozenset[str]:
    return frozenset(code.value for code in CanonicalCode)


@cache
def _against() -> frozenset[str]:
    return frozenset(code for code in _codes() if canonical(code).counts_against_health)


_COLUMNS = "id, account, at, position, who, why"


def _add(cursor: Cursor, account: str, position: Position, who: str, why: str, now: int) -> Switching:
    rows = cursor.rows(
        f"INSERT INTO switches (account, at, position, who, why) VALUES (?, ?, ?, ?, ?) RETURNING {_COLUMNS}",  # noqa: S608
        (account, now, position.value, who, why),
    )
    return _switching(rows[0])


def _last(cursor: Cursor, account: str) -> Switching | None:
    return next(iter(_rows(cursor, "account = ?", (account, 1))), None)


def _rows(cursor: Cursor, condition: str, values: Any) -> list[Switching]:
    rows = cursor.rows(f"SELECT {_COLUMNS} FROM switches WHERE {condition} ORDER BY id DESC LIMIT ?", values)  # noqa: S608
    return [_switching(row) for row in rows]


def _switching(row: tuple[Any, ...]) -> Switching:
    number, account, at, position, who, why = row
    when = moment(at)
    assert when is not None  # noqa: S101  the column is never null
    return Switching(number, account, when, Position(position), who, why)
