"""Policies: what operations change without a release, as documents that are validated, versioned and never overwritten.

A version is proposed by one person and put into force by another; an older one comes back the same way, as a new version.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from payment_channels.business.people import checked_by_another, named
from payment_channels.journal import Journal
from payment_channels.journal.records import microseconds, moment
from payment_channels.journal.store import Cursor, Migrations
from payment_channels.model.record import Record
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError

P = TypeVar("P", bound=Record)
TABLES: Migrations = (
    (
        """CREATE TABLE policies (
            id {serial},
            kind TEXT NOT NULL,
            version {big} NOT NULL,
            document TEXT NOT NULL,
            digest TEXT NOT NULL,
            maker TEXT NOT NULL,
            why TEXT NOT NULL,
            proposed_at {big} NOT NULL,
            checker TEXT,
            in_force_at {big},
            UNIQUE (kind, version)
        )""",
        "CREATE INDEX policies_in_force ON policies (kind, in_force_at) WHERE in_force_at IS NOT NULL",
    ),
)
_WHENEVER = 2**62
_COLUMNS = "version, document, digest, maker, why, proposed_at, checker, in_force_at"


@dataclass(frozen=True, slots=True)
class Version(Generic[P]):
    """One version of a policy: what it says, who proposed it and why, and who put it into force, if anybody.

    ``digest`` is of what it says: two versions that say the same have the same.
    """

    number: int
    policy: P
    digest: str
    maker: str
    why: str
    proposed_at: datetime
    checker: str | None
    in_force_at: datetime | None


class PolicyBook(Generic[P]):
    """All versions of one kind of policy, in the journal's database. ``model`` validates what is proposed."""

    def __init__(self, journal: Journal, kind: str, model: type[P]) -> None:
        """Open the book; its tables are made where they are not yet there."""
        self.journal = journal
        self.kind = kind
        self.model = model
        self._known: dict[str, P] = {}
        journal.store.bring_up_to_date("policies", TABLES)

    def propose(self, policy: P, *, who: str, why: str) -> Version[P]:
        """Write a version down that is not in force.

        Raises:
            InvalidRequestError: it is not said who proposes it, or why.
            JournalUnavailableError: it could not be written.
        """
        maker, reason = named(who), named(why, "why")
        ordered = _in_order(policy.model_dump(), policy.model_dump(mode="json"))
        document = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.sha256(document.encode()).hexdigest()
        now = self.journal.now()

        def work(cursor: Cursor) -> int:
            rows = cursor.rows("SELECT COALESCE(MAX(version), 0) + 1 FROM policies WHERE kind = ?", (self.kind,))
            number = int(rows[0][0])
            cursor.run(
                "INSERT INTO policies (kind, version, document, digest, maker, why, proposed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self.kind, number, document, digest, maker, reason, now),
            )
            return number

        return self.version(self.journal.store.write(work))

    def put_in_force(self, number: int, *, who: str) -> Version[P]:
        """Put a proposed version into force from now on; whoever proposed it cannot.

        Raises:
            InvalidRequestError: there is no such version, it is or was in force, or its maker would check himself.
            JournalUnavailableError: it could not be written.
        """
        found = self.version(number)
        _, checker = checked_by_another(found.maker, who)
        now = self.journal.now()

        def work(cursor: Cursor) -> bool:
            latest = cursor.rows("SELECT COALESCE(MAX(in_force_at), 0) FROM policies WHERE kind = ?", (self.kind,))
            at = max(now, int(latest[0][0]) + 1)  # whatever this machine's clock says, it comes after what is in force
            text = (
                "UPDATE policies SET checker = ?, in_force_at = ? WHERE kind = ? AND version = ? AND in_force_at IS NULL "
                "RETURNING version"
            )
            return bool(cursor.rows(text, (checker, at, self.kind, number)))

        if not self.journal.store.write(work):
            raise InvalidRequestError.because(
                f"策略 {self.kind} 第 {number} 版已经生效过；要恢复旧版，请以其内容提出新版",
                f"version {number} of {self.kind} was in force already: to come back to it, propose it anew",
                field="version",
            )
        return self.version(number)

    def in_force(self, at: datetime | None = None) -> Version[P]:
        """Return the version in force at a moment, now if none is given.

        Raises:
            ConfigurationError: none was.
        """
        found = self.if_any(at)
        if found is None:
            raise ConfigurationError.because(
                f"还没有生效的 {self.kind} 策略；请先提出并由另一人生效",
                f"no policy of the kind {self.kind} is in force: propose one, and have another person put it into force",
                field=self.kind,
            )
        return found

    def if_any(self, at: datetime | None = None, *, cursor: Cursor | None = None) -> Version[P] | None:
        """Return the version in force at a moment, and if none is given the one that was put in force last; None where none was.

        ``cursor``: within a transaction, which may not wait for a second connection.
        """
        when = microseconds(at) if at is not None else _WHENEVER
        return self._one("in_force_at <= ? ORDER BY in_force_at DESC, version DESC LIMIT 1", when, cursor)

    def version(self, number: int) -> Version[P]:
        """Return one version.

        Raises:
            InvalidRequestError: there is none of that number.
        """
        found = self._one("version = ?", number)
        if found is None:
            raise InvalidRequestError.because(
                f"策略 {self.kind} 没有第 {number} 版", f"there is no version {number} of {self.kind}", field="version"
            )
        return found

    def history(self, limit: int = 100) -> list[Version[P]]:
        """Return the versions, the newest first."""
        text = f"SELECT {_COLUMNS} FROM policies WHERE kind = ? ORDER BY version DESC LIMIT ?"  # noqa: S608  our own words
        rows = self.journal.store.read(lambda cursor: cursor.rows(text, (self.kind, limit)))
        return [self._read(row) for row in rows]

    def _one(self, condition: str, value: int, cursor: Cursor | None = None) -> Version[P] | None:
        text = f"SELECT {_COLUMNS} FROM policies WHERE kind = ? AND {condition}"  # noqa: S608  our own words

        def read(hand: Cursor) -> list[tuple[object, ...]]:
            return hand.rows(text, (self.kind, value))

        rows = read(cursor) if cursor is not None else self.journal.store.read(read)
        return self._read(rows[0]) if rows else None

    def _read(self, row: tuple[object, ...]) -> Version[P]:
        number, document, digest, maker, why, proposed, checker, in_force = row
        policy = self._policy(str(document), str(number))
        proposed_at = moment(int(str(proposed)))
        assert proposed_at is not None  # noqa: S101  the column is never null
        return Version(
            number=int(str(number)),
            policy=policy,
            digest=str(digest),
            maker=str(maker),
            why=str(why),
            proposed_at=proposed_at,
            checker=None if checker is None else str(checker),
            in_force_at=None if in_force is None else moment(int(str(in_force))),
        )

    def _policy(self, document: str, number: str) -> P:
        """Read a document; those in use are read once, since every order asks for the one in force."""
        known = self._known.get(document)
        if known is not None:
            return known
        try:
            policy = self.model.model_validate_json(document)
        except ValidationError as error:
            raise ConfigurationError.because(
                f"策略 {self.kind} 第 {number} 版读不出来：本程序的格式已不同；请按新格式提出新版",
                f"version {number} of {self.kind} cannot be read by this program: propose it anew in today's form",
                field=self.kind,
            ) from error
        self._known = {document: policy}
        return policy


def _in_order(value: Any, plain: Any) -> Any:
    """Return ``plain``, which is ``value`` as JSON has it, with its sets in one order: the same policy is the same document."""
    if isinstance(value, set | frozenset):
        return sorted(plain, key=json.dumps)
    if isinstance(value, Mapping):
        return {name: _in_order(one, two) for one, (name, two) in zip(value.values(), plain.items(), strict=True)}
    if isinstance(value, list | tuple):
        return [_in_order(one, two) for one, two in zip(value, plain, strict=True)]
    return plain
