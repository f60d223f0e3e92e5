"""The journal: orders persisted before the wire, what was found of them, and where each stands.

Every method is one transaction and none is held across the network. Calling one again with the same arguments changes
nothing more, so a step that was interrupted may simply be repeated.
"""

import logging
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

from payment_channels.channel.interface import Clock, system_clock
from payment_channels.journal import persisted
from payment_channels.journal.answers import read, written
from payment_channels.journal.folding import Finding, Source, Standing
from payment_channels.journal.opening import ADD, BEGUN, PUT, Draft, Lease, Opening, content_of, is_ours, may_open, open_attempt
from payment_channels.journal.records import COLUMNS, OrderKey, OrderRecord, merchant_id_of, microseconds, record_of
from payment_channels.journal.schedules import Schedules
from payment_channels.journal.sealing import KeyRing
from payment_channels.journal.store import Cursor, Store
from payment_channels.journal.writing import Told, Writer, add_event, plain
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError
from payment_channels.model.results import Outcome, Result

log = logging.getLogger("payment_channels.journal")
ENDINGS = frozenset({Outcome.SUCCEEDED, Outcome.FAILED, Outcome.RETURNED, Outcome.REVERSED})
_ALL = 1_000_000  # covers every attempt
_FIRST = Finding(Source.OPENED, attempt=1)


class Journal:
    """One journal, shared by any number of threads, and of processes as far as its store allows."""

    def __init__(self, store: Store, ring: KeyRing, *, schedules: Schedules | None = None, clock: Clock = system_clock) -> None:
        """``ring`` seals what names people and accounts; ``clock`` is the machine's time, tests give their own."""
        self.store = store
        self.ring = ring
        self.writer = Writer(schedules or Schedules.built_in())
        self.clock = clock

    def now(self) -> int:
        """Return the present moment in microseconds."""
        return microseconds(self.clock())

    # --- before the wire

    def begin(self, account: str, prepared: Prepared, lease: Lease, *, again: bool = False) -> Opening:
        """Persist an order and open an attempt; or, where the order is known, say where it stands.

        An order that is known to have left nothing behind is opened anew: one that never left, and with ``again`` one that
        failed. Asked a second time under the same lease, it returns the attempt that it opened.

        Raises:
            InvalidRequestError: the number was used for an order with other content.
            JournalUnavailableError: it could not be written; nothing may be sent.
        """
        draft = self._draft(account, prepared)

        def work(cursor: Cursor) -> Opening:
            now = self.now()  # and not before: what was spent in waiting for the database is not the attempt's
            if self._added(cursor, draft, BEGUN, now, lease):
                return Opening(draft.key, prepared, 1, lease.owner, lease.until(now))
            record = self._same(cursor, draft)
            return self._opened(cursor, record, lease, now, again=again) or Opening(draft.key, prepared, 0, record=record)

        return self.store.write(work)

    def put(self, account: str, prepared: Prepared) -> OrderRecord:
        """Persist an order and send nothing: ``open`` begins it, here or in another process. Known already, it is left.

        Raises:
            InvalidRequestError: the number was used for an order with other content.
            JournalUnavailableError: it could not be written.
        """
        draft = self._draft(account, prepared)

        def work(cursor: Cursor) -> OrderRecord:
            self._added(cursor, draft, PUT, self.now(), None)
            return self._same(cursor, draft)

        return self.store.write(work)

    def adding(self, account: str, prepared: Prepared) -> Callable[[Cursor], bool]:
        """Return what persists an order that ``open`` begins later, for a transaction of the caller's that writes more than it.

        It returns False, and changes nothing, where the journal has an order of that number.
        """
        draft = self._draft(account, prepared)
        return lambda cursor: self._added(cursor, draft, PUT, self.now(), None)

    def open(self, key: OrderKey, lease: Lease, *, again: bool = False) -> Opening:
        """Open an attempt of an order that stands in the journal, where that is safe: see ``begin``.

        Raises:
            InvalidRequestError: the journal has none of that number.
            JournalUnavailableError: it could not be written; nothing may be sent.
        """

        def work(cursor: Cursor) -> Opening:
            record = self.locked(cursor, key)
            opening = self._opened(cursor, record, lease, self.now(), again=again)
            return opening or Opening(key, self.prepared_of(record), 0, record=record)

        return self.store.write(work)

    def _draft(self, account: str, prepared: Prepared) -> Draft:
        order = prepared.order
        key = OrderKey(account, order.kind, merchant_id_of(order))
        content = content_of(order)
        name, digest = self.ring.digest(content)
        sealed = self.ring.seal(persisted.written(prepared), key.prepared_place)
        held = vars(order)
        amount, original = held.get("amount"), held.get("original")
        values = (
            key.account,
            key.kind,
            key.merchant_id,
            prepared.channel,
            original.merchant_order_id if original is not None else None,
            amount.amount if amount is not None else None,
            amount.currency if amount is not None else None,
            digest,
            name,
            sealed,
        )
        return Draft(key, prepared, content, values)

    @staticmethod
    def _added(cursor: Cursor, draft: Draft, standing: Standing, now: int, lease: Lease | None) -> bool:
        added = cursor.rows(ADD, draft.row(standing, now, lease))
        if added and standing.attempts:
            add_event(cursor, added[0][0], now, _FIRST, standing)
        return bool(added)

    def _same(self, cursor: Cursor, draft: Draft) -> OrderRecord:
        """Return the order of that number, if it is the same order."""
        record = self.locked(cursor, draft.key)
        if not self._has_content(cursor, record, draft.content):
            number = draft.key.merchant_id
            raise InvalidRequestError.because(
                f"单号 {number} 已用于内容不同的订单，没有发送；请核对金额、收款方等内容，或换新单号",
                f"the number {number} was used for an order with other content; compare them, or take a new number",
                field="merchant_order_id",
                canonical="DUPLICATE_OTHER_CONTENT",
            )
        return record

    def _opened(self, cursor: Cursor, record: OrderRecord, lease: Lease, now: int, *, again: bool) -> Opening | None:
        """Return the attempt to send, of what was persisted and of nothing else; None where none may be opened."""
        if record.lease_until is not None and is_ours(record, lease, now):
            until = microseconds(record.lease_until)
            return Opening(record.key, self.prepared_of(record), record.standing.attempts, lease.owner, until, record)
        if not may_open(record, now, again=again):
            return None
        prepared = self.prepared_of(record)
        opened = open_attempt(self.writer, cursor, record, lease, now)
        return Opening(record.key, prepared, opened.standing.attempts, lease.owner, lease.until(now), opened)

    def _has_content(self, cursor: Cursor, record: OrderRecord, content: bytes) -> bool:
        ((name, digest),) = cursor.rows("SELECT digest_key, digest FROM orders WHERE id = ?", (record.id,))
        if name not in self.ring.keys:
            raise ConfigurationError.because(
                f"密钥环中缺少 {name}，无法核对订单 {record.key.merchant_id}；请把它放回密钥环，或先重新封存日志",
                f"the key {name} is not in the ring, so the order {record.key.merchant_id} cannot be compared: put it back",
                field="keys",
            )
        return self.ring.digest(content, name)[1] == bytes(digest)

    def is_known(self, account: str, order: Any) -> OrderRecord | None:
        """Return the very same order where the journal has it, whether or not it could be prepared again."""
        key = OrderKey(account, order.kind, merchant_id_of(order))

        def work(cursor: Cursor) -> OrderRecord | None:
            record = self.one(cursor, key)
            return record if record is not None and self._has_content(cursor, record, content_of(order)) else None

        return self.store.read(work)

    # --- after the wire

    def not_sent(self, opening: Opening, reason: str) -> OrderRecord:
        """Note that an attempt never left this machine."""
        finding = Finding(Source.NOT_SENT, attempt=opening.attempt)
        return self._write(opening.key, finding, note=reason, owner=opening.owner)

    def answered(self, opening: Opening, result: Result) -> OrderRecord:
        """Note what came of an attempt; return where the order stands then, which other attempts have a say in."""
        finding = Finding(Source.ANSWERED, result.outcome, opening.attempt)
        return self._write(opening.key, finding, result, owner=opening.owner)

    def found(self, key: OrderKey, finding: Finding, result: Result, *, owner: str = "") -> OrderRecord:
        """Note what a query says of an order.

        The finding's ``attempt`` is the last that the query covers; its outcome is what is concluded of the result, which
        may be more than it says by itself (not found, after the channel's quiet period).
        """
        return self._write(key, finding, result, owner=owner)

    def concluded(self, key: OrderKey, outcome: Outcome, note: str, *, owner: str = "") -> OrderRecord:
        """Note what follows for an order from another: for a closing, from how its payment stands."""
        return self._write(key, Finding(Source.QUERIED, outcome, _ALL), note=note, owner=owner)

    def decided(self, key: OrderKey, outcome: Outcome, *, who: tuple[str, ...], why: str) -> OrderRecord:
        """Note what people decided of an order on the manual list.

        Raises:
            InvalidRequestError: fewer than two people decided, or the outcome is none that ends it.
        """
        names = sorted({name.strip() for name in who if name.strip()})
        people = {"".join(normalize("NFKC", name).casefold().split()) for name in names}  # in other letters, the same person
        if len(people) < 2 or outcome not in ENDINGS:  # noqa: PLR2004  maker and checker
            raise InvalidRequestError.because(
                "人工结论须由两人作出，且为 succeeded、failed、returned 或 reversed",
                "two people decide, and what they decide is succeeded, failed, returned or reversed",
                field="who",
            )
        return self._write(key, Finding(Source.DECIDED, outcome), note=plain(f"{', '.join(names)}: {why}"))

    def _write(
        self,
        key: OrderKey,
        finding: Finding,
        result: Result | None = None,
        *,
        note: str | None = None,
        owner: str = "",
    ) -> OrderRecord:
        at = self.now()
        sealed = self.seal(key, finding, at, result) if result is not None else None

        def work(cursor: Cursor) -> OrderRecord:
            told = Told(result, sealed, note)
            return self.writer.apply(cursor, self.locked(cursor, key), finding, at, told, owner=owner)

        return self.store.write(work)

    # --- reading

    def find(self, key: OrderKey) -> OrderRecord | None:
        """Return what is known of an order, or None where the journal has none of that number."""
        return self.store.read(lambda cursor: self.one(cursor, key))

    def one(self, cursor: Cursor, key: OrderKey, *, lock: bool = False) -> OrderRecord | None:
        """Return an order within a transaction; ``lock`` where the transaction will change it."""
        ending = self.store.for_update if lock else ""
        rows = cursor.rows(
            f"SELECT {COLUMNS} FROM orders WHERE account = ? AND kind = ? AND merchant_id = ?{ending}",  # noqa: S608  our own words
            (key.account, key.kind, key.merchant_id),
        )
        return record_of(rows[0]) if rows else None

    def locked(self, cursor: Cursor, key: OrderKey) -> OrderRecord:
        """Return an order within a transaction that will change it.

        Raises:
            InvalidRequestError: the journal has none of that number.
        """
        found = self.one(cursor, key, lock=True)
        if found is None:
            raise InvalidRequestError.because(
                f"日志中没有订单 {key.merchant_id}", f"the journal has no order {key.merchant_id}", field="merchant_order_id"
            )
        return found

    def prepared_of(self, record: OrderRecord) -> Prepared:
        """Open what was persisted of an order before it was sent.

        Raises:
            SealBrokenError: it does not open with the keys at hand.
            OrderUnreadableError: it opens, and is no order to this version of the SDK.
        """
        return persisted.read(self.ring.open(record.sealed, record.key.prepared_place))

    def result_of(self, record: OrderRecord) -> Result | None:
        """Open the answer that an order's state rests on; None before anything was told, and where it cannot be opened."""
        if record.told_by is None:
            return None
        text = "SELECT source, attempt, at, result FROM events WHERE id = ?"
        ((source, attempt, at, sealed),) = self.store.read(lambda cursor: cursor.rows(text, (record.told_by,)))
        try:
            return self.opened(bytes(sealed), record.key.result_place(source, attempt, at))
        except ValueError:
            log.exception("the answer that %s rests on cannot be opened; its state stands in the journal", record.key.merchant_id)
            return None

    def has_heard(self, record: OrderRecord, canonicals: frozenset[str]) -> bool:
        """Say whether a query that covered every attempt was answered with one of these codes before."""
        marks = ", ".join("?" * len(canonicals))
        text = (
            "SELECT 1 FROM events WHERE order_id = ? AND source = ? AND attempt >= ? "  # noqa: S608  marks alone
            f"AND canonical IN ({marks}) LIMIT 1"
        )
        values = (record.id, Source.QUERIED.value, record.standing.attempts, *sorted(canonicals))
        return bool(self.store.read(lambda cursor: cursor.rows(text, values)))

    def seal(self, key: OrderKey, finding: Finding, at: int, result: Result) -> bytes:
        """Seal an answer for the event where it will stand, under the name of its class."""
        return self.ring.seal(written(result), key.result_place(finding.source.value, finding.attempt, at))

    def opened(self, sealed: bytes, place: str) -> Result:
        """Open a sealed answer.

        Raises:
            ValueError: it does not open, or it is an answer that this version cannot read.
        """
        return read(self.ring.open(sealed, place))
