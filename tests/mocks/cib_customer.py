"""CIB's customer, written by hand for the tests of the mock: it writes and reads FOX without the SDK's and the mock's code."""

import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mocks.wire import MockReply, MockRequest

DECLARATION = '<?xml version="1.0" encoding="GBK"?>'
RQ, RS = "SECURITIES_MSGSRQV1", "SECURITIES_MSGSRSV1"


def element(name: str, *parts: str, **attributes: str) -> str:
    head = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{head}>{''.join(parts)}</{name}>"


def read(body: bytes) -> ET.Element:
    assert body.startswith(b"<?xml")
    text = body.decode("gbk").partition("?>")[2]
    return ET.fromstring(text)  # noqa: S314  the mock's own answer


@dataclass
class Answer:
    """What came back."""

    reply: MockReply
    root: ET.Element

    @property
    def code(self) -> str:
        """The code of the operation; of the sign-on where that was refused."""
        signed_on = self.root.findtext("SIGNONMSGSRSV1/SONRS/STATUS/CODE") or ""
        return signed_on if signed_on != "0" else self.root.findtext(f"{RS}/*/STATUS/CODE") or ""

    @property
    def state(self) -> str | None:
        return self.text("XFERPRCCODE")

    def text(self, name: str) -> str | None:
        found = next(self.root.iter(name), None)
        return None if found is None else found.text or ""

    def texts(self, name: str) -> list[str]:
        return [one.text or "" for one in self.root.iter(name)]


@dataclass
class Customer:
    """Writes requests as the bank's document says, and sends them to ``send``."""

    folder: Path
    send: Callable[[MockRequest], MockReply]
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = tomllib.loads((self.folder / "channel.toml").read_text(encoding="utf-8"))

    def sonrq(self, **changes: str) -> str:
        given = {
            "DTCLIENT": "2026-06-01 12:00:00",
            "CID": self.facts["cid"],
            "USERID": self.facts["user_id"],
            "USERPASS": self.facts["user_pass"],
            "GENUSERKEY": "N",
            "APPID": "XYFIB",
            "APPVER": "1000",
        } | changes
        return element("SONRQ", *(element(name, value) for name, value in given.items()))

    def request(self, inner: str, sonrq: str | None = None, encoding: str = "gbk") -> MockRequest:
        fox = element("FOX", element("SIGNONMSGSRQV1", sonrq or self.sonrq()), element(RQ, inner))
        return posted(DECLARATION + fox, encoding)

    def ask(self, inner: str, sonrq: str | None = None) -> Answer:
        reply = self.send(self.request(inner, sonrq))
        assert reply.status == 200
        assert reply.headers["Content-Type"] == "application/x-fox"
        return Answer(reply, read(reply.body))

    def payer(self) -> str:
        return element("ACCTFROM", element("ACCTID", self.facts["acct_id"]))

    def transfer_xml(self, uid: str = "20260601t1", amount: str = "12.34", **more: str) -> str:
        to = {"ACCTID": "117010100100076908", "NAME": "测试收款人", "BANKDESC": "", "BANKNUM": "", "CITY": ""}
        to |= {name: more.pop(name) for name in tuple(more) if name in to}
        route = {"INTERBANK": more.pop("INTERBANK", "Y"), "LOCAL": more.pop("LOCAL", "Y")}
        rest = [element("TRNAMT", amount)]
        rest += [element(name, value) for name, value in _in_order({"PURPOSE": "货款", **more}, "PMTMODE PURPOSE DTDUE MEMO")]
        payee = element("ACCTTO", *(element(name, value) for name, value in to.items()), **route)
        info = element("XFERINFO", self.payer(), payee, *rest)
        return element("XFERTRNRQ", element("TRNUID", uid), element("XFERRQ", info))

    def transfer(self, uid: str = "20260601t1", amount: str = "12.34", **more: str) -> Answer:
        return self.ask(self.transfer_xml(uid, amount, **more))

    def by_super_xml(self, uid: str = "20260601s1", amount: str = "12.34", **more: str) -> str:
        bank = {"INTERBANK": "N", "LOCAL": "N", "BANKDESC": "中国建设银行总行", "BANKNUM": "105100000017", "PMTMODE": "SUPER"}
        return self.transfer_xml(uid, amount, **{**bank, **more})

    def by_super(self, uid: str = "20260601s1", amount: str = "12.34", **more: str) -> Answer:
        return self.ask(self.by_super_xml(uid, amount, **more))

    def query(self, uid: str = "20260601t1", own: str = "20260601q1") -> Answer:
        return self.ask(element("XFERINQTRNRQ", element("TRNUID", own), element("XFERINQRQ", element("CLIENTREF", uid))))

    def agent_xml(self, uid: str = "20260601a1", amount: str = "1.87", **more: str) -> str:
        given = {"MRCHNO": self.facts["mrch_no"], "ORDERNO": f"order{uid}", "PURPOSE": "代付", "ACCTTYPE": "0"} | more
        bank = {"BANKDESC": "兴业银行福州分行", "BANKNUM": "309391000011"}
        bank |= {name: more[name] for name in bank if name in more}
        payee = element(
            "ACCTTO",
            element("ACCTID", "966666113796972311"),
            element("NAME", "测试收款人"),
            *(element(name, value) for name, value in bank.items()),
            element("ACCTTYPE", given["ACCTTYPE"]),
            INTERBANK=more.get("INTERBANK", "Y"),
            LOCAL="Y",
        )
        head = [element("MRCHNO", given["MRCHNO"]), element("ORDERNO", given["ORDERNO"])]
        info = element(
            "MAGENTPAYINFO", *head, self.payer(), payee, element("TRNAMT", amount), element("PURPOSE", given["PURPOSE"])
        )
        return element("MAGENTPAYTRNRQ", element("TRNUID", uid), element("MAGENTPAYRQ", info))

    def agent(self, uid: str = "20260601a1", amount: str = "1.87", **more: str) -> Answer:
        return self.ask(self.agent_xml(uid, amount, **more))

    def agent_elsewhere(self, uid: str = "20260601a1", amount: str = "1.87", **more: str) -> Answer:
        bank = {"INTERBANK": "N", "BANKDESC": "中国建设银行总行", "BANKNUM": "105100000017"}
        return self.agent(uid, amount, **{**bank, **more})

    def only(self, operation: str, uid: str) -> Answer:
        """Ask by the TRNUID alone."""
        return self.ask(element(operation, element("TRNUID", uid)))

    def batch(self, uid: str, rows: list[str], **more: str) -> Answer:
        return self.ask(self.batch_xml(uid, rows, **more))

    def batch_xml(self, uid: str, rows: list[str], **more: str) -> str:
        given = {"size": str(len(rows)), **more}
        totals = [element(name, value) for name, value in _in_order(given, "TITLE TOTALCOUNT TOTALAMOUNT")]
        rest = [element(name, value) for name, value in _in_order(given, "PURPOSE MEMO EXPECT_DATE")]
        text = f'<XFERINFOTEXT SIZE="{given["size"]}"><![CDATA[{chr(10).join(rows)}]]></XFERINFOTEXT>'
        body = element("RQBODY", *totals, element("MRCHNO", self.facts["mrch_no"]), self.payer(), *rest, text)
        return element("ASYNBATCHMRCHAGENTTRNRQ", element("TRNUID", uid), body)

    def refund(self, uid: str, number: str, total: str, amount: str, **more: str) -> Answer:
        given = {"MRCHNO": self.facts["order_mrch_no"], "ORDERNO": number, "ORDERAMT": total, "REFUNDAMT": amount} | more
        body = element("RQBODY", *(element(name, value) for name, value in given.items()))
        return self.ask(element("MRCHREFUNDTRNRQ", element("TRNUID", uid), body))

    def balance(self) -> Answer:
        body = element("RQBODY", element("ACCTID", self.facts["acct_id"]))
        return self.ask(element("CURRACCTQUERYTRNRQ", element("TRNUID", "20260601b1"), body))

    def statement(self, first: str, last: str, page: int = 1, **more: str) -> Answer:
        period = [element("DTSTART", first), element("DTEND", last), element("PAGE", str(page))]
        period += [element("TRNTYPE", more["TRNTYPE"])] if "TRNTYPE" in more else []
        asked = [element("VERSION", more["VERSION"])] if "VERSION" in more else []
        asked += [self.payer(), element("INCTRAN", *period)]
        asked += [element("SELTYPE", more["SELTYPE"])] if "SELTYPE" in more else []
        return self.ask(element("SCUSTSTMTTRNRQ", element("TRNUID", "20260601c1"), element("SCUSTSTMTRQ", *asked)))


def _in_order(given: dict[str, str], names: str) -> list[tuple[str, str]]:
    return [(name, given[name]) for name in names.split() if name in given]


def posted(text: str, encoding: str = "gbk", kind: str = "application/x-fox") -> MockRequest:
    """Return a request of that text."""
    return MockRequest("POST", "/cib", "", {"content-type": kind, "host": "127.0.0.1"}, text.encode(encoding))
