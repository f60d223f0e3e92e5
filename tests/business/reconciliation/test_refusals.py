"""What no bill can be is refused by the house's own words, naming file, row or field; nothing is kept of it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from payment_channels import BillStatus, ConfigurationError, InvalidRequestError, Money
from payment_channels.business.reconciliation import AccountTerms, FeeTerms, Files, Reconciliation
from payment_channels.business.reconciliation.policy import FIRST_DAY, LAST_DAY, MOST
from payment_channels.business.reconciliation.staging import BILL_COLUMNS, write_bill
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.business.reconciliation.planted import ACCOUNT, DAY, TERMS, Planted, at, in_force
from tests.business.ticking import Ticking

HUGE = 2**63
NONE: tuple[Any, ...] = ([], BillStatus.EMPTY, BillStatus.NOT_READY)


@pytest.fixture
def room(tmp_path: Path, clock: Ticking) -> Reconciliation:
    """One database: what is refused never comes to it."""
    journal = Journal(SqliteStore(tmp_path / "journal.sqlite3"), KeyRing.single(bytes(32)), clock=clock)
    made = Reconciliation(journal)
    in_force(made)
    return made


def refused(room: Reconciliation, bill: Any, *words: str, day: Any = DAY) -> None:
    """The bill is refused in both languages, with these words; no run and no case is kept."""
    with pytest.raises(InvalidRequestError) as told:
        room.run(ACCOUNT, day, bill)
    for text in (told.value.zh, told.value.en):
        assert [word for word in words if word not in text] == [], text
    assert (room.runs(), room.book.cases()) == ([], [])


@pytest.mark.parametrize("wrong", [HUGE, -HUGE, -HUGE - 1, 10**40, MOST + 1, -MOST - 1])
@pytest.mark.parametrize("name", ["amount", "fee"])
def test_an_amount_that_no_bank_has_is_named_by_its_row(room: Reconciliation, name: str, wrong: int) -> None:
    planted = Planted(1)
    rows = [planted.row(planted.order("payment")) for _ in range(3)]
    refused(room, [*rows[:2], rows[2].model_copy(update={name: Money(wrong)})], "3", name, str(MOST))


@pytest.mark.parametrize("fee", [-MOST, MOST, None])
def test_the_largest_amount_is_reckoned(room: Reconciliation, fee: int | None) -> None:
    dear = FeeTerms(millionths=1_000_000, fixed=MOST, tolerance=0)
    in_force(room, TERMS.model_copy(update={"fees": {"payment": dear, "payout": dear}}))
    planted = Planted(1)
    one = planted.order("payment")
    planted.orders[-1] = (*planted.orders[-1][:5], MOST, *planted.orders[-1][6:])
    planted.into(room.journal)
    row = planted.row(one, amount=MOST).model_copy(update={"fee": None if fee is None else Money(fee)})
    room.run(ACCOUNT, DAY, [row])
    (case,) = room.book.cases()
    assert (case.local_amount, case.channel_amount, case.expected_fee) == (Money(MOST), Money(MOST), Money(2 * MOST))


RIGHT = "1,payment,True,5,CNY,0,P0000000001,,,,,,True"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (RIGHT.replace(",5,", f",{HUGE},"), ("Line: 3", "amount")),
        (RIGHT.replace(",5,", f",{-HUGE},"), ()),
        (RIGHT.replace(",5,", f",{MOST + 1},"), ("line 1", "amount", str(MOST))),
        (RIGHT.replace(",0,", f",{-MOST - 1},"), ("line 1", "fee", str(MOST))),
        (RIGHT.replace(",0,", ",0.5x,"), ("Line: 3", "fee")),
        (RIGHT.replace(",5,", ",,"), ("amount", "line 1")),
        (RIGHT.replace("payment", ""), ("kind", "line 1")),
        (RIGHT.replace("payment", "gift"), ("kind", "gift")),
        (RIGHT.replace("CNY", ""), ("currency", "line 1")),
        (RIGHT.replace("CNY", "yuan"), ("yuan",)),
        (RIGHT.replace(",,,,,,True", ",,,,,,"), ("settled", "line 1")),
        (RIGHT.replace(",,,,,,True", ",,,,,,perhaps"), ("Line: 3", "settled")),
        (RIGHT.replace(",,,,,,True", ",,,,noon,,True"), ("Line: 3", "at")),
        (RIGHT.replace("True,5", ",5"), ("incoming", "line 1")),
        (RIGHT[1:], ("line",)),
        (RIGHT + ",more,and,more", ()),
    ],
)
def test_a_row_of_a_file_that_cannot_be_one_is_named(
    room: Reconciliation, tmp_path: Path, row: str, words: tuple[str, ...]
) -> None:
    path = tmp_path / "bill.csv"
    other = RIGHT.replace("1,payment", "2,payment")
    path.write_text("\n".join([",".join(BILL_COLUMNS), other, row, ""]), encoding="utf-8")
    refused(room, path, str(path), *words)


def test_a_parquet_file_has_the_columns_and_their_types(room: Reconciliation, tmp_path: Path) -> None:
    path = tmp_path / "bill.parquet"

    def write(**changed: str) -> None:
        planted = {name: f"NULL::{kind}" for name, kind in BILL_COLUMNS.items()}
        planted |= {"line": "1", "kind": "'payment'", "incoming": "true", "amount": "5", "currency": "'CNY'", "settled": "true"}
        columns = ", ".join(f"{value} AS {name}" for name, value in {**planted, **changed}.items() if value)
        duckdb.sql(f"COPY (SELECT {columns}) TO '{path}'")

    for changed, word in (
        ({"amount": f"{HUGE}::HUGEINT"}, "amount"), ({"amount": "'five'"}, "amount"), ({"status": ""}, "status"),
        ({"merchant_order_id": ""}, "merchant_order_id"), ({"at": "'noon'"}, "at"), ({"settled": "NULL"}, "settled"),
    ):  # fmt: skip
        write(**changed)
        refused(room, Files((path,)), str(path), word)
    write(amount="5::HUGEINT", line="'7'")  # other types that mean the same
    assert room.run(ACCOUNT, DAY, path).rows == 1


@pytest.mark.parametrize(
    "name", ["nowhere.csv", "nowhere.parquet", "folder.csv", "folder.parquet", "zeros\0.csv", "broken.parquet"]
)
def test_a_file_that_cannot_be_opened_is_named(room: Reconciliation, tmp_path: Path, name: str) -> None:
    for folder in ("folder.csv", "folder.parquet"):
        (tmp_path / folder).mkdir()
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    refused(room, tmp_path / name, str(tmp_path / name))


def test_no_file_at_all_is_no_bill(room: Reconciliation) -> None:
    refused(room, Files(()), "EMPTY")


@pytest.mark.parametrize("name", ["bill[1].csv", "bill*.csv", "bill?.parquet"])
def test_a_name_that_is_a_pattern_to_the_database_is_refused_and_no_other_file_is_read(
    room: Reconciliation, tmp_path: Path, name: str
) -> None:
    planted = Planted(1)
    rows = [planted.row(planted.order("payment"))]
    write_bill(rows, tmp_path / name)
    write_bill(rows * 2, tmp_path / "bill1.csv")  # what "bill[1].csv" means there
    refused(room, tmp_path / name, name)


@pytest.mark.parametrize("day", [date.min, date.max, date(1969, 12, 31), date(9999, 1, 1), at(DAY, 0), "2026-03-04"])
def test_a_day_of_no_calendar_is_refused(room: Reconciliation, day: Any) -> None:
    for bill in NONE:
        refused(room, bill, str(day), str(FIRST_DAY), day=day)


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
def test_the_first_and_the_last_day_are_reckoned(room: Reconciliation, day: date) -> None:
    in_force(room, TERMS.model_copy(update={"carry_days": 30, "cut_off": None}))
    for bill in NONE:
        room.run(ACCOUNT, day, bill)
    assert {one.day for one in room.runs()} == {day}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: AccountTerms(since=date.max),
        lambda: AccountTerms(since=date.min),
        lambda: FeeTerms(fixed=HUGE),
        lambda: FeeTerms(tolerance=MOST + 1),
        lambda: FeeTerms(at_most=10**40),
    ],
)
def test_terms_that_cannot_be_reckoned_are_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError):
        wrong()


def test_a_receipt_that_no_bank_has_is_refused(room: Reconciliation) -> None:
    for wrong in (HUGE, -HUGE - 1, MOST + 1):
        with pytest.raises(InvalidRequestError, match="bank's statement"):
            room.receipts.record(ACCOUNT, Money(wrong), received_on=DAY, reference="bank-1", who="Zhang")
    assert room.receipts.record(ACCOUNT, Money(MOST), received_on=DAY, reference="bank-1", who="Zhang").amount == Money(MOST)
