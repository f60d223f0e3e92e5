"""Batches by TLT: the packet to the byte, and an outcome for every line."""

import pytest

from payment_channels import ChannelClient, HttpReply, Outcome, PayoutBatchQuery
from tests.channels.allinpay.conftest import BATCH, Platform, verified_packet
from tests.channels.allinpay.test_payouts import HEAD, PERSONAL
from tests.conftest import Script


def batch_answer(platform: Platform, *details: dict[str, str], info: str = "0000") -> HttpReply:
    inner = "".join("<RET_DETAIL>" + "".join(f"<{n}>{t}</{n}>" for n, t in one.items()) + "</RET_DETAIL>" for one in details)
    head = {"TRX_CODE": "100002", "REQ_SN": "B0000001", "RET_CODE": info}
    return platform.returns(head, f"<BODY><RET_DETAILS>{inner}</RET_DETAILS></BODY>" if details else "")


def test_a_batch_is_sent_so(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [batch_answer(platform)]
    result = client.payout_batch(BATCH)
    text = verified_packet(platform, script.calls[0])
    assert text == HEAD.format("100002", "B0000001") + (
        "<BODY><TRANS_SUM><BUSINESS_CODE>09900</BUSINESS_CODE><MERCHANT_ID>200604000000445</MERCHANT_ID>"
        "<SUBMIT_TIME>20260601200000</SUBMIT_TIME><TOTAL_ITEM>2</TOTAL_ITEM><TOTAL_SUM>70</TOTAL_SUM></TRANS_SUM><TRANS_DETAILS>"
        f"<TRANS_DETAIL><SN>0001</SN><BANK_CODE>0102</BANK_CODE><ACCOUNT_TYPE>00</ACCOUNT_TYPE>{PERSONAL}</TRANS_DETAIL>"
        "<TRANS_DETAIL><SN>0002</SN><BANK_CODE>0102</BANK_CODE><ACCOUNT_TYPE>00</ACCOUNT_TYPE>"
        "<ACCOUNT_NO>1000-2000-3000</ACCOUNT_NO><ACCOUNT_NAME>某某公司</ACCOUNT_NAME><ACCOUNT_PROP>1</ACCOUNT_PROP>"
        "<AMOUNT>40</AMOUNT><CURRENCY>CNY</CURRENCY><UNION_BANK>102100099996</UNION_BANK></TRANS_DETAIL>"
        "</TRANS_DETAILS></BODY></AIPG>"
    )
    assert (result.outcome, result.merchant_batch_id, result.retry_after) == (Outcome.PENDING, "B0000001", 1200)
    assert [line.outcome for line in result.lines] == [Outcome.PENDING, Outcome.PENDING]


def test_a_batch_whose_lines_are_answered_at_once(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [batch_answer(platform, {"SN": "0002", "RET_CODE": "3031"}, {"SN": "0001", "RET_CODE": "0000"})]
    assert [line.outcome for line in client.payout_batch(BATCH).lines] == [Outcome.PENDING, Outcome.FAILED]


@pytest.mark.parametrize(("code", "wanted"), [("1103", Outcome.FAILED), ("1000", Outcome.UNKNOWN), ("2000", Outcome.PENDING)])
def test_a_batch_that_was_refused_whole(
    client: ChannelClient, script: Script, platform: Platform, code: str, wanted: Outcome
) -> None:
    script.answers = [batch_answer(platform, info=code)]
    result = client.payout_batch(BATCH)
    assert [result.outcome, *(line.outcome for line in result.lines)] == [wanted] * 3
    assert not any(line.new_id_allowed for line in result.lines)


FIRST = {"BATCHID": "B0000001", "SN": "0001"}
SECOND = {"BATCHID": "B0000001", "SN": "0002", "AMOUNT": "40", "ACCOUNT_NO": "3000"}


def test_each_line_of_a_batch_has_its_own_outcome(client: ChannelClient, script: Script, platform: Platform) -> None:
    script.answers = [platform.tells({**SECOND, "RET_CODE": "3031"}, FIRST)]
    result = client.query_payout_batch(PayoutBatchQuery.of(BATCH))
    assert [line.outcome for line in result.lines] == [Outcome.SUCCEEDED, Outcome.FAILED]
    assert [line.merchant_order_id for line in result.lines] == ["L1", "L2"]
    assert result.outcome is Outcome.UNKNOWN, "a batch has no outcome of its own: its lines have"
    assert "<QUERY_SN>B0000001</QUERY_SN>" in verified_packet(platform, script.calls[0])


def test_a_batch_is_paid_when_every_line_is(client: ChannelClient, script: Script, platform: Platform) -> None:
    answers = [
        platform.tells(FIRST, SECOND),
        platform.tells(FIRST),
        *(platform.tells(FIRST, {**SECOND, **one}) for one in ({"AMOUNT": "41"}, {"ACCOUNT_NO": "3001"}, {"RET_CODE": "4000"})),
    ]
    script.answers = list(answers)
    whole, *others = [client.query_payout_batch(PayoutBatchQuery.of(BATCH)) for _ in answers]
    assert (whole.outcome, [line.outcome for line in whole.lines]) == (Outcome.SUCCEEDED, [Outcome.SUCCEEDED] * 2)
    # Of what is not paid whole nothing is said, not even that it contradicts itself; and it is asked for again in ten minutes.
    assert [(one.outcome, one.canonical, one.retry_after) for one in others] == [(Outcome.UNKNOWN, "QUERY_ANSWERED", 600)] * 4


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"AMOUNT": "41"}, "AMOUNT_MISMATCH"),
        ({"AMOUNT": ""}, "AMOUNT_MISMATCH"),
        ({"ACCOUNT_NO": "3001"}, "REPLY_MISMATCH"),
        ({"RET_CODE": ""}, "REPLY_MISMATCH"),
        ({"RET_CODE": "4000"}, "PAYOUT_PROCESSING"),
    ],
)
def test_a_line_that_is_not_as_ordered_is_no_success(
    client: ChannelClient, script: Script, platform: Platform, changes: dict[str, str], canonical: str
) -> None:
    script.answers = [platform.tells(FIRST, {**SECOND, **changes})]
    first, second = client.query_payout_batch(PayoutBatchQuery.of(BATCH)).lines
    assert first.outcome is Outcome.SUCCEEDED
    assert (second.outcome is Outcome.SUCCEEDED, second.canonical) == (False, canonical)


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"SN": "0003"}, "REPLY_UNREADABLE"),
        ({"SN": "0001"}, "REPLY_UNREADABLE"),
        ({"SN": ""}, "REPLY_UNREADABLE"),
        ({"SN": "0"}, "REPLY_UNREADABLE"),
        ({"BATCHID": "B0000002"}, "REPLY_MISMATCH"),
    ],
)
def test_an_answer_about_other_lines_says_nothing_of_any(
    client: ChannelClient, script: Script, platform: Platform, changes: dict[str, str], canonical: str
) -> None:
    script.answers = [platform.tells(FIRST, {**SECOND, **changes})]
    result = client.query_payout_batch(PayoutBatchQuery.of(BATCH))
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, canonical)
    assert {line.outcome for line in result.lines} == {Outcome.UNKNOWN}
