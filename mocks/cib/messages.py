"""CIB's messages: GBK XML in the form FOX, read strictly and written as the bank's samples are.

An error of the envelope or of the sign-on stands in SONRS, one of the business in its own TRNRS; that SONRS's is alone then, and
the type and the declaration of answers, is assumed.
"""

import html
import re
from datetime import datetime

from mocks.cib.codes import BROKEN, RefusedError, Row, refused, row_of
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.xml import Element, XmlRefusedError, parse

TYPE = "application/x-fox"
_DECLARATION = '<?xml version="1.0" encoding="GBK"?>\n'
_ENCODING = re.compile(rb"""\A<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']""")


def read_fox(request: MockRequest) -> tuple[Element, Element]:
    """Return SONRQ and the one request below it.

    Raises:
        RefusedError: 2000 at the sign-on; the log says what was wrong.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != TYPE:
        raise _broken(f"the Content-Type should be {TYPE}")
    declared = _ENCODING.match(request.body)
    if declared and declared[1].upper() != b"GBK":
        raise _broken(f"the declared encoding is {declared[1].decode('latin-1')[:20]}, not GBK")
    try:
        request.body.decode("gbk")
        root = parse(request.body, encoding="gbk")
    except UnicodeDecodeError as error:
        raise _broken("the body is not in GBK") from error
    except XmlRefusedError as error:
        raise _broken(str(error)) from error
    if root.name != "FOX" or [child.name for child in root.children] != ["SIGNONMSGSRQV1", "SECURITIES_MSGSRQV1"]:
        raise _broken("it should be FOX with SIGNONMSGSRQV1 and SECURITIES_MSGSRQV1, in this order")
    sign_on, securities = root.children
    if [child.name for child in sign_on.children] != ["SONRQ"] or len(securities.children) != 1:
        raise _broken("it should hold one SONRQ and one request")
    return sign_on.children[0], securities.children[0]


def _broken(why: str) -> RefusedError:
    return refused(BROKEN, why=why, at_sign_on=True)


def tag(name: str, content: object, **attributes: str) -> str:
    """Return an element with a text."""
    return group(name, html.escape(str(content)), **attributes)


def maybe(name: str, content: str | None) -> str:
    """Return an element with a text, or nothing where there is none."""
    return tag(name, content) if content else ""


def group(name: str, *parts: str, **attributes: str) -> str:
    """Return an element with elements in it."""
    head = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{name}{head}>{''.join(parts)}</{name}>"


def status(row: Row | None, message: str | None = None) -> str:
    """Return STATUS: INFO with code 0, or ERROR with a refusal's code and text; that it is ERROR is assumed."""
    if row is None:
        return group("STATUS", tag("CODE", "0"), tag("SEVERITY", "INFO"), maybe("MESSAGE", message))
    return group("STATUS", tag("CODE", row.code), tag("SEVERITY", "ERROR"), tag("MESSAGE", row.message))


def sign_on(now: datetime, row: Row | None = None, *extra: str) -> str:
    """Return the answer to SONRQ."""
    return group("SIGNONMSGSRSV1", group("SONRS", status(row), tag("DTSERVER", second(now)), *extra))


def answer(*parts: str) -> MockReply:
    """Make an answer; a letter that GBK has not is written as a reference."""
    body = (_DECLARATION + group("FOX", *parts)).encode("gbk", "xmlcharrefreplace")
    return MockReply(200, {"Content-Type": TYPE}, body)


def second(moment: datetime) -> str:
    """Return a time as CIB writes it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def processed(state: str, at: datetime, message: str | None = None) -> str:
    """Return XFERPRCSTS."""
    text = message or row_of(state, where="XFERPRCCODE").message
    return group("XFERPRCSTS", tag("XFERPRCCODE", state), tag("DTXFERPRC", second(at)), tag("MESSAGE", text))


def yuan(fen: int) -> str:
    """Return an amount as CIB writes it: yuan with two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(text: str) -> int:
    """Return the fen of an amount whose form was checked."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def disguised(reply: MockReply, state: str) -> MockReply:
    """Return an answer whose states nobody has seen: XFERPRCCODE, REFUNDSTATUS, and those of a batch's rows."""
    text = reply.body.decode("gbk")
    shown = html.escape(state)
    text = re.sub(r"(<(XFERPRCCODE|REFUNDSTATUS)>)[^<]*", lambda found: found[1] + shown, text)
    head, opening, lines = text.partition("<![CDATA[")
    lines = re.sub(r"(?m)^((?:[^|\n]*\|){11})[^|\n]*(\|[^|\n]*\|)", lambda found: found[1] + state + found[2], lines)
    text = head + opening + lines
    return MockReply(reply.status, reply.headers, text.encode("gbk", "xmlcharrefreplace"), note=reply.note)
