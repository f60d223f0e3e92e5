"""Faults planted in LianLian: its adapter and its rows of the catalogue."""

from tests.planted_bugs.bug import Bug

L = "payment_channels/channels/lianlian/"
T = "error_codes/channels/lianlian.toml"
C = "tests/channels/lianlian/"
VECTORS = (C + "test_vectors.py",)
PAYOUTS = (C + "test_payouts.py", C + "test_queries.py")
CHECKS = (C + "test_checks.py",)
NOTIFY = (C + "test_notify.py",)
CANARIES = (C + "test_canaries.py",)
CONFIG = (C + "test_configuration.py",)
TABLE = (C + "test_table.py", C + "test_queries.py", C + "test_payouts.py")
RETURNED = 'code = "CANCEL"\noperations = ["query_payout", "notification.payout"]\ncanonical = '
HELD_BACK = 'code = "4002"\noperations = ["payout"]\ncanonical = '

BUGS = [
    # --- the string to sign, signatures, the encrypted order
    Bug(L + "signing.py", "sorted(fields, key=str.lower)", "sorted(fields)", VECTORS),
    Bug(L + "signing.py", "if fields[name] and name != ", "if name != ", VECTORS),
    Bug(L + "signing.py", "if could_be_cut_otherwise(fields, DECIDING):", "if False:", VECTORS),
    Bug(L + "signing.py", '    "result_pay",\n', "", VECTORS),
    Bug(L + "signing.py", 'return "" if fits else', 'return "" if fits or True else', VECTORS),
    Bug(
        "payment_channels/codec/rsa.py",
        'out of every repr."""\n\n    digest: ClassVar[hashes.HashAlgorithm] = hashes.MD5()',
        'out of every repr."""\n\n    digest: ClassVar[hashes.HashAlgorithm] = hashes.SHA256()',
        VECTORS,
    ),
    Bug(L + "payload.py", "nonce + FIRST_COUNT, plain", "FIRST_COUNT + nonce, plain", VECTORS),
    Bug(L + "payload.py", '(1).to_bytes(8, "big")', '(0).to_bytes(8, "big")', VECTORS),
    Bug(L + "payload.py", "(keys.hmac_key, keys.aes_key))", "(keys.aes_key, keys.hmac_key))", VECTORS),
    Bug(L + "payload.py", "hmac.digest(keys.hmac_key.encode(), guarded", "hmac.digest(keys.aes_key.encode(), guarded", VECTORS),
    Bug(L + "payload.py", "hmac_key: str = field(repr=False)", "hmac_key: str", VECTORS),
    Bug(L + "line.py", "if encrypted:", "if False:", PAYOUTS),
    Bug(L + "line.py", "Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED", "Authenticity.VERIFIED", PAYOUTS),
    Bug(L + "line.py", 'if refuses_unsigned and "sign" not in fields', 'if "sign" not in fields', PAYOUTS),
    Bug(L + "line.py", "if reply.status != OK:", "if reply.status >= 500:", PAYOUTS),
    Bug(L + "line.py", 'return "oid_partner differs" if', 'return "" if', (*PAYOUTS, *NOTIFY)),
    # --- what is sent
    Bug(L + "bodies.py", 'PERSONAL, CORPORATE = "0", "1"', 'PERSONAL, CORPORATE = "1", "2"', PAYOUTS),
    Bug(
        L + "bodies.py", '"money_order": text_of_minor(order.amount.amount),', '"money_order": str(order.amount.amount),', PAYOUTS
    ),
    Bug(L + "bodies.py", '"prcptcd": payee.cnaps_code or "",', '"prcptcd": payee.cnaps_code or "102100099996",', PAYOUTS),
    Bug(L + "bodies.py", '"info_order": order.purpose or "",', '"info_order": order.remark or "",', PAYOUTS),
    Bug(L + "bodies.py", '"oid_paybill": "" if by_ours else', '"oid_paybill": "" if not by_ours else', PAYOUTS),
    Bug(L + "messages.py", "timezone(timedelta(hours=8))", "timezone(timedelta(hours=0))", PAYOUTS),
    Bug(L + "payouts.py", "line.config.account_url + ACCOUNT", "line.config.base_url + ACCOUNT", PAYOUTS),
    Bug(
        L + "payouts.py",
        "line.config.base_url + CONFIRMATION, bodies.confirm(order, wire), encrypted=True",
        "line.config.base_url + CONFIRMATION, bodies.confirm(order, wire)",
        PAYOUTS,
    ),
    # --- what is read
    Bug(L + "messages.py", "len(fields) != len(found) or not all", "not all", PAYOUTS),
    Bug(L + "messages.py", "(ValueError, RecursionError)", "ValueError", NOTIFY),
    Bug(
        L + "messages.py",
        "Money(minor_of_text(self.fields[name]))",
        "Money(int(float(self.fields[name]) * 100))",
        (*PAYOUTS, *NOTIFY),
    ),
    Bug(L + "messages.py", 'if self.text("result_pay") == RETURNED else None', "if False else None", PAYOUTS),
    Bug(L + "messages.py", 'confirm_code=self.fields.get("confirm_code"),', "confirm_code=None,", PAYOUTS),
    Bug(L + "payouts.py", 'told.lacks("no_order", "money_order", "result_pay")', 'told.lacks("result_pay")', PAYOUTS),
    Bug(L + "payouts.py", 'told.text("dt_order") not in {"", sent}', "False", PAYOUTS),
    Bug(L + "adapter.py", 'return {"oid_partner": self.config.oid_partner}', "return {}", PAYOUTS),
    # --- checks before sending
    Bug(L + "checks.py", "PURPOSE_NEEDED_FROM = 50_000_00", "PURPOSE_NEEDED_FROM = 50_000_01", CHECKS),
    Bug(L + "checks.py", "MOST_FEN = 100_000_000_00", "MOST_FEN = 100_000_000", CHECKS),
    Bug(L + "checks.py", "    if bank_code_of(payee) is None:\n", "    if False:\n", CHECKS),
    Bug(L + "checks.py", "not payee.cnaps_code.startswith(wanted)", "payee.cnaps_code.startswith(wanted)", CHECKS),
    Bug(L + "checks.py", "if payee.account_kind is not AccountKind.DEBIT_CARD:", "if False:", CHECKS),
    Bug(L + "checks.py", ' or "&" in purpose', "", CHECKS),
    Bug(L + "checks.py", "if order.remark is None or not MEMO", "if order.remark is not None and not MEMO", CHECKS),
    Bug(L + "checks.py", 'CARD = re.compile(r"[0-9]{12,19}")', r'CARD = re.compile(r"\d{12,19}")', CHECKS),
    Bug(L + "checks.py", "if payee.city is not None and not CITY_CODE.fullmatch(payee.city):", "if False:", CHECKS),
    # --- notifications
    Bug(L + "notify.py", "    if why:\n", "    if False:\n", NOTIFY),
    Bug(L + "notify.py", "    if line.foreign(told):\n", "    if False:\n", NOTIFY),
    Bug(L + "notify.py", '    if told.text("ret_code"):\n', "    if False:\n", NOTIFY),
    Bug(L + "notify.py", '"ret_msg":"ok"', '"ret_msg":"OK"', NOTIFY),
    Bug(
        L + "notify.py", "Verdict.REPEATED if seen.again(event.notification_id) else Verdict.ACCEPTED", "Verdict.ACCEPTED", NOTIFY
    ),
    Bug(L + "notify.py", 'if code == FAILED else ""', 'if code else ""', NOTIFY),
    # --- configuration
    Bug(
        L + "config.py",
        "(self.merchant_key is None) is (self.signer is None)",
        "self.merchant_key is None and self.signer is None",
        CONFIG,
    ),
    Bug(L + "config.py", "PRODUCTION_ACCOUNTS if base_url", "base_url if base_url", CONFIG),
    Bug(
        L + "config.py",
        "merchant_key: Annotated[Secret, Field(min_length=1)]",
        "merchant_key: Annotated[str, Field(min_length=1)]",
        CANARIES,
    ),
    # --- rows of the table
    Bug(T, f'{RETURNED}"PAYOUT_RETURNED"\neffect = "returned"', f'{RETURNED}"PAYOUT_CANCELLED"\neffect = "failed"', TABLE),
    Bug(
        T,
        f'{HELD_BACK}"CONFIRMATION_REQUIRED"\neffect = "pending"\nnext_action = "confirm"',
        f'{HELD_BACK}"DUPLICATE_CONTENT_UNKNOWN"\neffect = "unknown"\nnext_action = "query_then_decide"',
        TABLE,
    ),
    Bug(
        T,
        'code = "9991"\noperations = ["payout"]\ncanonical = "DOWNSTREAM_UNKNOWN"\neffect = "unknown"',
        'code = "9991"\noperations = ["payout"]\ncanonical = "DOWNSTREAM_UNKNOWN"\neffect = "failed"',
        TABLE,
    ),
    Bug(
        T,
        'code = "0000"\noperations = ["payout"]\ncanonical = "PAYOUT_PROCESSING"\neffect = "pending"',
        'code = "0000"\noperations = ["payout"]\ncanonical = "PAYOUT_SUCCEEDED"\neffect = "succeeded"',
        TABLE,
    ),
]
