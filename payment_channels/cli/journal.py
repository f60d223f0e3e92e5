"""The arguments of ``payment-channels journal …`` and ``payout-batch``, and how each is carried out and ends.

What a command needs is imported when it runs: the list of commands is shown without the extras.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

EPILOG = """退出状态 / exit status:
  0  完成 / done
  1  有需要查看的：不一致、失败的行、没有的订单、打不开的账户 / something must be looked at
  2  设置、文件或命令有误，或没有确认；什么也没有发送 / refused, nothing was sent
  3  日志库不可用；没有写下的就没有发送 / the journal cannot be used
  4  尚未到底：未知、处理中或未发送；稍后再运行 / not at its end: run it again later
  130  被信号中断；已知的都在日志里，再运行即可 / interrupted: run it again
"""
SETTINGS = "journal.toml"


def add_commands(commands: Any) -> None:
    """Add ``journal`` and ``payout-batch`` to the command line."""
    journal = _parser(commands, "journal", "订单日志：查看、查询未决、人工结论、密钥 / the journal of orders")
    parts = journal.add_subparsers(required=True, metavar="WHAT")
    _command(parts, "init", "working.init", "新建日志库与密钥文件 / make the journal and its keys")
    _command(parts, "status", "viewing.status", "按账户、种类、状态计数，未决的按时长 / counts")
    _listing(parts, "unknown", "viewing.unknown", "未决的订单，最早在前 / the unresolved, the oldest first")
    _listing(parts, "manual", "viewing.manual", "待人工处理的订单 / orders for people")
    _listing(parts, "conflicts", "viewing.conflicts", "说法相反的订单 / orders in conflict")
    _listing(parts, "notices", "viewing.notices", "无主的通知 / notifications of no order of ours")
    _ordered(parts, "show", "viewing.show", "一笔订单的全部经过与证据 / an order's whole story")
    _resolve(parts)
    _decide(parts)
    verify = _command(parts, "verify", "viewing.verify", "由事件重新推导每笔订单并打开全部封存 / verify the journal")
    verify.add_argument("--batch", type=_count, default=1000, help=argparse.SUPPRESS)
    key = _command(parts, "add-key", "working.add_key", "在密钥文件中加入新密钥 / add a key to the file of keys")
    key.add_argument("name", metavar="NAME", help="密钥名 / its name")
    key.add_argument("--current", action="store_true", help="立即成为当前密钥（仅限单个进程）/ make it current at once")
    reseal = _command(parts, "reseal", "working.reseal_all", "以当前密钥重新封存全部内容 / seal everything anew")
    reseal.add_argument("--batch", type=_count, default=500, help=argparse.SUPPRESS)
    _payout_batch(commands)


def _payout_batch(commands: Any) -> None:
    batch = _command(commands, "payout-batch", "batch.payout_batch", "按 CSV 批量代付，可随时停止与继续 / pay a CSV of payees")
    batch.add_argument("file", metavar="FILE.csv", help="收款表 / the payees")
    batch.add_argument("--account", required=True, metavar="NAME", help="设置文件中的账户 / an account of the settings")
    batch.add_argument("--check", action="store_true", help="只检查，不发送 / validate and send nothing")
    batch.add_argument("--yes", action="store_true", help="不再询问 / do not ask")
    batch.add_argument("--encoding", choices=("utf-8", "gbk"), help="文件编码，缺省自动判断 / the file's encoding")


def _resolve(parts: Any) -> None:
    resolve = _command(parts, "resolve", "working.resolve", "查询到期的未决订单 / ask after the orders that are due")
    how = resolve.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="各查一次（缺省）/ once each (the default)")
    how.add_argument("--forever", action="store_true", help="一直运行，Ctrl-C 停止 / until Ctrl-C")


def _decide(parts: Any) -> None:
    decide = _ordered(parts, "decide", "working.decide", "记下两人对一笔订单的结论 / what two people decided")
    outcomes = ("succeeded", "failed", "returned", "reversed")
    decide.add_argument("outcome", choices=outcomes, metavar="OUTCOME", help=f"结论：{', '.join(outcomes)} / what it came to")
    decide.add_argument("--who", action="append", required=True, metavar="NAME", help="作出结论的人，写两次 / give it twice")
    decide.add_argument("--why", required=True, metavar="TEXT", help="依据 / what it rests on")
    decide.add_argument("--yes", action="store_true", help="不再询问 / do not ask")


def _parser(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def _command(parts: Any, name: str, work: str, text: str) -> argparse.ArgumentParser:
    parser = _parser(parts, name, text)
    parser.add_argument("--settings", default=SETTINGS, metavar="FILE", help=f"设置文件，缺省 {SETTINGS} / the settings")
    parser.add_argument("--json", action="store_true", help="输出 JSON / for machines")
    parser.set_defaults(run=lambda options: carried_out(work, options))
    return parser


def _listing(parts: Any, name: str, work: str, text: str) -> None:
    _command(parts, name, work, text).add_argument("--limit", type=_count, default=100, metavar="N", help="至多 / at most")


def _ordered(parts: Any, name: str, work: str, text: str) -> argparse.ArgumentParser:
    parser = _command(parts, name, work, text)
    parser.add_argument("order", metavar="ORDER", help="商户单号或渠道单号 / its own number or the channel's")
    parser.add_argument("--account", metavar="NAME", help="同号时指明账户 / where several have the number")
    parser.add_argument("--kind", metavar="KIND", help="同号时指明种类，如 refund / the same")
    return parser


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} 不是正整数 / no whole number above 0")


def carried_out(work: str, options: argparse.Namespace) -> int:
    """Run one command; what it refuses is shown in both languages, and the exit status says how it ended."""
    from pydantic import ValidationError  # noqa: PLC0415  as all that a command needs

    from payment_channels.cli.desk import Desk, NoSuchOrderError  # noqa: PLC0415  it needs the extra cli
    from payment_channels.cli.exits import Exit  # noqa: PLC0415  the same
    from payment_channels.cli.screen import Screen  # noqa: PLC0415  the same
    from payment_channels.cli.settings import read_settings  # noqa: PLC0415  the same
    from payment_channels.journal import JournalUnavailableError  # noqa: PLC0415  the same
    from payment_channels.model.refusals import InvalidRequestError, PaymentChannelError  # noqa: PLC0415  the same

    screen = Screen(as_json=options.json)
    room, _, name = work.partition(".")
    try:
        run: Callable[[Desk], Exit] = getattr(import_module(f"payment_channels.cli.{room}"), name)
        settings = read_settings(Path(options.settings))
        if settings.keys.readable_by_others:
            screen.note(f"其他用户可读密钥文件 {settings.keys.file}；请 chmod 600", "others can read the file of keys: chmod 600")
        return run(Desk(screen, settings, options))
    except JournalUnavailableError as error:
        screen.refused(error)
        return Exit.UNAVAILABLE
    except PaymentChannelError as error:
        screen.refused(error)
        return Exit.FOUND if isinstance(error, NoSuchOrderError) else Exit.REFUSED
    except (OverflowError, UnicodeError, ValidationError) as error:
        screen.refused(
            InvalidRequestError.because(
                f"有参数超出可表示的范围（过大、年份过远，或不是文字）：{error}",
                f"an argument is too large, too far in time, or no text: {error}",
            )
        )
        return Exit.REFUSED
    except KeyboardInterrupt:
        screen.note("已中断；已知的都在日志里，再运行即可", "interrupted: what is known stands in the journal; run it again")
        return Exit.INTERRUPTED
