"""Every collected return code, as an answer to each request: the raw code stays, and no answer says more than it may."""

import csv
from collections.abc import Callable

import pytest

from payment_channels import BalanceQuery, ChannelClient, Outcome, PayoutQuery, Phase, Result
from tests.channels.lianlian.conftest import NUMBER, Gateway, confirmation, payout
from tests.conftest import VECTORS, Script


def codes(name: str) -> set[str]:
    with (VECTORS / "lianlian" / name).open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return {line["code"] for line in lines if line.get("api", OF_ALL) == OF_ALL}


OF_ALL = "LianLian ret_code (docs return-codes)"
CODES = sorted(codes("lianlian_errors.csv") | codes("lianlian_instantpay_codes.csv"))
HELD_BACK = {"4002", "4003", "4004"}
ASKING: dict[str, Callable[[ChannelClient], Result]] = {
    "confirm_payout": lambda client: client.confirm_payout(confirmation()),
    "query_payout": lambda client: client.query_payout(PayoutQuery.of(payout())),
    "balance": lambda client: client.balance(BalanceQuery()),
}


@pytest.mark.parametrize("code", [code for code in CODES if code != "0000"])
def test_a_payout_answered_so(client: ChannelClient, script: Script, gateway: Gateway, code: str) -> None:
    script.answers = [gateway.answers({"ret_code": code, "ret_msg": "m", "no_order": NUMBER, "confirm_code": "1"})]
    result = client.payout(payout())
    assert (result.raw.where, result.raw.code, result.raw.message) == ("ret_code", code, "m")
    assert (result.outcome is Outcome.PENDING) is (code in HELD_BACK)
    assert (result.phase is Phase.AWAITING_CONFIRMATION) is (code in HELD_BACK)
    assert result.outcome is not Outcome.SUCCEEDED
    assert not result.new_id_allowed, "an attempt that was refused says nothing of another attempt"


@pytest.mark.parametrize("code", [code for code in CODES if code != "0000"])
@pytest.mark.parametrize("name", ASKING)
def test_a_question_or_a_confirmation_answered_so(
    client: ChannelClient, script: Script, gateway: Gateway, name: str, code: str
) -> None:
    script.answers = [gateway.answers({"ret_code": code, "ret_msg": "m", "result_pay": "FAILURE"})]
    result = ASKING[name](client)
    assert (result.outcome, result.raw.where, result.raw.code) == (Outcome.UNKNOWN, "ret_code", code)
    assert not result.new_id_allowed


@pytest.mark.parametrize("name", ["query_payout", "confirm_payout"])
def test_a_code_never_seen(client: ChannelClient, script: Script, gateway: Gateway, name: str) -> None:
    script.answers = [gateway.answers({"ret_code": "K0NEVERSEEN"}), gateway.answers({"ret_code": "K0NEVERSEEN"})]
    for result in (ASKING[name](client), client.payout(payout())):
        assert (result.outcome, result.canonical, result.raw.code) == (Outcome.UNKNOWN, "UNMAPPED_CODE", "K0NEVERSEEN")
