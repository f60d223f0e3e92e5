"""Faults planted in Alipay: its adapter, its rows of the catalogue, and its mock."""

from tests.planted_bugs.bug import Bug

A = "payment_channels/channels/alipay/"
T = "error_codes/channels/alipay.toml"
M = "mocks/alipay/"
HERE = "tests/channels/alipay/"
VECTORS = (HERE + "test_vectors.py",)
PAYMENTS = (HERE + "test_payments.py",)
MOCKED = (HERE + "test_with_the_mock.py",)
MONEY = (HERE + "test_refunds_and_payouts.py",)
CHECKS = (HERE + "test_checks.py",)
CERTS = (HERE + "test_certificates.py",)
NOTIFY = (HERE + "test_notify.py",)
BILL = (HERE + "test_bill.py",)
CODES = ("tests/error_codes/test_alipay_table.py", "tests/error_codes/test_lint.py")
MOCK_SIGNS = ("tests/mocks/test_alipay_signing.py",)
MOCK_REST = ("tests/mocks/test_alipay_rest.py",)
MOCK_ORDERS = ("tests/mocks/test_alipay_orders.py",)
MOCK_MONEY = ("tests/mocks/test_alipay_money.py",)
MOCK_BILLS = ("tests/mocks/test_alipay_bills.py",)
MOCK_WORLD = ("tests/mocks/test_alipay_world.py",)


def row(tests: tuple[str, ...], was: str, becomes: str, *lines: str) -> Bug:
    """One line of a row of the table, changed; ``lines`` find the row."""
    text = "\n".join(lines)
    return Bug(T, text, text.replace(was, becomes), tests)


BUGS = [
    # --- what is signed, and what is believed
    Bug(
        A + "signing.py",
        "return sorted_pairs(params, without=_SIGN).encode()",
        "return sorted_pairs(params, without=_SIGN_AND_TYPE).encode()",
        VECTORS,
    ),
    Bug(A + "signing.py", "for left_out in (_SIGN_AND_TYPE, _SIGN):", "for left_out in (_SIGN_AND_TYPE,):", (*VECTORS, *NOTIFY)),
    Bug(A + "signing.py", "for left_out in (_SIGN_AND_TYPE, _SIGN):", "for left_out in (_SIGN,):", (*VECTORS, *NOTIFY)),
    Bug(A + "signing.py", '        if "alipay_cert_sn" in fields:\n', "        if False:\n", NOTIFY),
    Bug(
        A + "signing.py",
        "present = {name: text for name, text in params.items() if text}",
        "present = dict(params)",
        (*VECTORS, *PAYMENTS),
    ),
    Bug(A + "signing.py", "    if base64.b64encode(raw).decode() != signature:\n", "    if False:\n", (*PAYMENTS, *NOTIFY)),
    Bug(
        A + "line.py",
        "envelope = cut(reply.body, method)\n            why",
        'envelope = cut(reply.body.replace(b"\\\\/", b"/"), method)\n            why',
        (*VECTORS, *PAYMENTS),
    ),
    Bug(
        A + "line.py",
        "authenticity = Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED",
        "authenticity = Authenticity.VERIFIED",
        PAYMENTS,
    ),
    Bug(
        A + "line.py",
        "if envelope.sign is None and (answer.code, answer.sub_code) == UNSIGNED:",
        "if envelope.sign is None and answer.code != '10000':",
        PAYMENTS,
    ),
    Bug(
        A + "line.py",
        "if reply.status != OK:\n            return self.unreadable(reply, operation",
        "if reply.status >= 600:\n            return self.unreadable(reply, operation",
        PAYMENTS,
    ),
    Bug(A + "line.py", "if key is None or not key.valid_at(self.clock()):", "if key is None:", CERTS),
    Bug(A + "messages.py", "moment.astimezone(BEIJING).isoformat", "moment.isoformat", PAYMENTS),
    Bug(A + "line.py", "            **self._serials,\n", "", (*PAYMENTS, *CERTS)),
    Bug(
        A + "line.py",
        "message = answer.msg if answer.sub_code == ECHOES else answer.sub_msg or answer.msg",
        "message = answer.sub_msg or answer.msg",
        (*PAYMENTS, HERE + "test_canaries.py"),
    ),
    Bug(A + "line.py", "encrypts = self._aes_key is not None and not plain", "encrypts = False and not plain", PAYMENTS),
    Bug(A + "line.py", '.strip(b\'"\').replace(b"\\\\/", b"/"), validate=True))', ".strip(b'\"'), validate=True))", PAYMENTS),
    Bug(
        A + "envelope.py",
        "found = [name for name in (expected, ERROR) if name in parts]\n    if len(found) != 1:",
        "found = [name for name in (expected, ERROR) if name in parts]\n    if not found:",
        (*PAYMENTS, *VECTORS),
    ),
    Bug(A + "envelope.py", "if name in parts or len(parts) >= MAX_NAMES:", "if len(parts) >= MAX_NAMES:", (*PAYMENTS, *VECTORS)),
    Bug(
        A + "envelope.py",
        'return Envelope(content, _text(parts, "sign")',
        'return Envelope(content, _text(_parts(content) | parts, "sign")',
        (*PAYMENTS, *VECTORS),
    ),
    Bug(A + "envelope.py", "usual is not None and usual[1].decode() == expected:", "usual is not None:", (*PAYMENTS, *VECTORS)),
    Bug(A + "envelope.py", "usual = _USUAL.fullmatch(body)", "usual = _USUAL.match(body)", (*PAYMENTS, *VECTORS)),
    Bug(A + "envelope.py", "usual[4].decode() if usual[4] else None", "None", (*PAYMENTS, *VECTORS, *CERTS)),
    Bug(A + "envelope.py", "        if place != len(body):\n", "        if False:\n", (*PAYMENTS, *VECTORS)),
    # --- certificates
    Bug(A + "certificates.py", "if certificate.sn == sn), None)", "if True), None)", CERTS),
    Bug(
        A + "certificates.py",
        'f"{made.parsed.issuer.rfc4514_string()}{made.parsed.serial_number}"',
        'f"{made.parsed.issuer.rfc4514_string()}{made.parsed.serial_number:x}"',
        VECTORS,
    ),
    Bug(A + "certificates.py", "if _APPLICATION.fullmatch(wanted.certificate.common_name):", "if False:", (*VECTORS, *CERTS)),
    Bug(
        A + "certificates.py",
        'return "_".join(certificate.sn for certificate in self.certificates)',
        "return self.certificates[0].sn",
        (*VECTORS, *CERTS),
    ),
    Bug(A + "certificates.py", "            if not current.valid_at(now):\n", "            if False:\n", CERTS),
    Bug(A + "certificates.py", "if any(current.certificate.issued_by(root.certificate) for root in above):", "if above:", CERTS),
    Bug(A + "certificates.py", "    if _RSA not in der:\n        return None\n", "", (*VECTORS, *CERTS)),
    Bug(A + "platform_keys.py", "DOWNLOADS: ClassVar[int] = 5", "DOWNLOADS: ClassVar[int] = 500", CERTS),
    Bug(
        A + "platform_keys.py",
        "return self._keys.get(sn if sn and self.roots is not None else self._first)",
        "return self._keys.get(self._first)",
        CERTS,
    ),
    # --- amounts, numbers and states
    Bug(
        A + "bodies.py",
        '"total_amount": text_of_minor(order.amount.amount),',
        '"total_amount": str(order.amount.amount),',
        PAYMENTS,
    ),
    Bug(
        A + "bodies.py",
        '"refund_amount": text_of_minor(order.amount.amount),',
        '"refund_amount": text_of_minor(order.original.amount.amount),',
        MONEY,
    ),
    Bug(A + "bodies.py", '"out_request_no": order.merchant_refund_id,', '"out_request_no": None,', MONEY),
    Bug(
        A + "bodies.py",
        '"trade_no": None if merchant_order_id else channel_order_id',
        '"trade_no": channel_order_id',
        (*PAYMENTS, *MONEY),
    ),
    Bug(A + "bodies.py", "time_of(order.expires_at)", "str(order.expires_at)[:19]", PAYMENTS),
    Bug(
        A + "bodies.py",
        '"account_type": "1" if isinstance(payee, CorporateAccount) else "2",',
        '"account_type": "2" if isinstance(payee, CorporateAccount) else "1",',
        MONEY,
    ),
    Bug(A + "bodies.py", "TO_WALLET if isinstance(order.payee, Wallet) else TO_BANK", "TO_WALLET", MONEY),
    Bug(
        A + "messages.py",
        "order=yuan(self.total_amount, self.trans_currency),",
        "order=yuan(self.buyer_pay_amount, self.trans_currency),",
        PAYMENTS,
    ),
    Bug(
        A + "messages.py",
        "amounts = Amounts(order=yuan(self.refund_amount))",
        "amounts = Amounts(order=yuan(self.refund_fee))",
        MONEY,
    ),
    Bug(
        A + "messages.py",
        "            extra=_told(refund_fee=self.refund_fee),\n        )",
        "            amounts=Amounts(order=yuan(self.refund_fee)),\n        )",
        MONEY,
    ),
    Bug(
        A + "messages.py",
        'told = "send_pay_date" if shown(self.send_pay_date) else',
        'told = "buyer_pay_amount=0.00" if shown(self.send_pay_date) else',
        PAYMENTS,
    ),
    # --- certificates that are fetched
    Bug(A + "line.py", "return problem if self.platform.get(sn) is None else", "return problem if True else", CERTS),
    Bug(A + "line.py", "if sn is None or not SERIAL.fullmatch(sn):", "if sn is None:", CERTS),
    Bug(A + "line.py", "if sn is None or not SERIAL.fullmatch(sn):", "if sn is None or not SERIAL.match(sn):", CERTS),
    # --- what decides is not read as absent where it is odd
    Bug(A + "messages.py", "    retry_flag: str | None = None\n", "    retry_flag: Text = None\n", PAYMENTS),
    Bug(A + "messages.py", "    bill_file_code: str | None = None\n", "    bill_file_code: Text = None\n", BILL),
    Bug(A + "messages.py", "    sub_status: str | None = None\n", "    sub_status: Text = None\n", MONEY),
    Bug(A + "messages.py", "    out_biz_no: str | None = None\n", "    out_biz_no: Text = None\n", MONEY),
    Bug(A + "messages.py", "    order_id: str | None = None\n", "    order_id: Text = None\n", MONEY),
    Bug(A + "messages.py", "    sub_code: str | None = None\n", "    sub_code: Text = None\n", MONEY),
    Bug(A + "messages.py", "    out_request_no: str | None = None\n", "    out_request_no: Text = None\n", MONEY),
    Bug(A + "messages.py", "    refund_status: str | None = None\n", "    refund_status: Text = None\n", MONEY),
    Bug(
        A + "messages.py",
        "    fund_change: str | None = None\n    refund_fee: Text = None\n",
        "    fund_change: Text = None\n    refund_fee: Text = None\n",
        MONEY,
    ),
    Bug(
        A + "messages.py",
        "    action: str | None = None\n    fund_change: str | None = None\n",
        "    action: Text = None\n    fund_change: str | None = None\n",
        PAYMENTS,
    ),
    Bug(A + "messages.py", "    trans_currency: str | None = None\n", "    trans_currency: Text = None\n", PAYMENTS),
    Bug(A + "messages.py", "    trade_status: str | None = None\n", "    trade_status: Text = None\n", PAYMENTS),
    Bug(
        A + "messages.py",
        "    out_trade_no: str | None = None\n    trade_no: str | None = None\n\n    def named(self) -> PaymentFacts:",
        "    out_trade_no: Text = None\n    trade_no: str | None = None\n\n    def named(self) -> PaymentFacts:",
        PAYMENTS,
    ),
    Bug(
        A + "messages.py",
        "    trade_no: str | None = None\n\n    def named(self) -> PaymentFacts:",
        "    trade_no: Text = None\n\n    def named(self) -> PaymentFacts:",
        PAYMENTS,
    ),
    Bug(A + "messages.py", "shown(self.send_pay_date)", "first_of(self.send_pay_date)", PAYMENTS),
    Bug(A + "messages.py", "if not isinstance(value, str):\n        raise", "if value is None:\n        raise", PAYMENTS),
    Bug(A + "notices.py", "shown(self.gmt_payment, self.gmt_refund)", "first_of(self.gmt_payment, self.gmt_refund)", NOTIFY),
    Bug(
        A + "messages.py",
        "nothing = all(amount == Money(0) for amount in paid)",
        "nothing = all(amount in {None, Money(0)} for amount in paid)",
        PAYMENTS,
    ),
    Bug(A + "messages.py", 'second is not None and second != "REFUNDED"', "False", MONEY),
    Bug(
        A + "messages.py",
        'came_back = self.status == "REFUND" or self.sub_status == "REFUNDED"',
        'came_back = self.status == "REFUND"',
        MONEY,
    ),
    Bug(A + "messages.py", ".replace(tzinfo=BEIJING)", ".astimezone()", (*PAYMENTS, *MONEY)),
    Bug(A + "payments.py", 'PAYING = SUCCESS | {"10003"}', "PAYING = SUCCESS", PAYMENTS),
    Bug(
        A + "payments.py",
        '"code": answer.action, "sub_code": again',
        '"code": answer.action, "sub_code": None',
        (*PAYMENTS, *MONEY),
    ),
    Bug(A + "payments.py", '        raise ValueError("the order is not named")\n', "        pass\n", (*PAYMENTS, *MONEY)),
    Bug(A + "payments.py", '?charset=utf-8"', '"', (*PAYMENTS, *MOCKED)),
    Bug(
        A + "refunds.py",
        '    if not answer.fund_change:\n        return {"where": "code"',
        '    if answer.fund_change != "Y":\n        return {"where": "code"',
        MONEY,
    ),
    Bug(
        A + "refunds.py",
        '        return {"where": "code", "code": answer.code, "reason": reason, "facts": answer.facts()}',
        '        return {"where": "refund_status", "code": "REFUND_SUCCESS", "reason": reason, "facts": answer.facts()}',
        MONEY,
    ),
    Bug(
        A + "payouts.py",
        'content = {"out_biz_no": asked.merchant_order_id, **_kind(asked)}',
        'content = {"out_biz_no": asked.merchant_order_id}',
        MONEY,
    ),
    Bug(A + "checks.py", "SMALLEST_TRANSFER = 10", "SMALLEST_TRANSFER = 1", CHECKS),
    Bug(
        A + "checks.py",
        r'BAR_CODE = re.compile(r"(?:2[5-9]|30)\d{14,22}", re.ASCII)',
        r'BAR_CODE = re.compile(r"(?:2[5-9])\d{14,22}", re.ASCII)',
        CHECKS,
    ),
    Bug(A + "checks.py", "    if amount.amount > LARGEST:", "    if amount.amount >= LARGEST:", CHECKS),
    Bug(A + "adapter.py", "            self._check_certificate_mode()\n", "", (*CHECKS, *MONEY)),
    # --- notifications
    Bug(
        A + "notify.py",
        "    why = yield from _doubt(line, fields)\n    if why:\n",
        "    why = yield from _doubt(line, fields)\n    if False:\n",
        NOTIFY,
    ),
    Bug(A + "notify.py", 'if fields.get("app_id") != line.config.app_id:', "if False:", NOTIFY),
    Bug(A + "notify.py", 'if fields.get("seller_id", line.config.seller_id) != line.config.seller_id:', "if False:", NOTIFY),
    Bug(A + "notify.py", '500 if "could not be" in why else 401', "401", (*NOTIFY, *CERTS)),
    Bug(A + "notify.py", 'body=b"success"', 'body=b"SUCCESS"', NOTIFY),
    Bug(A + "notify.py", "RETRIED_FOR = timedelta(hours=48)", "RETRIED_FOR = timedelta(hours=4)", NOTIFY),
    Bug(A + "notify.py", "Verdict.REPEATED if seen.again(identity) else Verdict.ACCEPTED", "Verdict.ACCEPTED", NOTIFY),
    Bug(A + "notify.py", "    if trade.of_a_refund:\n", "    if False:\n", NOTIFY),
    Bug(A + "notices.py", "paid = shown(self.gmt_payment, self.gmt_refund) or", "paid = shown(self.gmt_payment) or", NOTIFY),
    Bug(
        A + "notices.py",
        'extra={"refund_fee": self.refund_fee} if self.refund_fee else {},',
        "amounts={'order': yuan(self.refund_fee)},",
        NOTIFY,
    ),
    # --- bills
    Bug(
        A + "bill.py",
        "return clean and origin in {line.config.base_url, *line.config.bill_origins}",
        "return clean and parts.scheme in {'http', 'https'}",
        BILL,
    ),
    Bug(
        A + "bill.py",
        'found = [content for name, content in files.items() if "汇总" not in name]',
        "found = list(files.values())[:1]",
        BILL,
    ),
    Bug(A + "bill.py", "or now >= due:", "or now < due:", BILL),
    Bug(A + "bill_file.py", 'value.rstrip("\\t").strip(" ")', 'value.strip(" ")', BILL),
    Bug(A + "bill_file.py", "if added != decimal_of(told):", "if abs(added) != decimal_of(told):", BILL),
    Bug(A + "bill_file.py", "int(count[:15]) != len(counted):", "int(count[:15]) > len(counted):", BILL),
    Bug(A + "bill_file.py", "incoming=amount >= 0,", "incoming=True,", BILL),
    Bug(
        A + "bill_file.py",
        'merchant_refund_id=(row["退款批次号/请求号"] or None) if kind is BillRowKind.REFUND else None,',
        "merchant_refund_id=None,",
        BILL,
    ),
    # --- rows of the catalogue: an effect, an operation, a permission that would cost money
    row(
        (*CODES, *PAYMENTS),
        'effect = "unknown"',
        'effect = "failed"',
        'code = "TRADE_CLOSED"',
        'operations = ["query", "notification.payment"]',
        'canonical = "ORDER_CLOSED_OR_REFUNDED"',
        'effect = "unknown"',
    ),
    row(
        (*CODES, *MONEY),
        'effect = "unknown"',
        'effect = "failed"',
        'code = "N"',
        'operations = ["refund"]',
        'canonical = "REFUND_PROCESSING"',
        'effect = "unknown"',
    ),
    row(
        (*CODES, *MONEY),
        'canonical = "REFUND_PROCESSING"\neffect = "pending"',
        'canonical = "REFUND_SUCCEEDED"\neffect = "succeeded"',
        'code = "Y"',
        'operations = ["refund"]',
        'canonical = "REFUND_PROCESSING"',
        'effect = "pending"',
    ),
    row(
        (*CODES, *PAYMENTS),
        'effect = "unknown"',
        'effect = "failed"',
        'sub_code = "ACQ.TRADE_NOT_EXIST"',
        'operations = ["query"]',
        'canonical = "ORDER_NOT_FOUND"',
        'effect = "unknown"',
    ),
    row(
        (*CODES, *PAYMENTS),
        'operations = ["pay.bar_code", "pay.precreate", "pay.create"]',
        'operations = ["pay.bar_code", "pay.create"]',
        'sub_code = "ACQ.SYSTEM_ERROR"',
        'operations = ["pay.bar_code", "pay.precreate", "pay.create"]',
    ),
    row(
        CODES,
        'canonical = "DUPLICATE_OTHER_CONTENT"',
        'new_id_allowed = true\ncanonical = "DUPLICATE_OTHER_CONTENT"',
        'sub_code = "ACQ.CONTEXT_INCONSISTENT"',
        'operations = ["pay.bar_code", "pay.precreate", "pay.create"]',
        'canonical = "DUPLICATE_OTHER_CONTENT"',
    ),
    row(
        (*CODES, *MONEY),
        'effect = "returned"',
        'effect = "failed"',
        'code = "REFUND"',
        'operations = ["payout", "query_payout", "notification.payout"]',
        'canonical = "PAYOUT_RETURNED"',
        'effect = "returned"',
    ),
    # --- the mock: a second witness has to be as strict as the first
    Bug(
        M + "signing.py", 'return _joined(parameters, ("sign",))', 'return _joined(parameters, ("sign", "sign_type"))', MOCK_SIGNS
    ),
    Bug(
        M + "signing.py",
        'return _joined(parameters, ("sign", "sign_type"))',
        'return _joined(parameters, ("sign",))',
        ("tests/mocks/test_alipay_signing.py", "tests/mocks/test_alipay_world.py"),
    ),
    Bug(M + "gate.py", 'if not signing.verifies(self._app, message, given["sign"]):', "if False:", MOCK_SIGNS),
    Bug(M + "gate.py", "        if named and named != wanted:\n", "        if False:\n", MOCK_SIGNS),
    Bug(M + "gate.py", "if not signing.verifies(self._app, message, sign):", "if False:", MOCK_REST),
    Bug(
        M + "gateway.py",
        '.replace("/", "\\\\/").encode(codec, "replace")',
        '.encode(codec, "replace")',
        (*MOCK_SIGNS, *MOCK_ORDERS),
    ),
    Bug(M + "certs.py", "for part in reversed(parts)", "for part in parts", MOCK_SIGNS),
    Bug(M + "sealing.py", "_ZEROES = bytes(16)", '_ZEROES = b"0" * 16', MOCK_SIGNS),
    Bug(
        M + "orders.py",
        "return self.product == other.product and mine == theirs",
        "return self.product == other.product",
        MOCK_ORDERS,
    ),
    Bug(
        M + "orders.py",
        '("TRADE_SUCCESS", "refund_rest"): "TRADE_CLOSED",',
        '("TRADE_SUCCESS", "refund_rest"): "TRADE_SUCCESS",',
        MOCK_MONEY,
    ),
    Bug(M + "orders.py", '    ("UNSCANNED", "expire"): "LAPSED",', '    ("UNSCANNED", "expire"): "TRADE_CLOSED",', MOCK_ORDERS),
    Bug(M + "orders.py", "yuan(order.total if order.paid_at is not None else 0)", "yuan(order.total)", (*MOCK_ORDERS, *MOCKED)),
    Bug(M + "fields.py", "fen = int(Decimal(text) * 100)", "fen = int(Decimal(text))", MOCK_ORDERS),
    Bug(M + "fields.py", r'_YUAN = re.compile(r"\d{1,9}(\.\d{1,2})?")', r'_YUAN = re.compile(r"\d{1,9}(\.\d+)?")', MOCK_ORDERS),
    Bug(
        M + "refunding.py",
        "if asked + sum(one.amount for one in desk.refunds.of(order)) > order.total:",
        "if asked > order.total:",
        MOCK_MONEY,
    ),
    Bug(M + "refunding.py", "        if known.amount != asked:\n", "        if False:\n", MOCK_MONEY),
    Bug(
        M + "refunding.py",
        '"fund_change": "Y" if first and one.state == "SUCCESS" else "N",',
        '"fund_change": "Y" if one.state == "SUCCESS" else "N",',
        MOCK_MONEY,
    ),
    Bug(M + "refunding.py", '"refund_fee": yuan(order.refunded),', '"refund_fee": yuan(one.amount),', MOCK_MONEY),
    Bug(M + "refunding.py", "        return known, False\n", "        return known, True\n", MOCK_MONEY),
    Bug(M + "payouts.py", "        if known.parameters != biz:\n", "        if False:\n", MOCK_MONEY),
    Bug(M + "payouts.py", "    if asked > desk.balance():\n", "    if False:\n", MOCK_MONEY),
    Bug(
        M + "payouts.py",
        'for one in ("product_code", "biz_scene")):\n            found = None',
        "for one in ()):\n            found = None",
        MOCK_MONEY,
    ),
    Bug(
        M + "transfers.py",
        'return self.state in {"DEALING", "SUCCESS"}',
        'return self.state in {"DEALING", "SUCCESS", "REFUND"}',
        MOCK_MONEY,
    ),
    Bug(
        M + "notify.py",
        '"refund_fee": yuan(order.refunded), "gmt_refund"',
        '"refund_fee": yuan(refund.amount if refund else 0), "gmt_refund"',
        MOCK_WORLD,
    ),
    Bug(M + "notify.py", "WAITS = (240, 600, 600, 3600, 7200, 21600, 54000)", "WAITS = (240,)", MOCK_WORLD),
    Bug(
        M + "notify.py",
        'self.notices = Notices(clock, "alipay", word="success")',
        'self.notices = Notices(clock, "alipay")',
        MOCK_WORLD,
    ),
    Bug(
        M + "ledger.py",
        "商家实收退款共{yuan(sum(one.amount for one in back))}元",
        "商家实收退款共{yuan(-sum(one.amount for one in back))}元",
        (*MOCK_BILLS, *MOCKED),
    ),
    Bug(M + "ledger.py", "return self.start <= moment < self.end", "return self.start <= moment <= self.end", MOCK_BILLS),
    Bug(M + "statements.py", "_GOOD_FOR = timedelta(seconds=30)", "_GOOD_FOR = timedelta(days=30)", MOCK_BILLS),
]
