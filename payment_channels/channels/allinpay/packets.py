"""TLT's packets: GBK XML with a signature over its own text, written and read to the byte.

Source: a request that Allinpay published verifies with its published test certificate over exactly this: SHA1withRSA over the GBK
bytes of the whole text, declaration included, without the SIGNED_MSG element, in lower-case hex (the copy of the official demo in
zhanght86/leasing@f75970a3; tests/vectors/allinpay/allinpay_tlt_signature.json). Field lists: com/aipg of the same demo.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from payment_channels.channel import Exchange, Signer, Verifier, work_with
from payment_channels.channels.allinpay.messages import MessageRefusedError
from payment_channels.codec.xml import Element, XmlRefusedError, parse

DECLARATION = '<?xml version="1.0" encoding="GBK"?>'
ENCODING = "gbk"
SIGNED = re.compile(rb"<SIGNED_MSG>([0-9a-f]+)</SIGNED_MSG>")
"""Both signs of the markup are below any second byte of GBK, so the element can be cut out of the bytes as they came."""
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def fields_of(values: Mapping[str, str | None]) -> str:
    """Write elements in their order, leaving out the empty ones."""
    return "".join(f"<{name}>{text.translate(_ESCAPES)}</{name}>" for name, text in values.items() if text)


def within(name: str, content: str) -> str:
    """Write an element around what is written already."""
    return f"<{name}>{content}</{name}>"


def plain(info: Mapping[str, str | None], content: str) -> bytes:
    """Return the packet as it is signed."""
    return (DECLARATION + within("AIPG", within("INFO", fields_of(info)) + content)).encode(ENCODING)


def signed(signer: Signer, packet: bytes) -> Exchange[bytes]:
    """Put the signature at the end of INFO."""
    signature = yield from work_with(signer, lambda: signer.sign(packet))
    before, end, after = packet.partition(b"</INFO>")
    return before + f"<SIGNED_MSG>{signature.hex()}</SIGNED_MSG>".encode() + end + after


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet as it came: its bytes and its elements."""

    content: bytes
    root: Element
    info: Mapping[str, str]

    def parts(self, *path: str) -> list[dict[str, str]]:
        """Return the fields of every element at a path below AIPG.

        Raises:
            MessageRefusedError: a field stands twice in one of them.
        """
        found: Iterable[Element] = [self.root]
        for name in path:
            found = [child for element in found for child in element.children if child.name == name]
        return [_flat(element) for element in found]


def read(content: bytes) -> Packet:
    """Read a packet.

    Raises:
        MessageRefusedError: it is no XML, or no AIPG with one INFO.
    """
    try:
        root = parse(content)
    except XmlRefusedError as error:
        raise MessageRefusedError(str(error)) from error
    infos = [child for child in root.children if child.name == "INFO"]
    if root.name != "AIPG" or len(infos) != 1:
        reason = "it is no AIPG with one INFO"
        raise MessageRefusedError(reason)
    return Packet(content, root, _flat(infos[0]))


def _flat(element: Element) -> dict[str, str]:
    try:
        return {name: text.strip() for name, text in element.flat().items()}
    except XmlRefusedError as error:
        raise MessageRefusedError(str(error)) from error


def doubt(verifier: Verifier, packet: Packet) -> Exchange[str]:
    """Say in a few words why a packet is not believed; an empty text when it is."""
    found = SIGNED.findall(packet.content)
    if not found:
        return "it is not signed"
    if len(found) != 1 or packet.content.count(b"SIGNED_MSG") != len(("<", "</")):
        return "it has more than one signature"
    if packet.info.get("SIGNED_MSG") != found[0].decode():
        return "its signature does not stand in INFO"
    try:
        signature = bytes.fromhex(found[0].decode())
    except ValueError:
        return "the signature is not hex"
    text = SIGNED.sub(b"", packet.content)
    good = yield from work_with(verifier, lambda: verifier.verify(text, signature))
    return "" if good else "the signature does not fit the text"
