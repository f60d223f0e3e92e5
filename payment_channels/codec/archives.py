"""Zip, gzip and deflate out of untrusted bytes: bounded before memory is taken, and refused when it is no plain bill.

Nothing is ever written to a disk: names of entries are labels. They are checked all the same, since a caller may store them.
"""

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"
_EMPTY_ZIP_MAGIC = b"PK\x05\x06"
_DIRECTORY_LINE = b"PK\x01\x02"  # each entry has one in the central directory
_ARCHIVE_MAGICS = (
    GZIP_MAGIC,
    _ZIP_MAGIC,
    _EMPTY_ZIP_MAGIC,
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",  # zstd
)
_ARCHIVE_NAME = re.compile(r"\.(zip|gz|gzip|tgz|tar|7z|rar|bz2|xz|zst|jar)$", re.IGNORECASE)
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # APPNOTE 4.4.4: encrypted, strongly encrypted, central directory masked
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_RATIO_FLOOR = 1024 * 1024
"""Up to here nothing is a bomb, whatever the ratio: a day of a thousand equal rows packs very well."""


class ArchiveRefusedError(ValueError):
    """The bytes are no archive of the expected kind, are damaged, or are of a kind that is never accepted. The text says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may grow to: bytes in all, entries, and times its own size (the last one above 1 MiB only).

    Text bills shrink to a tenth or a fortieth; deflate cannot do better than 1032, which is what bombs are made of.
    """

    total: int = 512 * 1024 * 1024
    entries: int = 100
    ratio: int = 250

    def allowed(self, packed: int) -> int:
        """Return the bytes that an archive of ``packed`` bytes may hold."""
        return min(self.total, max(_RATIO_FLOOR, packed * self.ratio))


STANDARD = Limits()


def gunzip(content: bytes, limits: Limits = STANDARD) -> bytes:
    """Return what one gzip member holds.

    Raises:
        ArchiveRefusedError: damaged, cut off, something follows, too large, or an archive inside.
    """
    plain = _inflated(content, 16 + zlib.MAX_WBITS, "gzip", limits)
    if plain.startswith(_ARCHIVE_MAGICS):
        reason = "there is another archive inside the gzip"
        raise ArchiveRefusedError(reason)
    return plain


def inflate(content: bytes, limits: Limits = STANDARD, *, raw: bool = False) -> bytes:
    """Return what a zlib stream holds; ``raw`` takes deflate without the zlib header and checksum.

    A zip may be inside, since UnionPay carries its files so; it has to be opened by ``unzip``, which has its own limits.

    Raises:
        ArchiveRefusedError: damaged, cut off, something follows, or too large.
    """
    return _inflated(content, -zlib.MAX_WBITS if raw else zlib.MAX_WBITS, "deflate", limits)


def _inflated(content: bytes, wbits: int, kind: str, limits: Limits) -> bytes:
    allowed = limits.allowed(len(content))
    unpacker = zlib.decompressobj(wbits=wbits)
    try:
        plain = unpacker.decompress(content, allowed + 1)  # one more byte tells full from too full
    except zlib.error as error:
        reason = f"the {kind} stream is damaged"
        raise ArchiveRefusedError(reason) from error
    if len(plain) > allowed:
        reason = f"the {kind} stream is too large: {len(content)} bytes hold more than {allowed}"
        raise ArchiveRefusedError(reason)
    if not unpacker.eof:
        reason = f"the {kind} stream is cut off"
        raise ArchiveRefusedError(reason)
    if unpacker.unused_data:
        reason = f"the {kind} stream has something after it"
        raise ArchiveRefusedError(reason)
    return plain


def unzip(content: bytes, limits: Limits = STANDARD) -> dict[str, bytes]:
    """Return the files of a zip by name, in its own order; folders are passed over, ``/`` separates them.

    A name is UTF-8 where the entry says so, and GBK otherwise, as Alipay packs its bills.

    Raises:
        ArchiveRefusedError: damaged, too large, too many entries, encrypted, an unusual compression, an absolute or climbing
            path, two entries of one name, a symbolic link or device, or an archive inside.
    """
    if not content.startswith((_ZIP_MAGIC, _EMPTY_ZIP_MAGIC)):
        reason = "it is no zip, or something stands before it"
        raise ArchiveRefusedError(reason)
    if content.count(_DIRECTORY_LINE) > limits.entries:  # before the library makes an object of each
        reason = f"the zip has more than {limits.entries} entries"
        raise ArchiveRefusedError(reason)
    try:
        # GB 18030 contains GBK. Only names without the flag of UTF-8 are read so.
        with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="gb18030") as archive:
            return _files(archive, limits.allowed(len(content)))
    except ArchiveRefusedError:
        raise
    except Exception as error:
        # The library's list of what a broken zip raises is not closed: BadZipFile, NotImplementedError, RuntimeError, EOFError,
        # OverflowError, UnicodeDecodeError, struct.error, zlib.error…
        reason = f"the zip is damaged ({type(error).__name__})"
        raise ArchiveRefusedError(reason) from error


def _files(archive: zipfile.ZipFile, allowed: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    names: set[str] = set()
    for number, entry in enumerate(archive.infolist(), 1):
        name = _name(entry, number)
        if name.rstrip("/") in names:
            reason = f"the zip has two entries of the name of entry {number}"
            raise ArchiveRefusedError(reason)
        names.add(name.rstrip("/"))
        _check_kind(entry, name, number)
        with archive.open(entry) as file:
            plain = _bounded(file, entry, allowed)
        allowed -= len(plain)
        if name.endswith("/"):
            if plain:
                reason = f"entry {number} of the zip is a folder with content"
                raise ArchiveRefusedError(reason)
            continue
        if plain.startswith(_ARCHIVE_MAGICS):
            reason = f"entry {number} of the zip is another archive"
            raise ArchiveRefusedError(reason)
        found[name] = plain
    return found


def _name(entry: zipfile.ZipInfo, number: int) -> str:
    name = entry.orig_filename.replace("\\", "/")  # as it stands in the file; the library's own is cut at a NUL
    parts = name.rstrip("/").split("/")
    if name.startswith("/") or any(part in {"", ".", ".."} for part in parts) or ":" in name or not name.isprintable():
        reason = f"entry {number} of the zip has a name that is absolute, climbs, or cannot be printed"
        raise ArchiveRefusedError(reason)
    return name


def _check_kind(entry: zipfile.ZipInfo, name: str, number: int) -> None:
    if entry.flag_bits & _ENCRYPTED:
        reason = f"entry {number} of the zip is encrypted; a plain one is needed"
    elif entry.compress_type not in _METHODS:
        reason = f"entry {number} of the zip is compressed by method {entry.compress_type}, neither stored nor deflated"
    elif stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        reason = f"entry {number} of the zip is a symbolic link or a device"
    elif _ARCHIVE_NAME.search(name):
        reason = f"entry {number} of the zip is named as another archive"
    else:
        return
    raise ArchiveRefusedError(reason)


def _bounded(file: IO[bytes], entry: zipfile.ZipInfo, allowed: int) -> bytes:
    """Read at most what is allowed; what the directory says of the size is compared and not believed."""
    plain = file.read(allowed + 1) if entry.file_size <= allowed else b""
    if entry.file_size > allowed or len(plain) > allowed:
        reason = "the zip is too large for its limits"
        raise ArchiveRefusedError(reason)
    if len(plain) != entry.file_size:
        reason = "the zip is damaged: an entry is shorter than its directory says"
        raise ArchiveRefusedError(reason)
    return plain
