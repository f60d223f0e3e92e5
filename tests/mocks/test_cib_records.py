"""The CIB mock's statement as a file: the document's records, pages, and what is asked for wrongly."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from mocks.cib import CibMock
from mocks.cib.accounts import Cause, Party
from mocks.clock import Clock
from tests.mocks.cib_customer import Answer, Customer, element

SAMPLES = json.loads((Path(__file__).parents[1] / "vectors" / "cib" / "cib_statement_file.json").read_text(encoding="utf-8"))
TODAY = "2026-06-01"


def asked(
    customer: Customer, *, number: str = "200", page: int = 1, first: str = TODAY, last: str = TODAY, **more: str
) -> Answer:
    period = [element("DTSTART", first), element("DTEND", last), element("PAGE", str(page)), element("NUM", number)]
    period += [element(name, text) for name, text in more.items()]
    content = element("SCUSTSTMTRQ", customer.payer(), element("INCTRAN", *period))
    return customer.ask(element("FSTMTTRNRQ", element("TRNUID", "20260601f1"), content))


def records(answer: Answer) -> list[str]:
    return [line for line in (answer.text("TRANLIST") or "").split("\n") if line]


def test_the_answer_has_the_samples_elements_and_its_records_the_samples_length(cib: CibMock, customer: Customer) -> None:
    customer.transfer()
    answer = asked(customer)
    expected = ET.fromstring(SAMPLES["FSTMTTRNRS_response"])  # noqa: S314  the document's sample
    (held,), (wanted,) = (list(root.iter("SCUSTSTMTRS")) for root in (answer.root, expected))
    assert [one.tag for one in held.iter()] == [one.tag for one in wanted.iter()]
    (line,) = records(answer)
    sample = (expected.findtext(".//TRANLIST") or "").split("\n")[1].removeprefix(" " * 8)
    assert len(line.encode("gbk")) == len(sample.encode("gbk")) == 529
    for start, end in ((0, 1), (43, 57), (131, 133), (134, 135), (135, 137)):  # H, day and time, currency, side, flags
        assert line[start:end].strip().isalnum()
        assert sample[start:end].strip().isalnum()
    assert (line[131:133], line[134:135]) == (sample[131:133], "0")
    assert answer.text("MESSAGE") == "处理成功！"


def test_a_day_without_rows_is_6421(customer: Customer) -> None:
    assert asked(customer).code == "6421"


def test_pages_and_what_is_between_two_amounts(cib: CibMock, customer: Customer, clock: Clock) -> None:
    for fen in range(1, 251):
        cib.desk.account.credit(clock.now(), fen, Cause("汇款", "来账", Party(name="付款人" * 30), str(fen)))
    first, last = asked(customer, number="200"), asked(customer, number="200", page=2)
    told = [(answer.text("TOTAL"), answer.text("MORE"), len(records(answer))) for answer in (first, last)]
    assert told == [("250", "Y", 200), ("250", "N", 50)]
    assert asked(customer, number="200", page=3).code == "2001"
    assert {len(line.encode("gbk")) for line in records(first)} == {529}
    assert len(records(asked(customer, MINAMT="0.10", MAXAMT="0.19"))) == 10
    assert asked(customer, TRNTYPE="0").code == "6421"
    assert asked(customer, MAXAMT="-1").code == "6421"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "50"}, "2000"),
        ({"number": "1100"}, "2000"),
        ({"number": "0"}, "2000"),
        ({"page": 0}, "10000"),
        ({"last": "2026-05-31"}, "10000"),
        ({"first": "2026-05-31"}, "10000"),
    ],
)
def test_what_is_asked_for_wrongly(customer: Customer, changes: dict[str, Any], code: str) -> None:
    assert asked(customer, **changes).code == code
