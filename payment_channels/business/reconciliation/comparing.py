# ruff: noqa: S608  the statements are made of names and numbers of our own; what a bill or a journal says is only ever a value
"""The comparison of millions of rows, on DuckDB (extra ``reconciliation``): one join, and the few rows that do not simply agree.

A bill's row and an order meet by kind and the core's own number. What of the orders is needed for that fits into memory, and the
bill streams past it; of each pair its place on both sides is kept, and what the few that differ say is read from the file again.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from payment_channels.business.reconciliation.findings import (
    AMOUNT,
    BILLED,
    CHANNEL_ONLY,
    CUT_OFF,
    FEE,
    LOCAL_ONLY,
    STATUS,
    TWICE,
    Suspect,
)
from payment_channels.business.reconciliation.policy import MILLION, MOST, AccountTerms, FeeTerms
from payment_channels.business.reconciliation.staging import (
    BILL_COLUMNS,
    COMPARED,
    MISSED,
    MOVED,
    ORDER_COLUMNS,
    Staged,
    laid_lines,
    too_large,
)
from payment_channels.business.reconciliation.totals import Sum
from payment_channels.journal.records import microseconds
from payment_channels.model.bills import BillRowKind
from payment_channels.model.refusals import InvalidRequestError

MEMORY = "700MB"
CODES = {kind: number for number, kind in enumerate(COMPARED, 1)}
BACK, OTHER, FEES = 4, 5, 6
_AT_A_TIME = 10_000
_SMALL = 9 * 10**12
"""Minor units up to which a fee is reckoned in 64 bits, which is much faster."""
_KINDS = frozenset(BillRowKind)
_IN_EACH = ("line", "kind", "incoming", "amount", "currency", "settled")
"""What every row of a bill says."""
_GUESS = "SET disabled_optimizers = '{}'"


@contextmanager
def database(folder: Path, *, memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database on files of its own in a folder, with a limit of memory beyond which it uses the disk."""
    connection = duckdb.connect(str(folder / "comparison.duckdb"))
    try:
        connection.execute("SET memory_limit = ?", [memory])
        connection.execute("SET temp_directory = ?", [str(folder)])
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()


def compare(
    connection: duckdb.DuckDBPyConnection, staged: Staged, terms: AccountTerms, ends: datetime, billed: Collection[int] = ()
) -> None:
    """Let both sides meet, and keep of every pair what is wrong with it; ``billed`` are orders that another bill has already."""
    # It is written with the orders on the side that is held in memory; the optimizer would guess that from the sizes of files.
    connection.execute(_GUESS.format("join_order,build_side_probe_side"))
    connection.execute(
        f"""CREATE TABLE pairs AS
        SELECT orders.id AS place, bill.line, ({_facts(terms)})::UTINYINT AS facts
        FROM ({_bill(staged)}) AS bill FULL JOIN ({_orders(staged, terms, ends)}) AS orders
        ON bill.what = orders.what AND bill.number = orders.number"""
    )
    connection.execute(_GUESS.format(""))
    # Where as many orders were met as rows met one, none was met twice, and nothing is grouped.
    met = _one(connection, "SELECT count(*) FROM pairs WHERE line IS NOT NULL AND place IS NOT NULL")
    if met != staged.order_count - _one(connection, "SELECT count(*) FROM pairs WHERE line IS NULL"):
        connection.execute(
            f"""UPDATE pairs SET facts = facts + {TWICE} WHERE line IS NOT NULL AND place IN (
                SELECT place FROM pairs WHERE line IS NOT NULL AND place IS NOT NULL GROUP BY place HAVING count(*) > 1)"""
        )
    if billed:
        connection.execute("CREATE TABLE billed AS SELECT unnest(?::BIGINT[]) AS place", [list(billed)])
        connection.execute(
            f"UPDATE pairs SET facts = facts + {BILLED} WHERE line IS NOT NULL AND place IN (SELECT place FROM billed)"
        )


def _bill(staged: Staged) -> str:
    """Every row with a code of its kind, and the number by which it looks for its order."""
    kinds = " ".join(f"WHEN '{name}' THEN {code}" for name, code in CODES.items())
    return f"""SELECT *,
        (CASE WHEN kind = 'refund' AND merchant_refund_id IS NULL THEN {BACK} ELSE
          CASE kind {kinds} WHEN 'reversal' THEN {BACK} WHEN 'return' THEN {BACK} WHEN 'fee' THEN {FEES} ELSE {OTHER} END
        END)::UTINYINT AS what,
        CASE WHEN kind IN ('refund', 'reversal') THEN coalesce(merchant_refund_id, merchant_order_id)
          ELSE merchant_order_id END AS number
        FROM {_source(staged.bill, BILL_COLUMNS)}"""


def _orders(staged: Staged, terms: AccountTerms, ends: datetime) -> str:
    """Of every order what the comparison needs: whether its state agrees with a row, and whether it may be missing."""
    kinds = " ".join(f"WHEN '{name}' THEN {code}" for name, code in CODES.items())
    late = microseconds(ends) - terms.slack_minutes * 60 * MILLION
    return f"""SELECT id, (CASE kind {kinds} END)::UTINYINT AS what, merchant_id AS number, amount, currency,
        ({_among(MOVED)}) AND NOT conflict AS agrees,
        ({_among({kind: states for kind, states in MISSED.items() if kind in terms.covers})}) AS missed,
        changed_at >= {late} AS late
        FROM {_source((staged.orders,), ORDER_COLUMNS)}"""


def _among(states: Mapping[str, tuple[str, ...]]) -> str:
    listed = {kind: ", ".join(f"'{state}'" for state in some) for kind, some in states.items()}
    return " OR ".join(f"(kind = '{kind}' AND state IN ({some}))" for kind, some in listed.items()) or "false"


def _source(paths: tuple[Path, ...], columns: Mapping[str, str]) -> str:
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    if all(path.suffix == ".parquet" for path in paths):
        # Parquet has types of its own: another one than the column's is converted, or refused.
        typed = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in columns.items())
        return f"(SELECT {typed} FROM read_parquet([{names}]))"
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return f"read_csv([{names}], header = true, delim = ',', quote = '\"', escape = '\"', columns = {{{types}}})"


def _facts(terms: AccountTerms) -> str:
    """What is wrong with a pair. Rows about fees are no order's; a row that is not at its end agrees with every state."""
    pending = CUT_OFF if terms.carry_days else LOCAL_ONLY
    return f"""CASE
        WHEN orders.id IS NULL THEN CASE WHEN bill.what = {FEES} THEN 0 ELSE {CHANNEL_ONLY} END
        WHEN bill.what IS NULL THEN CASE WHEN NOT orders.missed THEN 0 WHEN orders.late THEN {pending} ELSE {LOCAL_ONLY} END
        ELSE
          (CASE WHEN bill.amount IS DISTINCT FROM orders.amount OR bill.currency IS DISTINCT FROM orders.currency
            THEN {AMOUNT} ELSE 0 END)
          + (CASE WHEN bill.settled AND NOT orders.agrees THEN {STATUS} ELSE 0 END)
          + {_fee(terms)}
        END"""


def _fee(terms: AccountTerms) -> str:
    sign = "-" if terms.charged_fee_is == "negative" else ""
    checks = [
        f"WHEN bill.what = {CODES[kind]} THEN "
        f"CASE WHEN bill.fee IS NULL OR abs(({sign}bill.fee) - ({_expected(one)})) > {one.tolerance} THEN {FEE} ELSE 0 END"
        for kind, one in terms.fees.items()
    ]
    return f"(CASE {' '.join(checks)} ELSE 0 END)" if checks else "0"


def _expected(one: FeeTerms) -> str:
    def charged(amount: str) -> str:
        share = f"greatest(({amount} * {one.millionths} + {MILLION // 2}) // {MILLION} + {one.fixed}, {one.at_least})"
        return share if one.at_most is None else f"least({share}, {one.at_most})"

    wide = charged("bill.amount::HUGEINT")
    return f"CASE WHEN bill.amount < {_SMALL} THEN {charged('bill.amount')} ELSE ({wide})::BIGINT END"


def suspects(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Iterator[Suspect]:
    """Give the pairs that do not simply agree: the bill's by their lines, then orders that no row met.

    Raises:
        InvalidRequestError: what a file says of one of them has another type than its column.
    """
    if not staged.laid:
        with readable(staged):
            yield from _suspects_of_files(connection, staged)
        return
    found = connection.execute("SELECT facts, place, line FROM pairs WHERE facts <> 0 ORDER BY line NULLS LAST, place")
    with laid_lines(staged.bill[0]) as row_at:
        while rows := found.fetchmany(_AT_A_TIME):
            for facts, place, line in rows:
                yield Suspect(facts, place, None if line is None else row_at(line))


def _suspects_of_files(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Iterator[Suspect]:
    found = connection.execute(
        f"""SELECT facts, place, {", ".join(f'bill."{name}"' for name in BILL_COLUMNS)}
        FROM pairs LEFT JOIN {_source(staged.bill, BILL_COLUMNS)} AS bill ON pairs.line = bill.line
        WHERE facts <> 0 ORDER BY pairs.line NULLS LAST, place"""
    )
    while rows := found.fetchmany(_AT_A_TIME):
        for facts, place, *columns in rows:
            bill = dict(zip(BILL_COLUMNS, columns, strict=True))
            yield Suspect(facts, place, None if bill["line"] is None else bill)


def sums(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[Sum]:
    """Add up a bill of files; what ``write_bill`` lays out it has added up on the way.

    Raises:
        InvalidRequestError: a file cannot be read, what is in it has another type than its column, or a row lacks what each has.
    """
    missing = " OR ".join(f'"{name}" IS NULL' for name in _IN_EACH)
    large = f"abs(amount) > {MOST} OR abs(fee) > {MOST}"
    with readable(staged):
        rows = connection.execute(
            "SELECT kind, currency, count(*), sum(amount), sum(CASE WHEN incoming THEN amount ELSE -amount END), "
            f"coalesce(sum(fee), 0), bool_or({missing}), coalesce(bool_or({large}), false), "
            f"min(CASE WHEN {missing} OR {large} THEN line END) "
            f"FROM {_source(staged.bill, BILL_COLUMNS)} GROUP BY kind, currency ORDER BY kind, currency"
        ).fetchall()
    names = _names(staged)
    for kind, currency, *_, lacks, too_much, line in rows:
        if lacks or kind not in _KINDS or not re.fullmatch("[A-Z]{3}", currency):
            told = ", ".join(_IN_EACH)
            raise InvalidRequestError.because(
                f"账单文件 {names} 没有使用：每行都须写明 {told}，币种为三个大写字母，kind 为 {', '.join(sorted(_KINDS))} 之一"
                f"（{kind} {currency}，line {line}）",
                f"the bill's file {names} was not used: each row has {told}, a currency of three capital letters and a kind of "
                f"{', '.join(sorted(_KINDS))} ({kind} {currency}, line {line})",
                field="bill",
            )
        if too_much:
            raise too_large(f"文件 {names} line {line}", f"line {line} in {names}", "amount / fee")
    return [Sum("bill", *row[:6]) for row in rows]


@contextmanager
def readable(staged: Staged) -> Iterator[None]:
    """Refuse files of other origin that DuckDB cannot read; what it says of a row is left out but for its place and column.

    Raises:
        InvalidRequestError: a file cannot be read.
    """
    try:
        yield
    except duckdb.Error as error:
        if staged.laid:
            raise
        said, column = str(error).partition("\n")[0], re.search(r'column "?(\w+)', str(error))
        field = column[1] if column and column[1] in BILL_COLUMNS else "bill"
        raise InvalidRequestError.because(
            f"账单文件 {_names(staged)} 读不出来（{field}），没有使用：{said}",
            f"the bill's file cannot be read ({field}) and was not used: {_names(staged)}: {said}",
            field=field,
        ) from None


def _names(staged: Staged) -> str:
    return ", ".join(str(path) for path in staged.bill)


def counted(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return how many rows the bill has, and how many of them agree with an order."""
    rows = _one(connection, "SELECT count(*) FROM pairs WHERE line IS NOT NULL")
    return rows, _one(connection, "SELECT count(*) FROM pairs WHERE line IS NOT NULL AND place IS NOT NULL AND facts = 0")


def _one(connection: duckdb.DuckDBPyConnection, text: str) -> int:
    found = connection.execute(text).fetchone()
    assert found is not None  # noqa: S101  an aggregate always has a row
    return int(found[0])
