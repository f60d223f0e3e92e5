"""ZIP archives whose entries have GBK names and no flag that says so, as Alipay's bills come: the library writes UTF-8 alone."""

import struct
import zlib
from datetime import datetime

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _DEFLATED = 20, 8


def archive(entries: dict[str, bytes], made: datetime) -> bytes:
    """Return an archive of the entries, deflated, by their names."""
    day = (made.year - 1980) << 9 | made.month << 5 | made.day
    moment = made.hour << 11 | made.minute << 5 | made.second // 2
    body, directory = b"", b""
    for name, content in entries.items():
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = deflate.compress(content) + deflate.flush()
        named = name.encode("gbk")
        # Flags are 0: bit 11 would say that the name is UTF-8.
        head = struct.pack(
            "<HHHHHIIIHH", _VERSION, 0, _DEFLATED, moment, day, zlib.crc32(content), len(packed), len(content), len(named), 0
        )
        directory += _CENTRAL + struct.pack("<H", _VERSION) + head + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + named
        body += _LOCAL + head + named + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + _END + end
