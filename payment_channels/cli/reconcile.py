"""The arguments of ``payment-channels reconcile …``. What a command needs is imported when it runs."""

import argparse
from datetime import date
from typing import Any

from payment_channels.cli.journal import SETTINGS, carried_out

TEXT = (
    "对账：账单与日志比对，差异单，未到的账单，结算到账 / reconciliation: bills, differences as cases, missing bills, settlements"
)
EPILOG = """例 / examples:
  payment-channels reconcile propose-policy reconciliation.toml --who Zhang --why "首版"
  payment-channels reconcile put-in-force 1 --who Li
  payment-channels reconcile run --account shop --day 2026-03-04
  payment-channels reconcile cases --account shop
  payment-channels reconcile show 12
  payment-channels reconcile propose 12 ask_the_channel --who Zhang --why "渠道工单 8812"
  payment-channels reconcile close 12 --proposal 1 --who Li

退出状态 / exit status:
  0  完成，没有需要人看的差异 / done, nobody has to look at anything
  1  有差异、账单未到或结算不符 / there are differences, a bill is missing, or a settlement differs
  2  设置、文件或命令有误 / settings, file or command are wrong
  3  日志库不可用；再运行即可 / the journal cannot be used: run it again
"""


def add_command(commands: Any) -> None:
    """Add ``reconcile`` to the command line."""
    reconcile = _parser(commands, "reconcile", TEXT)
    parts = reconcile.add_subparsers(required=True, metavar="WHAT")
    run = _command(parts, "run", "取一天的账单并对账，可重复运行 / fetch a day's bill and reconcile it; may be repeated")
    run.add_argument("--account", required=True, metavar="NAME", help="渠道账户 / the channel account")
    run.add_argument("--day", required=True, type=_day, metavar="DAY", help="渠道业务日 / the channel's business day")
    run.add_argument("--kind", default="trade", metavar="KIND", help="账单种类，缺省 trade / the kind of bill")
    run.add_argument(
        "--file", action="append", metavar="FILE", help="不向渠道取，用这些 CSV 或 Parquet 文件 / use these files instead"
    )
    _listed(_command(parts, "runs", "历次对账 / the runs"))
    _listed(_command(parts, "cases", "差异单，缺省只列未结的 / the cases, by default those not at their end")).add_argument(
        "--all", action="store_true", help="含已结的 / also those at their end"
    )
    _case(_command(parts, "show", "一张差异单：两边证据与经过 / a case: both sides, and what happened"))
    _deal_with_cases(parts)
    missing = _command(parts, "missing", "到期未到的账单 / bills that are due and not here")
    missing.add_argument("--account", metavar="NAME", help="只看一个账户 / one account alone")
    _listed(_command(parts, "settlements", "应到与实到的结算 / settlements expected and received"))
    receive = _command(parts, "receive", "登记一笔到账 / note what was received")
    receive.add_argument("--account", required=True, metavar="NAME", help="渠道账户 / the channel account")
    receive.add_argument("--amount", required=True, metavar="YUAN", help="金额（元）/ in yuan")
    receive.add_argument("--on", required=True, type=_day, metavar="DAY", help="到账日 / the day it came")
    receive.add_argument("--for-day", type=_day, metavar="DAY", help="所属的应结算日，缺省同到账日 / the due day it belongs to")
    receive.add_argument("--reference", required=True, metavar="NUMBER", help="银行流水号，只记一次 / the bank's number")
    receive.add_argument("--who", required=True, metavar="NAME", help="谁 / who")
    _policy(parts)


def _deal_with_cases(parts: Any) -> None:
    propose = _case(_command(parts, "propose", "提出如何处理 / say what is to be done about a case"))
    propose.add_argument("action", metavar="ACTION", help="处理方式，见 show / what is done: see show")
    close = _case(_command(parts, "close", "由另一人复核结案 / agree, as another person: it is closed"))
    back = _case(_command(parts, "send-back", "由另一人退回 / disagree: it is open again"))
    for parser in (close, back):
        parser.add_argument(
            "--proposal",
            required=True,
            type=_whole,
            metavar="N",
            help="所复核的第几次提议，见 show / which proposal was read: see show",
        )
    for parser in (propose, close, back):
        parser.add_argument("--who", required=True, metavar="NAME", help="谁 / who")
    for parser in (propose, back):
        parser.add_argument("--why", required=True, metavar="TEXT", help="依据 / why")


def _policy(parts: Any) -> None:
    check = _command(parts, "check", "检查策略文件 / validate a policy's file")
    propose = _command(parts, "propose-policy", "提出策略 / propose a policy")
    for parser in (check, propose):
        parser.add_argument("file", metavar="FILE.toml", help="策略 / the policy")
    propose.add_argument("--who", required=True, metavar="NAME", help="谁 / who")
    propose.add_argument("--why", required=True, metavar="TEXT", help="缘由 / why")
    force = _command(parts, "put-in-force", "由另一人使策略生效 / put a policy into force, by another person")
    force.add_argument("version", type=int, metavar="VERSION", help="版本 / the version")
    force.add_argument("--who", required=True, metavar="NAME", help="谁 / who")


def _parser(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def _command(parts: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser = _parser(parts, name, text)
    parser.add_argument("--settings", default=SETTINGS, metavar="FILE", help=f"设置文件，缺省 {SETTINGS} / the settings")
    parser.add_argument("--json", action="store_true", help="输出 JSON / for machines")
    room = "reconcile_policy" if name in {"check", "propose-policy", "put-in-force"} else "reconciling"
    parser.set_defaults(run=lambda options: carried_out(f"{room}.{name.replace('-', '_')}", options))
    return parser


def _listed(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--account", metavar="NAME", help="只看一个账户 / one account alone")
    parser.add_argument("--day", type=_day, metavar="DAY", help="只看一天 / one day alone")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="至多 / at most")
    return parser


def _case(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("case", type=_number, metavar="CASE", help="差异单号 / the case's number")
    return parser


def _number(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text} 不是差异单号，见 reconcile cases；提出策略用 propose-policy / "
        "no case's number: see `reconcile cases`; a policy is proposed by `propose-policy`"
    )


def _whole(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} 不是第几次提议，见 reconcile show / no proposal's number: see `reconcile show`")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} 不是日期，写作 2026-03-05 / no day; write 2026-03-05") from None
