"""The journal's commands: what they show of orders, events and people, and how each ends."""

import json

import pytest

from payment_channels.journal import Journal, OrderKey, State
from payment_channels.journal.folding import Finding, Source
from payment_channels.journal.records import microseconds
from payment_channels.model.results import Outcome
from tests.cli.conftest import WALLET, Shop

KEY_OF = {number: OrderKey("shop", "payout", f"payee{number:04d}") for number in range(1, 6)}


def test_counts_by_state_and_age(three: Shop) -> None:
    three.earlier(2, hours=3)
    told = three.run("journal", "status", "--json")
    assert told.status == 0
    counts = {(one["account"], one["kind"], one["state"]): one["orders"] for one in told.json["counts"]}
    assert counts == {("shop", "payout", state): 1 for state in ("succeeded", "pending", "unknown")}
    assert told.json["unresolved_over_seconds"] == {"300": 1, "3600": 1, "86400": 0, "432000": 0}
    assert (told.json["orders"], told.json["unresolved"], told.json["manual"], told.json["due_now"]) == (3, 2, 0, 1)
    shown = three.run("journal", "status").out
    assert "处理中" in shown
    assert "over 1 hour" in shown


def test_the_unresolved_come_the_oldest_first_with_the_next_look(three: Shop) -> None:
    three.earlier(3, hours=3)
    rows = three.run("journal", "unknown", "--json").json
    assert [(one["merchant_id"], one["state"]) for one in rows] == [("payee0003", "unknown"), ("payee0002", "pending")]
    assert rows[0]["amount"] == {"amount": 30, "currency": "CNY"}
    assert rows[0]["age"] // 3600 == 3
    assert rows[0]["next_look"] is not None
    told = three.run("journal", "unknown", "--limit", "1")
    assert "payee0003" in told.out
    assert "payee0002" not in told.out
    assert "--limit" in told.err
    assert max(len(line.rstrip()) for line in told.out.splitlines()) > 100, (
        "a line is never folded where nobody looks at a screen"
    )
    assert "3 h 0 min" in told.out


def test_the_whole_story_in_both_vocabularies_with_its_evidence_and_nobody_named(three: Shop) -> None:
    told = three.run("journal", "show", "payee0002")
    assert told.status == 0
    for part in (
        "AWAITING_PAYEE",
        "transfer_state WAIT_USER_CONFIRM",
        "等待",
        "Waiting",
        "request id",
        "wallet ***6X02",
    ):
        assert part in told.out
    assert WALLET not in told.out + told.err
    (story,) = three.run("journal", "show", "payee0002", "--json").json
    assert story["party"] == "wallet ***6X02"
    assert [(one["source"], one["state"]) for one in story["events"]] == [("opened", "unknown"), ("answered", "pending")]
    answered = story["events"][1]
    assert answered["evidence"] == "answered"
    assert answered["request"].startswith("POST http://127.0.0.1")
    assert answered["http_status"] == 200
    assert answered["request_id"]
    assert answered["answer_bytes"] > 0
    assert answered["sent_at"] < answered["answered_at"]
    by_channel_number = three.run("journal", "show", story["channel_order_id"], "--json").json
    assert [one["merchant_id"] for one in by_channel_number] == ["payee0002"]


def test_what_follows_from_another_order_names_no_attempt(three: Shop) -> None:
    three.look(lambda journal: journal.concluded(KEY_OF[2], Outcome.SUCCEEDED, "the payout is succeeded"))
    (story,) = three.run("journal", "show", "payee0002", "--json").json
    *before, last = [(one["source"], one["attempt"]) for one in story["events"]]
    assert last == ("queried", None)
    assert [attempt for _, attempt in before] == [1] * len(before)


def test_an_order_that_there_is_not(shop: Shop) -> None:
    told = shop.run("journal", "show", "nosuch", "--json")
    assert told.status == 1
    assert "nosuch" in told.json["error"]["zh"]
    assert "nosuch" in told.json["error"]["en"]


def test_a_story_whose_key_is_gone_is_told_as_far_as_it_is_open(three: Shop) -> None:
    (three.folder / "keys.toml").unlink()
    assert three.run("journal", "add-key", "other").status == 0
    told = three.run("journal", "show", "payee0002")
    assert told.status == 0
    assert "pending" in told.out
    for words in ("封存的内容打不开", "由密钥 '1' 封存，而密钥环中没有它", "not in the ring"):
        assert words in told.out
    verified = three.run("journal", "verify", "--json")
    assert verified.status == 1
    assert any("payee0002" in fault for fault in verified.json["faults"])


def test_verifying_finds_what_was_changed_by_hand(three: Shop) -> None:
    assert three.run("journal", "verify", "--batch", "2", "--json").json == {"orders": 3, "faults": []}
    text = "UPDATE orders SET state = 'failed' WHERE merchant_id = 'payee0002'"
    three.look(lambda journal: journal.store.write(lambda cursor: cursor.run(text)))
    told = three.run("journal", "verify")
    assert told.status == 1
    assert "payee0002：订单写的是" in told.out
    assert "/ the order says" in told.out
    assert "3/3" in told.err


DECIDED = ("--why", "银行回单 0001", "--yes")


def test_two_people_decide_what_nobody_knows(three: Shop) -> None:
    both = ("--who", "甲", "--who", "乙")
    told = three.run("journal", "decide", "payee0003", "succeeded", *both, *DECIDED)
    assert told.status == 2, "the resolver is still at it"
    assert "patience" in told.err
    three.earlier(3, days=30)
    lose_the_query = {"kind": "server_error", "channel": "wechat", "path": "/out-bill-no/", "times": 1}
    three.mock.control("faults", lose_the_query)
    assert three.run("journal", "resolve").status == 0
    assert [one["merchant_id"] for one in three.run("journal", "manual", "--json").json] == ["payee0003"]
    assert "payee0003" in three.run("journal", "manual").out
    assert three.run("journal", "decide", "payee0003", "succeeded", "--who", "甲", "--who", "甲", *DECIDED).status == 2
    unasked = three.run("journal", "decide", "payee0003", "succeeded", *both, "--why", "x")
    assert unasked.status == 2
    assert "--yes" in unasked.err
    assert three.order(3).state is State.UNKNOWN
    told = three.run("journal", "decide", "payee0003", "succeeded", *both, *DECIDED, "--json")
    assert (told.status, told.json["state"], told.json["manual"]) == (0, "succeeded", None)
    (story,) = three.run("journal", "show", "payee0003", "--json").json
    assert story["events"][-1]["note"] == "乙, 甲: 银行回单 0001"


def test_a_conflict_is_listed_and_money_that_was_seen_to_move_stays_seen(three: Shop) -> None:
    record = three.order(1)
    result = three.look(lambda journal: journal.result_of(record))
    refused = result.model_copy(update={"outcome": Outcome.FAILED})
    three.look(lambda journal: journal.found(KEY_OF[1], Finding(Source.QUERIED, Outcome.FAILED, 1), refused))
    (found,) = three.run("journal", "conflicts", "--json").json
    assert (found["merchant_id"], found["state"], found["conflict"]) == ("payee0001", "succeeded", True)
    decided = ("--who", "a", "--who", "b", *DECIDED)
    told = three.run("journal", "decide", "payee0001", "failed", *decided)
    assert told.status == 1
    assert "money that was seen to move stays seen" in told.err
    assert three.order(1).state is State.SUCCEEDED
    assert three.run("journal", "decide", "payee0001", "succeeded", *decided).status == 0
    assert three.run("journal", "conflicts", "--json").json == []


def test_orders_of_one_number_are_told_apart(three: Shop) -> None:
    same = "kind, merchant_id, channel, digest, digest_key, prepared, state, attempts, unresolved, created_at, changed_at"
    text = f"INSERT INTO orders (account, {same}) SELECT 'other', {same} FROM orders WHERE merchant_id = 'payee0002'"  # noqa: S608
    three.look(lambda journal: journal.store.write(lambda cursor: cursor.run(text)))
    assert len(three.run("journal", "show", "payee0002", "--json").json) == 2
    assert len(three.run("journal", "show", "payee0002", "--account", "shop", "--json").json) == 1
    assert three.run("journal", "show", "payee0002", "--kind", "refund").status == 1
    told = three.run("journal", "decide", "payee0002", "failed", "--who", "a", "--who", "b", *DECIDED)
    assert told.status == 2
    assert "--account other" in told.err


def test_unmatched_notifications_are_shown(shop: Shop) -> None:
    def put(journal: Journal) -> None:
        values = ("shop", "n-1", microseconds(journal.clock()), "payment", "stranger01", b"x")
        text = "INSERT INTO notices (account, notification_id, received_at, kind, merchant_id, inbound) VALUES (?, ?, ?, ?, ?, ?)"
        journal.store.write(lambda cursor: cursor.run(text, values))

    shop.look(put)
    assert [one["merchant_id"] for one in shop.run("journal", "notices", "--json").json] == ["stranger01"]
    assert "stranger01" in shop.run("journal", "notices").out
    assert shop.run("journal", "status", "--json").json["unmatched_notices"] == 1


def test_a_key_is_rotated_and_the_old_one_taken_out(three: Shop) -> None:
    shown = three.run("journal", "add-key", "2027")
    assert shown.status == 0
    assert "reseal" in shown.out
    assert three.run("journal", "add-key", "2028", "--current", "--json").json == {
        "keys": ["1", "2027", "2028"],
        "current": "2028",
    }
    assert three.run("journal", "add-key", "2028").status == 2
    told = three.run("journal", "reseal", "--batch", "2", "--json")
    assert told.status == 0
    assert told.json["sealed"]["orders"] == 3
    path = three.folder / "keys.toml"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith('"1"')]
    path.write_text("\n".join(kept), encoding="utf-8")
    assert three.run("journal", "verify", "--json").json == {"orders": 3, "faults": []}
    assert three.batch("--check").status == 0, "the lines are still known to be the same"
    assert three.run("journal", "reseal", "--json").json["sealed"] == {}


def test_sealing_anew_stops_where_a_key_is_missing(three: Shop) -> None:
    (three.folder / "keys.toml").unlink()
    assert three.run("journal", "add-key", "other").status == 0
    told = three.run("journal", "reseal")
    assert told.status == 1
    assert "put its key back" in told.err


def test_a_database_that_is_away_is_another_ending(shop: Shop) -> None:
    path = shop.folder / "journal.sqlite3"
    for name in ("journal.sqlite3-wal", "journal.sqlite3-shm"):
        (shop.folder / name).unlink(missing_ok=True)
    path.write_bytes(b"no database at all, and long enough to be looked at" * 40)
    told = shop.run("journal", "status", "--json")
    assert told.status == 3
    assert (told.json["error"]["canonical"], told.json["error"]["field"]) == ("JOURNAL_UNAVAILABLE", "journal")


def test_a_file_of_keys_that_others_can_read_is_warned_of(shop: Shop) -> None:
    (shop.folder / "keys.toml").chmod(0o644)
    told = shop.run("journal", "status", "--json")
    assert told.status == 0
    assert "chmod 600" in told.err
    assert json.loads(told.out)["orders"] == 0


@pytest.mark.parametrize(
    "arguments", [("journal",), ("journal", "nosuch"), ("journal", "unknown", "--limit", "0"), ("payout-batch", "x")]
)
def test_a_command_that_is_none(shop: Shop, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        shop.run(*arguments)
    assert caught.value.code == 2
