"""Where a protocol has no signature: success counts only over the line that the configuration names, and only a safe one."""

from collections.abc import Mapping
from typing import Any

import pytest

from payment_channels import Authenticity, EvidenceKind, HttpCall, HttpReply, Outcome, PaymentQuery, TransportFailure
from payment_channels.channel import Exchange, Reading, Verb, fetch, perform
from payment_channels.channel.trusted_line import came_over, can_be_trusted, origin_of
from payment_channels.transport import drive
from tests.channel.test_rule_of_unknown import OK, ORDER, Probe, Wire, paid

LINE = "http://127.0.0.1:8007/csp"


class OnALine(Probe):
    """The same adapter, with a configuration that names a line."""

    line = LINE

    @property
    def trusted_line(self) -> str:
        return self.line


def asked_at(url: str, *, line: str = LINE, answer: HttpReply | Exception = OK, **reading: Any) -> Any:
    """Query over ``url``; the reading claims that its line is trusted."""

    def act(_: object) -> Exchange[Reading]:
        yield from fetch(HttpCall("POST", url, ()))
        return paid(**{"authenticity": Authenticity.TRUSTED_LINE, **reading})

    channel = OnALine(act)
    channel.line = line
    return drive(perform(channel, Verb.QUERY, PaymentQuery.of(ORDER)), Wire(answer), 5)


def test_success_over_the_named_line_is_believed_and_the_evidence_says_by_what() -> None:
    result = asked_at(LINE)
    assert (result.outcome, result.canonical) == (Outcome.SUCCEEDED, "PAYMENT_SUCCEEDED")
    assert result.evidence.kind is EvidenceKind.ANSWERED_OVER_TRUSTED_LINE


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8008/csp",
        "http://127.0.0.2:8007/csp",
        "https://127.0.0.1:8007/csp",
        "http://127.0.0.1/csp",
        "https://bank.example/csp",
    ],
)
def test_an_answer_from_elsewhere_is_not_believed(url: str) -> None:
    result = asked_at(url)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")
    assert result.evidence.kind is EvidenceKind.ANSWERED_NOT_VERIFIABLE
    assert result.evidence.note == "the answer did not come over the line that the configuration names"
    assert result.amounts.order is None


@pytest.mark.parametrize("line", ["", "http://203.0.113.7:8007/csp", "http://bank.example/csp", "ftp://127.0.0.1/csp"])
def test_an_adapter_cannot_claim_a_line_that_is_none(line: str) -> None:
    """Not without a named one, and not over the open net, even where the answer came from exactly there."""
    result = asked_at(line or LINE, line=line)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")


def test_a_failure_from_elsewhere_is_not_believed_either() -> None:
    assert asked_at("http://10.0.0.9/csp", where="trade_state", code="CLOSED").outcome is Outcome.UNKNOWN
    assert asked_at(LINE, where="trade_state", code="CLOSED").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("changes", "canonical"),
    [
        ({"foreign": "another merchant"}, "REPLY_MISMATCH"),
        ({"readable": False}, "REPLY_UNREADABLE"),
        ({"facts": None}, "AMOUNT_MISMATCH"),
        ({"code": "NEVER_SEEN"}, "UNMAPPED_CODE"),
    ],
)
def test_the_rest_of_the_rule_holds_over_a_trusted_line(changes: Mapping[str, Any], canonical: str) -> None:
    result = asked_at(LINE, **changes)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, canonical)


def test_a_lost_answer_has_no_line() -> None:
    lost = asked_at(LINE, answer=TransportFailure("reset", maybe_sent=True))
    assert (lost.outcome, lost.evidence.kind) == (Outcome.UNKNOWN, EvidenceKind.SENT_WITHOUT_ANSWER)


@pytest.mark.parametrize("authenticity", [Authenticity.UNSIGNED_AS_DOCUMENTED, Authenticity.NOT_VERIFIED])
def test_a_named_line_makes_no_other_answer_believable(authenticity: Authenticity) -> None:
    result = asked_at(LINE, authenticity=authenticity)
    assert (result.outcome, result.canonical) == (Outcome.UNKNOWN, "REPLY_NOT_VERIFIED")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://bank.example", True),
        ("http://127.0.0.1:8007", True),
        ("http://localhost:8007", True),
        ("http://[::1]:8007", True),
        ("http://10.1.2.3", True),
        ("http://172.16.0.1", True),
        ("http://172.31.255.255", True),
        ("http://192.168.1.1", True),
        ("http://[fd00::1]", True),
        ("http://172.32.0.1", False),
        ("http://192.169.0.1", False),
        ("http://0.0.0.0", False),
        ("http://8.8.8.8", False),
        ("http://169.254.1.1", False),
        ("http://proxy.internal", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://2130706433", False),
        ("http://[::ffff:8.8.8.8]", False),
        ("http://user@127.0.0.1", False),
        ("http://127.0.0.1:0", False),
        ("http://127.0.0.1:99999", False),
        ("http://[::1", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
        ("", False),
    ],
)
def test_which_lines_can_be_named(url: str, safe: bool) -> None:
    assert can_be_trusted(url) is safe


def test_the_usual_port_is_the_same_line() -> None:
    assert origin_of("https://Bank.example/a") == origin_of("https://bank.example:443/b?c=d")
    assert came_over("https://bank.example", HttpCall("POST", "https://bank.example:443/b", ()))
    assert not came_over(LINE, None)
