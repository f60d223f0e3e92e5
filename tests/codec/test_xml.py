"""The one XML parser against what is sent to hurt parsers, and against what is sent to be read in two ways."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_channels.codec.xml import (
    MAX_ATTRIBUTES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    Element,
    XmlRefusedError,
    cdata,
    parse,
)

LAUGHS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
DTDS = {
    "billion laughs": f'<!DOCTYPE a [<!ENTITY lol0 "lol">{LAUGHS}]><a>&lol9;</a>',
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY b "{"b" * 50_000}">]><a>{"&b;" * 50_000}</a>',
    "an entity that holds itself": '<!DOCTYPE a [<!ENTITY b "&b;">]><a>&b;</a>',
    "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "an address": '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:9/">]><a>&b;</a>',
    "a public id": '<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:9/x.dtd"><a/>',
    "an external subset": '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "parameter entities": '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/x.dtd">%b;]><a/>',
    "default attributes": '<!DOCTYPE a [<!ATTLIST a sign CDATA "good">]><a/>',
    "an empty one": "<!DOCTYPE a><a/>",
    "in lower case": "<!doctype a><a/>",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", DTDS)
def test_no_doctype_in_whatever_encoding(name: str, encoding: str) -> None:
    with pytest.raises(XmlRefusedError):
        parse(DTDS[name].encode(encoding))


@pytest.mark.parametrize("text", ["&b;", "&#0;", "&#xD800;", "&#x110000;", "&amp", "&nbsp;", "&a&b;"])
def test_no_entities_of_their_own(text: str) -> None:
    with pytest.raises(XmlRefusedError):
        parse(f"<a>{text}</a>".encode())


def test_the_five_entities_and_numbers_are_read_once() -> None:
    assert parse(b"<a>&lt;&gt;&amp;&quot;&apos;&#20013;&#x6587;&amp;lt;</a>").text == "<>&\"'中文&lt;"


def test_depth() -> None:
    assert parse(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH).name == "a"
    for closed in (b"", b"</a>" * (MAX_DEPTH + 1)):
        with pytest.raises(XmlRefusedError, match="too deep"):
            parse(b"<a>" * (MAX_DEPTH + 1) + closed)
    with pytest.raises(XmlRefusedError, match="too deep"):
        parse(b"<a>" * (MAX_BYTES // 3))


def test_count() -> None:
    assert len(parse(b"<a>" + b"<b/>" * (MAX_ELEMENTS - 1) + b"</a>").children) == MAX_ELEMENTS - 1
    with pytest.raises(XmlRefusedError, match="too many elements"):
        parse(b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>")


def test_size() -> None:
    fitting = b"<a>" + b"0" * (MAX_BYTES - 7) + b"</a>"
    assert len(parse(fitting).text) == MAX_BYTES - 7
    with pytest.raises(XmlRefusedError, match="more than"):
        parse(fitting + b" ")


def test_attributes() -> None:
    assert len(parse(b"<a " + b" ".join(b'b%d=""' % n for n in range(MAX_ATTRIBUTES)) + b"/>").attributes) == MAX_ATTRIBUTES
    for count in (MAX_ATTRIBUTES + 1, 100_000):
        with pytest.raises(XmlRefusedError, match="too many attributes"):
            parse(b"<a " + b" ".join(b'b%d=""' % n for n in range(count)) + b"/>")
    with pytest.raises(XmlRefusedError):
        parse(b'<a b="1" b="2"/>')


def test_a_million_lines_and_references_cost_no_more_than_their_size() -> None:
    for piece, means in ((b"\n", "\n"), (b"&amp;", "&")):
        count = 1_000_000 // len(piece)
        tracemalloc.start()
        try:
            text = parse(b"<a>" + piece * count + b"</a>").text
            assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
        finally:
            tracemalloc.stop()
        assert text == means * count


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"<",
        b"plain",
        b"<a>",
        b"</a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a/>more",
        b"<a>\x00</a>",
        b"<a>\x0b</a>",
        b"<a>\xff</a>",
        b"<a>\xed\xa0\x80</a>",
        b"<a b=1/>",
        b"<a><![CDATA[1]]</a>",
        b"<a>]]></a>",
        b'<a/><?xml version="1.0"?>',
        b"\xef\xbb\xbf",
        b"<a>1</a>\x00",
        b"<?xml?><a/>",
    ],
)
def test_what_is_not_well_formed(content: bytes) -> None:
    with pytest.raises(XmlRefusedError):
        parse(content)


@pytest.mark.parametrize("encoding", ["GBK", "gb2312", "GB18030"])
def test_chinese_encodings_are_read_as_their_superset(encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><a>账务，中文</a>'.encode(encoding)
    assert parse(content).text == "账务，中文"
    assert parse("<a>中文</a>".encode("gbk"), encoding="GBK").text == "中文"
    # what the caller says wins over the declaration
    assert parse(f'<?xml version="1.0" encoding="{encoding}"?><a>中文</a>'.encode(), encoding="utf-8").text == "中文"
    with pytest.raises(XmlRefusedError, match="not in"):
        parse(content.replace("中".encode("gbk"), b"\xff\xff"))


def test_utf_8_and_utf_16() -> None:
    assert parse("\ufeff<a>中文</a>".encode()).text == "中文"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        mark = "" if encoding == "utf-16" else "\ufeff"
        assert parse(f"{mark}<a>中文</a>".encode(encoding)).text == "中文"


@pytest.mark.parametrize(
    "encoding",
    [
        "unicode_escape",
        "raw_unicode_escape",
        "utf-7",
        "utf-32",
        "idna",
        "punycode",
        "hex",
        "rot13",
        "cp037",
        "latin-1",
        "koi8-r",
        "?",
        "x" * 41,
    ],
)
def test_other_codecs_of_python_are_never_taken(encoding: str) -> None:
    r"""With unicode_escape, ``\x3c`` would be a ``<`` that the one who checked the text has not seen."""
    with pytest.raises(XmlRefusedError):
        parse(f'<?xml version="1.0" encoding="{encoding}"?><a>1</a>'.encode())
    with pytest.raises(XmlRefusedError):
        parse(b"<a>1</a>", encoding=encoding)
    with pytest.raises(XmlRefusedError):
        parse(f'<?xml version="1.0" encoding="{encoding}"?><a>1</a>'.encode("utf-16"))


def test_comments_and_instructions_neither_cut_a_text_nor_add_to_it() -> None:
    assert parse(b"<a>1<!-- 2 -->0<?php 3?><![CDATA[0]]></a>").text == "100"
    assert parse(b"<?xml-stylesheet href='http://127.0.0.1:9/'?><a>1</a>").text == "1"
    included = parse(b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></a>')
    assert (included.text, included.children[0].name, included.children[0].text) == ("", "xi:include", "")


def test_a_name_that_stands_twice_is_refused_where_one_is_wanted() -> None:
    root = parse(b"<a><b>1</b><c>3</c><b>2</b></a>")
    assert [child.text for child in root.children] == ["1", "3", "2"]
    assert root.child("b") == Element("b", text="1")
    assert root.child("d") is None
    with pytest.raises(XmlRefusedError, match="b stands twice"):
        root.flat()
    assert parse(b"<a><b>1</b><c/></a>").flat() == {"b": "1", "c": ""}


@pytest.mark.parametrize("body", [b"<a><b>00<x/>00</b></a>", b"<a><b><x>1</x></b></a>"])
def test_what_stands_around_elements_is_no_value(body: bytes) -> None:
    with pytest.raises(XmlRefusedError, match="b has elements in it"):
        parse(body).flat()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_whatever_is_wrapped_comes_back(text: str) -> None:
    assert parse(f"<a>{cdata(text)}</a>".encode()).text == text


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    for content in (noise, b"<a>" + noise + b"</a>", b'<?xml version="1.0" encoding="' + noise + b'"?><a/>'):
        try:
            parse(content)
        except XmlRefusedError as error:
            assert str(error)  # noqa: PT017  it may also be read
