"""``new-channel``: make every room of a new channel, as a package of its own, with tests that are red until it works."""

import argparse
import keyword
import re
from pathlib import Path

from payment_channels.cli.exits import Exit
from payment_channels.registry import channel_names

TEMPLATES = Path(__file__).with_name("templates")
PAYOUTS = TEMPLATES / "payouts"
"""What stands there takes the place of a template of the same name, for a channel that pays out."""
SUFFIX = ".txt"  # so that no tool takes a template for code
TAKES = {
    "@pay@": "pay",
    "@query@": "query",
    "@PAY@": "PAY",
    "@QUERY@": "QUERY",
    "@Payment@": "Payment",
    "@payment@": "payment",
    "@PAYMENT@": "PAYMENT",
    "@NOT_FOUND@": "ORDER_NOT_FOUND",
    "@Move@": "Take money.",
    "@choice@": 'products=frozenset({"usual"})',
    "@options@": "",
}
PAYS_OUT = {
    "@pay@": "payout",
    "@query@": "query_payout",
    "@PAY@": "PAYOUT",
    "@QUERY@": "QUERY_PAYOUT",
    "@Payment@": "Payout",
    "@payment@": "payout",
    "@PAYMENT@": "PAYOUT",
    "@NOT_FOUND@": "PAYOUT_NOT_FOUND",
    "@Move@": "Pay money out.",
    "@choice@": 'parties=frozenset({"personal_account", "corporate_account"})',
    "@options@": " --payouts",
}
NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
TITLE = re.compile(r"[^\"\\\n@]{1,40}")
"""A title stands inside quotes of Python and of TOML."""


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``new-channel`` to the command line."""
    command = commands.add_parser("new-channel", help="为新渠道建好各房间与红色测试 / make a new channel's rooms, tests red")
    command.add_argument("name", help="小写字母、数字、下划线 / lower-case letters, digits, underscores")
    command.add_argument("--title-zh", help="中文名 / its title in Chinese")
    command.add_argument("--title-en", help="英文名 / its title in English")
    command.add_argument("--payouts", action="store_true", help="只做代付 / it pays out, instead of taking payments")
    command.add_argument("--into", type=Path, default=Path(), help="放在哪个目录 / the folder to make it in")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the package; nothing that exists is ever written over."""
    titles = {"title_zh": options.title_zh or options.name, "title_en": options.title_en or options.name.capitalize()}
    problem = _problem(options.name, titles, options.into / options.name)
    if problem:
        print(problem)
        return Exit.REFUSED
    folder = options.into / options.name
    for path in make(options.name, titles, folder, payouts=options.payouts):
        print(f"  {path}")
    print(f"已建好；先看 {folder / 'README.md'}，再跑测试：每条红色测试都说明要写什么。")
    print(f"Made. Read {folder / 'README.md'}, then run its tests: each red one says what to write.")
    return Exit.DONE


def _problem(name: str, titles: dict[str, str], folder: Path) -> str:
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        return (
            f"渠道名 {name!r} 不可用：2–31 位小写字母、数字、下划线，字母开头\n"
            f"{name!r} cannot name a channel: 2 to 31 lower-case letters, digits or underscores, a letter first"
        )
    if name in channel_names():
        return f"已有名为 {name} 的渠道\nthere is a channel named {name} already"
    wrong = next((title for title in titles.values() if not TITLE.fullmatch(title)), None)
    if wrong is not None:
        return (
            f"标题 {wrong!r} 不可用：1–40 字符，不含引号、反斜杠、换行与 @\n"
            f"{wrong!r} cannot be a title: 1 to 40 characters without quotes, backslashes, line feeds and @"
        )
    if folder.exists():
        return f"{folder} 已存在，未改动；请换一个目录（--into）\n{folder} exists and is left alone: choose another (--into)"
    return ""


def make(name: str, titles: dict[str, str], folder: Path, *, payouts: bool = False) -> list[Path]:
    """Write every room, of a channel that takes payments or of one that pays out; return their paths within ``folder``."""
    classes = {"@Class@": "".join(part.capitalize() for part in name.split("_"))}
    words = {"@name@": name, **classes, **_marked(titles), **(PAYS_OUT if payouts else TAKES)}
    made = []
    for place, template in sorted(_templates(payouts=payouts).items()):
        room = _room(place.removesuffix(SUFFIX), name)
        text = template.read_text(encoding="utf-8")
        for mark, word in words.items():
            text = text.replace(mark, word)
        path = folder / room
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        made.append(Path(room))
    return made


def _templates(*, payouts: bool) -> dict[str, Path]:
    """Return the templates by their place."""
    usual = (path for path in TEMPLATES.rglob(f"*{SUFFIX}") if PAYOUTS not in path.parents)
    others = PAYOUTS.rglob(f"*{SUFFIX}") if payouts else ()
    return {path.relative_to(TEMPLATES).as_posix(): path for path in usual} | {
        path.relative_to(PAYOUTS).as_posix(): path for path in others
    }


def _room(place: str, name: str) -> str:
    """Say where a template's room is: the sources lie in a folder of the channel's name, and its table is called so too."""
    if place.startswith("src/"):
        return place.replace("src/", f"src/{name}/").replace("table.toml", f"{name}.toml")
    return place


def _marked(titles: dict[str, str]) -> dict[str, str]:
    return {f"@{field}@": title for field, title in titles.items()}
