"""The most specific row wins, nothing is guessed, and what nobody mapped is unknown and counted, within bounds."""

from pathlib import Path

import pytest

from error_codes import CanonicalCode, CatalogueError, Effect, NextAction, canonical, outward, own, translate
from error_codes.catalogue import BUILT_IN, Catalogue
from error_codes.translate import REMEMBERED, Translator, weight

FIXTURE = """
channel = "shop"
title_zh = "示例"
title_en = "Example"

[unmapped]
canonical = "UNMAPPED_CODE"

[[codes]]
where = "code"
code = "00"
operations = ["*"]
canonical = "UNMAPPED_CODE"
zh = "任意操作"
en = "any operation"
source = "a page of the fixture"
checked = "documented"

[[codes]]
where = "code"
code = "00"
operations = ["pay"]
canonical = "UNMAPPED_CODE"
zh = "支付"
en = "pay"
source = "a page of the fixture"
checked = "documented"

[[codes]]
where = "code"
code = "00"
operations = ["pay.native"]
canonical = "UNMAPPED_CODE"
zh = "扫码"
en = "pay.native"
source = "a page of the fixture"
checked = "documented"

[[codes]]
where = "code"
code = "00"
operations = ["pay.native"]
http = [403]
canonical = "UNMAPPED_CODE"
zh = "扫码四零三"
en = "pay.native 403"
source = "a page of the fixture"
checked = "documented"

[[codes]]
where = "code"
code = "00"
sub_code = "A"
operations = ["*"]
canonical = "UNMAPPED_CODE"
zh = "子码"
en = "sub code A"
source = "a page of the fixture"
checked = "documented"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Translator:
    (tmp_path / "channels").mkdir()
    (tmp_path / "canonical.toml").write_bytes((Path(BUILT_IN.folder) / "canonical.toml").read_bytes())
    (tmp_path / "channels" / "shop.toml").write_text(FIXTURE, encoding="utf-8")
    return Translator(Catalogue(tmp_path))


@pytest.mark.parametrize(
    ("operation", "sub_code", "http", "expected"),
    [
        ("refund", None, None, "any operation"),
        ("pay.app", None, 403, "pay"),
        ("pay", None, None, "pay"),
        ("payout", None, None, "any operation"),
        ("pay.native", None, 400, "pay.native"),
        ("pay.native", None, None, "pay.native"),
        ("pay.native", None, 403, "pay.native 403"),
        ("pay.native", "A", 403, "sub code A"),
        ("pay.native", "B", 403, "pay.native 403"),
    ],
)
def test_the_most_specific_row_wins(
    shop: Translator, operation: str, sub_code: str | None, http: int | None, expected: str
) -> None:
    assert shop.translate("shop", operation, where="code", code="00", sub_code=sub_code, http=http).en == expected


@pytest.mark.parametrize(
    ("where", "code"), [("code", "0"), ("code", "000"), ("Code", "00"), ("state", "00"), ("code", ""), ("code", "００")]
)
def test_nothing_is_guessed(shop: Translator, where: str, code: str) -> None:
    meaning = shop.translate("shop", "pay", where=where, code=code)
    assert (meaning.kind, meaning.effect, meaning.next_action) == ("unmapped", Effect.UNKNOWN, NextAction.QUERY_THEN_DECIDE)
    assert (meaning.code, meaning.where) == (code, where)
    assert meaning.new_id_allowed is False


def test_unmapped_codes_are_counted_within_bounds(shop: Translator) -> None:
    for _ in range(3):
        shop.translate("shop", "pay", where="code", code="NEW")
    assert shop.unmapped_counts() == {("shop", "pay", "code", "NEW"): 3}
    for number in range(REMEMBERED * 2):
        shop.translate("shop", "pay", where="code", code=f"X{number}" * 50)
    assert len(shop.unmapped_counts()) <= REMEMBERED
    assert len(shop._found) <= REMEMBERED
    assert all(len(key[3]) <= 64 for key in shop.unmapped_counts())
    shop.reset_unmapped_counts()
    assert shop.unmapped_counts() == {}


def test_a_row_that_does_not_fit_has_no_weight(shop: Translator) -> None:
    row = shop.catalogue.rows("shop")[3]
    assert weight(row, "pay.native", None, 403) is not None
    assert weight(row, "pay.native", None, 400) is None
    assert weight(row, "pay", None, 403) is None


def test_an_unknown_channel_or_code_is_a_clear_error() -> None:
    with pytest.raises(CatalogueError, match="no table for the channel moon"):
        translate("moon", "pay", where="code", code="00")
    with pytest.raises(CatalogueError, match="NO_SUCH"):
        canonical("NO_SUCH")


def test_what_the_sdk_finds_itself_has_texts_in_both_languages() -> None:
    lost = own("REPLY_LOST", channel="wechat", operation="pay.native", detail_zh="（超时）", detail_en="(timed out)")
    assert (lost.kind, lost.effect, lost.canonical) == ("own", Effect.UNKNOWN, "REPLY_LOST")
    assert lost.zh.endswith("（超时）")
    assert lost.en.endswith("(timed out)")
    assert lost.new_id_allowed is False


def test_every_canonical_code_has_an_outward_code_and_unknown_never_looks_like_a_failure() -> None:
    assert {str(code) for code in CanonicalCode} == set(BUILT_IN.all_canonical())
    for code, entry in BUILT_IN.all_canonical().items():
        published = outward(code)
        if entry.effect is Effect.SUCCEEDED:
            assert published.http == 200, code
        if entry.effect is Effect.PENDING:
            assert published.http in {202, 402}, code
    unknown = outward("REPLY_LOST")
    assert (unknown.code, unknown.http) == ("RESULT_UNKNOWN", 202)
    assert "勿" in unknown.zh
    assert "do not" in unknown.en
