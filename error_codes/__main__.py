"""The catalogue's command line: lint, docs, build, export, explain, diff."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from error_codes import build, diff, export, lint, pages
from error_codes.catalogue import BUILT_IN, HERE, CatalogueError
from error_codes.explain import Question, as_data, explain
from error_codes.model import VERBS
from error_codes.shown import as_text
from error_codes.translate import Translator

CLOSED = 128 + 13
"""The exit status of what SIGPIPE ends, as the shell tells it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # who read the output has seen enough, as `head` has: the rest goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m error_codes", description="统一错误码 / the unified error-code catalogue")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("lint", help="检查所有码表 / check every table")
    command.set_defaults(run=_lint)
    command = commands.add_parser("build", help="重新生成枚举与编译后的码表 / write the generated enum and the compiled tables")
    command.add_argument("--check", action="store_true", help="只检查是否过期 / only say which are stale")
    command.set_defaults(run=_build)
    command = commands.add_parser("docs", help="生成文档页 / write the pages of the documentation")
    command.add_argument("--check", action="store_true", help="只检查是否过期 / only say which are stale")
    command.set_defaults(run=_docs)
    command = commands.add_parser("export", help="导出 / export the catalogue")
    command.add_argument("form", choices=("json", "csv"), help="格式 / its form")
    command.add_argument("--output", type=Path, help="写入文件 / write to a file")
    command.set_defaults(run=_export)
    command = commands.add_parser("explain", help="解释一个渠道码 / explain one raw code")
    command.add_argument("channel", help="渠道 / channel, such as wechat")
    command.add_argument(
        "operation",
        help=f"操作，可细到产品 / operation, down to the product, such as refund or pay.native; {', '.join(sorted(VERBS))}",
    )
    command.add_argument("code", help="渠道码、状态或子码 / raw code, state, or a sub-code by itself")
    command.add_argument("sub_code", nargs="?", help="子码 / sub-code")
    command.add_argument("--http", type=int, help="HTTP 状态 / HTTP status")
    command.add_argument("--where", help="码所在字段 / the field it stood in, such as trade_state")
    command.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    command.set_defaults(run=_explain)
    command = commands.add_parser("diff", help="与旧的 JSON 导出比较 / which meanings changed since an older JSON export")
    command.add_argument("old", type=Path, metavar="OLD_EXPORT", help="旧导出文件 / what `export json` wrote before")
    command.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    command.set_defaults(run=_diff)
    return parser


def _lint(_: argparse.Namespace) -> int:
    findings = lint.lint()
    for finding in findings:
        print(finding)
    if findings:
        print(f"发现 {len(findings)} 处 / findings: {len(findings)}")
        return 1
    codes, count = len(BUILT_IN.all_canonical()), sum(len(BUILT_IN.rows(channel)) for channel in BUILT_IN.channels())
    print(f"{codes} 个统一错误码，{count} 行：没有发现 / {codes} canonical codes, {count} rows: no finding")
    return 0


def _build(options: argparse.Namespace) -> int:
    if not options.check:
        for path in build.build():
            print(f"{'写入 written' if path.exists() else '删除 removed'}: {path.relative_to(HERE)}")
        return 0
    late = build.stale()
    for path in late:
        print(f"过期 stale: {path.relative_to(HERE)}（请运行 / run `python -m error_codes build`）")
    return 1 if late else 0


def _docs(options: argparse.Namespace) -> int:
    if not options.check:
        for path in pages.write():
            print(f"写入 written: {path.relative_to(pages.DOCS.parent)}")
        return 0
    late = pages.stale()
    for path in late:
        print(f"过期 stale: {path.relative_to(pages.DOCS.parent)}（请运行 / run `python -m error_codes docs`）")
    return 1 if late else 0


def _export(options: argparse.Namespace) -> int:
    text = export.as_json() if options.form == "json" else export.as_csv()
    if options.output:
        try:
            options.output.write_text(text, encoding="utf-8")
        except OSError as error:
            why = f"{options.output} 无法写入：{error.strerror}；{options.output} cannot be written: {error.strerror}"
            raise CatalogueError(why) from error
    else:
        sys.stdout.write(text)
    return 0


def _explain(options: argparse.Namespace) -> int:
    translator = Translator(BUILT_IN)
    question = Question(options.channel, options.operation, options.code, options.sub_code, options.http, options.where)
    data = as_data(question, explain(question, translator), translator)
    print(json.dumps(data, ensure_ascii=False, indent=2) if options.json else as_text(data))
    return 0


def _diff(options: argparse.Namespace) -> int:
    """Exit with 1 when the meaning of what was there is another now, with 2 when the old export cannot be read."""
    changes = diff.compare(diff.read(options.old))
    print(json.dumps(diff.as_data(changes), ensure_ascii=False, indent=2) if options.json else diff.as_text(changes))
    return 1 if any(change.grave for change in changes) else 0


if __name__ == "__main__":
    sys.exit(main())
