"""The arguments of ``payment-channels route …``. What a command needs is imported when it runs."""

import argparse
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from payment_channels.cli.journal import SETTINGS, carried_out

TEXT = "路由：为什么走这个渠道账户，策略的提出、复核、回放，健康与人工开关 / routing: why this account, policies, health"
EPILOG = """例 / examples:
  payment-channels route explain --merchant tea payout 12345 --corporate --bank 102
  payment-channels route explain --merchant tea payment 880 --product native --at 2026-03-05T22:30+08:00
  payment-channels route order order0001 --merchant tea
  payment-channels route check routing.toml
  payment-channels route replay routing.toml --day 2026-03-04
  payment-channels route propose routing.toml --who Zhang --why "茶行改走银行直连"
  payment-channels route put-in-force 2 --who Li
  payment-channels route switch bank off --who Wang --why "银行来电，接口故障"

退出状态 / exit status:
  0  完成 / done
  1  没有账户可以受理、策略有误，或没有这样的订单 / no account takes it, the policy is wrong, or there is no such order
  2  设置、文件或命令有误 / settings, file or command are wrong
  3  日志库不可用 / the journal cannot be used
"""


def add_command(commands: Any) -> None:
    """Add ``route`` to the command line."""
    parts = _parser(commands, "route", TEXT).add_subparsers(required=True, metavar="WHAT")
    _explain(parts)
    order = _command(parts, "order", "一笔订单走了哪里、为什么 / where an order went, and why")
    order.add_argument("order", metavar="ORDER", help="核心的单号，或渠道账户处的单号 / its own number, or the account's")
    order.add_argument("--merchant", metavar="NAME", help="商户 / the merchant")
    check = _command(parts, "check", "检查策略文件，并与生效的版本比较 / validate a policy file, and compare it")
    check.add_argument("file", metavar="FILE", help="TOML 或 JSON / TOML or JSON")
    _replay(parts)
    propose = _command(parts, "propose", "提出新版策略；由另一人生效 / propose a version; another puts it into force")
    propose.add_argument("file", metavar="FILE", help="TOML 或 JSON / TOML or JSON")
    _signed(propose, why=True)
    force = _command(parts, "put-in-force", "使一个版本生效；不能是提出的人 / put a version into force", "routing.put_in_force")
    force.add_argument("version", type=int, metavar="N", help="版本号 / the version's number")
    _signed(force, why=False)
    history = _command(parts, "history", "策略的各版本：谁、何时、为何 / the versions: who, when and why")
    history.add_argument("--limit", type=_count, default=20, metavar="N", help="至多 / at most")
    show = _command(parts, "show", "以 JSON 打印一个版本，缺省为生效的 / print a version as JSON")
    show.add_argument("version", type=int, nargs="?", metavar="N", help="版本号 / its number")
    carry_on = _command(
        parts,
        "carry-on",
        "接着处理有了结果的与没人发出的订单，会发送 / the desk's sweep: it sends",
        "sweeping.carry_on",
    )
    how = carry_on.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="一次（缺省）/ once (the default)")
    how.add_argument("--forever", action="store_true", help="一直运行，Ctrl-C 停止 / until Ctrl-C")
    _command(parts, "health", "各账户的健康、开关与最近的切换 / the accounts' health, switches and switchings")
    switch = _command(parts, "switch", "人工开关一个账户 / switch an account by hand")
    switch.add_argument("account", metavar="ACCOUNT", help="账户 / the account")
    switch.add_argument(
        "position", choices=("off", "on", "auto"), help="关闭、强制开启、交回自动 / auto: its answers decide again"
    )
    _signed(switch, why=True)


def _explain(parts: Any) -> None:
    explain = _command(parts, "explain", "为什么走这个账户，其他为什么不走 / why this account, and why not each other")
    explain.add_argument("kind", choices=("payout", "payment"), help="代付或收款 / paying out or taking money")
    explain.add_argument("amount", type=_fen, metavar="FEN", help="金额，最小货币单位（分）/ minor units")
    explain.add_argument("--merchant", required=True, metavar="NAME", help="商户 / the merchant")
    party = explain.add_mutually_exclusive_group()
    for flag, kind, words in (
        ("--corporate", "corporate_account", "对公 / a company's account"),
        ("--personal", "personal_account", "对私 / a person's account"),
        ("--wallet", "wallet", "钱包 / a wallet"),
    ):
        party.add_argument(flag, dest="party", action="store_const", const=kind, help=words)
    explain.add_argument("--bank", metavar="BANK", help="银行代码、名称，或十二位联行号 / a bank's code, name or 联行号")
    explain.add_argument("--card", choices=("debit_card", "credit_card", "passbook"), help="账户种类 / the kind of account")
    explain.add_argument("--wallet-id", choices=("open_id", "sub_open_id", "user_id", "login_id"), help="钱包标识种类 / its kind")
    explain.add_argument("--product", metavar="NAME", help="支付产品，如 native / a payment product")
    explain.add_argument("--speed", choices=("real_time", "same_day", "next_day"), help="到账速度 / how fast")
    explain.add_argument("--arrives-on", type=_day, metavar="DAY", help="到账日 / the day on which it must arrive")
    explain.add_argument("--currency", default="CNY", metavar="CODE", help="币种，缺省 CNY / the currency")
    explain.add_argument("--label", action="append", type=_label, default=[], metavar="NAME=VALUE", help="标签 / a label")
    explain.add_argument(
        "--at",
        type=_moment,
        metavar="TIME",
        help="设想的时刻，须带时区；健康与头寸仍是现在的 / as if it were then, with today's health and funds",
    )
    which = explain.add_mutually_exclusive_group()
    which.add_argument("--policy", metavar="FILE", help="按此文件而非生效的版本 / by this file, not by what is in force")
    which.add_argument("--version", type=int, metavar="N", help="按此版本 / by this version")


def _replay(parts: Any) -> None:
    replay = _command(
        parts, "replay", "以新策略重走某日的订单，列出不同 / decide a past day's orders anew, and show the difference"
    )
    replay.add_argument("file", metavar="FILE", help="TOML 或 JSON / TOML or JSON")
    replay.add_argument("--day", type=_day, metavar="DAY", help="北京日，缺省昨天 / a Beijing day, yesterday by default")
    replay.add_argument("--merchant", metavar="NAME", help="只看一个商户 / one merchant's alone")
    replay.add_argument("--limit", type=_count, default=50, metavar="N", help="至多列出 / at most so many are listed")


def _signed(parser: argparse.ArgumentParser, *, why: bool) -> None:
    parser.add_argument("--who", required=True, metavar="NAME", help="谁 / who does this")
    if why:
        parser.add_argument("--why", required=True, metavar="TEXT", help="为何 / why")


def _parser(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def _command(parts: Any, name: str, text: str, work: str | None = None) -> argparse.ArgumentParser:
    parser = _parser(parts, name, text)
    parser.add_argument("--settings", default=SETTINGS, metavar="FILE", help=f"设置文件，缺省 {SETTINGS} / the settings")
    parser.add_argument("--json", action="store_true", help="输出 JSON / for machines")
    run: Callable[[argparse.Namespace], int] = lambda options: carried_out(work or f"routing.{name}", options)  # noqa: E731
    parser.set_defaults(run=run)
    return parser


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and (number := int(text)) > 0:
        return number
    raise argparse.ArgumentTypeError(f"{text} 不是正整数 / no whole number above 0")


def _fen(text: str) -> int:
    with suppress(argparse.ArgumentTypeError):
        return _count(text)
    raise argparse.ArgumentTypeError(
        f"{text}：金额以分计，是正整数，123.45 元写 12345 / a whole number of fen; 123.45 yuan is 12345"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} 不是日期，写作 2026-03-05 / no day; write 2026-03-05") from None


def _moment(text: str) -> datetime:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    raise argparse.ArgumentTypeError(f"{text}：写作 2026-03-05T22:30+08:00 / write 2026-03-05T22:30+08:00")


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text}：写作 NAME=VALUE / write NAME=VALUE")
    return name, value
