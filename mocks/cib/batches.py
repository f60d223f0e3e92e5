"""Asynchronous batches of agent payments (ASYNBATCHMRCHAGENTTRNRQ 3.16.2): up to a hundred rows, asked for by TRNUID alone.

Documented: the columns of the rows in both directions, that it starts PROCESSING and is to be queried after thirty minutes, its
states. Assumed: the elements of the answer around the rows, that SIZE counts the rows, that one row that is wrong refuses the
whole (60010), and that all rows end at once.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mocks.cib import magic
from mocks.cib.accounts import Party
from mocks.cib.agents import FEE, check_merchant
from mocks.cib.codes import NO_MONEY, NOT_FOUND, RULE, RefusedError, refused, row_of
from mocks.cib.desk import Desk
from mocks.cib.fields import MONEY
from mocks.cib.instructions import BATCH_SETTLES_AFTER, Instruction
from mocks.cib.messages import fen, group, maybe, processed, tag, yuan
from mocks.cib.transfers import day_of
from payment_channels.codec.xml import cdata

_NAME = "ASYNBATCHMRCHAGENTTRNRQ"
_MOST = 100
_OWN_BANK = "309"  # 309391000011 in the sample: that the first digits tell the bank is how 行号 are made
COLUMNS = (
    ("序号", r"[0-9]{1,3}"),
    ("订单号", r"[!-%'-;=?-{}-~]{1,32}"),
    ("二级商户名称", r".{0,60}"),
    ("收款账号", r"[!-%'-;=?-{}-~]{1,32}"),
    ("收款人名称", r".{1,120}"),
    ("行号", r"[0-9]{0,14}"),
    ("账户类型", r"[012]"),
    ("行名", r".{0,120}"),
    ("金额", MONEY),
    ("用途", r".{1,60}"),
)


@dataclass(eq=False)
class Batch:
    """One batch and its lines."""

    uid: str
    facts: dict[str, Any]
    created: datetime
    lines: list[Instruction]

    @property
    def state(self) -> str:
        """What its lines make of it."""
        states = {one.state for one in self.lines}
        if "PROCESSING" in states:
            return "PROCESSING"
        if "PENDING" in states:
            return "PENDING"
        if len(states) > 1:
            return "PART_PAYOUT" if "PAYOUT" in states else "FAIL"
        return states.pop()

    @property
    def changed(self) -> datetime:
        """When the last of its lines moved."""
        return max(one.changed for one in self.lines)


def batch(desk: Desk, asked: dict[str, Any]) -> str:
    """Take in a batch once, or tell how it stands, a row for every line."""
    uid = asked["TRNUID"]
    facts = asked.get("RQBODY")
    if facts is not None:
        magic.provoke(magic.NOW, facts)
        one = desk.once(_NAME, uid, lambda: _placed(desk, uid, facts))
        magic.provoke(magic.DONE, facts)
    else:
        one = desk.instructions.recall(_NAME, uid)
        if one is None:
            raise refused(NOT_FOUND, why=f"no batch has the TRNUID {uid}")
        magic.provoke(magic.QUERY, one.facts)
    return _told(desk, one)


def _placed(desk: Desk, uid: str, facts: dict[str, Any]) -> Batch:
    check_merchant(facts["MRCHNO"], desk.keys.mrch_no)
    desk.check_account(facts["ACCTFROM"]["ACCTID"])
    if facts.get("EXPECT_DATE") and day_of(facts["EXPECT_DATE"]) != desk.now().date():
        raise refused(RULE, why="EXPECT_DATE is not today", spends=True)
    rows = [_row(line) for line in facts["XFERINFOTEXT"]["text"].splitlines() if line.strip()]
    if not 0 < len(rows) <= _MOST:
        raise refused("60010", why=f"{len(rows)} rows; it should be 1 to {_MOST}", spends=True)
    _check_totals(facts, rows)
    numbers = [row["订单号"] for row in rows]
    if len(set(numbers)) != len(rows) or len({row["序号"] for row in rows}) != len(rows) or desk.order_numbers & set(numbers):
        raise refused("60010", why="序号 or 订单号 stands twice, or was used before", spends=True)
    lines = [_line(desk, uid, row) for row in rows]
    total = sum(one.amount + one.fee for one in lines)
    if total > desk.account.available:
        raise refused(NO_MONEY, why=f"{desk.account.available} fen are available, {total} are needed", spends=True)
    for one in lines:
        desk.instructions.place(one)
    desk.order_numbers.update(numbers)
    made = desk.batches[uid] = Batch(uid, facts, desk.now(), lines)
    return made


def _row(line: str) -> dict[str, str]:
    cells = line.strip().split("|")
    if len(cells) != len(COLUMNS) + 1 or cells[-1]:
        raise _wrong(f"a row should have {len(COLUMNS)} columns, each with a bar behind it; this one has {len(cells) - 1}")
    row = dict(zip((name for name, _ in COLUMNS), cells, strict=False))
    for name, form in COLUMNS:
        if not re.fullmatch(form, row[name]):
            raise _wrong(f"{name} of row {cells[0]} is not of the form {form}")
    if not fen(row["金额"]):
        raise _wrong(f"the amount of row {cells[0]} is nothing")
    if not row["行号"].startswith(_OWN_BANK) and not (row["行号"] and row["行名"]):
        raise _wrong(f"row {cells[0]} goes to another bank and lacks 行号 or 行名")
    return row


def _wrong(why: str) -> RefusedError:
    return refused("60010", why=why, spends=True)


def _check_totals(facts: dict[str, Any], rows: list[dict[str, str]]) -> None:
    count, total = len(rows), sum(fen(row["金额"]) for row in rows)
    told = {int(facts[name]) for name in ("TOTALCOUNT",) if name in facts} | {int(facts["XFERINFOTEXT"]["SIZE"])}
    if told != {count} or ("TOTALAMOUNT" in facts and fen(facts["TOTALAMOUNT"]) != total):
        raise refused("51027", why=f"there are {count} rows of {total} fen", spends=True)


def _line(desk: Desk, uid: str, row: dict[str, str]) -> Instruction:
    now = desk.now()
    own = row["行号"].startswith(_OWN_BANK)
    one = Instruction(
        "line",
        f"{uid}-{row['序号']}",
        desk.instructions.serial(),
        {"ORDERNO": row["订单号"], "PURPOSE": row["用途"], "row": row},
        fen(row["金额"]),
        now,
        "PROCESSING",
        now,
        Party(row["收款账号"], row["收款人名称"], row["行名"], row["行号"]),
        row["用途"],
        fee=0 if own else FEE,
        lasts=BATCH_SETTLES_AFTER,
        shows={"ORDERNO": row["订单号"], "ACCTTYPE": row["账户类型"]},
    )
    made = magic.doom(one)
    if made.state != "PROCESSING":
        raise _wrong(f"a batch's line cannot be {made.state}")
    return made


def _told(desk: Desk, one: Batch) -> str:
    facts = one.facts
    rows = []
    for line in one.lines:
        cells = [
            *line.facts["row"].values(),
            yuan(line.fee),
            line.state,
            line.message or row_of(line.state, where="XFERPRCCODE").message,
        ]
        rows.append("".join(f"{cell}|" for cell in cells))
    payer = group("ACCTFROM", tag("ACCTID", desk.account.acct_id), tag("NAME", desk.account.name))
    return group(
        "RSBODY",
        maybe("TITLE", facts.get("TITLE")),
        tag("TOTALCOUNT", len(one.lines)),
        tag("TOTALAMOUNT", yuan(sum(line.amount for line in one.lines))),
        tag("MRCHNO", facts["MRCHNO"]),
        payer,
        maybe("PURPOSE", facts.get("PURPOSE")),
        maybe("MEMO", facts.get("MEMO")),
        maybe("EXPECT_DATE", facts.get("EXPECT_DATE")),
        f'<XFERINFOTEXT SIZE="{len(rows)}">{cdata(chr(10).join(rows))}</XFERINFOTEXT>',
        processed(one.state, one.changed),
    )
