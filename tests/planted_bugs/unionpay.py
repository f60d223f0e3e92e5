"""Faults planted in UnionPay: its adapter, its rows of the catalogue, and its mock."""

from tests.planted_bugs.bug import Bug

A = "payment_channels/channels/unionpay/"
T = "error_codes/channels/unionpay.toml"
M = "mocks/unionpay/"
HERE = "tests/channels/unionpay/"
VECTORS = (HERE + "test_vectors.py",)
TRUST = (HERE + "test_trust.py",)
MESSAGES = (HERE + "test_messages.py",)
PAYMENTS = (HERE + "test_payments.py",)
MONEY = (HERE + "test_refunds_and_payouts.py",)
NOTIFY = (HERE + "test_notify.py",)
BILL = (HERE + "test_bill.py",)
MOCKED = (HERE + "test_with_the_mock.py",)
CONFIGURED = (HERE + "test_configuration.py",)
STATES = (HERE + "test_every_code.py",)
CODES = ("tests/error_codes/test_unionpay_table.py", "tests/error_codes/test_lint.py")
MOCK_SIGNS = ("tests/mocks/test_unionpay_signing.py",)
MOCK_ORDERS = ("tests/mocks/test_unionpay_orders.py",)
MOCK_PAYOUTS = ("tests/mocks/test_unionpay_payouts.py",)
MOCK_FILES = ("tests/mocks/test_unionpay_files.py",)
MOCK_NOTICES = ("tests/mocks/test_unionpay_notices.py",)


def row(tests: tuple[str, ...], was: str, becomes: str, *lines: str) -> Bug:
    """One line of a row of the table, changed; ``lines`` find the row."""
    text = "\n".join(lines)
    return Bug(T, text, text.replace(was, becomes), tests)


BUGS = [
    # --- what is signed, and what is believed
    Bug(
        A + "signing.py",
        "return hashlib.sha256(text).hexdigest().encode()\n\n\ndef keyed_digest",
        "return hashlib.sha256(text).digest()\n\n\ndef keyed_digest",
        VECTORS,
    ),
    Bug(
        A + "signing.py",
        "return hashlib.sha256(text).hexdigest().encode()\n\n\ndef keyed_digest",
        "return hashlib.sha256(text).hexdigest().upper().encode()\n\n\ndef keyed_digest",
        VECTORS,
    ),
    Bug(
        A + "signing.py",
        'return plain(f"{string_to_sign(fields)}&{plain(secure_key.encode())}".encode())',
        'return plain(f"{string_to_sign(fields)}&{secure_key}".encode())',
        VECTORS,
    ),
    Bug(A + "signing.py", "SM3: lambda text: sm3(text).hex(),", "SM3: lambda text: hashlib.sha256(text).hexdigest(),", VECTORS),
    Bug(A + "signing.py", '    whole["certId"] = signer.key_id\n', "", PAYMENTS),
    Bug(A + "signing.py", "        **{name: text for name, text in fields.items() if text},\n", "        **fields,\n", PAYMENTS),
    Bug(
        A + "signing.py",
        "    if version != VERSION or method != config.sign_method:\n",
        "    if version != VERSION:\n",
        (*TRUST, *NOTIFY),
    ),
    Bug(
        A + "signing.py",
        'if config.legacy_certs else "it is of 5.0.0, and no legacy_certs are configured"',
        'if config.legacy_certs else ""',
        (*TRUST, *NOTIFY),
    ),
    Bug(
        A + "signing.py",
        'return "" if verifier.verify(digest(fields), raw) else',
        "return '' if verifier.verify(digest(fields), raw) or True else",
        (*TRUST, *NOTIFY),
    ),
    Bug(A + "trust.py", "            if owner_of(certificate) not in self._owners:\n", "            if False:\n", TRUST),
    Bug(A + "trust.py", 'return parts[OWNER_PART] if len(parts) > OWNER_PART else ""', "return certificate.common_name", TRUST),
    Bug(
        A + "trust.py",
        '"production": frozenset({UNIONPAY}),',
        '"production": frozenset({UNIONPAY, TEST_UNIONPAY}),',
        (*TRUST, *CONFIGURED),
    ),
    Bug(
        A + "trust.py",
        "                if _valid((certificate, middle, root), now):\n",
        "                if middle.valid_at(now) and root.valid_at(now):\n",
        TRUST,
    ),
    Bug(
        A + "trust.py",
        "                if _valid((certificate, middle, root), now):\n",
        "                if certificate.valid_at(now):\n",
        TRUST,
    ),
    Bug(A + "trust.py", "if chain is None or not _valid(chain, now):", "if chain is None:", TRUST),
    Bug(A + "trust.py", "return [one for one in candidates if certificate.issued_by(one)]", "return list(candidates)", TRUST),
    Bug(A + "trust.py", "    if owner_of(certificate) not in ENCRYPTION_OWNERS:\n", "    if False:\n", TRUST),
    Bug(
        A + "trust.py",
        "not certificate.valid_at(now) or (self._middles and self._chain_of(certificate, now) is None)",
        "not certificate.valid_at(now)",
        TRUST,
    ),
    Bug(
        A + "line.py",
        '"authenticity": Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED,',
        '"authenticity": Authenticity.VERIFIED,',
        (*PAYMENTS, *TRUST),
    ),
    Bug(A + "line.py", 'for name in ("merId", "orderId", "txnTime"):', 'for name in ("merId", "orderId"):', (*PAYMENTS, *MONEY)),
    Bug(
        A + "line.py",
        'where = "origRespCode" if of_order and fields.get("respCode") == ACCEPTED else "respCode"',
        'where = "origRespCode" if of_order and "origRespCode" in fields else "respCode"',
        STATES,
    ),
    Bug(
        A + "line.py",
        'where = "origRespCode" if of_order and fields.get("respCode") == ACCEPTED else "respCode"',
        'where = "respCode"',
        (*PAYMENTS, *MONEY),
    ),
    Bug(A + "line.py", "now - self.keys.asked_at() >= CERTIFICATE_AGE", "now - self.keys.asked_at() <= CERTIFICATE_AGE", TRUST),
    Bug(A + "line.py", "            self.keys.asked(now)\n", "", TRUST),
    Bug(A + "line.py", "                if current is None:\n                    raise\n", "                raise\n", TRUST),
    Bug(
        A + "line.py",
        "why = signing.doubt(self.config, self.trust, fields, now=now) or self.foreign(fields, asked)",
        "why = self.foreign(fields, asked)",
        TRUST,
    ),
    # --- forms and answers
    Bug(A + "messages.py", 'elif sign == "&" and depth == 0:', 'elif sign == "&":', MESSAGES),
    Bug(
        A + "messages.py",
        'return _unique(part.partition("=") for part in parts)',
        'return _unique(part.rpartition("=") for part in parts)',
        MESSAGES,
    ),
    Bug(A + "messages.py", "if not equals or not name or name in found or", "if not equals or not name or", MESSAGES),
    Bug(A + "messages.py", "return when.astimezone(BEIJING).strftime", "return when.strftime", (*PAYMENTS, *MESSAGES)),
    Bug(
        A + "messages.py",
        "        return Money(int(digits), known)\n",
        "        return Money(int(digits) * 100, known)\n",
        PAYMENTS,
    ),
    Bug(
        A + "messages.py",
        'order=self._money("txnAmt", "currencyCode"),',
        'order=self._money("settleAmt", "settleCurrencyCode"),',
        (*PAYMENTS, *MONEY),
    ),
    Bug(
        A + "messages.py",
        "for year in (sent.year, sent.year + 1) if sent else ():",
        "for year in (sent.year,) if sent else ():",
        (*MESSAGES, *PAYMENTS),
    ),
    Bug(
        A + "messages.py",
        "keep_blank_values=True, strict_parsing=True",
        "keep_blank_values=False, strict_parsing=True",
        (*MESSAGES, *NOTIFY),
    ),
    Bug(
        A + "bodies.py",
        '"txnAmt": str(order.amount.amount),\n        "currencyCode": CNY,\n        "payTimeout"',
        '"txnAmt": f"{order.amount.amount / 100:.2f}",\n        "currencyCode": CNY,\n        "payTimeout"',
        PAYMENTS,
    ),
    Bug(
        A + "bodies.py",
        '"txnAmt": str(order.amount.amount),\n        "currencyCode": CNY,\n        "origQryId"',
        '"txnAmt": str(order.original.amount.amount),\n        "currencyCode": CNY,\n        "origQryId"',
        MONEY,
    ),
    Bug(A + "bodies.py", '"orderId": order.merchant_refund_id,', '"orderId": order.original.merchant_order_id or "",', MONEY),
    Bug(A + "bodies.py", "B2B if business else B2C,", "B2C,", PAYMENTS),
    Bug(A + "bodies.py", 'on_a_phone = order.product == "app" or', "on_a_phone =", PAYMENTS),
    Bug(A + "bodies.py", '"accNo": sealed(payee.account_no, key),', '"accNo": payee.account_no,', MONEY),
    Bug(A + "bodies.py", '        "encryptCertId": key.key_id,\n', "", MONEY),
    Bug(A + "bodies.py", 'sealed(f"phoneNo={payee.mobile}", key)', "sealed(payee.mobile, key)", MONEY),
    Bug(A + "bodies.py", "return base64.b64encode(composite(fields).encode()).decode()", "return composite(fields)", MONEY),
    Bug(A + "adapter.py", '"txnTime": moment(order.ordered_at)', '"txnTime": moment(self.clock())', (*PAYMENTS, *MONEY)),
    Bug(A + "queries.py", 'kept = asked.wire.get("txnTime")', "kept = None", (*PAYMENTS, *MONEY)),
    Bug(
        A + "queries.py",
        'sought = Sought("query_refund", frozenset({"04", "31"})',
        'sought = Sought("query_refund", frozenset({"04"})',
        MONEY,
    ),
    Bug(A + "queries.py", 'if found and told.text("txnType") not in NOT_NAMED | sought.types:', "if False:", (*PAYMENTS, *MONEY)),
    Bug(
        A + "queries.py", 'if reading.where == "origRespCode" and can_still_be_paid(', "if False and can_still_be_paid(", PAYMENTS
    ),
    Bug(A + "windows.py", 'AGAIN | {"01", "12", "60"}', "AGAIN", MONEY),
    Bug(
        A + "windows.py",
        'AGAIN = frozenset({"03", "04", "05", "34"})',
        'AGAIN = frozenset({"03", "04", "05"})',
        (*PAYMENTS, *MONEY),
    ),
    Bug(A + "windows.py", "CUT_OFF_HOUR = 23", "CUT_OFF_HOUR = 24", MONEY),
    Bug(
        A + "windows.py",
        'if product in {"gateway", "app"} else LATE_BANK_PAGE',
        'if product in {"gateway", "app", "gateway_b2b"} else LATE_BANK_PAGE',
        PAYMENTS,
    ),
    Bug(
        A + "checks.py", 'ORDER_ID = re.compile(r"[0-9A-Za-z]{8,32}")', 'ORDER_ID = re.compile(r"[0-9A-Za-z_-]{8,32}")', PAYMENTS
    ),
    Bug(A + "checks.py", "    if parts.query and not query:\n", "    if False:\n", PAYMENTS),
    # --- notifications
    Bug(
        A + "notify.py",
        '    if why:\n        return _refused("NOTIFICATION_NOT_VERIFIED"',
        '    if False:\n        return _refused("NOTIFICATION_NOT_VERIFIED"',
        NOTIFY,
    ),
    Bug(A + "notify.py", '    if fields.get("merId") != line.config.mer_id:\n', "    if False:\n", NOTIFY),
    Bug(
        A + "notify.py", "Verdict.REPEATED if seen.again(event.notification_id) else Verdict.ACCEPTED", "Verdict.ACCEPTED", NOTIFY
    ),
    Bug(A + "notify.py", "    if kind is EventKind.PAYMENT:\n", "    if False:\n", NOTIFY),
    Bug(
        A + "notify.py",
        '    "31": (EventKind.REFUND, "notification.cancel"',
        '    "32": (EventKind.REFUND, "notification.cancel"',
        NOTIFY,
    ),
    Bug(A + "notify.py", "TAKEN = Acknowledgement(status=200,", "TAKEN = Acknowledgement(status=204,", NOTIFY),
    # --- bills
    Bug(
        A + "zm.py",
        'line[place : place + width].decode("gbk").strip(" ")',
        'line.decode("gbk")[place : place + width].strip(" ")',
        BILL,
    ),
    Bug(A + "zm.py", '            if line[place : place + 1] != b" ":\n', "            if False:\n", BILL),
    Bug(A + "zm.py", 'return amount if text[0] == "C" else -amount', 'return amount if text[0] == "D" else -amount', BILL),
    Bug(
        A + "zm.py",
        'merchant_order_id=(row["origOrderId"] if back else row["orderId"]) or None,',
        'merchant_order_id=row["orderId"] or None,',
        BILL,
    ),
    Bug(A + "zm.py", '    if row["merId"] != mer_id:\n', "    if False:\n", BILL),
    Bug(A + "zm.py", "for year in (day.year, day.year - 1, day.year + 1):", "for year in (day.year,):", BILL),
    Bug(A + "zm.py", '"31": BillRowKind.REVERSAL,', '"31": BillRowKind.PAYMENT,', BILL),
    Bug(A + "bill.py", "    if summary is not None:\n        _compare(rows, summary)\n", "", BILL),
    Bug(A + "bill.py", 'if found.groups() != (day.strftime("%y%m%d"), mer_id):', "if found.group(2) != mer_id:", BILL),
    Bug(A + "bill.py", "net_credit - net_debit)", "net_debit - net_credit)", BILL),
    Bug(
        A + "bill.py",
        "            return {}\n",
        '            return {"fields": {"status": BillStatus.EMPTY, "rows": (), "content": b""}}\n',
        BILL,
    ),
    # --- rows of the catalogue: an effect, an operation, a permission that would cost money
    row(
        (*CODES, *STATES),
        'effect = "unknown"',
        'effect = "failed"',
        'where = "origRespCode"',
        'code = "34"',
        'operations = ["query"]',
        'canonical = "ORDER_NOT_FOUND"',
        'effect = "unknown"',
    ),
    row(
        (*CODES, *STATES),
        'effect = "succeeded"',
        'effect = "failed"',
        'code = "A6"',
        'operations = ["query"]',
        'canonical = "SUCCEEDED_WITH_DEFECT"',
        'effect = "succeeded"',
    ),
    row(
        (*CODES, *STATES),
        'effect = "unknown"',
        'effect = "succeeded"',
        'code = "A6"',
        'operations = ["refund", "cancel", "payout"]',
        'canonical = "REQUEST_ACCEPTED"',
        'effect = "unknown"',
    ),
    row(
        (*CODES, *STATES),
        'effect = "unknown"',
        'effect = "failed"',
        'code = "60"',
        'operations = ["query_payout"]',
        'canonical = "PAYMENT_REFUSED"',
        'effect = "unknown"',
    ),
    row(
        CODES,
        'effect = "unknown"',
        'new_id_allowed = true\neffect = "unknown"',
        'code = "12"',
        'operations = ["query_payout"]',
        'canonical = "DUPLICATE_CONTENT_UNKNOWN"',
        'effect = "unknown"',
    ),
    row(
        (*CODES, *STATES),
        'effect = "failed"',
        'new_id_allowed = true\neffect = "failed"',
        'code = "61"',
        'operations = ["query_refund"]',
        'canonical = "REFUND_PAYER_UNAVAILABLE"',
        'effect = "failed"',
    ),
    row(
        (*CODES, *STATES),
        'effect = "unknown"',
        'effect = "succeeded"',
        'code = "05"',
        'operations = ["pay.app"]',
        'canonical = "REQUEST_ACCEPTED"',
        'effect = "unknown"',
    ),
    # --- the mock: a second witness has to be as strict as the first
    Bug(M + "signing.py", "        if not good:\n", "        if False:\n", MOCK_SIGNS),
    Bug(M + "signing.py", 'if method == RSA and fields["certId"] != self.keys.merchant.cert_id:', "if False:", MOCK_SIGNS),
    Bug(
        M + "signing.py",
        'return _hex(method, f"{text}&{_hex(method, secure_key)}")',
        'return _hex(method, f"{text}&{secure_key}")',
        MOCK_SIGNS,
    ),
    Bug(M + "signing.py", "hashes.SM3() if method == SM3 else hashes.SHA256()", "hashes.SHA256()", MOCK_SIGNS),
    Bug(M + "signing.py", 'if fields["merId"] != self.keys.mer_id:', "if False:", MOCK_SIGNS),
    Bug(
        M + "signing.py",
        "(one for one in self.encryption if one.cert_id == cert_id)",
        "(one for one in self.encryption)",
        MOCK_PAYOUTS,
    ),
    Bug(M + "transactions.py", 'if (fields["orderId"], fields["txnTime"]) in self.all:', "if False:", MOCK_ORDERS),
    Bug(
        M + "transactions.py",
        'if (fields["orderId"], fields["txnTime"]) in self.all:',
        'if fields["orderId"] in {one for one, _ in self.all}:',
        MOCK_ORDERS,
    ),
    Bug(
        M + "transactions.py",
        "        if total + amount > original.amount:\n",
        "        if amount > original.amount:\n",
        MOCK_ORDERS,
    ),
    Bug(M + "transactions.py", 'if kind == "cancel" and amount != original.amount:', "if False:", MOCK_ORDERS),
    Bug(
        M + "transactions.py",
        "(moment.astimezone(BEIJING) + timedelta(hours=1)).date()",
        "moment.astimezone(BEIJING).date()",
        (*MOCK_ORDERS, *MOCK_FILES),
    ),
    Bug(M + "transactions.py", 'if kind == "cancel" and clearing_day(now) != original.settle_date:', "if False:", MOCK_ORDERS),
    Bug(M + "transactions.py", '    ("DECLINED", "pay"): "PAID",\n', "", MOCK_ORDERS),
    Bug(
        M + "transactions.py",
        '        if event == "pay" and one.state == "EXPIRED" and one.on_bank_page:\n',
        "        if False:\n",
        MOCK_ORDERS,
    ),
    Bug(M + "transactions.py", "_REFUND_MONTHS = 11", "_REFUND_MONTHS = 12", MOCK_ORDERS),
    Bug(
        M + "orders.py",
        'return {"queryId": made.query_id, "origQryId": order.query_id, "txnAmt": fields["txnAmt"]}',
        'return {"queryId": order.query_id, "origQryId": order.query_id, "txnAmt": fields["txnAmt"]}',
        MOCK_ORDERS,
    ),
    Bug(M + "orders.py", 'raise refused("34")', "return {}", MOCK_ORDERS),
    Bug(M + "results.py", 'fields = {"txnAmt": str(one.amount),', 'fields = {"txnAmt": f"{one.amount / 100:.2f}",', MOCK_ORDERS),
    Bug(
        M + "results.py", "    if not one.succeeded:\n        return fields", "    if False:\n        return fields", MOCK_ORDERS
    ),
    Bug(M + "payouts.py", '    if not (person.get("customerNm") or person.get("certifId")):\n', "    if False:\n", MOCK_PAYOUTS),
    Bug(
        M + "payouts.py",
        '        person |= read_braces(_opened(desk, fields, "encryptedInfo", sealed))\n',
        "        pass\n",
        MOCK_PAYOUTS,
    ),
    Bug(M + "fields.py", 'Field("txnAmt", r"[1-9][0-9]{0,11}"),', 'Field("txnAmt", r"[0-9.]{1,12}"),', MOCK_PAYOUTS),
    Bug(M + "fields.py", r'_ECHOED = r"[^&={}\[\]]{1,1024}|\{.*\}"', r'_ECHOED = r".{1,1024}"', MOCK_ORDERS),
    Bug(M + "notify.py", "WAITS = (60, 120, 240, 300)", "WAITS = (60, 120, 240)", MOCK_NOTICES),
    Bug(M + "notify.py", "TAKEN = frozenset({200, 302})", "TAKEN = frozenset(range(200, 400))", MOCK_NOTICES),
    Bug(M + "notify.py", "        if not one.succeeded:\n            return\n", "", MOCK_NOTICES),
    Bug(M + "settlement.py", "net = one.credit - one.debit - one.fee", "net = one.credit - one.debit", (*MOCK_FILES, *MOCKED)),
    Bug(M + "settlement.py", "{'C' if gain else 'D'}", "{'C' if not gain else 'D'}", (*MOCK_FILES, *MOCKED)),
    Bug(M + "settlement.py", '"INN{day:%y%m%d}88ZM_{mer_id}"', '"INN{made:%y%m%d}88ZM_{mer_id}"', (*MOCK_FILES, *MOCKED)),
    Bug(
        M + "statements.py", "one.settle_date == day and one.succeeded", "one.created.date() == day and one.succeeded", MOCK_FILES
    ),
]
