"""TeaPay keeps every promise: the conformance kit, its table's lint, and the entry points that it is found by."""

import shutil
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

from error_codes.catalogue import HERE
from error_codes.lint import lint
from payment_channels import Channel, Verb, channel_names, manifest, open_channel
from payment_channels.testing import ChannelConformance, Collected, KitClock

from . import MANIFEST, TABLE
from .mock import TeaPayMock

KEY = "k3y-of-the-tests-and-of-nothing-else"
CONFIGURATION = {"merchant": "M1", "key_id": "1", "key": KEY}
ENTRY_POINTS = f"""\
[payment_channels.channels]
teapay = {__package__}:MANIFEST

[error_codes.tables]
teapay = {__package__}:TABLE
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the package were installed: its metadata lies on the path."""
    folder = tmp_path / "teapay-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: teapay\nVersion: 1.0\n", encoding="utf-8")
    (folder / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    invalidate_caches()


class TestTeaPay(ChannelConformance):
    """Every check of the kit; what TeaPay does not declare is skipped."""

    usual_product = "qr"

    @pytest.fixture
    def counterpart(self) -> TeaPayMock:
        return TeaPayMock(KEY)

    @pytest.fixture
    def channel(self, counterpart: TeaPayMock, clock: KitClock) -> Channel:
        return open_channel("teapay", CONFIGURATION, clock=clock)

    def collected(self) -> list[Collected]:
        """The table of its page, typed in once more: the witness is not the file that the SDK reads."""
        return [
            Collected(Verb.PAY, "qr", "BAD_FORM", status=400, canonical="PARAMETER_INVALID"),
            Collected(Verb.PAY, "qr", "NUMBER_TAKEN", status=409, canonical="DUPLICATE_OTHER_CONTENT"),
            Collected(Verb.QUERY, "qr", "NO_SUCH_ORDER", status=404, canonical="ORDER_NOT_FOUND"),
        ]


def test_it_is_found_by_its_entry_points() -> None:
    assert "teapay" in channel_names()
    assert manifest("teapay") is MANIFEST


def test_its_table_breaks_no_rule(tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    shutil.copy(HERE / "canonical.toml", tmp_path)
    shutil.copy(TABLE, tmp_path / "channels" / "teapay.toml")
    assert lint(tmp_path) == []
