"""Faults planted in the mock of CIB's proxy: what it checks, what it books, and what it says of both."""

from tests.planted_bugs.bug import Bug

M = "mocks/cib/"
ENVELOPE = ("tests/mocks/test_cib_envelope.py",)
TRANSFERS = ("tests/mocks/test_cib_transfers.py",)
AGENTS = ("tests/mocks/test_cib_agents.py",)
REFUNDS = ("tests/mocks/test_cib_refunds.py",)
RECORDS = ("tests/mocks/test_cib_records.py",)
STATEMENTS = ("tests/mocks/test_cib_statements.py",)
SAMPLES = ("tests/mocks/test_cib_samples.py",)
FAULTS = ("tests/mocks/test_cib_faults.py",)
KEYS = ("tests/mocks/test_cib_keys.py",)

BUGS = [
    # --- the envelope
    Bug(M + "messages.py", '        request.body.decode("gbk")\n', "", ENVELOPE),
    Bug(M + "messages.py", 'if declared and declared[1].upper() != b"GBK":', "if False:", ENVELOPE),
    Bug(
        M + "messages.py",
        '.encode("gbk", "xmlcharrefreplace")\n    return MockReply(200',
        ".encode()\n    return MockReply(200",
        ENVELOPE,
    ),
    Bug(M + "mock.py", 'if given["USERPASS"] != keys.user_pass:', "if False:", ENVELOPE),
    Bug(M + "mock.py", 'if given["CID"] != keys.cid:', "if False:", ENVELOPE),
    Bug(M + "fields.py", '    for one in left:\n        _may_be_left_out(one, node.name, "its end")\n', "", ENVELOPE),
    Bug(M + "fields.py", "value = read(child, left.pop(0))", "value = read(child, left[0])", ENVELOPE),
    Bug(M + "fields.py", 'len(text.encode("gbk")) > node.form', "len(text) > node.form", ENVELOPE),
    Bug(M + "fields.py", 'any(letter in plain for letter in "<>&") or not', "not", ENVELOPE),
    Bug(M + "fields.py", "    _check_attributes(element, node)\n", "", ENVELOPE),
    # --- one TRNUID moves money once
    Bug(M + "desk.py", "        if kept is not None:\n            return kept\n", "", TRANSFERS),
    Bug(M + "desk.py", "            if error.spends:\n", "            if False:\n", TRANSFERS),
    Bug(M + "desk.py", "            if error.spends:\n", "            if True:\n", TRANSFERS),
    Bug(M + "instructions.py", "        if kept_by != operation:\n", "        if False:\n", (*TRANSFERS, *AGENTS)),
    Bug(M + "agents.py", '    desk.order_numbers.add(facts["ORDERNO"])\n', "", AGENTS),
    Bug(M + "batches.py", "    desk.order_numbers.update(numbers)\n", "", AGENTS),
    # --- money
    Bug(
        M + "instructions.py",
        "if one.state in RUNNING and not self._account.keep_back(",
        "if not self._account.keep_back(",
        TRANSFERS,
    ),
    Bug(
        M + "instructions.py",
        "        self._account.release(one.amount + one.fee)\n",
        "        self._account.release(one.amount)\n",
        AGENTS,
    ),
    Bug(M + "instructions.py", "        if one.state not in DONE:\n            return\n", "", TRANSFERS),
    Bug(
        M + "instructions.py",
        '        if event == "return":\n            one.returned = when\n',
        '        if event == "return":\n',
        TRANSFERS,
    ),
    Bug(M + "instructions.py", "self.move(one, event, at=when)", "self.move(one, event)", (*TRANSFERS, *STATEMENTS)),
    Bug(
        M + "instructions.py",
        'RUNNING = frozenset({"PROCESSING", "PENDING", "0", "3"})',
        'RUNNING = frozenset({"PROCESSING", "0", "3"})',
        TRANSFERS,
    ),
    Bug(M + "accounts.py", "        if fen > self.available:\n", "        if fen > self.balance:\n", TRANSFERS),
    Bug(M + "transfers.py", "_SUPER_LIMIT = 50_000_00", "_SUPER_LIMIT = 50_000_01", TRANSFERS),
    Bug(M + "transfers.py", "due < now.date()", "due <= now.date()", TRANSFERS),
    Bug(M + "transfers.py", "check_bank(to, needs_number=by_super)", "check_bank(to, needs_number=False)", TRANSFERS),
    Bug(M + "messages.py", 'int(part.ljust(2, "0"))', "int(part or 0)", TRANSFERS + AGENTS),
    # --- batches, refunds
    Bug(
        M + "batches.py",
        'return "PART_PAYOUT" if "PAYOUT" in states else "FAIL"',
        'return "PAYOUT" if "PAYOUT" in states else "FAIL"',
        AGENTS,
    ),
    Bug(
        M + "batches.py", "total = sum(one.amount + one.fee for one in lines)", "total = sum(one.amount for one in lines)", AGENTS
    ),
    Bug(M + "batches.py", "    _check_totals(facts, rows)\n", "", AGENTS),
    Bug(M + "refunds.py", " if one.state not in GONE", "", REFUNDS),
    Bug(M + "refunds.py", "    if given + amount > paid:\n", "    if amount > paid:\n", REFUNDS),
    Bug(M + "refunds.py", 'facts["MRCHNO"], desk.keys.order_mrch_no', 'facts["MRCHNO"], facts["MRCHNO"]', REFUNDS),
    Bug(M + "refunds.py", '"0" if desk.keys.enable_sign else "AUDITING"', '"0"', REFUNDS),
    Bug(M + "refunds.py", " if one.state in _INSTRUCTION else []", "", REFUNDS),
    Bug(M + "instructions.py", 'today + REFUND_UNAPPROVED_FOR if self.kind == "refund" else ', "", REFUNDS),
    # --- the statement as a file
    Bug(M + "records.py", "if not 0 < size <= _MOST or size % _STEP:", "if not 0 < size <= _MOST:", RECORDS),
    Bug(M + "records.py", "(least is None or least <= one.amount) and ", "", RECORDS),
    Bug(M + "records.py", '(f"{yuan(one.amount):>15}", 15),', '(f"{yuan(one.amount):>15}", 14),', RECORDS),
    Bug(M + "records.py", '"1" if one.kind == CREDIT else "0"', '"0" if one.kind == CREDIT else "1"', RECORDS),
    # --- what is told
    Bug(M + "statements.py", "if len(fitting) > page * PAGE else", "if len(fitting) >= page * PAGE else", STATEMENTS),
    Bug(M + "statements.py", "(first < last and last == today) or", "", STATEMENTS),
    Bug(M + "statements.py", "        fitting = [one for one in fitting if one.is_return]\n", "        pass\n", STATEMENTS),
    Bug(M + "notify.py", "kinds[entry.kind != DEBIT]", "kinds[entry.kind == DEBIT]", STATEMENTS),
    Bug(M + "transfers.py", 'tag("SRVRID", one.number),', 'tag("SRVRTID", one.number),', SAMPLES),
    Bug(
        M + "messages.py",
        "disguised(reply: MockReply, state: str) -> MockReply:\n",
        'disguised(reply: MockReply, state: str) -> MockReply:\n    state = "PAYOUT"\n',
        FAULTS,
    ),
    Bug(M + "mock.py", "at_sign_on=code == _LOGIN", "at_sign_on=False", FAULTS),
    Bug(M + "keys.py", "user_pass: str = field(repr=False)", "user_pass: str", KEYS),
]
