"""Faults planted in WeChat Pay: its adapter, its rows of the catalogue, and its mock."""

from tests.planted_bugs.bug import Bug

W = "payment_channels/channels/wechat/"
T = "error_codes/channels/wechat.toml"
M = "mocks/wechat/"
UNIT = ("tests/channel", "tests/channels/wechat/test_adapter.py", "tests/channels/wechat/test_with_the_mock.py")
VECTORS = ("tests/channels/wechat/test_vectors.py",)
PRODUCTS = ("tests/channels/wechat/test_products.py", "tests/channels/wechat/test_products_with_the_mock.py")
MICRO = ("tests/channels/wechat/test_micropay.py",)
PAYOUTS = ("tests/channels/wechat/test_payouts.py", "tests/channels/wechat/test_products_with_the_mock.py")
NOTIFY_MOCK = ("tests/channels/wechat/test_products_with_the_mock.py", "tests/conformance/test_wechat.py")
NOTIFY = ("tests/channels/wechat/test_notify.py",)
ODD = ("tests/channels/wechat/test_adapter.py", "tests/channels/wechat/test_payouts.py")
BILL = ("tests/channels/wechat/test_bill.py", "tests/channels/wechat/test_bills_with_the_mock.py")
CERTS = ("tests/channels/wechat/test_certificates.py",)
TABLE = ("tests/error_codes",)
CODES = ("tests/error_codes", "tests/channels/wechat/test_every_code.py")
MOCK_ORDERS = (
    "tests/mocks/test_wechat_orders.py",
    "tests/mocks/test_wechat_more.py",
    "tests/channels/wechat/test_with_the_mock.py",
    "tests/conformance/test_wechat.py",
)
MOCK_SIGNS = ("tests/mocks/test_wechat_signing.py",)
MOCK_REST = ("tests/mocks/test_wechat_more.py", "tests/mocks/test_wechat_bills.py", "tests/mocks/test_wechat_v2.py")

BUGS = [
    # --- the string to sign and the check of signatures
    Bug(
        W + "signing.py",
        "{method}\\n{target}\\n{timestamp}\\n{nonce}\\n",
        "{method}\\n{target}\\n{nonce}\\n{timestamp}\\n",
        VECTORS,
    ),
    Bug(
        W + "signing.py", '.encode() + body + b"\\n"\n\n\ndef answer_message', ".encode() + body\n\n\ndef answer_message", VECTORS
    ),
    Bug(
        W + "signing.py",
        'return f"{timestamp}\\n{nonce}\\n".encode() + body + b"\\n"',
        'return f"{timestamp}\\n{nonce}\\n".encode() + body',
        VECTORS,
    ),
    Bug(
        W + "signing.py", "{appid}\\n{timestamp}\\n{nonce}\\n{package}\\n", "{appid}\\n{timestamp}\\n{nonce}\\n{package}", VECTORS
    ),
    Bug(W + "signing.py", "WINDOW = timedelta(seconds=300)", "WINDOW = timedelta(seconds=3000)", UNIT),
    Bug(W + "signing.py", "> WINDOW.total_seconds()", ">= WINDOW.total_seconds()", UNIT),
    Bug(
        W + "signing.py",
        "    if signature.startswith(PROBE):\n",
        "    if False:\n",
        ("tests/channels/wechat/test_adapter.py", *NOTIFY),
    ),
    Bug(W + "signing.py", 'return "" if key.verifier.verify(', 'return "" if not key.verifier.verify(', UNIT),
    Bug(W + "signing.py", "    if not key.valid_at(now):", "    if False:", CERTS),
    Bug(W + "line.py", "if reply.status < FIRST_ERROR or reply", "if reply.status > FIRST_ERROR or reply", UNIT),
    Bug(
        W + "line.py",
        "authenticity = Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED",
        "authenticity = Authenticity.VERIFIED",
        UNIT,
    ),
    Bug(W + "line.py", '("Accept-Encoding", "identity"),', '("Accept-Encoding", "gzip"),', UNIT),
    Bug(W + "line.py", 'headers.append(("Wechatpay-Serial", serial))', "pass", UNIT),
    Bug(
        W + "line.py",
        "timestamp, nonce = int(self.clock().timestamp()), self.nonce()",
        "timestamp, nonce = int(self.clock().timestamp()) - 301, self.nonce()",
        UNIT,
    ),
    Bug(W + "line.py", "if certificate.serial_no != serial_no.upper():", "if False:", CERTS),
    Bug(W + "line.py", "        if why:\n            return f", "        if False:\n            return f", CERTS),
    Bug(W + "line.py", "preparatory=True)", "preparatory=False)", CERTS),
    Bug(W + "platform_keys.py", "DOWNLOADS: ClassVar[int] = 5", "DOWNLOADS: ClassVar[int] = 500", CERTS),
    Bug(W + "platform_keys.py", "reverse=True)", "reverse=False)", CERTS),
    # --- paths, fields, units
    Bug(W + "payments.py", '"/v3/pay/transactions"\n', '"/v3/pay/transaction"\n', UNIT),
    Bug(
        W + "payments.py", "if line.config.service_provider else line", "if not line.config.service_provider else line", PRODUCTS
    ),
    Bug(W + "payments.py", 'return quote(text, safe="")', 'return quote(text, safe="|*")', UNIT),
    Bug(W + "payments.py", 'package = f"prepay_id={prepay_id}"', "package = prepay_id", PRODUCTS),
    Bug(W + "payments.py", '"package": "Sign=WXPay",', '"package": "sign=WXPay",', PRODUCTS),
    Bug(W + "bodies.py", '"amount": {"total": order.amount.amount,', '"amount": {"total": order.amount.amount * 100,', UNIT),
    Bug(W + "bodies.py", '"refund": order.amount.amount,', '"refund": order.original.amount.amount,', UNIT),
    Bug(W + "bodies.py", '"total": order.original.amount.amount,', '"total": order.amount.amount,', UNIT),
    Bug(W + "bodies.py", '"out_trade_no": None if by_channel else', '"out_trade_no": None if not by_channel else', UNIT),
    Bug(W + "bodies.py", '"transfer_amount": order.amount.amount,', '"transfer_amount": order.amount.amount // 100,', PAYOUTS),
    Bug(W + "bodies.py", "BEIJING = timezone(timedelta(hours=8))", "BEIJING = timezone(timedelta(hours=0))", (*UNIT, *BILL)),
    Bug(
        W + "messages.py",
        "order=money(amount.total, amount.currency),",
        "order=money(amount.payer_total, amount.currency),",
        UNIT,
    ),
    Bug(W + "messages.py", "order=money(amount.refund, amount.currency),", "order=money(amount.total, amount.currency),", UNIT),
    Bug(W + "messages.py", "if self.mch_id is not None and self.mch_id != config.mchid:", "if False:", PAYOUTS),
    # --- what decides is not read as absent where it is odd
    *(
        Bug(W + "messages.py", f"    {name}: str | None = None\n", f"    {name}: Text = None\n", ODD)
        for name in ("mchid", "appid", "sub_mchid", "mch_id", "transfer_bill_no")
    ),
    Bug(W + "messages.py", "Annotated[AwareDatetime, Strict()] | None", "AwareDatetime | None", ODD),
    Bug(W + "messages.py", "if told is not None and told != own:", "if told is None and told != own:", UNIT),
    Bug(W + "micropay.py", "without=frozenset({'sign'})", "without=frozenset({'sign', 'sign_type'})", MICRO),
    Bug(W + "micropay.py", "believed = hmac.compare_digest(", "believed = True or hmac.compare_digest(", MICRO),
    Bug(W + "micropay.py", 'sub_code=fields.get("recall")', "sub_code=None and fields", MICRO),
    Bug(W + "payouts.py", "serial=serial)", "serial=None)", ("tests/channels/wechat/test_payouts.py",)),
    Bug(
        W + "payouts.py", 'reason = ("fail_reason", answer.fail_reason) if answer.fail_reason else None', "reason = None", PAYOUTS
    ),
    # --- checks before sending
    Bug(W + "checks.py", "{6,32}", "{1,32}", UNIT),
    Bug(W + "checks.py", "REVERSAL_DELAY = timedelta(seconds=15)", "REVERSAL_DELAY = timedelta(seconds=5)", PRODUCTS),
    Bug(W + "checks.py", "NAME_NEEDED_FROM = 200_000", "NAME_NEEDED_FROM = 2_000_000", PAYOUTS),
    Bug(
        W + "adapter.py",
        "bodies.whose(self.config, order.sub_merchant)\n        if isinstance(order, PaymentOrder)",
        "if isinstance(order, PaymentOrder)",
        PRODUCTS,
    ),
    # --- notifications and bills
    Bug(W + "notify.py", "    if why:\n", "    if False:\n", NOTIFY),
    Bug(W + "notify.py", "    if reading.foreign:\n", "    if False:\n", NOTIFY),
    Bug(W + "notify.py", "Verdict.REPEATED if seen.again(envelope.id) else Verdict.ACCEPTED", "Verdict.ACCEPTED", NOTIFY),
    Bug(W + "notify.py", 'status=200, body=b\'{"code":"SUCCESS"}\'', 'status=200, body=b"OK"', NOTIFY),
    Bug(W + "bill.py", 'raise BillBrokenError("the hash does not fit the file")', "pass", BILL),
    Bug(W + "bill.py", "(parts.scheme, parts.netloc) != (ours.scheme, ours.netloc)", "parts.scheme != ours.scheme", BILL),
    Bug(W + "bill.py", "if add is not None and add(rows) != decimal_of(told):", "if False:", BILL),
    Bug(W + "bill.py", "incoming=not given_back,", "incoming=True,", BILL),
    Bug(
        "error_codes/channels/wechat.toml",
        'code = "CLOSED"\noperations = ["query"',
        'code = "CLOSED "\noperations = ["query"',
        (*TABLE, *UNIT),
    ),
    # --- rows of the catalogue: an effect, a status, an operation, a permission that would cost money
    Bug(
        T,
        'code = "SYSTEM_ERROR"\noperations = ["*"]\ncanonical = "CHANNEL_SYSTEM_ERROR"\neffect = "unknown"',
        'code = "SYSTEM_ERROR"\noperations = ["*"]\ncanonical = "CHANNEL_SYSTEM_ERROR"\neffect = "failed"',
        CODES,
    ),
    Bug(
        T,
        'code = "NOTPAY"\noperations = ["query", "query.micropay", "notification.payment", "pay.codepay"]\n'
        'canonical = "PAYMENT_AWAITING_PAYER"\neffect = "pending"',
        'code = "NOTPAY"\noperations = ["query", "query.micropay", "notification.payment", "pay.codepay"]\n'
        'canonical = "PAYMENT_AWAITING_PAYER"\neffect = "failed"',
        (*CODES, *UNIT),
    ),
    Bug(
        T,
        'code = "NOT_ENOUGH"\noperations = ["payout"]\nhttp = [403]',
        'code = "NOT_ENOUGH"\noperations = ["payout"]\nnew_id_allowed = true\nhttp = [403]',
        CODES,
    ),
    Bug(
        T,
        'code = "NOT_ENOUGH"\noperations = ["refund"]\nhttp = [403]\ncanonical = "MERCHANT_FUNDS_INSUFFICIENT"',
        'code = "NOT_ENOUGH"\noperations = ["refund"]\nhttp = [403]\ncanonical = "PAYER_FUNDS_INSUFFICIENT"',
        CODES,
    ),
    Bug(
        T,
        'code = "ORDER_NOT_EXIST"\noperations = ["query"]\nhttp = [404]\ncanonical = "ORDER_NOT_FOUND"\neffect = "unknown"',
        'code = "ORDER_NOT_EXIST"\noperations = ["query"]\nhttp = [404]\ncanonical = "ORDER_NOT_FOUND"\neffect = "failed"',
        CODES,
    ),
    Bug(
        T,
        'code = "PROCESSING"\noperations = ["payout", "query_payout", "cancel_payout", "notification.payout"]',
        'code = "PROCESSING"\noperations = ["query_payout", "cancel_payout", "notification.payout"]',
        (*CODES, *PAYOUTS),
    ),
    # --- the mock: a second witness has to be as strict as the first
    Bug(M + "signing.py", "WINDOW_SECONDS = 300", "WINDOW_SECONDS = 3000", MOCK_SIGNS),
    Bug(M + "signing.py", 'if not verifies(self._merchant, message, fields["signature"]):', "if False:", MOCK_SIGNS),
    Bug(
        M + "signing.py", '[timestamp.encode(), nonce.encode(), body, b""])', "[timestamp.encode(), nonce.encode(), body])", UNIT
    ),
    Bug(M + "signing.py", 'headers |= self.headers(reply.body, request.headers.get("wechatpay-serial"))', "pass", UNIT),
    Bug(M + "signing.py", 'signer = self.signers.get(serial or "", ', 'signer = self.signers.get("", ', MOCK_SIGNS),
    Bug(
        M + "orders.py",
        "known.product != order.product or known.parameters != order.parameters",
        "known.product != order.product",
        MOCK_ORDERS,
    ),
    Bug(M + "orders.py", '("NOTPAY", "close"): "CLOSED",', '("NOTPAY", "close"): "NOTPAY",', MOCK_ORDERS),
    Bug(M + "orders.py", "self._clock.now() >= order.expires:", "False:", MOCK_ORDERS),
    Bug(
        M + "orders.py",
        "_UNPAID, _SOONEST, _LATEST = timedelta(days=7)",
        "_UNPAID, _SOONEST, _LATEST = timedelta(days=70)",
        MOCK_ORDERS,
    ),
    Bug(
        M + "refunds.py", "if sum(one.amount for one in earlier) + amount > order.total:", "if amount > order.total:", MOCK_ORDERS
    ),
    Bug(M + "refunds.py", "            _same(known, body)\n", "", MOCK_ORDERS),
    Bug(M + "transfers.py", "if known.meaning != meaning:", "if False:", MOCK_REST),
    Bug(M + "transfers.py", "made.package = secrets.token_urlsafe(60)", 'made.package = ""', PRODUCTS),
    Bug(
        M + "payments.py",
        'if order.state in orders.PAID:\n        raise refused(operation, "ORDER_PAID")',
        'if False:\n        raise refused(operation, "ORDER_PAID")',
        MOCK_ORDERS,
    ),
    Bug(M + "notify.py", "associated_data=kind, plain=plain", 'associated_data="", plain=plain', NOTIFY_MOCK),
    Bug(M + "ledger.py", "line.at.astimezone(BEIJING).date() == day", "line.at.astimezone(UTC).date() == day", BILL),
    Bug(M + "ledger.py", '"退款总金额": _sum(lines, "退款金额"),', '"退款总金额": "0.00",', BILL),
]
