"""The capability matrix in the docs says what the kit proves today."""

from pathlib import Path

from payment_channels import Verb
from tests.conformance.matrix import VERBS_ZH, pages


def test_the_pages_are_not_stale(mock_channel_keys: Path) -> None:
    for path, text in pages(mock_channel_keys).items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is stale: python -m tests.conformance.matrix"


def test_every_verb_has_its_chinese_name() -> None:
    assert set(VERBS_ZH) == set(Verb)
