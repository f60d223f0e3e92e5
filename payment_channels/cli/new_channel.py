"""``new-channel``: make every room of a new channel, as a package of its own, with tests that are red until it works."""

import argparse
import keyword
import re
from pathlib import Path

from payment_channels.cli.exits import Exit
from payment_channels.registry import channel_names

TEMPLATES = Path(__file__).with_name("templates")
SUFFIX = ".txt"  # so that no tool takes a template for code
NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
TITLE = re.compile(r"[^\"\\\n@]{1,40}")
"""A title stands inside quotes of Python and of TOML."""


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``new-channel`` to the command line."""
    command = commands.add_parser("new-channel", help="为新渠道建好各房间与红色测试 / make a new channel's rooms, tests red")
    command.add_argument("name", help="小写字母、数字、下划线 / lower-case letters, digits, underscores")
    command.add_argument("--title-zh", help="中文名 / its title in Chinese")
    command.add_argument("--title-en", help="英文名 / its title in English")
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
    for path in make(options.name, titles, folder):
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


def make(name: str, titles: dict[str, str], folder: Path) -> list[Path]:
    """Write every room; return their paths within ``folder``."""
    words = {"@name@": name, "@Class@": "".join(part.capitalize() for part in name.split("_")), **_marked(titles)}
    made = []
    for template in sorted(TEMPLATES.rglob(f"*{SUFFIX}")):
        room = _room(template.relative_to(TEMPLATES).as_posix().removesuffix(SUFFIX), name)
        text = template.read_text(encoding="utf-8")
        for mark, word in words.items():
            text = text.replace(mark, word)
        path = folder / room
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        made.append(Path(room))
    return made


def _room(place: str, name: str) -> str:
    """Say where a template's room is: the sources lie in a folder of the channel's name, and its table is called so too."""
    if place.startswith("src/"):
        return place.replace("src/", f"src/{name}/").replace("table.toml", f"{name}.toml")
    return place


def _marked(titles: dict[str, str]) -> dict[str, str]:
    return {f"@{field}@": title for field, title in titles.items()}
