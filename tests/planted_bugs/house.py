"""Faults planted in what every channel stands on: the rule of unknown, the transports, the model, the codec, the catalogue."""

from tests.planted_bugs.bug import Bug

# The tests that matter; where a rule is the house's, a channel's tests are its witnesses.
UNIT = ("tests/channel", "tests/channels/wechat/test_adapter.py", "tests/channels/wechat/test_with_the_mock.py")
VECTORS = ("tests/channels/wechat/test_vectors.py",)
MICRO = ("tests/channels/wechat/test_micropay.py",)
NOTIFY = ("tests/channels/wechat/test_notify.py",)
WIRE = ("tests/transport",)
TABLE = ("tests/error_codes",)
MODEL = ("tests/model", "tests/test_canaries.py")
ALIPAY = ("tests/channels/alipay",)
FORGED = "tests/channels/wechat/test_forgeries.py"
CLIENTS = ("tests/test_clients.py",)
FLOOR = ("tests/mocks",)

BUGS = [
    # --- the codec
    Bug("payment_channels/codec/amounts.py", "    if minor != minor.to_integral_value():", "    if False:", ("tests/codec",)),
    Bug("payment_channels/codec/xml.py", "    parser.StartDoctypeDeclHandler = _refuse_doctype\n", "", MICRO),
    Bug("payment_channels/codec/xml.py", "            if child.children:\n", "            if False:\n", ("tests/codec",)),
    Bug("payment_channels/codec/archives.py", "    if not unpacker.eof:\n", "    if False:\n", ("tests/codec",)),
    Bug("payment_channels/codec/aead.py", "associated_data.encode())\n    except", "None)\n    except", VECTORS),
    *(
        Bug("payment_channels/codec/addresses.py", old, new, ("tests/codec/test_addresses.py",))
        for old, new in (
            ("not text.isascii() or ", ""),
            ("not text.isprintable() or ", ""),
            (' or " " in text', ""),
            ("known = parts.scheme in SCHEMES and", "known ="),
            (" and bool(parts.hostname)", ""),
            (" and parts.port != 0", ""),
        )
    ),
    *(
        Bug(f"payment_channels/channels/{channel}/checks.py", old, new, ("tests/channel/test_addresses.py",))
        for channel, old, new in (
            ("alipay", ' or field == "return_url" or', " or"),
            ("allinpay", "if parts is None or parts.fragment or", "if"),
            ("unionpay", "if parts is None or parts.fragment or", "if"),
            ("lianlian", " or parts_of(url) is None:", ":"),
        )
    ),
    # --- how a result is put together
    Bug("payment_channels/channel/making.py", "reading.message[:MESSAGE_CHARACTERS]", "reading.message", ("tests/channel",)),
    Bug(
        "payment_channels/channel/making.py",
        "ending.trail.reply is None and ending.trail.answered_at is None",
        "ending.trail.reply is None",
        ("tests/channel",),
    ),
    Bug("payment_channels/channel/making.py", "if not checked or not declared", "if not declared", UNIT),
    Bug("payment_channels/channel/settle.py", "checked=not further and fields.keys() == known", "checked=not further", UNIT),
    Bug("payment_channels/channel/settle.py", "shown = told if told.keys() <= known else {", "shown = told if True else {", UNIT),
    Bug("payment_channels/channel/settle.py", "if own_id or (original", "if (original", UNIT),
    Bug("payment_channels/channel/perform.py", "asked if asked is not order else None)", "None)", (*ALIPAY, FORGED)),
    Bug("payment_channels/channel/perform.py", "within = (order, ", "within = (", (FORGED,)),
    Bug("payment_channels/channel/perform.py", '(order, vars(order).get("original"), asked', "(order, asked", ALIPAY),
    Bug("payment_channels/model/prepared.py", "type(order) is PaymentOrder", "True", ("tests/model",)),
    Bug("payment_channels/model/prepared.py", "            and order.amount.amount > 0\n", "", ("tests/model",)),
    Bug("payment_channels/model/prepared.py", "            and prepared_at.tzinfo is not None\n", "", ("tests/model",)),
    Bug("payment_channels/model/prepared.py", "            and _TEXTS.issuperset(map(type, texts))\n", "", ("tests/model",)),
    Bug("payment_channels/model/prepared.py", "*wire.values())", ")", ("tests/model",)),
    Bug(
        "payment_channels/model/record.py",
        "_put_fields_set(made, set(fields))",
        "_put_fields_set(made, set())",
        ("tests/model",),
    ),
    Bug("payment_channels/channel/doubts.py", ' and not held.get("lines")', "", ("tests/model/test_bank_numbers.py",)),
    Bug(
        "payment_channels/channel/doubts.py", 'held.get("payee") is None and held', "held", ("tests/model/test_bank_numbers.py",)
    ),
    Bug(
        "payment_channels/transport/http.py", "            request.read()  #", "            #", ("tests/transport/test_http.py",)
    ),
    Bug("payment_channels/model/record.py", "        if not update:\n", "        if True:\n", ("tests/model",)),
    Bug(
        "payment_channels/model/record.py",
        "            return cls(**values)\n",
        "            return super().model_construct(**values)\n",
        ("tests/model",),
    ),
    Bug("payment_channels/transport/http.py", 'if self.owned or "?" in call.url:', "if self.owned:", WIRE),
    Bug("payment_channels/transport/http.py", 'if self.owned or "?" in call.url:', 'if "?" in call.url:', WIRE),
    Bug("payment_channels/codec/forms.py", '_BETWEEN, _IS = b"\\xfe", b"\\xff"', '_BETWEEN, _IS = b"&", b"="', ("tests/codec",)),
    Bug("payment_channels/channel/making.py", " or not declared:", ":", UNIT),
    Bug("payment_channels/channel/making.py", "(reading.http_status, reading.retry_after)", "(reading.http_status,)", UNIT),
    Bug("payment_channels/channel/making.py", "reply.body[:EVIDENCE_BYTES]", "reply.body", UNIT),
    # --- what a defect, an older answer and a log tell
    Bug("payment_channels/channel/settle.py", "note=_place(defect)", "note=str(defect)", ("tests/channel",)),
    Bug("payment_channels/model/results.py", "if self.outcome in _ENDED and", "if False and", ("tests/channel",)),
    Bug("payment_channels/transport/logs.py", "_OURS.set(True)", "_OURS.set(False)", ("tests/transport/test_logs.py",)),
    Bug("payment_channels/transport/logs.py", "if _OURS.get() and", "if", ("tests/transport/test_logs.py",)),
    Bug("payment_channels/channel/allowance.py", "len(taken) >= self._most", "len(taken) > self._most", ("tests/channel",)),
    Bug("payment_channels/channel/allowance.py", "setdefault(purpose,", 'setdefault("",', ("tests/channel",)),
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
        "if told is not None and (wanted := _expected_id(asked, name)) is not None and told != wanted:",
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
        "reading.authenticity not in _BELIEVED:",
        "reading.authenticity is Authenticity.NOT_VERIFIED:",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "    if came_over(ending.trusted_line, ending.trail.call):\n",
        "    if ending.trusted_line:\n",
        ("tests/channel/test_trusted_line.py",),
    ),
    Bug(
        "payment_channels/channel/trusted_line.py",
        'if scheme == "https" or host == "localhost":',
        "if scheme in PORTS:",
        ("tests/channel/test_trusted_line.py",),
    ),
    Bug(
        "payment_channels/channel/trusted_line.py",
        "call is not None and can_be_trusted(line) and origin_of(call.url) == origin_of(line)",
        "call is not None and can_be_trusted(line)",
        ("tests/channel/test_trusted_line.py",),
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "not isinstance(reading.facts, rule.facts):",
        "not isinstance(reading.facts, object):",
        (*UNIT, *NOTIFY),
    ),
    Bug(
        "payment_channels/channel/perform.py",
        "trail.left = trail.left or (counted is not None and not never_left)",
        "trail.left = trail.left",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/perform.py",
        "counted = step if isinstance(step, HttpCall) and not step.preparatory else None",
        "counted = step if isinstance(step, HttpCall) else None",
        UNIT,
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "_ENDS_BY_STATE = frozenset({Outcome.FAILED, Outcome.REVERSED})",
        "_ENDS_BY_STATE = frozenset({Outcome.REVERSED})",
        ("tests/channel",),
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "_ENDS_BY_STATE = frozenset({Outcome.FAILED, Outcome.REVERSED})",
        "_ENDS_BY_STATE = frozenset({Outcome.FAILED})",
        ("tests/channel",),
    ),
    Bug(
        "payment_channels/channel/settle.py",
        "or (outcome in _ENDS_BY_STATE and not state)",
        "or outcome in _ENDS_BY_STATE",
        ("tests/channel",),
    ),
    Bug("payment_channels/channel/settle.py", 'state=meaning.kind == "state"', "state=True", ("tests/channel",)),
    Bug(
        "payment_channels/channel/settle.py",
        "told = vars(reading.facts) if reading.facts is not None else {}\n",
        "told = vars(reading.facts)\n",
        ("tests/channel",),
    ),
    # --- the transports
    Bug("payment_channels/transport/http.py", "            library.ConnectError,  # DNS, refused, TLS handshake\n", "", WIRE),
    Bug(
        "payment_channels/transport/http.py",
        "auth=None, follow_redirects=False, stream=True)\n        try:",
        "auth=None, follow_redirects=True, stream=True)\n        try:",
        WIRE,
    ),
    Bug(
        "payment_channels/transport/http.py",
        "self.client.send(request, auth=None, follow_redirects=False, stream=True)\n        try:",
        "self.client.send(request, follow_redirects=False, stream=True)\n        try:",
        WIRE,
    ),
    Bug(
        "payment_channels/transport/http.py",
        "                if monotonic() > deadline:",
        "                if False:",
        WIRE,
    ),
    Bug("payment_channels/transport/http.py", "if not address.faithful:", "if False:", WIRE),
    Bug("payment_channels/transport/http.py", "str(len(call.body)).encode()", 'b"0"', WIRE),
    Bug("payment_channels/transport/http.py", 'if b"host" not in given:', "if True:", WIRE),
    Bug("payment_channels/codec/forms.py", 'b" ": b"+"', 'b" ": b"%20"', ("tests/codec",)),
    Bug(
        "payment_channels/transport/deadlines.py",
        "found: bytes = self._stream.read(max_bytes, _left(timeout))",
        "found: bytes = self._stream.read(max_bytes, timeout)",
        WIRE,
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
    # --- the mocks' floor, and what every channel's mock stands on
    Bug("mocks/faults.py", "self.hits += 1\n", "self.hits += 0\n", FLOOR),
    Bug("mocks/notices.py", 'return None, "not posted: the mock posts to this machine alone, by http"', "pass", FLOOR),
    Bug("mocks/notices.py", "notice.due = was_due + timedelta(", "notice.due = self._clock.now() + timedelta(", FLOOR),
    Bug("mocks/clock.py", "if not seconds >= 0:", "if not seconds <= 0:", FLOOR),
    Bug(
        "mocks/world.py",
        "channel.handle(request)\n        reply = channel.handle(request, fault)",
        "reply = channel.handle(request, fault)",
        FLOOR,
    ),
]
