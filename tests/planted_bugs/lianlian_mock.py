"""Faults planted in LianLian's mock: what would let a wrong request pass, move money twice, or tell what did not happen."""

from tests.planted_bugs.bug import Bug

M = "mocks/lianlian/"
HERE = "tests/mocks/test_lianlian_"
GATE = (HERE + "envelope.py",)
PAYOUTS = (HERE + "payouts.py",)
CONFIRM = (HERE + "confirm.py",)
NOTICES = (HERE + "notices.py",)
CODES = (HERE + "codes.py",)
FAULTS = (HERE + "faults.py",)

BUGS = [
    # --- what is signed, what is encrypted, and what passes
    Bug(M + "signing.py", ", key=str.lower)", ")", GATE),
    Bug(M + "signing.py", 'fields[name] not in (None, "")), key', "fields[name] is not None), key", GATE),
    Bug(M + "signing.py", "if raw is None or not self._verifier", "if raw is not None and not self._verifier", GATE),
    Bug(M + "signing.py", 'if fields["oid_partner"] != self.keys.oid_partner:', 'if not fields["oid_partner"]:', GATE),
    Bug(M + "payload.py", "if version != VERSION:", "if not version:", GATE),
    Bug(M + "payload.py", "if not hmac.compare_digest(expected, mac):", "if len(expected) != len(mac):", GATE),
    Bug(M + "payload.py", 'f"{nonce_text}${cipher_text}".encode()', "cipher_text.encode()", GATE),
    Bug(M + "payload.py", '_FIRST_COUNT = (1).to_bytes(8, "big")', "_FIRST_COUNT = bytes(8)", GATE),
    Bug(M + "payload.py", "if len(nonce) != _NONCE_CHARACTERS:", "if not nonce:", GATE),
    Bug(M + "payload.py", "or not key.isalnum()", "", GATE),
    Bug(M + "payload.py", '.replace("\\r", "").replace("\\n", "")', "", GATE),
    Bug(M + "mock.py", 'if content.get("oid_partner") != outer:', 'if not content.get("oid_partner"):', GATE),
    Bug(M + "mock.py", '.strip().lower() != "application/json":', '.strip().lower() == "":', GATE),
    Bug(M + "diagnosis.py", 'lambda found: found[1] + "***"', "lambda found: found[0]", GATE),
    Bug(M + "keys.py", "if read(public_path, public_key) != key.public_key():", "if not read(public_path, public_key):", GATE),
    # --- fields
    Bug(M + "fields.py", "PURPOSE_FROM_FEN = 50_000_00", "PURPOSE_FROM_FEN = 50_000_01", PAYOUTS),
    Bug(M + "fields.py", "1 <= fen_of(value) <= MOST_FEN", "0 <= fen_of(value) <= MOST_FEN", PAYOUTS),
    Bug(M + "fields.py", 'if fields["flag_card"] == CORPORATE and not', "if False and not", PAYOUTS),
    Bug(M + "fields.py", 'Field("flag_card", r"[01]")', 'Field("flag_card", r"[012]")', PAYOUTS),
    Bug(M + "fields.py", 'Field("memo", r".{1,24}")', 'may("memo", r".{1,24}")', PAYOUTS),
    Bug(M + "fields.py", "return len(value) <= 128 and", "return", PAYOUTS),
    # --- one number moves money once, and the account says where it is
    Bug(M + "operations.py", "    desk.payouts.refuse_repeated(fields)\n", "", PAYOUTS),
    Bug(M + "payouts.py", "        if content != before:\n", "        if not before:\n", PAYOUTS),
    Bug(M + "payouts.py", 'self.account.move("failed", one.fen, moment, one.no_order)', "pass", PAYOUTS),
    Bug(M + "payouts.py", 'self.account.move("returned", one.fen, moment, one.no_order)', "pass", PAYOUTS),
    Bug(M + "payouts.py", 'self.account.move("paid", -one.fen, now, one.no_order)', "pass", PAYOUTS),
    Bug(M + "payouts.py", '            self.account.need(fen_of(fields["money_order"]))\n', "            pass\n", PAYOUTS),
    Bug(M + "payouts.py", "RETURNS_AFTER = timedelta(days=2)", "RETURNS_AFTER = timedelta(days=1)", PAYOUTS),
    Bug(M + "payouts.py", '    ("SUCCESS", "return"): "CANCEL",\n', '    ("SUCCESS", "return"): "FAILURE",\n', PAYOUTS),
    Bug(M + "payouts.py", "        one.held = one.wish in OPEN\n", "        one.held = False\n", PAYOUTS),
    Bug(M + "payouts.py", "if no_order and by_order is not by_paybill:", "if not by_paybill:", PAYOUTS),
    Bug(M + "results.py", 'and one.state == "SUCCESS"\n', "\n", PAYOUTS),
    Bug(M + "operations.py", 'return yuan_of(fen).removesuffix("0")', "return yuan_of(fen)", PAYOUTS),
    Bug(M + "payouts.py", '        self._sent[fields["no_order"]] = fields\n', "", PAYOUTS),
    # --- what asks for a confirmation
    Bug(
        M + "payouts.py",
        "CONFIRMED_WITHIN = SUSPECT_WITHIN = timedelta(hours=24)",
        "CONFIRMED_WITHIN = SUSPECT_WITHIN = timedelta(hours=25)",
        CONFIRM,
    ),
    Bug(M + "payouts.py", "and one.created > since)", "and one.created >= since)", CONFIRM),
    Bug(M + "payouts.py", "        one.notify_url = notify_url\n", "", CONFIRM),
    Bug(M + "payouts.py", "        self.account.need(one.fen)\n", "", CONFIRM),
    Bug(M + "operations.py", 'if fields["confirm_code"] != found.confirm_code:', 'if not fields["confirm_code"]:', CONFIRM),
    Bug(
        M + "operations.py",
        'if found is None or found.state != "CHECK":',
        'if found is None or found.state == "CLOSED":',
        CONFIRM,
    ),
    Bug(M + "mock.py", 'if operation.name == "payment" and code in CONFIRMATION:', "if code == ACCEPTED:", CONFIRM),
    Bug(M + "operations.py", "    if found.wrong_codes > _MOST_WRONG_CODES:\n", "    if found.wrong_codes > 99:\n", CONFIRM),
    Bug(M + "operations.py", "        found.wrong_codes += 1\n", "", CONFIRM),
    Bug(M + "payouts.py", 'return "4004" if repeated else "4003"', 'return "4003"', CONFIRM),
    # --- notifications
    Bug(M + "notify.py", "WAITS = (120,) * 30", "WAITS = (120,) * 29", NOTICES),
    Bug(M + "notify.py", 'content.get("ret_code") == ACCEPTED', '"ret_code" in content', NOTICES),
    Bug(M + "notify.py", "(200).__eq__, is_taken)", "(200).__eq__)", NOTICES),
    Bug(M + "notify.py", '("B" if signature[0] == "A" else "A")', "signature[0]", NOTICES),
    Bug(M + "operations.py", 'if verb in {"complete", "fail"}:', 'if verb in {"complete", "fail", "return"}:', NOTICES),
    Bug(
        M + "desk.py", "        if self.payouts.settle(one):\n", "        if self.payouts.settle(one) and one.reason:\n", NOTICES
    ),
    Bug(M + "results.py", 'if one.state == "FAILURE" else ""', 'if not one.reason else ""', NOTICES),
    # --- codes and faults
    Bug(M + "codes.py", "return _table().get(code, [None])[0]", "return _table().get(code, [None])[-1]", CODES),
    Bug(M + "operations.py", "    magic.provoke(magic.NOW, fields)\n", "", CODES),
    Bug(M + "operations.py", "    magic.provoke(magic.DONE, fields)\n", "", CODES),
    Bug(M + "codes.py", "_GAP.sub(lambda _: told, self.message)", "self.message", PAYOUTS),
    Bug(M + "mock.py", '    if fault.options.get("executed"):\n', '    if not fault.options.get("executed"):\n', FAULTS),
    Bug(M + "mock.py", '            del signed["sign"]\n', "            pass\n", FAULTS),
    Bug(M + "mock.py", 'state = "result_pay" if "result_pay" in fields', 'state = "ret_code" if "result_pay" in fields', FAULTS),
    Bug(
        "mocks/notices.py",
        "said = self._word(text) if callable(self._word) else",
        "said = True if callable(self._word) else",
        NOTICES,
    ),
]
