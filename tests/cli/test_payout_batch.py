"""A CSV of payees is paid, each line once: whatever is stopped, lost, changed or started again, the channel's books say so."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from payment_channels.cli import batch
from payment_channels.cli.outcome import _cell, earlier
from payment_channels.journal import DurableClient, JournalUnavailableError, State
from payment_channels.model.refusals import NotSupportedError
from tests.cli.conftest import HEADER, WALLET, Shop, Told, row

ALL = range(1, 7)


def result_rows(shop: Shop) -> dict[str, dict[str, str]]:
    text = (shop.folder / "payees.result.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf"), "Excel wants the mark"
    return {one["merchant_order_id"]: one for one in csv.DictReader(text.decode("utf-8-sig").splitlines())}


def states(shop: Shop) -> list[str]:
    return [one["state"] for one in result_rows(shop).values()]


def test_a_line_that_is_held_back_is_told_apart(shop: Shop) -> None:
    """LianLian's 4002: nothing that the command line does pays it, and the words say so."""
    settings = shop.folder / "journal.toml"
    text = settings.read_text(encoding="utf-8").partition("[accounts.shop.channel_fields]")[0]
    text = text.replace('"wechat"', '"lianlian"', 1).replace("/wechat", "/lianlian")
    settings.write_text(f'{text}notify_url = "https://example.com/notify"\n', encoding="utf-8")
    shop.write(
        "held1,8.88,personal_account,6222021234567894321,张三,MOCK:4002,货款",
        "free1,8.88,personal_account,6222021234567894339,李四,货款,货款",
        header="merchant_order_id,amount,payee_kind,account_no,name,purpose,remark",
    )
    told = shop.batch()
    assert told.status == 4
    assert "lines 2 wait for a confirmation and are not paid" in " ".join(told.err.split())
    assert [one["next_action"] for one in result_rows(shop).values()] == ["confirm", "query_then_decide"]


def test_each_line_is_paid_once_and_told(shop: Shop) -> None:
    shop.write(row(1), row(2, "0.30"))
    told = shop.batch("--json")
    assert told.status == 4, "nobody has confirmed yet"
    assert [one["state"] for one in told.json["lines"]] == ["pending", "pending"]
    assert told.json["totals"] == [
        {
            "state": "pending",
            "orders": 2,
            "amount": {"amount": 918, "currency": "CNY"},
            "words": "处理中 / pending: not decided yet",
        }
    ]
    assert sorted(shop.transfers()) == ["payee0001", "payee0002"]
    for number in (1, 2):
        shop.confirm(number)
        shop.earlier(number, minutes=1)
    told = shop.batch()
    assert told.status == 0
    assert "succeeded" in told.out
    assert shop.posts() == 2, "what was sent is not sent again"
    assert result_rows(shop)["payee0002"] == {
        "line": "3",
        "merchant_order_id": "payee0002",
        "account": "shop",
        "amount": "0.30",
        "payee": "wallet ***6X02",
        "state": "succeeded",
        "canonical": "PAYOUT_SUCCEEDED",
        "raw": "transfer_state SUCCESS",
        "next_action": "stop",
        "new_id_allowed": "no",
        "zh": "转账成功",
        "en": "Transferred",
    }


def test_nobody_is_named_in_what_is_shown_or_written(shop: Shop) -> None:
    canaries = (f"{WALLET}canary", "卡纳里")
    shop.write(f"{row(1, wallet_id=canaries[0])},{canaries[1]}", header=f"{HEADER},name")
    told = [
        shop.batch(),
        shop.batch("--json"),
        shop.run("journal", "show", "payee0001"),
        shop.run("journal", "unknown", "--json"),
    ]
    assert [one.status for one in told] == [4, 4, 0, 0]
    written = (shop.folder / "payees.result.csv").read_text(encoding="utf-8")
    shown = "".join(one.out + one.err for one in told) + written
    kept = b"".join(path.read_bytes() for path in shop.folder.glob("journal.sqlite3*"))
    assert [one for one in canaries if one in shown or one.encode() in kept] == []
    assert "***nary" in shown


def test_nothing_is_sent_before_somebody_says_yes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(row(1), row(2))
    told = shop.run("payout-batch", "payees.csv", "--account", "shop")
    assert told.status == 2
    assert "17.76 CNY" in told.err
    monkeypatch.setattr("sys.stdin", _Person("no\n"))
    assert shop.run("payout-batch", "payees.csv", "--account", "shop").status == 2
    assert shop.transfers() == []
    monkeypatch.setattr("sys.stdin", _Person("是\n"))
    told = shop.run("payout-batch", "payees.csv", "--account", "shop")
    assert told.status == 4
    assert len(shop.transfers()) == 2


class _Person:
    """Somebody at a terminal."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.answer


def test_a_check_sends_nothing_and_writes_nothing(shop: Shop) -> None:
    shop.write(row(1), row(2))
    told = shop.batch("--check", "--json")
    assert told.status == 0
    assert told.json == {"lines": 2, "to_send": 2, "amount": {"amount": 1776, "currency": "CNY"}, "faults": []}
    assert shop.transfers() == []
    assert not (shop.folder / "payees.result.csv").exists()
    assert shop.look(lambda journal: journal.store.read(lambda cursor: cursor.rows("SELECT COUNT(*) FROM orders"))) == [(0,)]


def test_one_faulty_line_holds_all_back_and_every_fault_is_told(shop: Shop) -> None:
    shop.write(row(1), row(2, "1.234"), row(3, remark="x" * 40), row(4, payee_kind="personal_account"))
    told = shop.batch("--json")
    assert told.status == 2
    assert [(one["line"], one["column"]) for one in told.json["faults"]] == [
        (3, "amount"),
        (4, "remark"),  # the channel's own rule
        (5, "account_no"),
        (5, "name"),
        (5, "wallet_id"),
    ]
    shown = shop.batch()
    assert "什么也没有发送" in shown.out
    assert shop.transfers() == []


def test_a_file_that_is_not_there_is_told_as_the_file_and_not_as_a_line(shop: Shop) -> None:
    told = shop.batch("--json")
    assert told.status == 2
    (fault,) = told.json["faults"]
    assert fault["line"] is None
    shown = shop.batch().out
    assert "文件 file" in shown
    assert "there is no file" in " ".join(shown.split())


def test_a_line_that_was_changed_under_its_number_is_refused(shop: Shop) -> None:
    shop.write(row(1), row(2))
    shop.batch()
    shop.write(row(1), row(2, "9.99"), row(3))
    told = shop.batch("--json")
    assert told.status == 2
    assert [(one["line"], one["column"]) for one in told.json["faults"]] == [(3, "merchant_order_id")]
    assert "内容不同" in told.json["faults"][0]["zh"]
    assert sorted(shop.transfers()) == ["payee0001", "payee0002"], "and the new line waits too"
    shop.write(row(1), row(2), row(3))
    assert shop.batch().status == 4
    assert sorted(shop.transfers()) == ["payee0001", "payee0002", "payee0003"]


def test_another_journal_than_the_one_before_is_noticed(shop: Shop) -> None:
    shop.write(row(1), row(2))
    shop.batch()
    for path in shop.folder.glob("journal.sqlite3*"):
        path.unlink()
    assert shop.run("journal", "init").status == 0
    told = shop.batch("--json")
    assert told.status == 2
    assert [one["line"] for one in told.json["faults"]] == [2, 3]
    assert "--settings" in told.json["faults"][0]["en"]
    assert shop.posts() == 2


def test_a_lost_reply_is_unknown_and_not_sent_again(shop: Shop) -> None:
    shop.write(row(1), row(2))
    shop.lose_the_reply()
    assert shop.batch().status == 4
    assert states(shop) == ["unknown", "pending"]
    assert result_rows(shop)["payee0001"]["canonical"] == "REPLY_LOST"
    assert result_rows(shop)["payee0001"]["next_action"] == "query_then_decide"
    assert shop.batch().status == 4
    assert shop.posts() == 2
    shop.earlier(1, minutes=1)
    assert shop.batch().status == 4, "it is due now, so it is asked after"
    assert states(shop) == ["pending", "pending"]
    assert shop.posts() == 2


def test_a_line_that_failed_is_told_with_what_may_be_done(shop: Shop) -> None:
    shop.write(row(1, remark="MOCK:FAIL:ACCOUNT_FROZEN"))
    assert shop.batch().status == 4
    shop.mock.control("clock/advance", {"seconds": 60})
    shop.earlier(1, minutes=1)
    told = shop.batch()
    assert told.status == 1
    row_of = result_rows(shop)["payee0001"]
    assert (row_of["state"], row_of["raw"].split()[-1]) == ("failed", "FAIL")
    assert row_of["next_action"] in told.out or "单号" in told.out
    assert shop.batch().status == 1
    assert shop.posts() == 1, "a number that failed is not used again"


def elsewhere(shop: Shop, url: str) -> Callable[[], int]:
    """Let the settings lead elsewhere; return what leads them back."""
    path = shop.folder / "journal.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(shop.mock.base_url, url), encoding="utf-8")
    return lambda: path.write_text(text, encoding="utf-8")


def test_a_channel_that_cannot_be_reached_stops_the_batch_and_the_next_run_pays(shop: Shop) -> None:
    shop.write(*(row(number) for number in ALL))
    back = elsewhere(shop, "http://127.0.0.1:1")
    told = shop.batch("--json")
    assert told.status == 4
    assert [one["canonical"] for one in told.json["lines"]] == ["CHANNEL_UNREACHABLE"] * 3 + [None] * 3
    assert {one["state"] for one in told.json["lines"]} == {"not_sent"}
    assert told.json["stopped"] is not None
    back()
    assert shop.batch().status == 4
    assert sorted(shop.transfers()) == [f"payee{number:04d}" for number in ALL]
    assert shop.posts() == len(ALL)


def test_a_journal_that_goes_away_stops_the_batch_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(row(1), row(2), row(3))
    paid = DurableClient.payout

    def payout(client: DurableClient, order: Any, **more: Any) -> Any:
        if order.merchant_order_id == "payee0002":
            raise JournalUnavailableError.because("日志库不可用", "the journal cannot be used")
        return paid(client, order, **more)

    monkeypatch.setattr(DurableClient, "payout", payout)
    told = shop.batch("--json")
    assert (told.status, shop.transfers()) == (3, ["payee0001"])
    assert [one["state"] for one in told.json["lines"]] == ["pending", "not_sent", "not_sent"]
    assert not (shop.folder / "payees.result.csv").exists()


def test_what_goes_wrong_within_one_line_hides_no_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(row(1), row(2), row(3))
    paid = DurableClient.payout

    def payout(client: DurableClient, order: Any, **more: Any) -> Any:
        if order.merchant_order_id == "payee0002":
            raise ZeroDivisionError
        return paid(client, order, **more)

    monkeypatch.setattr(DurableClient, "payout", payout)
    told = shop.batch("--json")
    assert [(one["state"], one["canonical"]) for one in told.json["lines"]] == [
        ("pending", "AWAITING_PAYEE"),
        ("not_sent", "SDK_DEFECT"),
        ("pending", "AWAITING_PAYEE"),
    ]


def test_a_file_of_gbk_with_headings_in_chinese(shop: Shop) -> None:
    header = "商户订单号,金额,收款方类型,钱包标识,备注"
    shop.write(row(1, payee_kind="钱包"), header=header, encoding="gbk")
    assert shop.batch().status == 4
    (transfer,) = shop.mock.control("books", method="GET")["wechat"]["transfers"]
    assert transfer["out_bill_no"] == "payee0001"


def test_the_same_payment_twice_is_pointed_at(shop: Shop) -> None:
    shop.write(row(1), row(2, wallet_id=f"{WALLET}01"))
    assert "2, 3" in shop.batch("--check").err


def test_a_long_file_shows_what_has_not_succeeded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_channels.cli.outcome.MOST_SHOWN", 1)
    shop.write(row(1), row(2))
    shop.batch()
    shop.confirm(1)
    shop.earlier(1, minutes=1)
    told = shop.batch()
    assert "payee0002" in told.out
    assert "payee0001" not in told.out
    assert states(shop) == ["succeeded", "pending"]


def test_a_result_file_that_cannot_be_written_takes_nothing_from_the_screen(shop: Shop) -> None:
    (shop.folder / "payees.result.csv").mkdir()
    shop.write(row(1))
    told = shop.batch("--json")
    assert (told.status, told.json["lines"][0]["state"]) == (4, "pending")
    assert "no result file" in told.err
    assert sorted(path.name for path in shop.folder.glob("*result*")) == ["payees.result.csv"]


def test_a_terminal_without_chinese_letters_ends_no_batch(shop: Shop) -> None:
    shop.write(row(1))
    command = [sys.executable, "-m", "payment_channels.cli", "payout-batch", "payees.csv", "--account", "shop", "--yes"]
    for more, word in ((["--check"], b"nothing was sent"), (["--json"], b'"words": "\\u5904\\u7406')):
        done = subprocess.run(
            [*command, *more], cwd=shop.folder, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False
        )
        assert word in done.stdout, done.stderr


def test_no_cell_of_the_result_is_a_formula(tmp_path: Path) -> None:
    assert [_cell(text) for text in ("=1", "+1", "-1", "@x", "a=1")] == ["'=1", "'+1", "'-1", "'@x", "a=1"]
    (tmp_path / "p.result.csv").write_text("merchant_order_id,state\n'=1,pending\nA2,not_sent\nA3,\n", encoding="utf-8")
    assert earlier(tmp_path / "p.csv") == {"=1"}


def test_a_channel_that_cannot_pay_out_is_refused() -> None:
    class Client:
        class channel:  # noqa: N801
            class manifest:  # noqa: N801
                capabilities: tuple[str, ...] = ()
                title_zh, title_en = "某渠道", "Some"

    with pytest.raises(NotSupportedError) as caught:
        batch._can_pay_out(Client())  # type: ignore[arg-type]
    assert caught.value.field == "--account"


def test_an_account_that_there_is_not(shop: Shop) -> None:
    told = shop.run("payout-batch", "payees.csv", "--account", "nosuch", "--json")
    assert (told.status, told.json["error"]["field"]) == (2, "--account")


def test_on_a_terminal_there_are_bars_a_question_and_a_table(shop: Shop) -> None:
    shop.write(row(1), row(2))
    command = [sys.executable, "-m", "payment_channels.cli", "payout-batch", "payees.csv", "--account", "shop"]
    ours, theirs = os.openpty()
    running = subprocess.Popen(
        command, cwd=shop.folder, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    shown = b""
    while b"[yes/no]" not in shown:
        shown += os.read(ours, 4096)
    assert shop.transfers() == []
    os.write(ours, b"yes\n")
    with suppress(OSError):  # the other side is closed when the process ends
        while came := os.read(ours, 4096):
            shown += came
    os.close(ours)
    assert running.wait(20) == 4
    text = shown.decode()
    assert "━" in text
    assert "┃" in text
    assert "17.76 CNY" in text
    assert len(shop.transfers()) == 2


# --- stopped and started again


def start(shop: Shop) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "payment_channels.cli", "payout-batch", "payees.csv", "--account", "shop", "--yes", "--json"]
    return subprocess.Popen(command, cwd=shop.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def stop(shop: Shop, running: subprocess.Popen[bytes], at: int, *signals: signal.Signals) -> Told:
    """Send signals when so many payees were paid; return how it ended."""
    deadline = time.monotonic() + 30
    while len(shop.transfers()) < at:
        assert time.monotonic() < deadline
        assert running.poll() is None, running.communicate()
        time.sleep(0.01)
    for one in signals:
        os.kill(running.pid, one)
        time.sleep(0.05)
    out, err = running.communicate(timeout=30)
    return Told(running.returncode, out.decode(), err.decode())


def finish(shop: Shop) -> None:
    """What operations do: run it again, resolve when it is time, run it again; and then look into the books."""
    assert shop.batch().status == 4
    for number in ALL:
        shop.earlier(number, minutes=10)
    assert shop.run("journal", "resolve").status == 0
    for number in ALL:
        shop.confirm(number)
        shop.earlier(number, minutes=10)
    assert shop.batch().status == 0
    assert states(shop) == ["succeeded"] * len(ALL)
    assert shop.run("journal", "verify").status == 0
    found = shop.mock.control("books", method="GET")["wechat"]["transfers"]
    assert sorted((one["out_bill_no"], one["transfer_amount"]) for one in found) == [(f"payee{n:04d}", 888) for n in ALL]


def test_ctrl_c_ends_after_the_line_that_is_under_way(shop: Shop) -> None:
    shop.write(*(row(number) for number in ALL))
    shop.slow(1, times=3)
    told = stop(shop, start(shop), 3, signal.SIGINT)
    assert told.status == 130, told.err
    assert [one["state"] for one in told.json["lines"]] == ["pending"] * 3 + ["not_sent"] * 3
    assert states(shop) == ["pending"] * 3 + ["not_sent"] * 3
    assert shop.posts() == 3
    finish(shop)
    assert shop.posts() == len(ALL)


def test_a_second_ctrl_c_leaves_the_line_unknown(shop: Shop) -> None:
    shop.write(*(row(number) for number in ALL))
    shop.slow(3, times=1)
    told = stop(shop, start(shop), 1, signal.SIGINT, signal.SIGINT)
    assert told.status == 130, told.err
    assert [one["state"] for one in told.json["lines"]] == ["unknown"] + ["not_sent"] * 5
    finish(shop)
    assert shop.posts() == len(ALL)


def test_killed_again_and_again_each_payee_is_paid_once(shop: Shop) -> None:
    shop.write(*(row(number) for number in ALL))
    for paid, further in ((1, 1), (3, 2), (4, 1)):
        shop.slow(1, times=further)
        told = stop(shop, start(shop), paid, signal.SIGKILL)
        assert told.status == -signal.SIGKILL
        assert shop.order(paid).state is State.UNKNOWN, "it was under way when the process ended"
    finish(shop)


def test_two_that_run_at_once_pay_each_payee_once(shop: Shop) -> None:
    shop.write(*(row(number) for number in ALL))
    both = [start(shop), start(shop)]
    ends = [(one.communicate(timeout=40), one.returncode) for one in both]
    assert [code for _, code in ends] == [4, 4], ends
    finish(shop)
    assert shop.posts() == len(ALL)


def test_a_resolver_that_runs_for_ever_ends_well_at_a_signal(shop: Shop) -> None:
    shop.write(row(1))
    shop.batch()
    shop.confirm(1)
    shop.earlier(1, minutes=1)
    command = [sys.executable, "-m", "payment_channels.cli", "journal", "resolve", "--forever", "--json"]
    running = subprocess.Popen(command, cwd=shop.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    line = running.stdout.readline()
    assert b'"after": "succeeded"' in line
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0
    running.communicate()
