"""The arguments of ``payment-channels report``. What the command needs is imported when it runs."""

import argparse
from datetime import date
from typing import Any

from payment_channels.cli.journal import SETTINGS, carried_out

TEXT = "运营报表：终端表格、CSV 与一页 HTML / the operations report: on the terminal, as CSV, as one HTML page"
EPILOG = """例 / examples:
  payment-channels report                                       昨天（北京时间）/ yesterday, Beijing time
  payment-channels report --day 2026-03-05 --html report.html
  payment-channels report --from 2026-03-01 --until 2026-03-31 --csv march --html march/report.html
"""


def add_command(commands: Any) -> None:
    """Add ``report`` to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report", help=TEXT, description=TEXT, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--settings", default=SETTINGS, metavar="FILE", help=f"设置文件，缺省 {SETTINGS} / the settings")
    parser.add_argument("--json", action="store_true", help="输出 JSON / for machines")
    days = parser.add_argument_group("期间（北京日）/ the period, in Beijing days")
    days.add_argument("--day", type=_day, metavar="DAY", help="一天，缺省昨天 / one day, yesterday by default")
    days.add_argument("--from", dest="first", type=_day, metavar="DAY", help="起日 / the first day")
    days.add_argument("--until", dest="last", type=_day, metavar="DAY", help="止日（含）/ the last day, included")
    parser.add_argument("--html", metavar="FILE", help="写一页 HTML / write the page")
    parser.add_argument("--csv", metavar="FOLDER", help="每表写一个 CSV / write a CSV file a table")
    parser.add_argument(
        "--language",
        choices=("zh", "en"),
        default="zh",
        help="终端的语言，页面也以它打开 / of the terminal, and the page opens in it",
    )
    parser.set_defaults(run=lambda options: carried_out("reporting.report", options))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} 不是日期，写作 2026-03-05 / no day; write 2026-03-05") from None
