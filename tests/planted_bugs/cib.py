"""Faults planted in CIB's direct connection: its adapter and its rows of the catalogue."""

from tests.planted_bugs.bug import Bug

A = "payment_channels/channels/cib/"
T = "error_codes/channels/cib.toml"
HERE = "tests/channels/cib/"
PAYOUTS = (HERE + "test_payouts.py", HERE + "test_answers.py")
REFUSALS = (HERE + "test_refusals.py",)
BATCHES = (HERE + "test_batches.py",)
ACCOUNTS = (HERE + "test_accounts.py",)
VECTORS = (HERE + "test_vectors.py",)
MOCKED = (HERE + "test_with_the_mock.py",)
REFUNDS = (HERE + "test_refunds.py",)
FAST = (HERE + "test_fast.py",)
RECORDS = (HERE + "test_records.py",)
TABLE = ("tests/error_codes/test_cib_table.py",)


def row(was: str, becomes: str, *lines: str) -> Bug:
    """One line of a row of the table, changed; ``lines`` find the row."""
    text = "\n".join(lines)
    return Bug(T, text, text.replace(was, becomes), TABLE)


BUGS = [
    # --- the envelope
    Bug(A + "fox.py", 'return text.encode("gbk")\n', "return text.encode()\n", (*PAYOUTS, *VECTORS)),
    Bug(
        A + "fox.py",
        '"DTCLIENT", "CID", "USERID", "USERPASS", "GENUSERKEY",',
        '"CID", "DTCLIENT", "USERID", "USERPASS", "GENUSERKEY",',
        VECTORS,
    ),
    Bug(
        A + "fox.py",
        '("ACCTTO", TO), "TRNAMT", "PMTMODE?", "PURPOSE"',
        '("ACCTTO", TO), "PMTMODE?", "TRNAMT", "PURPOSE"',
        (*PAYOUTS, *VECTORS),
    ),
    Bug(
        A + "fox.py", '    if any(sign in value for sign in "<>&"):\n', '    if any(sign in value for sign in "<>"):\n', REFUSALS
    ),
    Bug(A + "fox.py", "    if not value.isprintable():\n", "    if False:\n", REFUSALS),
    Bug(A + "fox.py", '        value.encode("gbk")\n', '        value.encode("gb18030")\n', REFUSALS),
    Bug(A + "fox.py", '    if status.code == "0":\n', "    if transaction is not None:\n", PAYOUTS),
    Bug(A + "fox.py", '    if code == "0" and text(status, "SEVERITY") == "ERROR":\n', "    if False:\n", PAYOUTS),
    Bug(A + "fox.py", "    if len(found) > 1:\n", "    if False:\n", PAYOUTS),
    Bug(A + "fox.py", 'startswith(b"<?xml") else "gbk"', 'startswith(b"<?xml") else "utf-8"', (*VECTORS, *ACCOUNTS)),
    # --- what is believed
    Bug(A + "line.py", "    if reply.status != OK:\n", "    if False:\n", PAYOUTS),
    Bug(A + "line.py", 'return "" if echoed == trnuid else "TRNUID differs"', 'return ""', (*PAYOUTS, *BATCHES)),
    Bug(
        A + "line.py",
        '"authenticity": Authenticity.TRUSTED_LINE,',
        '"authenticity": Authenticity.UNSIGNED_AS_DOCUMENTED,',
        PAYOUTS,
    ),
    Bug(
        A + "line.py",
        "            elif told is not None and any(child.name in STATES",
        "            elif False and any(child.name in STATES",
        PAYOUTS,
    ),
    Bug(A + "adapter.py", "        return self.config.trusted_line\n", '        return ""\n', PAYOUTS),
    Bug(
        A + "adapter.py",
        '{"CID": self.config.cid, "ACCTFROM": bodies.account_mark(self.config.cid, self.config.acct_id)}',
        '{"CID": self.config.cid}',
        REFUSALS,
    ),
    Bug(A + "payouts.py", 'replace(reading, operation="query_payout") if reading.readable else reading', "reading", PAYOUTS),
    Bug(A + "config.py", "        if not can_be_trusted(value) or", "        if", REFUSALS),
    Bug(A + "payouts.py", "(account is None or bodies.account_mark(order_id, account) != mark)", "False", (*PAYOUTS, *MOCKED)),
    Bug(
        A + "payouts.py",
        '"foreign": "ORDERNO differs"} if number != order_id else words',
        '"foreign": "ORDERNO differs"} if False else words',
        PAYOUTS,
    ),
    Bug(
        A + "payouts.py",
        "    return second if found else _by_neither(second if _not_found(first) else first)\n",
        "    return second\n",
        PAYOUTS,
    ),
    Bug(A + "payouts.py", "if interface is not None or not first", "if not first", PAYOUTS),
    Bug(A + "payouts.py", 'words["code"] == PAID and written is not None and told is None', "False", PAYOUTS),
    Bug(
        A + "payouts.py",
        'words["code"] == PAID and written is not None and told is None',
        "written is not None and told is None",
        PAYOUTS,
    ),
    Bug(
        A + "payouts.py",
        "    if interface == AGENT:\n        return (yield",
        "    if interface == TRANSFER:\n        return (yield",
        PAYOUTS,
    ),
    Bug(A + "payouts.py", '"payout.super" if checks.is_super(order) else "payout.xfer"', '"payout.xfer"', PAYOUTS),
    Bug(A + "messages.py", "    if currency not in CURRENCIES:\n", "    if False:\n", (*PAYOUTS, *ACCOUNTS)),
    # --- what is refused before sending, and what is sent
    Bug(A + "checks.py", 'OWN_BANK = "309"\n', 'OWN_BANK = "30"\n', (*PAYOUTS, *REFUSALS)),
    Bug(A + "checks.py", 'by_number is not (said == "Y")', "False", REFUSALS),
    Bug(A + "checks.py", "    if by_number is None and said is None:\n", "    if False:\n", REFUSALS),
    Bug(
        A + "checks.py",
        "    if order.amount.amount > config.super_limit:\n",
        "    if order.amount.amount >= config.super_limit:\n",
        REFUSALS,
    ),
    Bug(
        A + "checks.py",
        "    if isinstance(order.payee, BankAccount) and order.payee.cnaps_code is None:\n",
        "    if False:\n",
        REFUSALS,
    ),
    Bug(A + "checks.py", '    if len(value.encode("gbk")) > longest:\n', "    if len(value) > longest:\n", REFUSALS),
    Bug(A + "checks.py", 'TRNUID = re.compile(r"[0-9A-Za-z]{1,30}")', 'TRNUID = re.compile(r"[0-9A-Za-z]{1,32}")', REFUSALS),
    Bug(
        A + "checks.py",
        "    if order.requested_date is not None and order.requested_date < today:\n",
        "    if False:\n",
        REFUSALS,
    ),
    Bug(A + "config.py", "SUPER_LIMIT = 50_000_00\n", "SUPER_LIMIT = 50_000\n", REFUSALS),
    Bug(
        A + "bodies.py",
        '"INTERBANK": "Y" if checks.within_the_bank(order) else "N",',
        '"INTERBANK": "N" if checks.within_the_bank(order) else "Y",',
        PAYOUTS,
    ),
    Bug(
        A + "bodies.py",
        "return CREDIT if order.payee.account_kind is AccountKind.CREDIT_CARD else DEBIT",
        "return DEBIT",
        (*PAYOUTS, *BATCHES),
    ),
    Bug(
        A + "bodies.py", 'DEBIT, CREDIT, COMPANY = "0", "1", "2"', 'DEBIT, CREDIT, COMPANY = "0", "2", "1"', (*PAYOUTS, *BATCHES)
    ),
    Bug(
        A + "bodies.py",
        '        return {"ACCTID": order.debit_account or ""}\n',
        '        return {"ACCTID": config.acct_id}\n',
        PAYOUTS,
    ),
    # --- batches
    Bug(A + "batches.py", "    if len(order.lines) > MOST_LINES:\n", "    if False:\n", BATCHES),
    Bug(A + "batches.py", "        if number in told:\n", "        if False:\n", BATCHES),
    Bug(A + "batches.py", "    if size is not None and size != str(len(told)):\n", "    if False:\n", BATCHES),
    Bug(A + "batches.py", "if len(columns) != BARS + 1 or columns[-1]:", "if len(columns) < BARS:", BATCHES),
    Bug(A + "batches.py", "if account is not None and told != account else", "if False else", BATCHES),
    Bug(
        A + "batches.py",
        "(columns[place] for place in (1, 3, 8, 10, 11, 12))",
        "(columns[place] for place in (1, 3, 10, 8, 11, 12))",
        BATCHES,
    ),
    Bug(
        A + "batches.py",
        "    if len({line.debit_account or config.acct_id for line in order.lines}) > 1:\n",
        "    if False:\n",
        BATCHES,
    ),
    # --- balance, statement, notices
    Bug(
        A + "accounts.py",
        '"AVAILBAL", "BALAMT", "FREEZELMT")}\n        available = amounts["AVAILBAL"]',
        '"AVAILBAL", "BALAMT", "FREEZELMT")}\n        available = amounts["BALAMT"]',
        ACCOUNTS,
    ),
    Bug(A + "accounts.py", '        if fox.text(held, "ACCTID") != account:\n', "        if False:\n", ACCOUNTS),
    Bug(A + "bill.py", "    if day < now.date():\n", "    if day <= now.date():\n", ACCOUNTS),
    Bug(A + "bill.py", ", refused=lambda answer: _early(asked.day, answer))", ")", ACCOUNTS),
    Bug(A + "bill.py", "        if row.raw[name] in seen:\n", "        if False:\n", ACCOUNTS),
    Bug(A + "bill.py", "incoming=(side_and_code[0] == CREDIT) is not undone,", "incoming=side_and_code[0] == CREDIT,", ACCOUNTS),
    Bug(A + "records.py", "    if len(content) != LENGTH:\n", "    if len(content) > LENGTH:\n", RECORDS),
    Bug(A + "records.py", '.encode("gbk")', '.encode("utf-8")', RECORDS),
    Bug(A + "records.py", 'SIDES = {"0": DEBIT, "1": CREDIT}', 'SIDES = {"1": DEBIT, "0": CREDIT}', RECORDS),
    Bug(A + "records.py", "total is not None and total != str(len(seen)):", "False:", RECORDS),
    Bug(A + "records.py", "if more is None and total is None:", "if False:", RECORDS),
    Bug(A + "records.py", 'fox.text(payer, "ACCTID") != account:', "False:", RECORDS),
    Bug(
        A + "records.py",
        "raw[AMOUNT] or None, AMOUNT, raw[CURRENCY] or None)\n    if",
        "raw[AMOUNT] or None, AMOUNT)\n    if",
        RECORDS,
    ),
    Bug(A + "records.py", "corrects=raw[CORRECTION] == CORRECTS", "corrects=False", RECORDS),
    Bug(A + "records.py", "_row(line, day) for line in entries", "_row(line[8:], day) for line in entries", RECORDS),
    # --- 快速转账
    Bug(
        A + "checks.py", '    check_no_others([("requested_speed", order.requested_speed)])\n    if config', "    if config", FAST
    ),
    Bug(A + "checks.py", "    if config.acct_name is None:\n", "    if False:\n", FAST),
    Bug(
        A + "payouts.py", 'FAST: ("ICTRANSFERINQTRNRQ", "query_payout.fast")', 'FAST: ("XFERINQTRNRQ", "query_payout.fast")', FAST
    ),
    Bug(A + "payouts.py", '"payout.fast" if fast else', '"payout.xfer" if fast else', FAST),
    Bug(A + "fox.py", '    "PURPOSE",\n    "MEMO?",\n    "DTDUE?",', '    "MEMO?",\n    "PURPOSE",\n    "DTDUE?",', FAST),
    # --- refunds
    Bug(A + "refunds.py", "refunded == REFUNDED and state in NEVER", "False", REFUNDS),
    Bug(A + "refunds.py", "refunded == FAILED and state == PAID", "False", REFUNDS),
    Bug(A + "refunds.py", "refunded in {None, TO_BEGIN}:", "refunded is None:", REFUNDS),
    Bug(A + "refunds.py", "if state is not None and refunded in {None, TO_BEGIN}:", "if state is not None:", REFUNDS),
    Bug(
        A + "refunds.py", 'money_of(fox.text(held, "REFUNDAMT"), "REFUNDAMT")', "money_of(fox.text(held, TOTAL), TOTAL)", REFUNDS
    ),
    Bug(
        A + "refunds.py",
        "if known is not None and given != known",
        "if known is not None and given not in {None, known}",
        REFUNDS,
    ),
    Bug(A + "refunds.py", '("ORDERNO", order_id, fox.text(held, "ORDERNO")),', "", REFUNDS),
    Bug(A + "refunds.py", "(MERCHANT, wire.get(MERCHANT), fox.text(held, MERCHANT)),", "", REFUNDS),
    Bug(A + "refunds.py", "        return {**words,", '        words |= {"foreign": ""}\n        return {**words,', REFUNDS),
    Bug(A + "refunds.py", 'checks.check_text(order.reason, "reason", MEMO)', "pass", REFUNDS),
    Bug(A + "refunds.py", '("notify_url", order.notify_url)', '("notify_url", None)', REFUNDS),
    Bug(A + "line.py", '"REFUNDSTATUS", ', "", REFUNDS),
    Bug(A + "bill.py", "return reading if page == 1 else _broken_off(reading, page)", "return reading", ACCOUNTS),
    Bug(A + "bill.py", "        if page == MOST_PAGES:\n", "        if page == MOST_PAGES * 2:\n", ACCOUNTS),
    Bug(A + "notify.py", "authenticity=Authenticity.UNSIGNED_AS_DOCUMENTED,", "authenticity=Authenticity.VERIFIED,", ACCOUNTS),
    Bug(
        A + "notify.py",
        '"0": False, "借": False, "1": True, "贷": True',
        '"0": False, "借": True, "1": True, "贷": False',
        ACCOUNTS,
    ),
    # --- rows of the table
    row('"payout", "query_payout"', '"payout"', 'code = "PAYOUT"', 'operations = ["payout", "query_payout"]'),
    row(
        "unknown",
        "failed",
        'code = "2000"',
        'operations = ["*"]',
        'canonical = "REQUEST_REJECTED"',
        'effect = "unknown"',
    ),
    row(
        "DOWNSTREAM_UNKNOWN",
        "PAYOUT_PROCESSING",
        'code = "PENDING"',
        'operations = ["payout.agent", "query_payout.agent"]',
        'canonical = "DOWNSTREAM_UNKNOWN"',
    ),
    row(
        "900",
        "60",
        'next_action = "query_then_decide"',
        "retry_after = 900",
        "quiet_period = 900",
    ),
    row('["payout.super"]', '["payout.none"]', 'code = "PAYOUT"', 'operations = ["payout.super"]'),
]
