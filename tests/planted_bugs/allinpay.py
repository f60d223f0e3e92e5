"""Faults planted in Allinpay: its adapter, both wires of it, and its rows of the catalogue."""

from tests.planted_bugs.bug import Bug

A = "payment_channels/channels/allinpay/"
T = "error_codes/channels/allinpay.toml"
HERE = "tests/channels/allinpay/"
VECTORS = (HERE + "test_vectors.py",)
PAYMENTS = (HERE + "test_payments.py",)
PAYOUTS = (HERE + "test_payouts.py",)
BATCHES = (HERE + "test_batches.py",)
NOTIFY = (HERE + "test_notify.py",)
BILL = (HERE + "test_bill.py",)
TABLE = (HERE + "test_table.py", HERE + "test_payouts.py", "tests/error_codes/test_lint.py")
CANARIES = (HERE + "test_canaries.py",)
MOCKED = (HERE + "test_with_the_mock.py",)
ANOTHER = 'for name, own in (("cusid", self.config.cusid), ("appid", self.config.appid)):'
PLACES = 'INFO, DETAIL = "INFO.RET_CODE", "detail.RET_CODE"'
WHOSE = 'if fields.get("appid") != line.config.appid or line.foreign(fields):'
FOUR_THOUSAND = 'code = "4000"\noperations = ["payout", "query_payout"]\ncanonical = "PAYOUT_PROCESSING"\neffect = '
NOT_FOUND = 'code = "1002"\noperations = ["query_payout", "query_payout_batch"]\ncanonical = "PAYOUT_NOT_FOUND"\neffect = '

BUGS = [
    # --- what ties an answer to its question
    Bug(
        "payment_channels/channels/allinpay/payouts.py",
        "return replace(reading, facts=PayoutFacts(merchant_order_id=number)) if reading.where == INFO else reading",
        "return reading",
        ("tests/channels/allinpay/test_payouts.py",),
    ),
    # --- VSP: what is signed, and who is believed
    Bug(A + "signing.py", 'string_to_sign({**fields, "key": key})', 'string_to_sign(fields) + f"&key={key}"', VECTORS),
    Bug(
        A + "signing.py",
        "user_id=config.appid, encoding",
        'user_id="1234567812345678", encoding',
        (HERE + "test_with_the_mock.py",),
    ),
    Bug(A + "signing.py", 'PLATFORM_USER_ID = "Allinpay"', 'PLATFORM_USER_ID = "1234567812345678"', VECTORS),
    Bug(A + "signing.py", "signature.lower().encode())", "signature.encode())", VECTORS),
    Bug(A + "signing.py", "    if could_be_cut_otherwise(fields, DECIDING):\n", "    if False:\n", (*PAYMENTS, *NOTIFY)),
    Bug(A + "signing.py", "return raw if base64.b64encode(raw).decode() == signature else None", "return raw", NOTIFY),
    Bug(A + "signing.py", '        if "key" in fields:\n', "        if False:\n", VECTORS),
    Bug(
        A + "signing.py",
        'return "" if good else "the signature does not fit the fields"',
        'return "" if good or True else "the signature does not fit the fields"',
        (*PAYMENTS, *NOTIFY),
    ),
    Bug(
        A + "vsp.py",
        '"authenticity": Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED,',
        '"authenticity": Authenticity.VERIFIED,',
        PAYMENTS,
    ),
    Bug(
        A + "vsp.py",
        'for name, own in (("cusid", self.config.cusid), ("appid", self.config.appid)):',
        "for name, own in ():",
        PAYMENTS,
    ),
    Bug(A + "vsp.py", 'return "reqsn differs" if given != number else ""', 'return ""', PAYMENTS),
    Bug(A + "vsp.py", 'return "there is no reqsn" if', 'return "" if', PAYMENTS),
    Bug(
        A + "vsp.py",
        'where = "trxstatus" if of_order and fields.get("retcode") == ACCEPTED else "retcode"',
        'where = "trxstatus" if of_order and "trxstatus" in fields else "retcode"',
        PAYMENTS,
    ),
    # --- VSP: amounts, ids, what the payer must do
    Bug(A + "messages.py", "order=ordered or told,", "order=told,", (*PAYMENTS, *NOTIFY)),
    Bug(A + "messages.py", "    if len(found) != len(pairs) or len(pairs) > MOST_FIELDS:\n", "    if False:\n", PAYMENTS),
    Bug(A + "payments.py", '"trxamt": str(order.amount.amount),', '"trxamt": str(order.amount.amount * 100),', PAYMENTS),
    Bug(A + "payments.py", '    if told.text("trxcode") in GIVES_BACK:\n', "    if False:\n", PAYMENTS),
    Bug(A + "payments.py", 'provisional="the payer may still try again, until the order expires"', 'provisional=""', PAYMENTS),
    Bug(A + "payments.py", '"operation": "pay.scan" if stated else "pay.scan.unstated",', '"operation": "pay.scan",', PAYMENTS),
    Bug(A + "payments.py", 'min(int(wire["validtime"]), left)', 'wire["validtime"]', PAYMENTS),
    Bug(A + "payments.py", "asked.ordered_at + LONGEST_MINUTES * A_MINUTE + A_MINUTE", "asked.ordered_at", PAYMENTS),
    Bug(A + "refunds.py", '"trxamt": str(order.amount.amount),', '"trxamt": str(order.original.amount.amount),', PAYMENTS),
    Bug(A + "refunds.py", "kind not in (GIVES_BACK if code == DONE else {None, *GIVES_BACK}):", "False:", PAYMENTS),
    Bug(A + "refunds.py", "GIVES_BACK if code == DONE else {None, *GIVES_BACK}", "{None, *GIVES_BACK}", PAYMENTS),
    Bug(A + "refunds.py", "asked.wire.get(ORIGINAL, payment) != payment", "False", PAYMENTS),
    Bug(A + "refunds.py", "if own.amounts.order not in {None, order.original.amount}:", "if False:", PAYMENTS),
    Bug(A + "products.py", "LONGEST_MINUTES = 1440", "LONGEST_MINUTES = 14400", PAYMENTS),
    # --- TLT: the very bytes that are signed, and what decides
    Bug(A + "packets.py", 'SIGNED.sub(b"", packet.content)', "packet.content", VECTORS),
    Bug(
        A + "packets.py",
        '    if packet.info.get("SIGNED_MSG") != found[0].decode():\n',
        "    if False:\n",
        VECTORS,
    ),
    Bug(A + "packets.py", "signature.hex()", "signature.hex().upper()", MOCKED),
    Bug(A + "packets.py", 'ENCODING = "gbk"', 'ENCODING = "utf-8"', (*VECTORS, *PAYOUTS)),
    Bug(A + "packets.py", "text.translate(_ESCAPES)", "text", PAYOUTS),
    Bug(
        A + "tlt.py",
        '"authenticity": Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED,',
        '"authenticity": Authenticity.VERIFIED,',
        PAYOUTS,
    ),
    Bug(A + "tlt.py", "words = say(packet) if code == PROCESSED else _alone(packet, code)", "words = say(packet)", PAYOUTS),
    Bug(A + "tlt.py", "else _alone(packet, code)", "else {}", PAYOUTS),
    Bug(A + "tlt.py", 'wanted = {"TRX_CODE": trx_code, "REQ_SN": req_sn}', 'wanted = {"TRX_CODE": trx_code}', PAYOUTS),
    Bug(
        A + "tlt.py",
        'INFO, DETAIL = "INFO.RET_CODE", "detail.RET_CODE"',
        'INFO, DETAIL = "detail.RET_CODE", "detail.RET_CODE"',
        PAYOUTS,
    ),
    # --- TLT: whom it pays, and how much
    Bug(A + "payouts.py", 'PERSONAL, CORPORATE = "0", "1"', 'PERSONAL, CORPORATE = "1", "0"', PAYOUTS),
    Bug(A + "payouts.py", '"AMOUNT": str(order.amount.amount),', '"AMOUNT": f"{order.amount.amount / 100:.2f}",', PAYOUTS),
    Bug(A + "payouts.py", '"UNION_BANK": payee.cnaps_code,', '"UNION_BANK": payee.cnaps_code or "102100099996",', PAYOUTS),
    Bug(A + "payouts.py", 'details[0].get("BATCHID") or None', 'details[0].get("BATCHID") or number', PAYOUTS),
    Bug(
        A + "payouts.py",
        '        if len(details) > 1 or not details[0].get("RET_CODE"):\n            reason = "there is no one QTDETAIL',
        '        if not details[0].get("RET_CODE"):\n            reason = "there is no one QTDETAIL',
        PAYOUTS,
    ),
    Bug(A + "payees.py", "if company and payee.cnaps_code is None and config.union_bank_required:", "if False:", PAYOUTS),
    Bug(A + "payees.py", "if told in NATIONAL and meant in NATIONAL and told != meant:", "if False:", PAYOUTS),
    Bug(A + "payees.py", "if told in NATIONAL and meant in NATIONAL and told != meant:", "if told != meant:", PAYOUTS),
    Bug(A + "payees.py", "text.encode(ENCODING)", "text.encode()", PAYOUTS),
    # --- batches
    Bug(A + "batches.py", 'return f"{place + 1:04}"', 'return f"{place:04}"', BATCHES),
    Bug(A + "batches.py", "if not 0 <= place < len(lines) or place in found:", "if not 0 <= place < len(lines):", BATCHES),
    Bug(A + "batches.py", "place = int(sn) - 1 if", "place = int(sn) - 2 if", BATCHES),
    Bug(A + "batches.py", "return elsewhere(detail, payee.account_no)", 'return ""', BATCHES),
    Bug(A + "payouts.py", "if account is None or account.endswith(shown) else", "if True else", PAYOUTS),
    Bug(A + "batches.py", 'if (detail.get("BATCHID") or number) != number:', "if False:", BATCHES),
    Bug(A + "batches.py", "        and one.facts.amounts.order == order.amount\n", "", BATCHES),
    Bug(A + "batches.py", '(one.code, one.foreign) == (PROCESSED, "")', "one.code == PROCESSED", BATCHES),
    # --- notifications and bills
    Bug(A + "notify.py", 'body=b"success"', 'body=b"SUCCESS"', NOTIFY),
    Bug(
        A + "notify.py",
        'if fields.get("appid") != line.config.appid or line.foreign(fields):',
        "if line.foreign(fields):",
        NOTIFY,
    ),
    Bug(A + "notify.py", 'if told.text("retcode") is not None or told.text("reqsn") is not None:', "if False:", NOTIFY),
    Bug(A + "bill.py", "return clean and f", "return clean or f", BILL),
    Bug(A + "bill.py", "    if not _allowed(line, address[0]):\n", "    if False:\n", BILL),
    Bug(A + "bill_lines.py", "incoming=not back,", "incoming=True,", BILL),
    Bug(A + "bill_lines.py", "    if day.isoformat() not in {", "    if False and day.isoformat() not in {", BILL),
    Bug(A + "bill_lines.py", 'at.date().isoformat(), row["交易完成日期"]}', "at.date().isoformat()}", BILL),
    Bug(A + "config.py", "    user_pass: Secret | None = None\n", "    user_pass: str | None = None\n", CANARIES),
    # --- rows of the table
    Bug(T, FOUR_THOUSAND + '"pending"', FOUR_THOUSAND + '"succeeded"', TABLE),
    Bug(T, NOT_FOUND + '"unknown"', NOT_FOUND + '"failed"', TABLE),
]
