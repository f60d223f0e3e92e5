"""What lies in the journal is sealed to its place; keys rotate; an old key is retired after sealing anew."""

import pytest

from mocks.world import World
from payment_channels import ChannelClient, ConfigurationError, InvalidRequestError, Outcome
from payment_channels.journal import DurableClient, Inbox, Journal, KeyRing, OrderKey, reseal
from payment_channels.journal.looking import verify
from payment_channels.journal.sealing import SealBrokenError
from tests.journal.conftest import KEY, payment, payout, received

NEW = bytes(range(1, 33))
BOTH = KeyRing({"1": KEY, "2": NEW}, current="2")


@pytest.fixture
def filled(client: DurableClient, inbox: Inbox, journal: Journal, mock_channels: World) -> Journal:
    """Two orders with answers, and a notification, all sealed with the old key."""
    client.payout(payout())
    client.pay(payment())
    mock_channels.channels["wechat"].control("orders", "payment0001", "pay", {})
    inbox.take(received(mock_channels)[0])
    return journal


def faults(journal: Journal) -> list[str]:
    return [fault for _, found in verify(journal) for fault in found]


def keys_used(journal: Journal) -> set[str]:
    texts = ("SELECT prepared FROM orders", "SELECT result FROM events WHERE result IS NOT NULL", "SELECT inbound FROM notices")
    sealed = [row[0] for text in texts for row in journal.store.read(lambda cursor, text=text: cursor.rows(text))]  # type: ignore[misc]
    named = {row[0] for row in journal.store.read(lambda cursor: cursor.rows("SELECT digest_key FROM orders"))}
    return {bytes(one)[1 : 1 + bytes(one)[0]].decode() for one in sealed} | named


def test_old_texts_open_and_old_orders_are_compared_after_a_rotation(filled: Journal, bare: ChannelClient) -> None:
    rotated = Journal(filled.store, BOTH, clock=filled.clock)
    client = DurableClient(bare, rotated, account="shop")
    assert client.payout(payout()).outcome is Outcome.PENDING
    with pytest.raises(InvalidRequestError):
        client.payout(payout(fen=1))
    client.payout(payout("payout0002"))
    assert (faults(rotated), keys_used(rotated)) == ([], {"1", "2"})


def test_what_is_sealed_anew_needs_the_old_key_no_more(filled: Journal, bare: ChannelClient) -> None:
    rotated = Journal(filled.store, BOTH, clock=filled.clock)
    shown = list(reseal(rotated, batch=1))
    assert [(one.table, one.sealed) for one in shown] == [
        ("orders", 1), ("orders", 2), ("events", 1), ("events", 2), ("events", 3), ("notices", 1),
    ]  # fmt: skip
    assert list(reseal(rotated)) == []
    alone = Journal(filled.store, KeyRing.single(NEW, name="2"), clock=filled.clock)
    assert (faults(alone), keys_used(alone)) == ([], {"2"})
    client = DurableClient(bare, alone, account="shop")
    assert client.payout(payout()).outcome is Outcome.PENDING
    with pytest.raises(InvalidRequestError):
        client.payout(payout(fen=1))


def test_a_key_that_was_taken_out_too_early_is_named(filled: Journal, bare: ChannelClient) -> None:
    alone = Journal(filled.store, KeyRing.single(NEW, name="2"), clock=filled.clock)
    with pytest.raises(ConfigurationError, match="key 1 is not in the ring"):
        DurableClient(bare, alone, account="shop").payout(payout())
    with pytest.raises(SealBrokenError):
        list(reseal(alone))
    assert keys_used(filled) == {"1"}
    assert len(faults(alone)) == 5
    for fault in faults(alone):
        assert "打不开：由密钥 '1' 封存，而密钥环中没有它 / " in fault
        assert fault.endswith("cannot be opened: sealed with the key '1', which is not in the ring")


MOVES = {
    "prepared of another order": "UPDATE orders SET prepared = (SELECT prepared FROM orders WHERE id = 2) WHERE id = 1",
    "an answer of another order": "UPDATE events SET result = (SELECT result FROM events WHERE id = 4) WHERE id = 2",
    "another answer of the same order": "UPDATE events SET result = (SELECT result FROM events WHERE id = 5) WHERE id = 4",
    "an answer as one of another attempt": "UPDATE events SET attempt = 2 WHERE id = 5",
}


@pytest.mark.parametrize("statement", MOVES.values(), ids=MOVES.keys())
def test_a_text_that_was_moved_does_not_open(filled: Journal, statement: str) -> None:
    filled.store.write(lambda cursor: cursor.run(statement))
    (fault,) = faults(filled)
    zh, _, en = fault.partition(" / ")
    assert zh.endswith("处的内容被改动过，或本不在此处")
    assert "打不开：" in zh
    assert "cannot be opened: what stands at " in en


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.single(KEY)


def test_every_byte_of_a_sealed_text_counts(ring: KeyRing) -> None:
    sealed = ring.seal(b"a name and an account", "here")
    assert ring.open(sealed, "here") == b"a name and an account"
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBrokenError):
            ring.open(bytes(changed), "here")
    for cut in range(len(sealed)):
        with pytest.raises(SealBrokenError):
            ring.open(sealed[:cut], "here")
    with pytest.raises(SealBrokenError):
        ring.open(sealed, "there")


def test_the_same_text_is_sealed_differently_each_time(ring: KeyRing) -> None:
    """With a nonce twice, GCM shows which texts are the same and gives its own key away (NIST SP 800-38D, 8)."""
    assert len({ring.seal(b"a name", "here") for _ in range(1000)}) == 1000


def test_places_of_different_orders_never_meet() -> None:
    one, other = OrderKey("a", "payout", "b/payout/c"), OrderKey("a/payout/b", "payout", "c")
    assert one.prepared_place != other.prepared_place


def test_a_ring_without_its_current_key_or_with_a_short_one_is_refused() -> None:
    for keys, current in (({}, "1"), ({"1": b"short"}, "1"), ({"": KEY}, ""), ({"n" * 256: KEY}, "n" * 256)):
        with pytest.raises(ConfigurationError):
            KeyRing(keys, current)


def test_no_key_is_printed(ring: KeyRing) -> None:
    assert KEY.hex() not in repr(ring)
    assert repr(KEY)[2:10] not in repr(ring)


def test_the_digest_of_the_same_content_differs_by_key(ring: KeyRing) -> None:
    assert ring.digest(b"content")[1] != BOTH.digest(b"content")[1]
    assert BOTH.digest(b"content", "1") == ring.digest(b"content")


def test_a_million_zeros_that_pretend_to_be_an_order_are_refused(ring: KeyRing) -> None:
    with pytest.raises(SealBrokenError, match="larger"):
        ring.open(ring.seal(bytes(17 * 1024 * 1024), "here"), "here")
