"""The arguments of ``payment-channels funding …``. What a command needs is imported when it runs."""

import argparse
from datetime import date
from typing import Any

from payment_channels.cli.journal import EPILOG, SETTINGS, carried_out

TEXT = "头寸：各商户在各渠道账户的资金 / what each merchant has in each channel account"


def add_command(commands: Any) -> None:
    """Add ``funding`` to the command line."""
    funding = _parser(commands, "funding", TEXT)
    parts = funding.add_subparsers(required=True, metavar="WHAT")
    _narrowed(_command(parts, "status", "各商户、各账户的头寸 / balances by merchant and account"))
    _command(parts, "alarms", "预警：将不足、已停用、透支、与渠道余额不符 / what is short, stopped, below zero, different")
    _cash(parts)
    _residuals(parts)
    statement = _narrowed(_command(parts, "statement", "某日及累计的对账单 / a day's statement, and accumulated"))
    statement.add_argument("--day", type=_day, metavar="DAY", help="北京日，缺省今天 / a Beijing day, today by default")
    statement.add_argument("--entries", action="store_true", help="列出分录 / with the entries")
    compare = _command(parts, "compare", "与渠道自己的余额比对 / compare with the channel's own balance")
    compare.add_argument("account", metavar="ACCOUNT", help="设置文件中的账户 / an account of the settings")
    compare.add_argument("--digits", metavar="DIGITS", help="渠道有几个户头时，指明账号末几位 / its account's last digits")
    compare.add_argument(
        "--number", metavar="NUMBER", help="要问的账号，渠道需要时 / the account to ask for, where it must be named"
    )
    compare.add_argument("--kind", metavar="KIND", help="渠道自己的户头种类 / the channel's own kind of account")
    compare.add_argument("--currency", default="CNY", metavar="CCY", help="币种，缺省 CNY / the currency")
    _command(parts, "follow", "让分录跟上日志 / let the postings follow the journal")
    _command(parts, "verify", "由分录重新推导全部头寸 / derive all books from their postings")
    release = _by_a_person(_account(_command(parts, "release", "释放从未发出的订单所占头寸 / release what never left")))
    release.add_argument("order", metavar="ORDER", help="商户单号 / the core's own number")
    release.add_argument("--kind", default="payout", metavar="KIND", help="种类，缺省 payout / the kind")
    _policy(parts)


def _cash(parts: Any) -> None:
    for name, text in (
        ("paid-in", "记一笔入金 / note what a merchant has paid in"),
        ("taken-out", "记一笔在渠道柜台的出金，两人 / note what two people took out at the channel"),
    ):
        cash = _account(_command(parts, name, text))
        cash.add_argument("--merchant", required=True, metavar="NAME", help="商户 / the merchant")
        cash.add_argument("--amount", required=True, metavar="YUAN", help="金额（元），如 1234.50 / in yuan")
        cash.add_argument("--reference", required=True, metavar="NUMBER", help="银行或渠道的凭证号，只记一次 / noted once")
        twice = name == "taken-out"
        cash.add_argument(
            "--who",
            action="append",
            required=True,
            metavar="NAME",
            help="经办人与复核人，写两次 / twice" if twice else "谁 / who",
        )
        if twice:
            cash.add_argument("--why", required=True, metavar="TEXT", help="缘由 / why")


def _residuals(parts: Any) -> None:
    left = _command(parts, "residuals", "失败与退票留下的头寸，及其申请 / what orders left, and the requests")
    left.add_argument("--account", metavar="NAME", help="只看一个账户 / one account alone")
    left.add_argument("--limit", type=int, default=100, metavar="N", help="至多 / at most")
    for name, text in (
        ("repay", "申请以新单号重付一笔留下的头寸 / propose to pay it again under a new number"),
        ("withdraw", "申请提回一笔留下的头寸 / propose to take it out at the channel"),
    ):
        asked = _by_a_person(_account(_command(parts, name, text)))
        asked.add_argument("order", metavar="ORDER", help="原单号 / the order that left it")
        asked.add_argument("--kind", default="payout", metavar="KIND", help="原单种类，缺省 payout / its kind")
        asked.add_argument("--number", required=True, metavar="NEW", help="新单号 / the new number")
        asked.add_argument("--amount", required=True, metavar="YUAN", help="金额（元）/ in yuan")
    approve = _account(_command(parts, "approve", "复核一份申请 / approve what another person proposed"))
    approve.add_argument("number", metavar="NUMBER", help="新单号 / the new number")
    approve.add_argument("--who", required=True, metavar="NAME", help="复核人 / who")
    decline = _by_a_person(_account(_command(parts, "decline", "驳回一份申请 / decline a proposal")))
    decline.add_argument("number", metavar="NUMBER", help="新单号 / the new number")
    done = _account(_command(parts, "done", "记下一笔提回已办成 / note that a withdrawal was made"))
    done.add_argument("number", metavar="NUMBER", help="新单号 / the new number")
    done.add_argument("--reference", required=True, metavar="NUMBER", help="渠道的凭证号 / the channel's number of it")
    done.add_argument("--who", required=True, metavar="NAME", help="谁 / who")


def _policy(parts: Any) -> None:
    _command(parts, "policy", "生效的策略与历史 / the policy in force, and its history")
    check = _command(parts, "check", "检查策略文件 / validate a policy's file")
    check.add_argument("file", metavar="FILE.toml", help="策略 / the policy")
    propose = _by_a_person(_command(parts, "propose", "提出策略 / propose a policy"))
    propose.add_argument("file", metavar="FILE.toml", help="策略 / the policy")
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
    work = _ROOMS.get(name, "funds") + "." + name.replace("-", "_")
    parser.set_defaults(run=lambda options: carried_out(work, options))
    return parser


_ROOMS = {
    **dict.fromkeys(("residuals", "repay", "withdraw", "approve", "decline", "done", "release"), "fund_requests"),
    **dict.fromkeys(("policy", "check", "propose", "put-in-force"), "fund_policy"),
}
"""Where a command is carried out, if not among the looks at the books."""


def _account(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--account", required=True, metavar="NAME", help="渠道账户 / the channel account")
    return parser


def _narrowed(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--account", metavar="NAME", help="只看一个账户 / one account alone")
    parser.add_argument("--merchant", metavar="NAME", help="只看一个商户 / one merchant alone")
    return parser


def _by_a_person(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--who", required=True, metavar="NAME", help="谁 / who")
    parser.add_argument("--why", required=True, metavar="TEXT", help="缘由 / why")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} 不是日期，写作 2026-03-05 / no day; write 2026-03-05") from None
