"""Both sides laid out as files that DuckDB reads: bill rows one by one, and the journal's orders page by page.

The files lie in a folder that only this user can read, and go with it. They hold numbers, amounts, states and times, as the
journal's own tables do: no payer, no payee and no account number.
"""

import csv
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from payment_channels.business.reconciliation.policy import MOST
from payment_channels.business.reconciliation.totals import Sum
from payment_channels.journal import Journal
from payment_channels.journal.records import microseconds
from payment_channels.journal.store import Cursor
from payment_channels.model.bills import BillRow
from payment_channels.model.refusals import InvalidRequestError

BILL_COLUMNS = {
    "line": "BIGINT",
    "kind": "VARCHAR",
    "incoming": "BOOLEAN",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "fee": "BIGINT",
    "merchant_order_id": "VARCHAR",
    "channel_order_id": "VARCHAR",
    "merchant_refund_id": "VARCHAR",
    "channel_refund_id": "VARCHAR",
    "at": "BIGINT",
    "status": "VARCHAR",
    "settled": "BOOLEAN",
}
"""A bill's row as a file holds it, CSV with these titles or Parquet.

``line`` tells it from all others; the other names are ``BillRow``'s, with amounts in minor units and ``at`` in microseconds since
1970 (UTC). ``write_bill`` writes such a file.
"""
ORDER_COLUMNS = {
    "id": "BIGINT",
    "kind": "VARCHAR",
    "merchant_id": "VARCHAR",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "state": "VARCHAR",
    "conflict": "BOOLEAN",
    "changed_at": "BIGINT",
}
COMPARED = ("payment", "refund", "payout")
"""The kinds of orders whose rows a bill must have; closings, cancellations and confirmations move nothing by themselves."""
MOVED: Mapping[str, tuple[str, ...]] = {
    "payment": ("succeeded", "reversed"),
    "refund": ("succeeded",),
    "payout": ("succeeded", "returned"),
}
"""The states in which an order's own row in a bill is right."""
MISSED: Mapping[str, tuple[str, ...]] = {**MOVED, "payment": ("succeeded",)}
"""The states in which it must not be missing: a payment that was cancelled may never have been paid."""
_PAGE = 20_000
_PATTERN = frozenset("*?[")
_NO_LETTERS = dict.fromkeys((0, 10, 13), "\N{REPLACEMENT CHARACTER}")
_READ: Mapping[str, Callable[[str], Any]] = {"BIGINT": int, "BOOLEAN": lambda text: text == "True", "VARCHAR": str}
_TEXT = (
    f"SELECT created_at, {', '.join(ORDER_COLUMNS)} FROM orders WHERE account = ? AND "  # noqa: S608  names of our own
    "created_at < ? AND (created_at > ? OR (created_at = ? AND id > ?)) ORDER BY created_at, id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Staged:
    """Where both sides lie, how many orders there are, and what each adds up to, as far as that is known.

    ``bill`` is what ``write_bill`` laid out, or files of other origin, which may be several.
    """

    bill: tuple[Path, ...]
    orders: Path
    order_count: int
    sums: tuple[Sum, ...] = ()
    laid: bool = False


def write_bill(rows: Iterable[BillRow], path: Path) -> list[Sum]:
    """Write a bill's rows, and return what they add up to. They are taken one by one: a generator may be of any length.

    Raises:
        InvalidRequestError: an amount or a fee is larger than any that is paid.
    """
    found: dict[tuple[str, str], list[int]] = {}
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(BILL_COLUMNS)
        for line, row in enumerate(rows, 1):
            writer.writerow(_bill_line(line, row))
            added, amount = found.setdefault((row.kind.value, row.amount.currency), [0, 0, 0, 0]), row.amount.amount
            added[0] += 1
            added[1] += amount
            added[2] += amount if row.incoming else -amount
            added[3] += row.fee.amount if row.fee is not None else 0
    return [Sum("bill", kind, currency, *added) for (kind, currency), added in sorted(found.items())]


def check_titles(paths: Iterable[Path]) -> None:
    """Look whether files of other origin are there and begin with the titles that a bill's file has; Parquet carries its own.

    Raises:
        InvalidRequestError: one does not: DuckDB would read its columns by their places, and take one for another. Or its name is
            a pattern to DuckDB, which would read other files.
    """
    for path in paths:
        if _PATTERN & set(str(path)):
            raise InvalidRequestError.because(
                f"账单文件名 {path} 含有通配符（* ? [）；请改名后再用",
                f"the name of the bill's file {path} has wildcards in it (* ? [): rename it",
                field="bill",
            )
        titles = _titles(path)
        if path.suffix == ".parquet":
            continue
        if titles != list(BILL_COLUMNS):
            wanted = ",".join(BILL_COLUMNS)
            raise InvalidRequestError.because(
                f"{path} 的首行须为 {wanted}；渠道自己格式的账单请用 write_bill 改写，或不写 --file、由程序去取",
                f"the first line of {path} must be {wanted}; a bill in the channel's own form is rewritten "
                "by write_bill, or fetched without --file",
                field="bill",
            )


def _titles(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return [] if path.suffix == ".parquet" else next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidRequestError.because(
            f"账单文件 {path} 打不开（{reason}），没有使用；请核对路径与权限",
            f"the bill's file {path} cannot be opened ({reason}) and was not used: look at its path and permissions",
            field="bill",
        ) from error


def _bill_line(line: int, row: BillRow) -> tuple[object, ...]:
    for name, money in (("amount", row.amount), ("fee", row.fee)):
        if money is not None and abs(money.amount) > MOST:
            raise too_large(f"第 {line} 行", f"its row {line}", name)
    return (
        line,
        row.kind.value,
        row.incoming,
        row.amount.amount,
        row.amount.currency,
        None if row.fee is None else row.fee.amount,
        _clean(row.merchant_order_id),
        _clean(row.channel_order_id),
        _clean(row.merchant_refund_id),
        _clean(row.channel_refund_id),
        None if row.at is None else microseconds(row.at),
        _clean(row.status),
        row.settled,
    )


def too_large(row_zh: str, row_en: str, name: str) -> InvalidRequestError:
    """Refuse a bill for a row with an amount or a fee that cannot be one."""
    return InvalidRequestError.because(
        f"账单{row_zh}的 {name} 超过 {MOST}（最小货币单位），账单没有使用；请与渠道的原账单核对",
        f"the bill was not used: the {name} of {row_en} is more than {MOST} minor units. Compare it with the channel's own bill",
        field=name,
    )


def _clean(text: str | None) -> str | None:
    """A NUL ends a text in some readers, and each row has to stay one line."""
    return None if text is None else text.translate(_NO_LETTERS)


@contextmanager
def laid_lines(path: Path) -> Iterator[Callable[[int], dict[str, Any]]]:
    """Open what ``write_bill`` wrote, to be asked for rows by their lines, in order."""
    readers = [(name, _READ[kind]) for name, kind in BILL_COLUMNS.items()]
    with path.open(encoding="utf-8", newline="") as file:
        at = -1

        def row_at(line: int) -> dict[str, Any]:
            nonlocal at
            text = next(islice(file, line - at - 1, None))
            at = line
            (values,) = csv.reader([text])
            return {name: read(value) if value else None for (name, read), value in zip(readers, values, strict=True)}

        yield row_at


def write_orders(
    journal: Journal, account: str, bounds: tuple[datetime, datetime], path: Path, covers: Container[str] = COMPARED
) -> tuple[int, list[Sum]]:
    """Write the orders of an account that were written down within a channel's day; all of one consistent state.

    Returns how many there are, and what those add up to that a bill of the kinds ``covers`` must not leave out.

    Raises:
        JournalUnavailableError: the journal cannot be read.
    """
    begins, ends = (microseconds(moment) for moment in bounds)
    missed = frozenset((kind, state) for kind, states in MISSED.items() if kind in covers for state in states)

    def work(cursor: Cursor) -> tuple[int, list[Sum]]:
        count, after, last, found = 0, begins - 1, 0, dict[tuple[str, str], list[int]]()
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(ORDER_COLUMNS)
            while rows := cursor.rows(_TEXT, (account, ends, after, after, last, _PAGE)):
                kept = [row[1:] for row in rows if row[2] in COMPARED]
                writer.writerows(kept)
                count += len(kept)
                for _, kind, _, amount, currency, state, *_ in kept:
                    if (kind, state) in missed:
                        added = found.setdefault((kind, currency), [0, 0])
                        added[0] += 1
                        added[1] += amount
                after, last = rows[-1][:2]
        return count, [Sum("journal", kind, currency, *added) for (kind, currency), added in sorted(found.items())]

    return journal.store.read(work)
