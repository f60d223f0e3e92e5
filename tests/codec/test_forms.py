"""Forms are read in one way or not at all."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_channels.codec.forms import MAX_BYTES, MAX_FIELDS, FormRefusedError, encode, parse


def test_what_is_written_comes_back() -> None:
    fields = {"a": "1", "中": "文 +&=%", "empty": "", "json": '[{"x":"y"}]'}
    assert parse(encode(fields)) == fields
    assert parse(b"a=b=c&d=%2B+%2b") == {"a": "b=c", "d": "+ +"}
    assert parse(b"a=%D6%D0", encoding="gb18030") == {"a": "中"}


@given(st.dictionaries(st.text(), st.text()))
def test_a_form_is_written_as_the_standard_library_writes_it(fields: dict[str, str]) -> None:
    assert encode(fields) == urlencode(fields).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a",
        b"=1",
        b"a=1&",
        b"a=1&&b=2",
        b"a=1&a=2",
        b"a=1&%61=2",
        b"a=%",
        b"a=%4",
        b"a=%zz",
        b"a=%ff",
        b"a=\xe4\xb8\xad",
        b"a=1\r\nb=2",
        b"a=1 2",
        b"a=" + b"1" * MAX_BYTES,
        b"&".join(b"%d=1" % number for number in range(MAX_FIELDS + 1)),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(body: bytes) -> None:
    with pytest.raises(FormRefusedError):
        parse(body)


def test_the_limits_are_inclusive() -> None:
    assert len(parse(b"&".join(b"%d=1" % number for number in range(MAX_FIELDS)))) == MAX_FIELDS
    assert len(parse(b"a=" + b"1" * (MAX_BYTES - 2))["a"]) == MAX_BYTES - 2
