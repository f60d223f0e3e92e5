"""Faults planted in Allinpay's mock: what would let a wrong request pass, move money twice, or tell what did not happen."""

from tests.planted_bugs.bug import Bug

M = "mocks/allinpay/"
HERE = "tests/mocks/test_allinpay_"
TLT_SIGNS = (HERE + "tlt_signing.py",)
TLT_PAYOUTS = (HERE + "tlt_payouts.py",)
TLT_BATCHES = (HERE + "tlt_batches.py",)
TLT_FAULTS = (HERE + "tlt_faults.py",)
VSP_SIGNS = (HERE + "vsp_signing.py",)
VSP_ORDERS = (HERE + "vsp_orders.py",)
VSP_NOTICES = (HERE + "vsp_notices.py",)
VSP_FILES = (HERE + "vsp_files.py",)
VSP_FAULTS = (HERE + "vsp_faults.py",)
CODES = (HERE + "codes.py",)
KEYS = (HERE + "keys.py",)

BUGS = [
    # --- TLT: what is signed, and what passes
    Bug(M + "tlt_signing.py", 'if not re.fullmatch(r"(?:[0-9a-f]{2})+", signature):', "if not signature:", TLT_SIGNS),
    Bug(
        M + "tlt_signing.py",
        "    except InvalidSignature:\n        return False\n    return True",
        "    except InvalidSignature:\n        return True\n    return True",
        TLT_SIGNS,
    ),
    Bug(M + "tlt_signing.py", 'if info["USER_NAME"] != keys.user_name:', 'if not info["USER_NAME"]:', TLT_SIGNS),
    Bug(M + "tlt_messages.py", "if len(found) == 1 else None", "if found else None", TLT_SIGNS),
    Bug(M + "tlt_messages.py", "    if not _DECLARED.match(content):\n", "    if not content:\n", TLT_SIGNS),
    Bug(M + "tlt_messages.py", '<{name}>{escape(text)}</{name}>" for', '<{name}>{text}</{name}>" for', TLT_PAYOUTS),
    Bug(M + "tlt_messages.py", 'text.encode("gbk", "xmlcharrefreplace")', "text.encode()", TLT_PAYOUTS),
    Bug(M + "tlt_fields.py", '"1101" if one.form == AMOUNT else "1000"', '"1000"', TLT_PAYOUTS),
    Bug(M + "tlt_fields.py", "    if unknown:\n", "    if not given:\n", TLT_PAYOUTS),
    # --- TLT: one number moves money once, and only once it is told so
    Bug(M + "tlt_operations.py", "    desk.payouts.numbers.add(req_sn)\n", "", TLT_PAYOUTS),
    Bug(M + "tlt_operations.py", 'if int(total["TOTAL_SUM"]) != amount:', 'if int(total["TOTAL_SUM"]) < amount:', TLT_BATCHES),
    Bug(M + "tlt_operations.py", 'if len({one["SN"] for one in details}) != len(details):', "if not details:", TLT_BATCHES),
    Bug(M + "tlt_operations.py", '    return "0000", ""\n', '    return "2000", ""\n', TLT_BATCHES),
    Bug(M + "tlt_operations.py", '["ACCOUNT_NO"][-_LAST_DIGITS:]', '["ACCOUNT_NO"]', TLT_PAYOUTS),
    Bug(M + "tlt_operations.py", 'verb == "return" and given_back', "given_back or True", TLT_PAYOUTS),
    Bug(
        M + "tlt_payouts.py",
        'line.state == "OPEN" and line.due is not None and now >= line.due',
        'line.state == "OPEN"',
        TLT_BATCHES,
    ),
    Bug(
        M + "tlt_payouts.py",
        "BATCH_ENDS_AFTER, LATE_LINES_AFTER = timedelta(minutes=20)",
        "BATCH_ENDS_AFTER, LATE_LINES_AFTER = timedelta(minutes=10)",
        TLT_BATCHES,
    ),
    Bug(
        M + "tlt_payouts.py",
        '"complete" if line.fate in SUCCEEDED else "fail", line.fate, at=line.due',
        '"complete", "0000", at=line.due',
        TLT_PAYOUTS,
    ),
    Bug(M + "tlt_payouts.py", '("PAID", "return"): "RETURNED"', '("PAID", "return"): "FAILED"', TLT_PAYOUTS),
    Bug(
        M + "tlt_payouts.py",
        'gone = [line for line in lines if line.state in {"PAID", "RETURNED"}]',
        'gone = [line for line in lines if line.state == "PAID"]',
        TLT_PAYOUTS,
    ),
    Bug(
        M + "tlt_payouts.py",
        "        package.told, package.rejected = code, True\n",
        "        package.told = code\n",
        TLT_PAYOUTS,
    ),
    Bug(
        M + "tlt_door.py",
        'signature = ("1" if signature[0] == "0" else "0") + signature[1:]',
        "signature = signature.lower()",
        TLT_FAULTS,
    ),
    Bug(
        M + "tlt_door.py",
        '    if fault.options.get("executed"):\n        tlt_operations.perform(desk, message)\n',
        "    tlt_operations.perform(desk, message)\n",
        TLT_FAULTS,
    ),
    # --- VSP: signatures
    Bug(
        M + "vsp_signing.py",
        'for name, value in fields.items() if value and name != "sign"}\n    if md5_key',
        'for name, value in fields.items() if name != "sign"}\n    if md5_key',
        VSP_SIGNS,
    ),
    Bug(M + "vsp_signing.py", "for name in sorted(filled))\n\n\ndef md5_hex", "for name in filled)\n\n\ndef md5_hex", VSP_SIGNS),
    Bug(M + "vsp_signing.py", 'PLATFORM_ID = "Allinpay"', 'PLATFORM_ID = "1234567812345678"', VSP_SIGNS),
    Bug(
        M + "vsp_signing.py",
        'if fields.get("version", "11") == "12" else "FAIL"',
        'if fields.get("version", "12") == "12" else "FAIL"',
        VSP_SIGNS,
    ),
    Bug(M + "vsp_signing.py", "        if not good:\n", "        if good is None:\n", VSP_SIGNS),
    Bug(
        M + "vsp_door.py",
        '        if row.where == RETCODE and row.code != "SUCCESS":\n',
        '        if row.where == RETCODE and row.code == "FAIL":\n',
        VSP_ORDERS,
    ),
    Bug(M + "vsp_door.py", '        del signed["sign"]\n', "        pass\n", VSP_FAULTS),
    # --- VSP: the books
    Bug(M + "vsp_trades.py", "        if reqsn in self.all:\n", "        if not reqsn:\n", VSP_ORDERS),
    Bug(M + "vsp_trades.py", "if total + amount > original.amount:", "if amount > original.amount:", VSP_ORDERS),
    Bug(
        M + "vsp_trades.py",
        'one.original is payment and one.state in {"OPEN", "DONE"}',
        'one.original is payment and one.state == "DONE"',
        VSP_ORDERS,
    ),
    Bug(
        M + "vsp_trades.py", "self._clock.now().date() != original.ended.date()", "self._clock.now() < original.ended", VSP_ORDERS
    ),
    Bug(M + "vsp_trades.py", '            self.move(one.original, "cancel")\n', "            pass\n", VSP_ORDERS),
    Bug(M + "vsp_trades.py", "GIVEN_BACK_AFTER = timedelta(hours=24)", "GIVEN_BACK_AFTER = timedelta(days=24)", VSP_ORDERS),
    Bug(
        M + "vsp_trades.py",
        '            if one.state == "UNPAID" and one.expires is not None and now >= one.expires:\n',
        '            if one.state == "UNPAID" and one.expires is None:\n',
        VSP_ORDERS,
    ),
    Bug(M + "vsp_operations.py", '    desk.authcodes.add(fields["authcode"])\n', "", VSP_ORDERS),
    Bug(
        M + "vsp_results.py", '"payinfo": one.payinfo, **status("0000")', '"payinfo": one.payinfo, **status(one.code)', VSP_ORDERS
    ),
    # --- VSP: notifications and the day's file
    Bug(M + "vsp_notify.py", "WAITS = (15, 15, 300, 600, 900)", "WAITS = (15, 60, 300, 600, 900)", VSP_NOTICES),
    Bug(M + "vsp_notify.py", "lambda status: status == _OK, WORD)", "lambda status: status == _OK)", VSP_NOTICES),
    Bug(M + "vsp_results.py", '"signtype": signtype(one),', '"signtype": "RSA",', VSP_NOTICES),
    Bug(M + "vsp_operations.py", "            desk.told(one)\n", "            pass\n", VSP_NOTICES),
    Bug(M + "vsp_files.py", "GOOD_FOR = timedelta(minutes=2)", "GOOD_FOR = timedelta(minutes=20)", VSP_FILES),
    Bug(M + "vsp_files.py", "READY = timedelta(days=1, hours=6)", "READY = timedelta(days=1)", VSP_FILES),
    Bug(M + "vsp_files.py", "signed = one.amount if one.is_payment else -one.amount", "signed = one.amount", VSP_FILES),
    Bug(M + "vsp_files.py", "wanted = day(fields).replace(tzinfo=BEIJING)", "wanted = day(fields).astimezone()", VSP_FILES),
    # --- codes and keys
    Bug(M + "codes.csv", "tlt.detail,0014,提交中间状态", "tlt.detail,0014,处理成功", CODES),
    Bug(M + "codes.py", "    return found or Row(places[1], code,", "    return found or Row(places[0], code,", CODES),
    Bug(
        M + "keys.py",
        "        write(paths[0], bytes(private).hex().encode(), PRIVATE)",
        "        write(paths[0], bytes(private).hex().encode(), PUBLIC)",
        KEYS,
    ),
    Bug(M + "keys.py", "replace(path, missing + text)", "replace(path, text + missing)", KEYS),
]
