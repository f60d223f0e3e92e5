"""The journal: orders persisted before the wire, what was found of them, and where each stands.

Every method is one transaction and none is held across the network. Calling one again with the same arguments changes
nothing more, so a step that was interrupted may simply be repeated.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from payment_channels.channel.interface import Clock, system_clock
from payment_channels.channel.verbs import RULES, Verb
from payment_channels.journal.folding import FINAL, Finding, Source, Standing, State, fold
from payment_channels.journal.records import COLUMNS, OrderKey, OrderRecord, merchant_id_of, microseconds, record_of
from payment_channels.journal.schedules import Schedules
from payment_channels.journal.sealing import KeyRing
from payment_channels.journal.store import Cursor, Store
from payment_channels.journal.writing import Told, Writer, add_event, insert
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import InvalidRequestError
from payment_channels.model.results import Outcome, Result

SAME_BUT_FOR = {"ordered_at", "notify_url", "return_url"}
"""Fields of an order that a repetition may write differently; everything else is its content."""
ENDINGS = frozenset({Outcome.SUCCEEDED, Outcome.FAILED, Outcome.RETURNED, Outcome.REVERSED})
_FIRST = fold(Standing(), Finding(Source.OPENED, attempt=1))
_VERBS = {"payment": Verb.PAY}
_ALL = 1_000_000  # covers every attempt


@dataclass(frozen=True, slots=True)
class Opening:
    """What ``begin`` decided: send attempt number ``attempt`` of ``prepared``, or, where that is 0, do not.

    ``record`` says where an order stands that was known before.
    """

    key: OrderKey
    prepared: Prepared
    attempt: int
    record: OrderRecord | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Whose an attempt is, and for how long; after it the resolver takes over."""

    owner: str
    length: timedelta

    def until(self, now: int) -> int:
        """Return when it ends, in microseconds, if it begins now."""
        return now + self.length // timedelta(microseconds=1)


class Journal:
    """One journal, shared by any number of threads, and of processes as far as its store allows."""

    def __init__(self, store: Store, ring: KeyRing, *, schedules: Schedules | None = None, clock: Clock = system_clock) -> None:
        """``ring`` seals what names people and accounts; ``clock`` is the machine's time, tests give their own."""
        self.store = store
        self.ring = ring
        self.writer = Writer(schedules or Schedules.built_in())
        self.clock = clock

    # --- before the wire

    def begin(self, account: str, prepared: Prepared, lease: Lease, *, again: bool = False) -> Opening:
        """Persist an order and open an attempt; or, where the order is known, say where it stands.

        ``again`` opens a further attempt of an order that is not final: only where the channel documents that it may be
        sent again.

        Raises:
            InvalidRequestError: the number was used for an order with other content.
            JournalUnavailableError: nothing could be written; nothing may be sent.
        """
        order = prepared.order
        key = OrderKey(account, order.kind, merchant_id_of(order))
        content = _content(order)
        name, digest = self.ring.digest(content)
        sealed = self.ring.seal(prepared.model_dump_json().encode(), f"{key.place}/prepared")
        now = microseconds(self.clock())
        until = lease.until(now)
        held = vars(order)
        amount, original = held.get("amount"), held.get("original")
        row = {
            "account": key.account,
            "kind": key.kind,
            "merchant_id": key.merchant_id,
            "channel": prepared.channel,
            "original_id": original.merchant_order_id if original is not None else None,
            "amount": amount.amount if amount is not None else None,
            "currency": amount.currency if amount is not None else None,
            "digest": digest,
            "digest_key": name,
            "prepared": sealed,
            "state": _FIRST.state.value,
            "attempts": 1,
            "unresolved": "1",
            "created_at": now,
            "changed_at": now,
            "next_at": until,
            "owner": lease.owner,
            "lease_until": until,
        }

        def work(cursor: Cursor) -> Opening:
            added = cursor.rows(insert("orders", row, "ON CONFLICT (merchant_id, kind, account) DO NOTHING"), [*row.values()])
            if added:
                add_event(cursor, added[0][0], now, Finding(Source.OPENED, attempt=1), _FIRST)
                return Opening(key, prepared, 1)
            return self._again(cursor, key, content, (lease.owner, now, until), again=again)

        return self.store.write(work)

    def _again(self, cursor: Cursor, key: OrderKey, content: bytes, lease: tuple[str, int, int], *, again: bool) -> Opening:
        """The number is known: compare the content, and open an attempt only where that is safe."""
        record = self.locked(cursor, key)
        self._same_content(cursor, record, content)
        owner, now, until = lease
        if not _may_open(record, now, again=again):
            return Opening(key, self.prepared_of(record), 0, record)
        number = record.standing.attempts + 1
        opened = self.writer.apply(cursor, record, Finding(Source.OPENED, attempt=number), now)
        cursor.run("UPDATE orders SET owner = ?, lease_until = ?, next_at = ? WHERE id = ?", (owner, until, until, record.id))
        return Opening(key, self.prepared_of(record), number, opened)

    def _same_content(self, cursor: Cursor, record: OrderRecord, content: bytes) -> None:
        ((name, digest),) = cursor.rows("SELECT digest_key, digest FROM orders WHERE id = ?", (record.id,))
        if self.ring.digest(content, name)[1] != bytes(digest):
            number = record.key.merchant_id
            raise InvalidRequestError.because(
                f"单号 {number} 已用于内容不同的订单，没有发送；请核对金额、收款方等内容，或换新单号",
                f"the number {number} was used for an order with other content; compare them, or take a new number",
                field="merchant_order_id",
                canonical="DUPLICATE_OTHER_CONTENT",
            )

    # --- after the wire

    def not_sent(self, key: OrderKey, attempt: int, reason: str) -> OrderRecord:
        """Note that an attempt never left this machine."""
        return self._write(key, Finding(Source.NOT_SENT, attempt=attempt), note=reason, ends_lease=True)

    def answered(self, key: OrderKey, attempt: int, result: Result) -> OrderRecord:
        """Note what came of an attempt."""
        return self._write(key, Finding(Source.ANSWERED, result.outcome, attempt), result, ends_lease=True)

    def found(
        self, key: OrderKey, source: Source, result: Result, *, covers: int = 0, outcome: Outcome | None = None
    ) -> OrderRecord:
        """Note what a query or a notification says of an order.

        ``covers`` is the last attempt that a query covers; ``outcome`` what is concluded of the result, where that is more
        than it says by itself (not found, after the channel's quiet period).
        """
        return self._write(key, Finding(source, outcome or result.outcome, covers), result)

    def concluded(self, key: OrderKey, outcome: Outcome, note: str, *, source: Source = Source.QUERIED) -> OrderRecord:
        """Note what follows for an order from elsewhere: from the payment that it closes, or from a bill."""
        return self._write(key, Finding(source, outcome, _ALL), note=note)

    def decided(self, key: OrderKey, outcome: Outcome, *, who: tuple[str, ...], why: str) -> OrderRecord:
        """Note what people decided of an order on the manual list.

        Raises:
            InvalidRequestError: fewer than two people decided, or the outcome is none that ends it.
        """
        names = sorted({name.strip() for name in who if name.strip()})
        if len(names) < 2 or outcome not in ENDINGS:  # noqa: PLR2004  maker and checker
            raise InvalidRequestError.because(
                "人工结论须由两人作出，且为 succeeded、failed、returned 或 reversed",
                "two people decide, and what they decide is succeeded, failed, returned or reversed",
                field="who",
            )
        return self._write(key, Finding(Source.DECIDED, outcome), note=f"{', '.join(names)}: {why}")

    def _write(
        self,
        key: OrderKey,
        finding: Finding,
        result: Result | None = None,
        *,
        note: str | None = None,
        ends_lease: bool = False,
    ) -> OrderRecord:
        now = microseconds(self.clock())
        sealed = self.seal(key, result) if result is not None else None

        def work(cursor: Cursor) -> OrderRecord:
            told = Told(result, sealed, note)
            return self.writer.apply(cursor, self.locked(cursor, key), finding, now, told, ends_lease=ends_lease)

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
        """Open what was persisted of an order before it was sent."""
        plain = self.ring.open(record.sealed, f"{record.key.place}/prepared")
        return Prepared.model_validate_json(plain)

    def result_of(self, record: OrderRecord) -> Result | None:
        """Open the answer that an order's state rests on; None before anything was told."""
        if record.told_by is None:
            return None
        ((sealed,),) = self.store.read(lambda cursor: cursor.rows("SELECT result FROM events WHERE id = ?", (record.told_by,)))
        return self.opened(record.key, bytes(sealed))

    def seal(self, key: OrderKey, result: Result) -> bytes:
        """Seal an answer for the place where it will stand."""
        return self.ring.seal(result.model_dump_json().encode(), f"{key.place}/result")

    def opened(self, key: OrderKey, sealed: bytes) -> Result:
        """Open a sealed answer."""
        verb = _VERBS.get(key.kind) or Verb(key.kind)
        return RULES[verb].result.model_validate_json(self.ring.open(sealed, f"{key.place}/result"))


def _may_open(record: OrderRecord, now: int, *, again: bool) -> bool:
    if record.leased_at(now):
        return False  # somebody is sending it at this moment
    if record.state is State.NOT_SENT:
        return True
    return again and record.state not in FINAL - {State.FAILED}


def _content(order: Any) -> bytes:
    """Write what makes an order the same order. Fields that are not set are left out, so that new ones change nothing."""
    held = json.loads(order.model_dump_json(exclude=SAME_BUT_FOR, exclude_none=True))
    return json.dumps(held, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
