"""Faults planted in the reports: what a success rate counts, whose and of which day an order is, and what becomes of its text."""

from tests.planted_bugs.bug import Bug

R = "payment_channels/business/reports/"
COUNTED = ("tests/business/reports/test_counted.py",)
MONEY = ("tests/business/reports/test_money.py",)
WRITTEN = ("tests/business/reports/test_written.py",)
CHARTS = ("tests/business/reports/test_charts.py",)
COMMAND = ("tests/cli/test_report.py",)

BUGS = [
    # --- what is counted
    Bug(R + "counted.py", "FINAL = (Ending.SUCCEEDED, Ending.BUSINESS,", "FINAL = (Ending.SUCCEEDED, Ending.UNKNOWN,", COUNTED),
    Bug(R + "counted.py", "Ending.OTHER, Ending.RETURNED, Ending.REVERSED)", "Ending.OTHER, Ending.REVERSED)", COUNTED),
    Bug(R + "counted.py", "Decline.TECHNICAL: Ending.TECHNICAL", "Decline.TECHNICAL: Ending.BUSINESS", COUNTED),
    Bug(R + "counted.py", "AND e.outcome = 'failed' THEN o.canonical", "THEN o.canonical", COUNTED),
    Bug(R + "counted.py", 'o.created_at >= ? AND o.created_at < ? "', 'o.created_at > ? AND o.created_at < ? "', COUNTED),
    Bug(R + "counted.py", 'o.created_at >= ? AND o.created_at < ? "', 'o.created_at >= ? AND o.created_at <= ? "', COUNTED),
    Bug(
        R + "counted.py",
        "\"CASE WHEN o.state = 'failed' AND a.state = 'abandoned'",
        "\"CASE WHEN 1 = 0 AND a.state = 'abandoned'",
        COUNTED,
    ),
    Bug(R + "counted.py", "COALESCE(o.original_id, o.merchant_id)", "o.merchant_id", COUNTED),
    Bug(
        R + "counted.py",
        '"AND b.attempt = a.attempt + 1 AND a.kind = o.kind "',
        '"AND b.attempt = a.attempt - 1 AND a.kind = o.kind "',
        COUNTED,
    ),
    Bug(R + "counted.py", "WHEN o.created_at > ? THEN {number}", "WHEN o.created_at >= ? THEN {number}", COUNTED),
    Bug(R + "counted.py", "o.state IN ('unknown', 'pending') {", "o.state IN ('unknown') {", COUNTED),
    Bug(R + "period.py", "_AHEAD = timedelta(hours=8)", "_AHEAD = timedelta(hours=0)", COUNTED),
    Bug(R + "period.py", "self.last + timedelta(days=1), time(), BEIJING", "self.last, time(), BEIJING", COUNTED),
    Bug(R + "period.py", "if self.days > LONGEST_DAYS:", "if self.days > 2 * LONGEST_DAYS:", COUNTED),
    Bug(R + "sheets.py", "self.part * 10_000 // self.whole", "round(self.part * 10_000 / self.whole)", COUNTED),
    Bug(R + "orders.py", "[one for one in rows if one.last] if any(", "list(rows) if any(", COUNTED),
    Bug(
        R + "orders.py",
        "lambda place: replace(place, merchant=None)",
        "lambda place: replace(place, merchant=None, currency=None)",
        COUNTED,
    ),
    Bug(R + "waiting.py", "now - record.created_at,", "now - record.changed_at,", COUNTED),
    # --- money
    Bug(R + "funds.py", "self.added += max(movement.change.residual, 0)", "self.added += movement.change.residual", MONEY),
    Bug(R + "funds.py", "        self.closing = one.closing\n", "        self.closing += one.change\n", MONEY),
    Bug(R + "funds.py", "        -change.outside,", "        change.outside,", MONEY),
    Bug(R + "funds.py", "for number in range(period.days):", "for number in range(1):", MONEY),
    Bug(R + "bills.py", 'if one.side == "bill":', "if True:", MONEY),
    Bug(
        R + "bills.py",
        "-1 if terms is not None and terms.charged_fee_is",
        "1 if terms is not None and terms.charged_fee_is",
        MONEY,
    ),
    Bug(R + "bills.py", "kept.setdefault((run.account, run.day), run)", "kept[run.account, run.day] = run", MONEY),
    Bug(R + "bills.py", "or (one.state in WRONG and one.due_on < period.first)", "or one.due_on < period.first", MONEY),
    Bug(
        R + "bills.py",
        "SettlementState.DIFFERENT, SettlementState.OVERDUE, SettlementState.UNEXPECTED}",
        "SettlementState.OVERDUE}",
        MONEY,
    ),
    Bug(R + "report.py", "    except ConfigurationError as error:", "    except ZeroDivisionError as error:", MONEY),
    # --- what becomes of it
    Bug(R + "markup.py", "part if isinstance(part, Markup) else escape(part.translate(_UNSEEN))", "part", WRITTEN),
    Bug(R + "markup.py", "escape(str(value))}\"' for", "value}\"' for", WRITTEN),
    Bug(R + "page.py", "default-src 'none'; ", "", WRITTEN),
    Bug(R + "markup.py", 'element(name, words.en, lang="en")', 'element(name, words.zh, lang="en")', CHARTS),
    Bug(R + "spreadsheets.py", 'f"\'{value}" if value.startswith(_FORMULAS) else value', "value", WRITTEN),
    Bug(R + "spreadsheets.py", '"\\ufeff" + text.getvalue()', "text.getvalue()", WRITTEN),
    Bug(R + "spreadsheets.py", '    "money": ("", "_currency", "_minor"),\n', "", WRITTEN),
    Bug(R + "charts.py", "max(100 * value / whole, THINNEST)", "100 * value / whole", CHARTS),
    Bug(R + "charts.py", " -= max(sum(widths.values()) - 100, 0)", " -= 0", CHARTS),
    Bug(R + "charts.py", "if value > 0)\n\n\ndef _segments", "if value)\n\n\ndef _segments", CHARTS),
    Bug(R + "charts.py", "and step * power % 2 == 0", "and True", CHARTS),
    Bug(R + "sheets.py", 'sign = "-" if value.amount < 0 else ""', 'sign = ""', CHARTS),
    Bug("payment_channels/cli/reporting.py", "- timedelta(days=1))", ")", COMMAND),
    Bug("payment_channels/cli/reporting.py", "except OSError as error:", "except ZeroDivisionError as error:", COMMAND),
]
