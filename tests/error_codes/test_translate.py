"""The most specific row wins, nothing is guessed, and what nobody mapped is unknown and counted, within bounds."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from error_codes import CanonicalCode, CatalogueError, Effect, NextAction, canonical, outward, own, rows, texts, translate
from error_codes.catalogue import BUILT_IN, Catalogue
from error_codes.translate import LONGEST, REMEMBERED, REST, Translator, weight

FIXTURE = """
channel = "shop"
title_zh = "示例"
title_en = "Example"
official = ["https://shop.example/"]

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


GATEWAY = """
[[codes]]
where = "code"
code = "40004"
sub_code = ""
operations = ["*"]
canonical = "REQUEST_REJECTED"
zh = "没有子码"
en = "no sub-code"
source = "a page of the fixture"
checked = "documented"

[[codes]]
where = "code"
code = "*"
sub_code = "BUSY"
operations = ["pay"]
canonical = "CHANNEL_SYSTEM_ERROR"
zh = "任何码"
en = "under any code"
source = "a page of the fixture"
checked = "documented"

[[codes]]
where = "code"
code = "40004"
sub_code = "BUSY"
operations = ["pay"]
canonical = "CHANNEL_SYSTEM_ERROR"
zh = "在此码下"
en = "under 40004"
source = "a page of the fixture"
checked = "documented"

[[codes]]
where = "code"
code = "40004"
sub_code = "BUSY"
operations = ["*"]
canonical = "CHANNEL_SYSTEM_ERROR"
zh = "任何操作"
en = "40004, any operation"
source = "a page of the fixture"
checked = "documented"
"""


@pytest.mark.parametrize(
    ("operation", "code", "sub_code", "expected"),
    [
        ("pay.qr", "40004", "BUSY", "under 40004"),
        ("pay.qr", "20000", "BUSY", "under any code"),
        ("pay.qr", "", "BUSY", "under any code"),
        ("pay.qr", "*", "BUSY", "under any code"),
        ("refund", "40004", "BUSY", "40004, any operation"),
        ("refund", "20000", "BUSY", None),
        ("pay.qr", "40004", None, "no sub-code"),
        ("pay.qr", "40004", "", "no sub-code"),
        ("pay.qr", "40004", "NEW", None),
        ("pay.qr", "20000", None, None),
    ],
)
def test_a_sub_code_under_any_code(tmp_path: Path, operation: str, code: str, sub_code: str | None, expected: str | None) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "canonical.toml").write_bytes((Path(BUILT_IN.folder) / "canonical.toml").read_bytes())
    (tmp_path / "channels" / "shop.toml").write_text(FIXTURE + GATEWAY, encoding="utf-8")
    translator = Translator(Catalogue(tmp_path))
    meaning = translator.translate("shop", operation, where="code", code=code, sub_code=sub_code)
    assert (meaning.en if meaning.kind == "code" else None) == expected
    assert (meaning.code, meaning.sub_code, meaning.effect) == (code, sub_code, Effect.UNKNOWN)
    counted = f"{code} {sub_code}" if sub_code else code
    assert translator.unmapped_counts() == ({} if expected else {("shop", operation, "code", counted): 1})


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
    assert all(len(key[3]) <= LONGEST for key in shop.unmapped_counts())
    assert sum(shop.unmapped_counts().values()) == 3 + REMEMBERED * 2
    assert shop.unmapped_counts()[REST] > REMEMBERED
    shop.reset_unmapped_counts()
    assert shop.unmapped_counts() == {}


def test_codes_longer_than_any_channels_are_not_remembered(shop: Translator) -> None:
    for number in range(3):
        meaning = shop.translate("shop", "pay", where="code", code=f"{number}" * 1_000_000)
        assert (meaning.kind, len(meaning.code)) == ("unmapped", 1_000_000)
        shop.translate("shop", "pay", where="code", code="00", sub_code=f"{number}" * 1_000_000)
    assert shop._found == {}


def test_the_tables_own_unmapped_entry_is_used(tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "canonical.toml").write_bytes((Path(BUILT_IN.folder) / "canonical.toml").read_bytes())
    (tmp_path / "channels" / "shop.toml").write_text(FIXTURE.replace("UNMAPPED_CODE", "REQUEST_REJECTED", 1), encoding="utf-8")
    meaning = Translator(Catalogue(tmp_path)).translate("shop", "pay", where="code", code="NEW")
    assert (meaning.kind, meaning.canonical, meaning.effect) == ("unmapped", "REQUEST_REJECTED", Effect.UNKNOWN)


def test_many_threads_find_the_same_and_count_all(shop: Translator) -> None:
    def ask(_: int) -> str:
        shop.translate("shop", "pay", where="code", code="NEW")
        return shop.translate("shop", "pay.native", where="code", code="00", http=403).en

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(2000))) == {"pay.native 403"}
    assert shop.unmapped_counts() == {("shop", "pay", "code", "NEW"): 2000}


def test_a_weakened_row_is_not_published_as_its_code_would_be() -> None:
    assert (outward("PARAMETER_INVALID").code, outward("PARAMETER_INVALID", Effect.FAILED).code) == ("INVALID_REQUEST",) * 2
    assert outward("PARAMETER_INVALID", Effect.UNKNOWN).code == "RESULT_UNKNOWN"
    assert texts("PARAMETER_INVALID", Effect.FAILED).merchant_en == canonical("PARAMETER_INVALID").merchant_en
    assert outward("PAYMENT_AWAITING_PAYER", Effect.PENDING).code == "PAYMENT_PROCESSING"
    assert outward("PAYMENT_SUCCEEDED", Effect.PENDING).code == "RESULT_UNKNOWN"


@pytest.mark.parametrize("channel", BUILT_IN.channels())
def test_nobody_is_told_that_nothing_was_taken_while_the_outcome_is_unknown(channel: str) -> None:
    for row in rows(channel):
        if row.effect is not Effect.UNKNOWN:
            continue
        told = texts(row.canonical, row.effect)
        said = " ".join(getattr(told, name) for name in told.__slots__)
        for claim in ("没有扣款", "未动账", "nothing was taken", "o money moved", "nothing was paid", "another way"):
            assert claim not in said, (row.code, row.operations, claim)


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


@pytest.mark.parametrize("outcome", ["unknown", Effect.UNKNOWN])
def test_an_outcome_kept_as_text_publishes_the_same_as_the_word(outcome: Effect | str) -> None:
    assert (outward("PARAMETER_INVALID", outcome).code, outward("PARAMETER_INVALID", outcome).http) == ("RESULT_UNKNOWN", 202)
    assert "没有受理" not in texts("PARAMETER_INVALID", outcome).merchant_zh
    assert outward("PARAMETER_INVALID", str(Effect.FAILED)).http == 400
    assert outward("PARAMETER_INVALID", None).http == 400


@pytest.mark.parametrize("outcome", ["UNKNOWN", "nonsense", "", 0, False, []])
def test_what_is_no_outcome_publishes_nothing(outcome: Any) -> None:
    for publish in (outward, texts):
        with pytest.raises(CatalogueError, match="is no outcome") as caught:
            publish("PARAMETER_INVALID", outcome)
        assert "不是结果" in str(caught.value)
        assert "unknown" in str(caught.value)
