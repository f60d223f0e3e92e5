"""The code on LianLian's pages runs as it stands, against the mock: paid at once, and held back and confirmed."""

import re
from pathlib import Path
from typing import Any

import pytest

from mocks.process import MockServer
from payment_channels import Outcome

DOCS = Path(__file__).parents[3] / "docs"


def run(language: str, mock: MockServer) -> dict[str, Any]:
    text = (DOCS / language / "channels" / "lianlian.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    code = code.replace("http://127.0.0.1:8700", mock.base_url).replace("keys/lianlian", (mock.keys / "lianlian").as_posix())
    given: dict[str, Any] = {}
    exec(compile(code, f"{language}/channels/lianlian.md", "exec"), given)  # noqa: S102  our own page, run as written
    given["lianlian"].close_connections()
    return given


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_s_code(language: str, mock_server: MockServer) -> None:
    first, second = run(language, mock_server), run(language, mock_server)
    assert "confirmation" not in first
    assert "confirmation" in second, "the same account on the same day: it is held back, and then confirmed"
    for shown in (first, second):
        assert shown["result"].outcome is Outcome.PENDING
        assert shown["found"].outcome in {Outcome.PENDING, Outcome.SUCCEEDED}
        assert shown["found"].merchant_order_id == shown["order"].merchant_order_id
