"""The catalogue's command line, its exports and its pages."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from error_codes import lint, pages
from error_codes.__main__ import main
from error_codes.catalogue import BUILT_IN, HERE
from error_codes.export import as_csv, as_json
from error_codes.lint import Finding


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["explain", *arguments, "--json"]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


@pytest.mark.parametrize(
    ("arguments", "canonical", "outcome", "next_action", "new_id"),
    [
        (("wechat", "refund", "NOT_ENOUGH", "--http", "403"), "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", False),
        (("wechat", "refund", "NOT_ENOUGH"), "MERCHANT_FUNDS_INSUFFICIENT", "failed", "top_up", False),
        (("wechat", "query", "SUCCESS", "--where", "trade_state"), "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
        (("wechat", "query", "SUCCESS"), "PAYMENT_SUCCEEDED", "succeeded", "stop", False),
        (("wechat", "query", "ORDER_NOT_EXIST", "--http", "404"), "ORDER_NOT_FOUND", "unknown", "query_then_decide", False),
        (("wechat", "pay.native", "SYSTEM_ERROR", "--http", "500"), "CHANNEL_SYSTEM_ERROR", "unknown", "retry_same_id", False),
        (("wechat", "payout", "SYSTEM_ERROR", "--http", "500"), "CHANNEL_SYSTEM_ERROR", "unknown", None, False),
        (("wechat", "pay", "A_CODE_NOBODY_HAS_SEEN"), "UNMAPPED_CODE", "unknown", "query_then_decide", False),
    ],
)
def test_explain(
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    canonical: str,
    outcome: str,
    next_action: str | None,
    new_id: bool,
) -> None:
    data = explained(capsys, *arguments)
    assert (data["canonical"], data["outcome"], data["new_id_allowed"]) == (canonical, outcome, new_id)
    if next_action:
        assert data["next_action"] == next_action
    assert data["zh"]
    assert data["en"]
    assert data["source"]
    assert data["code"] in arguments


@pytest.mark.parametrize(
    ("arguments", "canonical", "outcome", "code"),
    [
        (("refund", "40004", "ACQ.TRADE_NOT_EXIST"), "ORIGINAL_NOT_FOUND", "failed", "40004"),
        (("refund", "ACQ.TRADE_NOT_EXIST"), "ORIGINAL_NOT_FOUND", "failed", "40004"),
        (("query", "ACQ.TRADE_NOT_EXIST"), "ORDER_NOT_FOUND", "unknown", "*"),
        (("refund", "20000", "ACQ.TRADE_NOT_EXIST"), "UNMAPPED_CODE", "unknown", "20000"),
        (("payout", "20000", "SYSTEM_ERROR"), "CHANNEL_SYSTEM_ERROR", "unknown", "20000"),
        (("refund", "40004"), "REQUEST_REJECTED", "unknown", "40004"),
        (("refund", "40004", "ACQ.NEVER_SEEN"), "UNMAPPED_CODE", "unknown", "40004"),
        (("refund", "ACQ.NEVER_SEEN"), "UNMAPPED_CODE", "unknown", "ACQ.NEVER_SEEN"),
        (("cancel", "refund", "Y"), "CANCEL_INCOMPLETE", "unknown", "refund"),
        (("query", "TRADE_CLOSED"), "ORDER_CLOSED_OR_REFUNDED", "unknown", "TRADE_CLOSED"),
    ],
)
def test_explain_takes_a_sub_code_with_its_code_or_alone(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], canonical: str, outcome: str, code: str
) -> None:
    data = explained(capsys, "alipay", *arguments)
    assert (data["canonical"], data["outcome"], data["code"]) == (canonical, outcome, code)


def test_the_products_that_know_a_sub_code_are_named_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "alipay", "pay", "ACQ.PAYMENT_AUTH_CODE_INVALID")
    assert (data["products"], data["outcome"], data["alternatives"]) == (["pay.bar_code"], "unknown", [])
    data = explained(capsys, "alipay", "pay", "40004", "ACQ.TRADE_HAS_CLOSE")
    said = {one["operation"]: one["new_id_allowed"] for one in data["alternatives"]}
    assert (said["pay.precreate"], said["pay.page"], data["new_id_allowed"]) == (True, False, False)


def test_explain_says_that_a_refused_query_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "wechat", "query", "SIGN_ERROR", "--http", "401")
    assert data["outcome"] == "unknown"
    assert data["en"].endswith("says nothing of the order itself.")


def test_explain_of_a_bare_verb_names_the_products(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "wechat", "pay", "OUT_TRADE_NO_USED")
    assert "pay.native" in data["products"]
    assert data["outcome"] == "unknown"


def test_the_headline_of_a_bare_verb_says_no_more_than_every_product(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "wechat", "pay", "ORDER_CLOSED")
    of_products = {one["operation"]: (one["outcome"], one["new_id_allowed"]) for one in data["alternatives"]}
    assert (of_products["pay.native"], of_products["pay.codepay"]) == (("failed", True), ("unknown", False))
    assert (data["outcome"], data["next_action"], data["new_id_allowed"]) == ("unknown", "query_then_decide", False)
    assert data["outward"]["code"] == "RESULT_UNKNOWN"


def test_a_row_for_every_operation_does_not_hide_what_the_products_say(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "wechat", "pay", "PARAM_ERROR")
    assert {one["operation"]: one["outcome"] for one in data["alternatives"]}["pay.native"] == "failed"
    assert data["outcome"] == "unknown"


@pytest.mark.parametrize(
    "arguments", [("payout", "PARAM_ERROR"), ("query", "PARAM_ERROR"), ("pay.micropay", "NOTENOUGH", "--http", "500")]
)
def test_unknown_is_told_as_unknown(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    data = explained(capsys, "wechat", *arguments)
    assert (data["outcome"], data["new_id_allowed"], data["outward"]["code"]) == ("unknown", False, "RESULT_UNKNOWN")
    assert data["next_action"] not in {"new_id_after_confirmed_failure", "other_instrument", "fail_over"}
    assert "o money moved" not in " ".join(data["texts"].values())


def test_a_bill_that_was_refused_is_told_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, "wechat", "bill", "PARAM_ERROR")["outward"]["code"] == "INVALID_REQUEST"


def test_explain_of_a_code_of_another_operation_says_which_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "cib", "query_payout", "75320")
    assert (data["canonical"], data["outcome"]) == ("UNMAPPED_CODE", "unknown")
    assert "payout" in data["known_for"]
    assert "query_payout" not in data["known_for"]
    assert data["known_in"] == ["STATUS/CODE"]
    alone = explained(capsys, "alipay", "query", "ACQ.BUYER_BALANCE_NOT_ENOUGH")
    assert alone["known_for"] == ["pay.bar_code"]  # a sub-code by itself
    elsewhere = explained(capsys, "cib", "payout", "PAYOUT", "--where", "STATUS/CODE")
    assert elsewhere["canonical"] == "UNMAPPED_CODE"
    assert elsewhere["known_in"] == ["XFERPRCCODE"]
    assert "known_for" not in explained(capsys, "cib", "payout", "75320")
    assert main(["explain", "cib", "query_payout", "75320"]) == 0
    assert "登记于 known of" in capsys.readouterr().out
    assert main(["explain", "cib", "query_payout", "no-such-code"]) == 0
    assert "该渠道没有任何操作登记此码 / no operation of this channel has the code" in capsys.readouterr().out


def test_explain_for_people_is_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "wechat", "refund", "NOT_ENOUGH", "--http", "403"]) == 0
    text = capsys.readouterr().out
    for part in ("MERCHANT_FUNDS_INSUFFICIENT", "发生了什么", "what happened", "下一步", "top_up", "不可以 / no", "来源"):
        assert part in text
    assert main(["explain", "wechat", "pay", "A_CODE_NOBODY_HAS_SEEN"]) == 0
    assert "码表没有这一行，按结果未知处理 / no row of the table: treated as unknown" in capsys.readouterr().out


def test_an_unknown_channel_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "moon", "pay", "00"]) == 2
    assert "no table for the channel moon" in capsys.readouterr().err


def test_lint_build_and_docs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint"]) == 0
    codes, rows = len(BUILT_IN.all_canonical()), sum(len(BUILT_IN.rows(channel)) for channel in BUILT_IN.channels())
    told = f"{codes} 个统一错误码，{rows} 行：没有发现 / {codes} canonical codes, {rows} rows: no finding\n"
    assert capsys.readouterr().out == told
    assert main(["docs", "--check"]) == 0
    assert main(["build"]) == 0
    assert capsys.readouterr().out == ""


def test_what_lint_finds_is_printed_and_counted_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Finding("shop.toml", "codes[1] code=00", "languages", "zh 里没有中文", "zh has no Chinese in it")
    monkeypatch.setattr(lint, "lint", lambda: [found])
    assert main(["lint"]) == 1
    assert capsys.readouterr().out == (
        "shop.toml: codes[1] code=00: [languages] zh 里没有中文；zh has no Chinese in it\n发现 1 处 / findings: 1\n"
    )


def test_an_export_that_cannot_be_written_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "csv", "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path} 无法写入" in told
    assert f"{tmp_path} cannot be written" in told


def test_docs_check_names_the_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(pages.stale, "__defaults__", (BUILT_IN, tmp_path / "docs"))
    monkeypatch.setattr(pages.write, "__defaults__", (BUILT_IN, tmp_path / "docs"))
    assert main(["docs", "--check"]) == 1
    told = capsys.readouterr().out
    assert "过期 stale: docs/zh/errors/index.md（请运行 / run `python -m error_codes docs`）" in told
    assert main(["docs"]) == 0
    assert "写入 written: docs/zh/errors/index.md" in capsys.readouterr().out
    assert main(["docs", "--check"]) == 0
    (tmp_path / "docs" / "en" / "errors" / "wechat.md").write_text("edited", encoding="utf-8")
    assert main(["docs", "--check"]) == 1


def test_the_json_export_is_as_its_schema_says(tmp_path: Path) -> None:
    schema = json.loads((HERE / "export.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    content = json.loads(as_json())
    jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)
    assert content["$schema"] == schema["$id"]
    assert len(content["channels"]["wechat"]["rows"]) == len(BUILT_IN.rows("wechat"))
    target = tmp_path / "catalogue.json"
    assert main(["export", "json", "--output", str(target)]) == 0
    assert json.loads(target.read_text(encoding="utf-8")) == content


def test_the_csv_export_has_a_line_a_row() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv())))
    assert len(lines) == sum(len(BUILT_IN.rows(channel)) for channel in BUILT_IN.channels())
    refund = next(line for line in lines if line["code"] == "NOT_ENOUGH" and "refund" in line["operations"].split())
    assert (refund["canonical"], refund["effect"], refund["new_id_allowed"]) == ("MERCHANT_FUNDS_INSUFFICIENT", "failed", "false")


def test_the_exports_publish_no_refusal_that_nobody_is_certain_of() -> None:
    content = json.loads(as_json())
    exported = [row for channel in content["channels"].values() for row in channel["rows"]]
    payout = next(row for row in exported if row["code"] == "PARAM_ERROR" and row["operations"] == ["payout"])
    assert (payout["effect"], content["canonical"][payout["canonical"]]["outward"]) == ("unknown", "INVALID_REQUEST")
    assert payout["outward"] == "RESULT_UNKNOWN"
    bill = next(row for row in exported if row["code"] == "PARAM_ERROR" and row["operations"] == ["bill"])
    assert bill["outward"] == "INVALID_REQUEST"
    assert all(row["outward"] in content["outward"] for row in exported)
    for line in csv.DictReader(io.StringIO(as_csv())):
        if line["effect"] == "unknown" and not {"balance", "bill", "bill.download", "certificates"} & set(
            line["operations"].split()
        ):
            told = line["canonical_merchant_en"] + line["canonical_payer_en"] + line["canonical_operator_en"]
            assert "o money moved" not in told, line
            assert "nothing was taken" not in told, line


def test_every_canonical_code_has_a_stable_anchor_in_both_languages() -> None:
    for language in ("zh", "en"):
        text = next(text for path, text in pages.pages().items() if path.parts[-3:] == (language, "errors", "canonical.md"))
        for code in BUILT_IN.all_canonical():
            assert f'<a id="{code}"></a>' in text


@pytest.mark.parametrize("operation", ["quer", "pay.nativ", "pay.", "notification.money", ""])
def test_explain_refuses_an_operation_that_there_is_not(capsys: pytest.CaptureFixture[str], operation: str) -> None:
    assert main(["explain", "wechat", operation, "SYSTEM_ERROR"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "there is no operation" in told.err
    assert "没有操作" in told.err
    assert "pay.native" in told.err
    assert "query_refund" in told.err


def test_a_product_may_be_asked_about_under_a_verb_that_does_not_tell_it_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, "wechat", "query.native", "SUCCESS")["canonical"] == "PAYMENT_SUCCEEDED"


def test_no_code_is_named_where_the_operations_lead_to_several(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "alipay", "notification", "TRADE_SUCCESS")
    assert {one["canonical"] for one in data["alternatives"]} == {"PAYMENT_SUCCEEDED", "REFUND_SUCCEEDED"}
    assert (data["canonical"], data["title_en"], data["title_zh"]) == (None, "it depends on the operation", "因操作而异")
    assert (data["outcome"], data["outward"]["code"], data["new_id_allowed"]) == ("unknown", "RESULT_UNKNOWN", False)
    assert main(["explain", "alipay", "notification", "TRADE_SUCCESS"]) == 0
    head = capsys.readouterr().out.partition("it differs by product")[0]
    assert "REFUND_SUCCEEDED" not in head
    assert "it depends on the operation" in head


def test_a_failure_before_the_expiry_is_told_as_passing(capsys: pytest.CaptureFixture[str]) -> None:
    assert BUILT_IN.provisional("unionpay") == ("query",)
    data = explained(capsys, "unionpay", "query", "64")
    assert (data["outcome"], data["provisional"]) == ("failed", True)
    assert "Before the order's expiry this is not final: the payer may try again, the outcome is unknown" in data["en"]
    assert "订单到期前这只是中间结果" in data["zh"]
    assert main(["explain", "unionpay", "query", "64"]) == 0
    text = capsys.readouterr().out
    assert "到期后 / once the order has expired" in text
    assert "before: it may have: query first" in text


@pytest.mark.parametrize(
    "arguments", [("unionpay", "query", "00"), ("unionpay", "query_payout", "64"), ("wechat", "refund", "NOT_ENOUGH")]
)
def test_only_a_failure_of_such_an_operation_is_passing(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    data = explained(capsys, *arguments)
    assert not data["provisional"]
    assert "expiry" not in data["en"]


def test_a_public_copy_is_not_shown_as_the_channels_own_page(capsys: pytest.CaptureFixture[str]) -> None:
    data = explained(capsys, "unionpay", "query", "64")
    assert (data["checked"], data["basis"]) == ("documented", "public_copy")
    own = explained(capsys, "wechat", "query", "SUCCESS")
    assert (own["checked"], own["basis"]) == ("documented", "documented")
    assert main(["explain", "unionpay", "query", "64"]) == 0
    assert "官方码表的公开副本 / public copy of the official table" in capsys.readouterr().out
    shown = {path.relative_to(pages.DOCS).as_posix(): text for path, text in pages.pages().items()}
    assert "[官方码表的公开副本](https://github.com/" in shown["zh/errors/unionpay.md"]
    assert "[官方文档](https://github.com/" not in shown["zh/errors/unionpay.md"]
    assert "[public copy of the official table](https://github.com/" in shown["en/errors/unionpay.md"]
    assert '"basis": "public_copy"' in shown["js/catalogue.js"]


def test_the_exports_say_whose_page_a_row_was_read_on() -> None:
    for name, channel in json.loads(as_json())["channels"].items():
        assert channel["official"], name
        for row in channel["rows"]:
            own = row["source"].startswith(tuple(channel["official"]))
            copied = row["checked"] == "documented" and not own
            assert row["basis"] == ("public_copy" if copied else row["checked"]), row
    assert {line["basis"] for line in csv.DictReader(io.StringIO(as_csv())) if line["channel"] == "unionpay"} == {
        "public_copy",
        "assumed",
    }


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`explain … | head`: the pipe is closed before the export is written, which is larger than a pipe holds."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "error_codes", "export", "json"],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
