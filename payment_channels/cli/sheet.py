"""A CSV of payees as Excel, WPS or a program writes it: its bytes, its columns, its cells; faults are collected, not raised.

Refused with a sentence that says what to do: formulas, numbers that a spreadsheet has rounded or written in scientific
notation, unknown columns, an encoding that could be read in two ways.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LARGEST_BYTES = 64 * 1024 * 1024
MOST_LINES = 100_000
FIELDS = "channel_fields."
_FIELDS_ZH = "渠道字段."
_BOTH_BYTES = 0x0800  # below it UTF-8 writes two bytes, which GBK reads as one Chinese character
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d*)?[Ee][+-]\d+|[+-]?\d+\.\d+[Ee]\d+")
_POINT_ZERO = re.compile(r"\d{6,}\.0*")
EXACT_DIGITS, ROUNDED_FROM = 15, 18
_ROUNDED = re.compile(rf"\d{{{EXACT_DIGITS}}}0{{{ROUNDED_FROM - EXACT_DIGITS},}}")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``payees`` are the kinds of payee that it is for, none for a column of the order itself.

    ``number``: a cell is digits that a spreadsheet must not have touched.
    """

    name: str
    zh: tuple[str, ...]
    payees: frozenset[str] = frozenset()
    number: bool = False


PERSONAL, CORPORATE, WALLET = "personal_account", "corporate_account", "wallet"
_BANK, _PERSON, _PURSE = frozenset({PERSONAL, CORPORATE}), frozenset({PERSONAL}), frozenset({WALLET})
KINDS = {
    PERSONAL: (PERSONAL, "personal", "个人", "对私", "个人账户"),
    CORPORATE: (CORPORATE, "corporate", "企业", "对公", "企业账户"),
    WALLET: (WALLET, "钱包"),
}
COLUMNS = (
    Column("merchant_order_id", ("商户订单号", "代付单号", "单号"), number=True),
    Column("amount", ("金额", "金额（元）", "金额(元)")),
    Column("payee_kind", ("收款方类型", "收款人类型")),
    Column("account_no", ("账号", "收款账号", "卡号"), _BANK, number=True),
    Column("wallet_id", ("钱包标识", "openid"), _PURSE, number=True),
    Column("id_kind", ("标识类型",), _PURSE),
    Column("name", ("户名", "姓名", "收款人姓名"), _BANK | _PURSE),
    Column("bank_name", ("开户行", "银行名称", "银行"), _BANK),
    Column("bank_code", ("银行代码",), _BANK, number=True),
    Column("cnaps_code", ("联行号", "行号"), _BANK, number=True),
    Column("branch_name", ("支行", "开户支行"), _BANK),
    Column("province", ("省",), _BANK),
    Column("city", ("市",), _BANK),
    Column("account_kind", ("账户种类",), _PERSON),
    Column("id_type", ("证件类型",), _PERSON),
    Column("id_no", ("证件号",), _PERSON, number=True),
    Column("mobile", ("手机号",), _PERSON, number=True),
    Column("purpose", ("用途",)),
    Column("remark", ("备注", "附言")),
    Column("debit_account", ("付款账号",), number=True),
    Column("sub_merchant", ("子商户号",), number=True),
    Column("end_to_end_id", ("端到端标识",), number=True),
    Column("requested_speed", ("到账速度",)),
    Column("requested_date", ("到账日期",)),
    Column("notify_url", ("通知地址",)),
)
REQUIRED = ("merchant_order_id", "amount", "payee_kind")
_BY_NAME = {column.name: column for column in COLUMNS}
_NAMES = {alias: column.name for column in COLUMNS for alias in (column.name, *column.zh)}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one place of the file; without a line it is the file itself."""

    line: int | None
    column: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Line:
    """One payee's cells by column, those that are empty left out. ``number`` is the line of the file, as an editor counts."""

    number: int
    cells: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class Sheet:
    """What was read, and what is wrong with it."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int | None, column: str, zh: str, en: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(line, column, zh, en))


def read_sheet(path: Path, encoding: str | None = None) -> Sheet:
    """Read a file; with ``encoding`` it is not guessed. Nothing is raised: whatever is wrong stands in the sheet's faults."""
    sheet = Sheet()
    try:
        if path.stat().st_size > LARGEST_BYTES:
            sheet.fault(None, "", f"文件超过 {LARGEST_BYTES} 字节，请分成几个", f"it exceeds {LARGEST_BYTES} bytes: split it")
            return sheet
        text = _decoded(path.read_bytes(), encoding, sheet)
    except FileNotFoundError:
        sheet.fault(None, "", f"没有文件 {path}；请核对路径", f"there is no file {path}: compare the path")
        return sheet
    except OSError as error:
        words = error.strerror or type(error).__name__
        sheet.fault(None, "", f"{path} 无法读取：{words}；请检查权限", f"{path} cannot be read: {words}; look at its permissions")
        return sheet
    if text is None:
        return sheet
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        _rows(reader, sheet)
    except csv.Error as error:
        sheet.fault(reader.line_num, "", f"不是正确的 CSV：{error}；请检查引号", f"no correct CSV: {error}; look at the quotes")
    return sheet


def _decoded(content: bytes, encoding: str | None, sheet: Sheet) -> str | None:
    """Decode UTF-8 with or without its mark, or GBK; what could be either is refused, since a name would be misread."""
    if encoding is None and content.startswith((b"\xff\xfe", b"\xfe\xff")):
        sheet.fault(None, "", "这是 UTF-16 文本；请另存为“CSV UTF-8”", "this is UTF-16 text: save it as `CSV UTF-8`")
        return None
    if encoding is None and content.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8"
    for name in (encoding,) if encoding is not None else ("utf-8", "gb18030"):
        try:
            text = content.decode({"utf-8": "utf-8-sig", "gbk": "gb18030"}.get(name, name))
        except UnicodeDecodeError:
            continue
        foreign = [letter for letter in text if not letter.isascii()]
        if encoding is None and name == "utf-8" and foreign and all(ord(letter) < _BOTH_BYTES for letter in foreign):
            sheet.fault(
                None,
                "",
                "无法判断编码是 UTF-8 还是 GBK；请用 --encoding utf-8 或 --encoding gbk 指明",
                "the encoding may be UTF-8 or GBK: say which by --encoding utf-8 or --encoding gbk",
            )
            return None
        return text
    sheet.fault(None, "", "编码不是 UTF-8，也不是 GBK；请另存为“CSV UTF-8”", "neither UTF-8 nor GBK: save it as `CSV UTF-8`")
    return None


def _rows(reader: Iterator[list[str]], sheet: Sheet) -> None:
    header = next(reader, None)
    if header is None:
        sheet.fault(None, "", "文件是空的", "the file is empty")
        return
    columns = _columns([cell.strip() for cell in header], sheet)
    if sheet.faults:
        return
    before: int = reader.line_num  # type: ignore[attr-defined]  # csv.reader has it; its type is not public
    for cells in reader:
        number, before = before + 1, reader.line_num  # type: ignore[attr-defined]  # the same
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            zh = f"有 {len(cells)} 格，表头有 {len(columns)} 列；含逗号的内容要用引号括起"
            en = f"{len(cells)} cells under {len(columns)} columns: put quotes around what contains a comma"
            sheet.fault(number, "", zh, en)
            continue
        found = {name: text for name, cell in zip(columns, cells, strict=True) if (text := _cell(sheet, number, name, cell))}
        sheet.lines.append(Line(number, found))
        if len(sheet.lines) > MOST_LINES:
            sheet.fault(number, "", f"超过 {MOST_LINES} 行，请分成几个文件", f"more than {MOST_LINES} lines: split the file")
            return
    if not sheet.lines and not sheet.faults:
        sheet.fault(None, "", "没有收款行", "there are no payees in it")


def _columns(header: list[str], sheet: Sheet) -> list[str]:
    names = [_column(cell) for cell in header]
    for cell, name in zip(header, names, strict=True):
        if name is None:
            known = ", ".join(column.name for column in COLUMNS)
            sheet.fault(
                1, cell, f"没有这一列；可用：{known}，或 {FIELDS}名称", f"no such column; there are: {known}, or {FIELDS}NAME"
            )
        elif names.count(name) > 1:
            sheet.fault(1, cell, "这一列出现了两次", "the column stands twice")
    for name in REQUIRED:
        if name not in names:
            sheet.fault(
                1,
                name,
                f"缺少这一列（{_BY_NAME[name].zh[0]}）；列之间用逗号",
                "missing; columns are separated by commas",
            )
    return [name or "" for name in names]


def _column(cell: str) -> str | None:
    for mark in (FIELDS, _FIELDS_ZH):
        if cell.startswith(mark) and len(cell) > len(mark):
            return FIELDS + cell.removeprefix(mark)
    return _NAMES.get(cell)


def _cell(sheet: Sheet, number: int, name: str, cell: str) -> str:
    """Return a cell's text, without the spaces around it, or note what is wrong. An apostrophe before it marks text as meant."""
    text = cell.strip()
    if text.startswith("'"):
        return text[1:]
    if text.startswith("="):
        zh = "是公式；请把单元格设为文本，只留值"
        sheet.fault(number, name, zh, "a formula: make the cell text, and leave the value alone")
    elif not text.isprintable():
        sheet.fault(number, name, "有换行或控制字符", "it has a line break or a control character")
    elif name == "amount" or (name in _BY_NAME and _BY_NAME[name].number):
        _number(sheet, number, name, text)
    return text


def _number(sheet: Sheet, number: int, name: str, text: str) -> None:
    if _SCIENTIFIC.fullmatch(text):
        zh = "是科学计数法，原来的数字已丢失；请在表格中把该列设为“文本”后重新填写"
        en = "scientific notation, and the digits are lost: format the column as text and fill it in anew"
        sheet.fault(number, name, zh, en)
    elif name != "amount" and _POINT_ZERO.fullmatch(text):
        sheet.fault(number, name, "带小数点，是数字格式造成的；请设为“文本”", "it has a decimal point: format the column as text")
    elif name in {"account_no", "id_no", "debit_account"} and _ROUNDED.fullmatch(text):
        zh = f"第 {EXACT_DIGITS} 位以后全是 0，多半是表格按数字存储时丢失的；请核对，确实如此就在前面加一个 '"
        en = f"nothing but zeros after digit {EXACT_DIGITS}, as spreadsheets round: compare it, put ' before it if right"
        sheet.fault(number, name, zh, en)
