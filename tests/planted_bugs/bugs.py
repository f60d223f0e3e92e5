"""The planted faults: each a mistake that somebody has made before, in this trade or in this code."""

from tests.planted_bugs.run import Bug

W = "payment_channels/channels/wechat/"
UNIT = ("tests/channel", "tests/channels/wechat/test_adapter.py", "tests/channels/wechat/test_with_the_mock.py")
VECTORS = ("tests/channels/wechat/test_vectors.py",)
PRODUCTS = ("tests/channels/wechat/test_products.py", "tests/channels/wechat/test_products_with_the_mock.py")
MICRO = ("tests/channels/wechat/test_micropay.py",)
PAYOUTS = ("tests/channels/wechat/test_payouts.py", "tests/channels/wechat/test_products_with_the_mock.py")
NOTIFY = ("tests/channels/wechat/test_notify.py",)
BILL = ("tests/channels/wechat/test_bill.py", "tests/channels/wechat/test_bills_with_the_mock.py")
CERTS = ("tests/channels/wechat/test_certificates.py",)
WIRE = ("tests/transport",)
TABLE = ("tests/error_codes",)
MODEL = ("tests/model", "tests/test_canaries.py")
CLIENTS = ("tests/test_clients.py",)
MOCK = ("tests/mocks",)

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
    Bug(W + "line.py", "        if why:\n            return why\n        self.platform.add", "        self.platform.add", CERTS),
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
    Bug(W + "adapter.py", "bodies.whose(self.config, order.sub_merchant)\n        product", "product", PRODUCTS),
    # --- notifications and bills
    Bug(W + "notify.py", "    if why:\n", "    if False:\n", NOTIFY),
    Bug(W + "notify.py", "    if reading.foreign:\n", "    if False:\n", NOTIFY),
    Bug(W + "notify.py", "Verdict.REPEATED if seen.again(envelope.id) else Verdict.ACCEPTED", "Verdict.ACCEPTED", NOTIFY),
    Bug(W + "notify.py", 'status=200, body=b\'{"code":"SUCCESS"}\'', 'status=200, body=b"OK"', NOTIFY),
    Bug(W + "bill.py", 'raise BillBrokenError("the hash does not fit the file")', "pass", BILL),
    Bug(W + "bill.py", "(parts.scheme, parts.netloc) != (ours.scheme, ours.netloc)", "parts.scheme != ours.scheme", BILL),
    Bug(W + "bill.py", "if add is not None and add(rows) != decimal_of(told):", "if False:", BILL),
    Bug(W + "bill.py", "incoming=not given_back,", "incoming=True,", BILL),
    Bug(W + "bill.py", "or not unpacker.eof", "", BILL),
    Bug("payment_channels/codec/amounts.py", "    if minor != minor.to_integral_value():", "    if False:", ("tests/codec",)),
    Bug("payment_channels/codec/xml.py", "    parser.StartDoctypeDeclHandler = _refuse_doctype\n", "", MICRO),
    Bug("payment_channels/codec/aead.py", "associated_data.encode())\n    except", "None)\n    except", VECTORS),
    # --- the rule of unknown
    Bug(
        "payment_channels/channel/settle.py",
        'if rule.about_another and meaning.kind == "code":',
        "if False:",
        (*UNIT, "tests/channels/wechat/test_every_code.py"),
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "    if server_error or (",
        "    if (",
        (*UNIT, "tests/channels/wechat/test_properties.py"),
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "told_amount != wanted_amount:\n",
        "told_amount.amount != wanted_amount.amount:\n",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "if told is not None and wanted is not None and told != wanted:",
        "if False:",
        (*UNIT, "tests/channels/wechat/test_adapter.py"),
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "    if not ending.trail.left and not handed_over:\n        raise",
        "    if ending.reading is None and not handed_over:\n        raise",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "if reading.authenticity is Authenticity.NOT_VERIFIED:\n        return",
        "if False:\n        return",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "reading.authenticity is not Authenticity.VERIFIED:",
        "reading.authenticity is Authenticity.NOT_VERIFIED:",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "not isinstance(reading.facts, rule.facts):",
        "not isinstance(reading.facts, object):",
        (*UNIT, *NOTIFY),
    ),
    Bug(
        "payment_channels/channel/perform.py",
        "trail.left = trail.left or (counts and not never_left)",
        "trail.left = trail.left",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/perform.py",
        "counts = isinstance(step, HttpCall) and not step.preparatory",
        "counts = isinstance(step, HttpCall)",
        UNIT,
    ),
    # --- the transports
    Bug("payment_channels/transport/http.py", "            library.ConnectError,  # DNS, refused, TLS handshake\n", "", WIRE),
    Bug(
        "payment_channels/transport/http.py",
        "auth=None, follow_redirects=False, stream=True)\n            try:",
        "auth=None, follow_redirects=True, stream=True)\n            try:",
        WIRE,
    ),
    Bug(
        "payment_channels/transport/http.py",
        "self.client.send(request, auth=None, follow_redirects=False, stream=True)\n            try:",
        "self.client.send(request, follow_redirects=False, stream=True)\n            try:",
        WIRE,
    ),
    Bug(
        "payment_channels/transport/http.py",
        "                    if monotonic() > deadline:",
        "                    if False:",
        WIRE,
    ),
    Bug(
        "payment_channels/transport/http.py", "if request.url.raw_path.decode(", "if False and request.url.raw_path.decode(", WIRE
    ),
    # --- the model
    Bug("payment_channels/model/money.py", "if type(self.amount) is not int:", "if not isinstance(self.amount, int):", MODEL),
    Bug("payment_channels/model/record.py", "yield name, (mark.cover(value) if mark else value)", "yield name, value", MODEL),
    Bug("payment_channels/model/record.py", "hide_input_in_errors=True", "hide_input_in_errors=False", MODEL),
    Bug(
        "payment_channels/model/record.py",
        'ser_json_bytes="base64"',
        'ser_json_bytes="utf8"',
        ("tests/channels/wechat/test_properties.py",),
    ),
    # --- the catalogue
    Bug("error_codes/translate.py", "    if row.http and http not in row.http:\n        return None\n", "", TABLE),
    Bug("error_codes/translate.py", 'operation.startswith(wanted + ".")', "operation.startswith(wanted)", TABLE),
    Bug(
        "error_codes/translate.py",
        "            effect=Effect.UNKNOWN,\n            next_action=NextAction.QUERY",
        "            effect=Effect.FAILED,\n            next_action=NextAction.QUERY",
        TABLE,
    ),
    Bug(
        "error_codes/channels/wechat.toml",
        'code = "CLOSED"\noperations = ["query"',
        'code = "CLOSED "\noperations = ["query"',
        (*TABLE, *UNIT),
    ),
    # --- the mock: a second witness has to be as strict as the first
    Bug("mocks/wechat/signing.py", "WINDOW_SECONDS = 300", "WINDOW_SECONDS = 3000", MOCK),
]
