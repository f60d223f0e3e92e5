"""The business layer's page is run as written, against the mocks of two channels."""

import re
from pathlib import Path
from typing import Any

import pytest

from mocks.process import MockServer
from payment_channels import ChannelClient, Money, open_channel
from payment_channels.business.routing.health import Position, Switches
from payment_channels.channels.cib import CibConfig
from payment_channels.channels.lianlian import LianlianConfig
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.journal.conftest import KEY

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_program(language: str, mock_server: MockServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, keys = mock_server.base_url, mock_server.keys
    lianlian = open_channel("lianlian", LianlianConfig.from_directory(keys / "lianlian", base_url=url))
    cib = open_channel("cib", CibConfig.from_directory(keys / "cib", trusted_line=f"{url}/cib"))
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / language / "business.md").read_text(encoding="utf-8"), re.DOTALL)
    store = SqliteStore(tmp_path / "journal.sqlite3")
    with ChannelClient(lianlian) as first, ChannelClient(cib) as second:
        given: dict[str, Any] = {"lianlian": first, "cib": second, "journal": Journal(store, KeyRing.single(KEY))}
        exec(compile(code, f"{language}/business.md", "exec"), given)  # noqa: S102  our own page, run as written
        assert capsys.readouterr().out.splitlines() == ["lianlian-main pending", "60000", "pending 0"]
        mock_server.control("clock/advance", {"seconds": 3600})
        given["desk"].query_payout("carrier", given["number"])
        assert given["funding"].books("carrier", "lianlian-main").spent == 60_000
        # The very program's order fits the other account too: that is what its list of two is for.
        Switches(given["journal"]).switch("lianlian-main", Position.OFF, who="Wang", why="LianLian called")
        given["funding"].paid_in("carrier", "cib-direct", Money(100_000), reference="20260305-0002", who="Zhang")
        other = given["order"].model_copy(update={"merchant_order_id": f"{given['number']}B"})
        assert given["desk"].payout("carrier", other).assignment.account == "cib-direct"
    store.close()
