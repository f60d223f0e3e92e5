"""What a person reads is written in Chinese and in English: each sentence in the source, also one that no test provokes."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import error_codes

HERE = Path(error_codes.__file__).parent.parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[a-z]{2}")
WORDS = re.compile(r"[a-z]|[\u4e00-\u9fff]")
QUOTED = re.compile(r'"[^"]*"|联行号')
"""An example in an English sentence may be a Chinese name; one of the field's own words has no English one."""
TOLD = {
    "error_codes": {"Complaint": 1, "Finding": 3, "Kind": 0},
    "mocks": {"KeysRefusedError": 0, "ControlRefusedError": 0, "FaultRefusedError": 0, "KeyUnusableError": 0},
    "payment_channels": {
        "KeyUnusableError": 0,
        "Sm2MissingError": 0,
        "SealBrokenError": 0,
        "because": 0,
        "_no_certificates": 0,
        "Finding": 1,
        "of_field": 1,
        "refuse": 1,
        "unserved": 1,
        "wrong": 1,
        "_wrong": 1,
        "fault": 2,
        "say": 0,
        "note": 0,
        "ask": 0,
    },
}
"""What is made of a Chinese text and an English one after it, and at which place the two begin."""

TOGETHER = {
    "payment_channels/testing": {"NotImplementedError", "skip", "fail", "PromiseBrokenError"},
    "payment_channels/cli": {"NotImplementedError", "RuntimeError", "TypeError", "ArgumentTypeError", "exit"},
    "mocks": {"exit"},
    "error_codes": {"exit"},
}
"""What is made of one text with both in it, the Chinese first, and a slash between the two."""
HELP = {"help", "description"}
"""The arguments of ``argparse`` that are such texts."""


def literal(node: ast.expr) -> str:
    """Return the words that stand in the source: what is put into them is not among them."""
    if isinstance(node, ast.BinOp):
        return literal(node.left) + literal(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def called(node: ast.AST) -> str:
    """Return the last name of what is called; nothing where a node calls nothing."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


@cache
def sources(package: str) -> list[tuple[str, ast.AST]]:
    """Return what calls, catches or defines in the files of a package, each with its file's name."""
    kinds = (ast.Call, ast.ExceptHandler, ast.FunctionDef)
    paths = sorted((HERE / package).rglob("*.py"))
    trees = [(path.name, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]
    return [(name, node) for name, tree in trees for node in ast.walk(tree) if isinstance(node, kinds)]


def sentences(package: str) -> Iterator[tuple[str, int, str, str]]:
    """Give the place, the Chinese and the English of everything that is told; a pair that is passed on stands elsewhere."""
    told = TOLD[package]
    for name, node in sources(package):
        if isinstance(node, ast.Call) and called(node) in told:
            texts = node.args[told[called(node)] :][:2]
            if len(texts) == 2 and all(isinstance(text, (ast.JoinedStr, ast.Constant)) for text in texts):
                zh, en = (literal(text) for text in texts)
                if WORDS.search(zh + en):
                    yield name, node.lineno, zh, en


@pytest.mark.parametrize("package", list(TOLD))
def test_every_sentence_is_written_in_both_languages(package: str) -> None:
    found = list(sentences(package))
    assert found
    assert [one for one in found if not CHINESE.search(one[2])] == []
    assert [one for one in found if not ENGLISH.search(one[3]) or CHINESE.search(QUOTED.sub("", one[3]))] == []


@pytest.mark.parametrize("package", list(TOGETHER))
def test_a_text_that_holds_both_begins_in_chinese(package: str) -> None:
    calls = [(name, node) for name, node in sources(package) if isinstance(node, ast.Call)]
    texts = [(name, node.lineno, text) for name, node in calls for text in map(literal, _together(node, TOGETHER[package]))]
    found = [(name, line, *text.partition("/ ")) for name, line, text in texts if WORDS.search(text)]
    assert found
    assert [one for one in found if not CHINESE.search(one[2])] == []
    assert [one for one in found if not ENGLISH.search(one[4]) or CHINESE.search(QUOTED.sub("", one[4]))] == []


def _together(node: ast.Call, names: set[str]) -> list[ast.expr]:
    told = node.args[:1] if called(node) in names else []
    return told + [keyword.value for keyword in node.keywords if keyword.arg in HELP]


@pytest.mark.parametrize("package", ["mocks", "payment_channels"])
def test_a_key_that_cannot_be_used_is_explained_in_the_language_of_the_sentence(package: str) -> None:
    """Its whole text is in two languages: a sentence quotes ``zh`` or ``en`` of it."""
    held = [(name, node) for name, node in sources(package) if isinstance(node, ast.ExceptHandler | ast.FunctionDef)]
    quoted = [(name, node, variable) for name, node in held if (variable := _unusable(node))]
    assert quoted
    assert [
        (name, part.lineno)
        for name, node, variable in quoted
        for part in ast.walk(node)
        if isinstance(part, ast.FormattedValue | ast.Call) and variable in _whole(part)
    ] == []


def _unusable(node: ast.ExceptHandler | ast.FunctionDef) -> str:
    """Return by which name a ``KeyUnusableError`` goes here."""
    if isinstance(node, ast.ExceptHandler):
        caught = ast.unparse(node.type) if node.type is not None else ""
        return (node.name or "") if "KeyUnusableError" in caught else ""
    return next((one.arg for one in node.args.args if one.annotation and "KeyUnusableError" in ast.unparse(one.annotation)), "")


def _whole(node: ast.FormattedValue | ast.Call) -> set[str]:
    """Return the variables that are put into a text as they are."""
    parts = [node.value] if isinstance(node, ast.FormattedValue) else node.args if called(node) == "str" else []
    return {part.id for part in parts if isinstance(part, ast.Name)}
