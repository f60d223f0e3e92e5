"""Faults planted in reconciliation: what differs and what does not, whose day it is, what people see, and what is due."""

from tests.planted_bugs.bug import Bug

R = "payment_channels/business/reconciliation/"
T = "tests/business/reconciliation/"
FACTS = (T + "test_by_fact.py",)
PLANTED = (T + "test_planted.py",)
DAYS = (T + "test_over_days.py",)
REFUSALS = (T + "test_refusals.py",)
POLICY = ("tests/cli/test_reconcile.py",)
CASES = (T + "test_cases_and_days.py",)
SETTLEMENTS = (T + "test_settlements.py",)
CHANNELS = (T + "test_bills_of_the_channels.py",)
BILLED = ("tests/journal/test_billed.py",)

BUGS = [
    # --- what differs
    Bug(
        R + "comparing.py",
        "WHEN bill.amount IS DISTINCT FROM orders.amount OR",
        "WHEN abs(bill.amount - orders.amount) > 1 OR",
        PLANTED,
    ),
    Bug(R + "comparing.py", "OR bill.currency IS DISTINCT FROM orders.currency", "", PLANTED),
    Bug(R + "comparing.py", "WHEN bill.settled AND NOT orders.agrees", "WHEN NOT orders.agrees", FACTS),
    Bug(R + "comparing.py", ") AND NOT conflict AS agrees", ") AS agrees", FACTS),
    Bug(R + "comparing.py", "> {one.tolerance} THEN {FEE}", "> 1 THEN {FEE}", PLANTED),
    Bug(R + "comparing.py", "WHEN bill.fee IS NULL OR abs(", "WHEN abs(", FACTS),
    Bug(R + "comparing.py", 'sign = "-" if terms.charged_fee_is == "negative" else ""', 'sign = ""', FACTS),
    Bug(R + "comparing.py", "ON bill.what = orders.what AND bill.number", "ON bill.number", FACTS),
    Bug(R + "comparing.py", "WHEN NOT orders.missed THEN 0 ", "", PLANTED),
    Bug(R + "comparing.py", "WHEN bill.what = {FEES} THEN 0 ELSE", "WHEN false THEN 0 ELSE", FACTS),
    Bug(R + "comparing.py", "HAVING count(*) > 1)", "HAVING count(*) > 2)", PLANTED),
    Bug(R + "comparing.py", "if kind in terms.covers})}) AS missed", "})}) AS missed", FACTS),
    Bug(R + "staging.py", '"payment": ("succeeded",)}', '"payment": ("succeeded", "reversed")}', FACTS),
    Bug(R + "staging.py", "created_at < ? AND (created_at > ?", "created_at <= ? AND (created_at > ?", FACTS),
    Bug(R + "staging.py", "        row.settled,\n", "        True,\n", FACTS),
    Bug(R + "policy.py", "amount * self.millionths + MILLION // 2) // MILLION", "amount * self.millionths) // MILLION", FACTS),
    # --- what is looked for elsewhere
    Bug(R + "judging.py", "            if there != self.day or about in self.noted.settled:\n", "            if False:\n", CASES),
    Bug(
        R + "judging.py",
        "if (kind, number) in self.noted.met or (kind, number) in self._seen:",
        "if (kind, number) in self.noted.met:",
        FACTS,
    ),
    Bug(R + "judging.py", "if (kind, number) in self.noted.met or (kind", "if (kind", CASES),
    Bug(R + "judging.py", "facts.add(Difference.AMOUNT)", "pass", CASES),
    Bug(R + "judging.py", 'number != order["channel_order_id"], bool(one.facts & AMOUNT)', "False, False", FACTS),
    Bug(R + "judging.py", "any(re.fullmatch(pattern, number)", 'any(re.match("", number)', PLANTED),
    Bug(R + "judging.py", "        if other is not None:\n", "        if False:\n", PLANTED),
    Bug(R + "judging.py", "        if about in self._lone:\n            return True\n", "", FACTS),
    Bug(
        R + "knowing.py",
        'yield "cancel", refund or order or ""\n        if order:\n',
        'yield "cancel", refund or order or ""\n        if not order:\n',
        FACTS,
    ),
    # --- one order in the bills of several days
    Bug(R + "comparing.py", "    if billed:\n", "    if False:\n", DAYS),
    Bug(R + "judging.py", "if one.facts & BILLED and about in self.noted.met:", "if False:", DAYS),
    Bug(R + "judging.py", "if about in self.noted.met and is_once(about[0]) else", "if False else", DAYS),
    Bug(
        R + "judging.py",
        "frozenset({Difference.DUPLICATE}) | facts & {Difference.STATUS}",
        "frozenset({Difference.DUPLICATE})",
        DAYS,
    ),
    Bug(R + "earlier.py", "        if bills:\n", "        if bills and min(bills) < self.day.isoformat():\n", DAYS),
    Bug(R + "earlier.py", "for kind, _, _, place in rows if is_once(kind)}", "for _, _, _, place in rows}", DAYS),
    Bug(R + "running.py", "if line.finding is BillFinding.SETTLED and self._first_of_its_day(finding):", "if False:", DAYS),
    Bug(R + "earlier.py", "int(read_at) - _BEFORE_READING", "int(read_at)", DAYS),
    # --- what no bill can be
    Bug(R + "staging.py", "if money is not None and abs(money.amount) > MOST:", "if False:", REFUSALS),
    Bug(R + "staging.py", "        if _PATTERN & set(str(path)):\n", "        if False:\n", REFUSALS),
    Bug(
        R + "staging.py", "    except (OSError, ValueError, csv.Error) as error:\n", "    except csv.Error as error:\n", REFUSALS
    ),
    Bug(R + "comparing.py", "        if too_much:\n", "        if False:\n", REFUSALS),
    Bug(R + "comparing.py", "if lacks or kind not in _KINDS or", "if kind not in _KINDS or", REFUSALS),
    Bug(
        R + "comparing.py",
        "        with readable(staged):\n            yield from",
        "        if True:\n            yield from",
        REFUSALS,
    ),
    Bug(R + "policy.py", "if type(day) is not date or not FIRST_DAY <= day <= LAST_DAY:", "if type(day) is not date:", REFUSALS),
    # --- what is kept, and until when
    Bug(R + "running.py", 'if done and not finding.order["conflict"] else', "if done else", FACTS),
    Bug(R + "running.py", "done = line.finding in {BillFinding.SETTLED, BillFinding.AGREES}", "done = True", PLANTED),
    Bug(R + "running.py", "            if not here:\n", "            if True:\n", FACTS),
    Bug(R + "keeping.py", "        if state == CaseState.CLEARED.value:\n            return True\n", "", CASES),
    Bug(R + "keeping.py", "return not overdue and (", "return (", CASES),
    Bug(R + "keeping.py", 'and row[3] in {"waiting", "open"}]', 'and row[3] in {"waiting"}]', CASES),
    Bug(R + "keeping.py", "            self._missed_again(kind, number, order_day)\n", "            pass\n", CASES),
    Bug(R + "keeping.py", "timedelta(days=carry_days)", "timedelta(days=1)", CASES),
    Bug(R + "cases.py", "            checked_by_another(maker, checker)\n", "", CASES),
    Bug(R + "cases.py", "        if proposal != latest:\n", "        if proposal > latest:\n", CASES),
    Bug(
        R + "cases.py",
        "        def check(cursor: Cursor, _: str) -> None:\n            self._as_read(cursor, number, proposal)\n",
        "        def check(cursor: Cursor, _: str) -> None:\n            pass\n",
        CASES,
    ),
    Bug(R + "runs.py", 'and state != "closed":', "and True:", FACTS),
    Bug(R + "runs.py", "terms.bill_due, BEIJING)) <= now:", "terms.bill_due, BEIJING)) < now:", FACTS),
    # --- what is due
    Bug(R + "settling.py", "begins = day + timedelta(days=1) if terms.days else day", "begins = day", SETTLEMENTS),
    Bug(R + "settling.py", "+ one.net - fee", "+ one.amount - fee", SETTLEMENTS),
    Bug(R + "settling.py", "if today <= on else", "if today < on else", SETTLEMENTS),
    Bug(
        R + "settling.py",
        "if (found.received_on, found.for_day, found.amount) != (received_on, meant, amount):",
        "if False:",
        SETTLEMENTS,
    ),
    Bug(R + "settling.py", "                years = {last.year + 1}\n", "                pass\n", POLICY),
    Bug(R + "settling.py", "years = set(range(terms.since.year, last.year + 1)) - known", "years = {last.year} - known", POLICY),
    Bug("payment_channels/cli/reconcile_policy.py", "strange or lacking or bare else", "strange or lacking else", POLICY),
    Bug(R + "totals.py", "if told is not None and told != added:", "if told is not None and told < added:", FACTS),
    # --- a row that is not at its end
    Bug("payment_channels/journal/billed.py", "    if not row.settled:\n", "    if False:\n", BILLED),
    Bug(
        "payment_channels/channels/wechat/bill.py",
        'SETTLED = frozenset({None, "", "SUCCESS"})',
        'SETTLED = frozenset({None, "", "SUCCESS", "PROCESSING"})',
        ("tests/channels/wechat/test_bill.py",),
    ),
    Bug(
        "payment_channels/channels/allinpay/bill_lines.py",
        'not in {at.date().isoformat(), row["交易完成日期"]}',
        "not in {at.date().isoformat()}",
        ("tests/channels/allinpay/test_bill.py", *CHANNELS),
    ),
]
