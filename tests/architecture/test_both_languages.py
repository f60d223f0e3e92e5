"""What a person reads is written in Chinese and in English: each sentence in the source, also one that no test provokes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import error_codes

HERE = Path(error_codes.__file__).parent.parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[a-z]{2}")
QUOTED = re.compile(r'"[^"]*"')
"""An example in an English sentence may be a Chinese name."""
TOLD = {"Complaint": 1, "Finding": 3, "Kind": 0, "KeysRefusedError": 0, "ControlRefusedError": 0, "FaultRefusedError": 0}
"""What is made of a Chinese text and an English one after it, and at which place the two begin."""


def literal(node: ast.expr) -> str:
    """Return the words that stand in the source: what is put into them is not among them."""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def sentences(path: Path) -> Iterator[tuple[int, str, str]]:
    """Give the line, the Chinese and the English of everything that a file tells; a pair that is passed on stands elsewhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOLD:
            texts = node.args[TOLD[node.func.id] :][:2]
            if all(isinstance(text, (ast.JoinedStr, ast.Constant)) for text in texts):
                zh, en = texts
                yield node.lineno, literal(zh), literal(en)


@pytest.mark.parametrize("package", ["error_codes", "mocks"])
def test_every_sentence_is_written_in_both_languages(package: str) -> None:
    found = [(path.name, *one) for path in sorted((HERE / package).rglob("*.py")) for one in sentences(path)]
    assert found
    assert [one for one in found if not CHINESE.search(one[2])] == []
    assert [one for one in found if not ENGLISH.search(one[3]) or CHINESE.search(QUOTED.sub("", one[3]))] == []
