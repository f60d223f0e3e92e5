"""What UnionPay really signed, used for what it does not say: cut elsewhere, posted where it does not belong, changed."""

import hashlib
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payment_channels import (
    ChannelClient,
    HttpReply,
    Inbound,
    InvalidRequestError,
    Outcome,
    PaymentQuery,
    PayoutQuery,
    RefundQuery,
    Verdict,
    open_channel,
)
from tests.channels.unionpay.conftest import (
    MER_ID,
    ORDER_TIME,
    PAYOUT,
    QUERY_ID,
    REFUND,
    SECURE_KEY,
    SENT_NOW,
    Fields,
    Gateway,
    of_query,
    opened,
    payment,
    plain,
)
from tests.channels.unionpay.test_notify import posted
from tests.conftest import NOW, Script

FINAL = {Outcome.SUCCEEDED, Outcome.FAILED, Outcome.RETURNED, Outcome.REVERSED}
ACCEPTED_PAYOUT = {
    "txnType": "12",
    "txnSubType": "00",
    "bizType": "000401",
    "accessType": "0",
    "orderId": PAYOUT.merchant_order_id,
    "txnTime": SENT_NOW,
    "txnAmt": "30",
    "currencyCode": "156",
    "respCode": "00",
    "respMsg": "成功[0000000]",
    "queryId": QUERY_ID,
}
ACCEPTED_REFUND = {
    **ACCEPTED_PAYOUT,
    "txnType": "04",
    "bizType": "000201",
    "orderId": REFUND.merchant_refund_id,
    "txnAmt": "40",
    "origQryId": QUERY_ID,
}
FAILED_PAYOUT = of_query("P0000001", SENT_NOW, txnType="12", txnAmt="30", origRespCode="66")


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        (ACCEPTED_PAYOUT, PayoutQuery.of(PAYOUT)),
        (ACCEPTED_REFUND, RefundQuery.of(REFUND)),
        (FAILED_PAYOUT, PayoutQuery.of(PAYOUT)),
    ],
    ids=["the acceptance of a payout", "the acceptance of a refund", "the answer to the query of a failed payout"],
)
def test_an_answer_posted_as_a_notification_moves_no_money(
    client: ChannelClient, gateway: Gateway, fields: Fields, asked: PayoutQuery | RefundQuery
) -> None:
    """Answers are signed like notifications, and whoever has a log can post one: its respCode 00 means something else."""
    for event in client.read_notification(gateway.posts(fields)).events:
        result = event.against(asked)
        assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_MISMATCH")


def keyed(fields: Fields) -> Fields:
    whole = {"version": "5.1.0", "encoding": "UTF-8", "signMethod": "11", "merId": MER_ID, **fields}
    key = hashlib.sha256(SECURE_KEY.encode()).hexdigest().encode()
    return {**whole, "signature": hashlib.sha256(plain(whole) + b"&" + key).hexdigest()}


def test_a_failed_small_payment_cut_into_a_large_one_that_succeeded(gateway: Gateway, script: Script) -> None:
    """The payer's text becomes fields, and the true ones disappear in one of his: the signed string is the same."""
    hidden = f"x&respCode=00&signMethod=11&traceNo=1&txnAmt=100&txnTime={ORDER_TIME}&txnType=01&version=5.1.0&zz=1"
    genuine = keyed(posted(txnType="01", txnAmt="1", respCode="64", reqReserved=hidden))
    seen, swallowed = plain(genuine).decode().split("&zz=", 1)
    forged = {name: text for name, _, text in (pair.partition("=") for pair in seen.split("&"))}
    forged |= {"zz": swallowed, "signature": genuine["signature"]}
    assert plain(forged) == plain(genuine)
    client = opened(gateway, script, sign_method="11", secure_key=SECURE_KEY, merchant_pfx=None, pfx_password=None)
    for fields in (forged, genuine):
        notice = client.read_notification(Inbound(body=urlencode(fields).encode()))
        assert (notice.verdict, notice.events) == (Verdict.REFUSED, ())


def test_a_field_hidden_in_the_name_of_another(client: ChannelClient, gateway: Gateway) -> None:
    forged = gateway.signed(posted(txnType="01", respCode="64", reqReserved="x&respCode=00"))
    before = plain(forged)
    forged["respCode=64&respMsg"] = forged.pop("respMsg")
    forged |= {"reqReserved": "x", "respCode": "00"}
    assert plain(forged) == before
    assert client.read_notification(Inbound(body=urlencode(forged).encode())).verdict is Verdict.REFUSED


def test_another_merchant_s_order_is_neither_sent_nor_asked_after(gateway: Gateway, script: Script) -> None:
    with ChannelClient(open_channel("unionpay", gateway.config(mer_id="777290058110048"), clock=lambda: NOW)) as theirs:
        prepared = theirs.prepare(PAYOUT)
    ours = opened(gateway, script)
    with pytest.raises(InvalidRequestError, match="another merchant"):
        ours.payout(prepared)
    with pytest.raises(InvalidRequestError, match="another merchant"):
        ours.query_payout(PayoutQuery.of(prepared))
    assert script.calls == []


SIGNED = of_query()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_a_signed_success_decides_anything(client: ChannelClient, gateway: Gateway, data: st.DataObject) -> None:
    """Flipped, cut, doubled, added, empty fields in any order: believed only where what is signed is the very same."""
    whole = gateway.signed(SIGNED)
    parts = [list(pair) for pair in whole.items()]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(parts) - 1))
        change = data.draw(st.sampled_from(["drop", "double", "flip", "move", "add", "empty"]))
        if change == "drop" and len(parts) > 1:
            del parts[place]
        elif change == "double":
            parts.append(list(parts[place]))
        elif change == "flip":
            parts[place][1] += data.draw(st.sampled_from(["0", " ", "\x00", "&txnAmt=100", "&x=1", "}", "{"]))
        elif change == "move":
            parts.insert(0, parts.pop(place))
        else:
            parts.append([data.draw(st.sampled_from(["x", "origRespCode", "zz"])), "" if change == "empty" else "1"])
    body = "&".join("=".join(pair) for pair in parts).encode()
    client._transport = Script([HttpReply(200, {}, body)])  # type: ignore[assignment]
    result = client.query(PaymentQuery.of(payment()))
    changed = {name: text for name, text in parts}  # noqa: C416  lists, not pairs
    same = len(changed) == len(parts) and plain(changed) == plain(whole)
    assert result.outcome not in FINAL or same, body
