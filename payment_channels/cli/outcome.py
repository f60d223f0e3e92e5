"""What came of a batch: a row for each line, a result file beside the CSV, and the exit status."""

import csv
import io
import os
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from payment_channels.cli import telling
from payment_channels.cli.exits import Exit
from payment_channels.cli.payees import PayoutLine
from payment_channels.cli.screen import Screen, money
from payment_channels.codec.amounts import text_of_minor
from payment_channels.journal import Journal, OrderKey, State
from payment_channels.model.money import Money
from payment_channels.model.refusals import PaymentChannelError

COLUMNS = (
    "line", "merchant_order_id", "account", "amount", "payee", "state", "canonical", "raw", "next_action", "new_id_allowed",
    "zh", "en",
)  # fmt: skip
"""The columns of the result file, in this order."""
SHOWN = {
    "line": "行 line",
    "merchant_order_id": "单号 number",
    "amount": "金额 amount",
    "payee": "收款方 payee",
    "state": "状态 state",
    "canonical": "统一错误码 canonical",
    "raw": "渠道原始码 raw",
    "next_action_words": "下一步 next action",
}
TOTAL_COLUMNS = {"state": "状态 state", "orders": "行数 lines", "amount": "金额 amount", "words": ""}
UNSETTLED = frozenset({"unknown", "pending", "not_sent"})
MOST_SHOWN = 200
MOST_NAMED = 10
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def result_file(path: Path) -> Path:
    """Return where the result of a file is written: beside it, ``payees.csv`` to ``payees.result.csv``."""
    return path.with_name(f"{path.stem}.result.csv")


def earlier(path: Path) -> frozenset[str]:
    """Return the numbers that an earlier result file has as sent, so that a run with another journal is noticed."""
    try:
        text = result_file(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return frozenset()
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return frozenset(
        row["merchant_order_id"].removeprefix("'")
        for row in rows
        if row.get("merchant_order_id") and row.get("state") not in {None, "", "not_sent"}
    )


class Report:
    """Where each line of a file stands."""

    def __init__(self, journal: Journal, account: str, path: Path) -> None:
        """Start without lines."""
        self.journal = journal
        self.account = account
        self.file = result_file(path)
        self.rows: list[dict[str, Any]] = []

    def add(self, line: PayoutLine, key: OrderKey, trouble: PaymentChannelError | None) -> None:
        """Add a line as the journal has it; ``trouble`` is why it was not sent this time.

        Raises:
            JournalUnavailableError: the journal cannot be read.
        """
        order, record = line.order, self.journal.find(key)
        row: dict[str, Any] = {
            "line": line.number,
            "merchant_order_id": order.merchant_order_id,
            "account": self.account,
            "amount": order.amount,
            "payee": telling.party(order),
            "state": State.NOT_SENT.value if record is None else record.state.value,
            "canonical": None if record is None else record.canonical,
        }
        if record is not None:
            secrets = telling.secrets_of(self.journal, record)
            row |= telling.scrubbed(telling.standing_row(self.journal, record, order), secrets)
        if row["state"] == State.NOT_SENT.value:
            row |= telling.unsent_row(trouble)
        self.rows.append(row)

    def exit(self, *, interrupted: bool, unavailable: bool) -> Exit:
        """Return what the whole came to."""
        states = {row["state"] for row in self.rows}
        if unavailable:
            return Exit.UNAVAILABLE
        if interrupted:
            return Exit.INTERRUPTED
        if states & UNSETTLED:
            return Exit.UNRESOLVED
        return Exit.DONE if states <= {"succeeded"} else Exit.FOUND

    def totals(self) -> list[dict[str, Any]]:
        """Count lines and amounts by state."""
        lines: dict[str, int] = defaultdict(int)
        amounts: dict[str, Money] = defaultdict(lambda: Money(0))
        for row in self.rows:
            lines[row["state"]] += 1
            amounts[row["state"]] += row["amount"]
        words = telling.STATE_WORDS
        return [{"state": one, "orders": lines[one], "amount": amounts[one], "words": words[one]} for one in sorted(lines)]

    def write(self) -> None:
        """Replace the result file whole: UTF-8 with its mark, as Excel wants it; no cell is a formula."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(row.get(name)) for name in COLUMNS] for row in self.rows)
        number, name = tempfile.mkstemp(dir=self.file.parent, prefix=f".{self.file.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8-sig", newline="") as file:
                file.write(text.getvalue())
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def show(self, screen: Screen, stopped: tuple[str, str] | None, code: Exit) -> None:
        """Show all lines, or of a long file those that have not succeeded; then the totals."""
        if screen.as_json:
            reason = {"zh": stopped[0], "en": stopped[1]} if stopped is not None else None
            screen.document(
                {
                    "totals": self.totals(),
                    "lines": self.rows,
                    "stopped": reason,
                    "result_file": str(self.file),
                    "exit_status": int(code),
                }
            )
            return
        rows = self.rows if len(self.rows) <= MOST_SHOWN else [row for row in self.rows if row["state"] != "succeeded"]
        screen.table("各行状态 / where each line stands", rows[:MOST_SHOWN], SHOWN)
        if len(rows) < len(self.rows) or len(rows) > MOST_SHOWN:
            screen.say(f"只列出未成功的前 {MOST_SHOWN} 行", "the first that have not succeeded; the result file has every line")
        totals = self.totals()
        screen.table("合计 / totals", totals, TOTAL_COLUMNS)
        screen.say(f"结果文件 {self.file}", "the result file")
        if stopped is not None:
            screen.note(f"已停止：{stopped[0]}", f"stopped: {stopped[1]}")
        held_back = [str(row["line"]) for row in self.rows if row.get("next_action") == "confirm"]
        if held_back:
            named = ", ".join(held_back[:MOST_NAMED]) + (" …" if len(held_back) > MOST_NAMED else "")
            screen.note(
                f"第 {named} 行等待确认，尚未付款：resolve 与再次运行都不会付。"
                "核对之后在程序里确认，见 journal.md 的“被搁置的代付”",
                f"lines {named} wait for a confirmation and are not paid: neither resolve nor another run pays them. Look, then "
                'confirm in a program: see "A payout that is held back" in journal.md',
            )
        if code in {Exit.UNRESOLVED, Exit.INTERRUPTED, Exit.UNAVAILABLE}:
            screen.note(
                "尚未到底：运行 journal resolve，再用同一个文件运行本命令；已发送的不会再发",
                "not at its end: run `journal resolve`, then this command with the same file; what was sent is not sent again",
            )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Money):
        return text_of_minor(value.amount) if value.currency == "CNY" else money(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text
