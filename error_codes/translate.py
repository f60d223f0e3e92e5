"""Translate a channel's raw code into its meaning: the most specific row wins, and what nobody mapped is unknown."""

import threading
from collections import Counter
from collections.abc import Mapping

from error_codes.catalogue import BUILT_IN, Catalogue
from error_codes.model import Basis, Canonical, Checked, Effect, Meaning, NextAction, Outward, Row
from error_codes.publish import FINAL, Texts, outward_of, texts_of

REMEMBERED = 4096
"""Raw codes come from the wire: what is remembered of them has a limit in number,"""
LONGEST = 64
"""and in length: no channel's code is longer, and what is longer is translated anew each time."""
SERVER_ERROR = 500
"""From this HTTP status on, nothing that is said is final: a proxy, a crash or a retry may stand behind it."""
ANY_CODE = "*"
"""The code of a row that knows its sub-code under whatever code it comes."""
Lookup = tuple[str, str, str, str, str | None, int | None]
UnmappedKey = tuple[str, str, str, str]
REST: UnmappedKey = ("*", "*", "*", "…")
"""Where codes beyond the limit are counted together, so that a flood of them is still seen."""


class Translator:
    """Looks codes up in one catalogue, and remembers what it found."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Start with nothing remembered."""
        self.catalogue = catalogue
        self._found: dict[Lookup, Meaning] = {}
        self._by_code: dict[str, dict[tuple[str, str], list[Row]]] = {}
        self._counts: Counter[UnmappedKey] = Counter()
        self._lock = threading.Lock()

    def translate(
        self, channel: str, operation: str, *, where: str, code: str, sub_code: str | None = None, http: int | None = None
    ) -> Meaning:
        """Say what ``code`` means in the field ``where`` of an answer to ``operation``.

        ``operation`` is a verb, down to the product where it matters (``pay.native``). ``where``, ``code`` and
        ``sub_code`` are exact: no case folding, no parts of messages. What no row knows is ``unknown`` and counted;
        what a row says that is final is ``unknown`` when it comes with HTTP 5xx. A sub-code that nobody has mapped is
        not what its code would mean alone, where the row of that code says ``sub_code = ""``.

        Raises:
            CatalogueError: the channel has no table.
        """
        lookup = (channel, operation, where, code, sub_code, http)
        found = self._found.get(lookup)
        if found is None:
            row = self._best(lookup)
            found = _of_row(lookup, row, self.catalogue.canonical(row.canonical)) if row else self._unmapped(lookup)
            if len(code) <= LONGEST and len(sub_code or "") <= LONGEST:
                self._remember(lookup, found)
        if found.kind == "unmapped":
            self._count(lookup)
        return found

    def _remember(self, lookup: Lookup, found: Meaning) -> None:
        with self._lock:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[lookup] = found

    def _best(self, lookup: Lookup) -> Row | None:
        channel, operation, where, code, sub_code, http = lookup
        index = self._by_code.get(channel)
        if index is None:
            index = {}
            for row in self.catalogue.rows(channel):
                index.setdefault((row.where, row.code), []).append(row)
            self._by_code[channel] = index
        named = (*index.get((where, code), ()), *(index.get((where, ANY_CODE), ()) if code != ANY_CODE else ()))
        fitting = [(weight(row, operation, sub_code, http), row) for row in named]
        best = max((pair for pair in fitting if pair[0] is not None), key=lambda pair: pair[0] or (), default=None)
        return best[1] if best else None

    def _unmapped(self, lookup: Lookup) -> Meaning:
        channel, operation, where, code, sub_code, http = lookup
        entry = self.catalogue.unmapped(channel)
        return Meaning(
            channel=channel,
            operation=operation,
            where=where,
            code=code,
            sub_code=sub_code,
            http=http,
            kind="unmapped",
            canonical=entry.code,
            effect=Effect.UNKNOWN,
            next_action=NextAction.QUERY_THEN_DECIDE,
            new_id_allowed=False,
            failover=False,
            retry_after=None,
            quiet_period=None,
            phase=None,
            zh=entry.merchant_zh,
            en=entry.merchant_en,
            source="码表没有这一行，按结果未知处理 / no row of the table: treated as unknown",
            checked=Checked.ASSUMED,
            basis=Basis.ASSUMED,
            entry=entry,
        )

    def _count(self, lookup: Lookup) -> None:
        channel, operation, where, code, sub_code = lookup[:5]
        shown = f"{code[:LONGEST]} {sub_code[:LONGEST]}" if sub_code else code[:LONGEST]
        key = (channel, operation, where, shown)
        with self._lock:
            if key not in self._counts and len(self._counts) >= REMEMBERED - 1:
                key = REST
            self._counts[key] += 1

    def unmapped_counts(self) -> Mapping[UnmappedKey, int]:
        """Return how often each (channel, operation, where, code) was met that no row knows; a sub-code stands after its code."""
        with self._lock:
            return dict(self._counts)

    def reset_unmapped_counts(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._counts.clear()


def weight(row: Row, operation: str, sub_code: str | None, http: int | None) -> tuple[int, int, int, int] | None:
    """Say how well a row fits a lookup, the larger the better; None where it does not fit at all.

    In this order: a sub-code that is given (``""``: that none came); the operation itself before what it is below, before
    ``*``; the code itself before ``*``; the status.
    """
    if row.sub_code is not None and row.sub_code != (sub_code or ""):
        return None
    if row.http and http not in row.http:
        return None
    fits = max((_covers(wanted, operation) for wanted in row.operations), default=0)
    return (row.sub_code is not None, fits, row.code != ANY_CODE, bool(row.http)) if fits else None


def _covers(wanted: str, operation: str) -> int:
    if wanted == operation:
        return 1000
    if wanted == "*":
        return 1
    return 1 + len(wanted) if operation.startswith(wanted + ".") else 0


def _of_row(lookup: Lookup, row: Row, entry: Canonical) -> Meaning:
    channel, operation, where, code, sub_code, http = lookup
    doubtful = http is not None and http >= SERVER_ERROR and row.effect in FINAL
    return Meaning(
        channel=channel,
        operation=operation,
        where=where,
        code=code,
        sub_code=sub_code,
        http=http,
        kind=row.kind,
        canonical=row.canonical,
        effect=Effect.UNKNOWN if doubtful else row.effect,
        next_action=NextAction.QUERY_THEN_DECIDE if doubtful else row.next_action,
        new_id_allowed=row.new_id_allowed and not doubtful,
        failover=row.failover and not doubtful,
        retry_after=row.retry_after,
        quiet_period=row.quiet_period,
        phase=None if doubtful else row.phase,
        zh=row.zh,
        en=row.en,
        source=row.source,
        checked=row.checked,
        basis=row.basis,
        entry=entry,
    )


_TRANSLATOR = Translator(BUILT_IN)
translate = _TRANSLATOR.translate
unmapped_counts = _TRANSLATOR.unmapped_counts
reset_unmapped_counts = _TRANSLATOR.reset_unmapped_counts


def own(code: str, *, channel: str = "", operation: str = "", detail_zh: str = "", detail_en: str = "") -> Meaning:
    """Make the meaning of what the SDK itself found, such as ``REPLY_LOST``; details are put after the code's own texts.

    Raises:
        CatalogueError: there is no such canonical code.
    """
    entry = canonical(code)
    return Meaning(
        channel=channel,
        operation=operation,
        where="",
        code="",
        sub_code=None,
        http=None,
        kind="own",
        canonical=code,
        effect=entry.effect,
        next_action=entry.next_action,
        new_id_allowed=False,
        failover=entry.code == "CHANNEL_UNREACHABLE",
        retry_after=None,
        quiet_period=None,
        phase=None,
        zh=f"{entry.merchant_zh}{detail_zh}",
        en=f"{entry.merchant_en} {detail_en}".rstrip(),
        source="由 SDK 自己判断 / found by the SDK itself",
        checked=Checked.DOCUMENTED,
        basis=Basis.DOCUMENTED,
        entry=entry,
    )


def canonical(code: str) -> Canonical:
    """Return a canonical code with everything it carries.

    Raises:
        CatalogueError: there is none of that name.
    """
    return BUILT_IN.canonical(code)


def outward(code: str, outcome: Effect | str | None = None) -> Outward:
    """Return the outward code and HTTP status under which a core may publish a canonical code.

    Give the result's ``outcome`` too, as the word or as its text (``"unknown"``): where it is weaker than what the code
    says by itself, what is published is that the result is unknown, never a refusal that nobody is certain of. None says
    that no outcome is given: what the code says by itself is published, which is for answers that are about no order.

    Raises:
        CatalogueError: there is no such canonical code, or ``outcome`` is none of the six words.
    """
    return outward_of(BUILT_IN, code, outcome)


def texts(code: str, outcome: Effect | str | None = None) -> Texts:
    """Return what payer, merchant and operator may be told of a canonical code when the result's ``outcome`` is this.

    ``outcome`` is the word or its text, None as in ``outward``.

    Raises:
        CatalogueError: there is no such canonical code, or ``outcome`` is none of the six words.
    """
    return texts_of(BUILT_IN, code, outcome)


def channels() -> tuple[str, ...]:
    """Return the names of the channels that have a table."""
    return BUILT_IN.channels()


def rows(channel: str) -> tuple[Row, ...]:
    """Return one channel's rows.

    Raises:
        CatalogueError: the channel has no table.
    """
    return BUILT_IN.rows(channel)
