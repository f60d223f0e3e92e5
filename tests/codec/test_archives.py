"""Archives from outside: what is plain comes out whole, and every bomb and trick is refused with the one documented error."""

import contextlib
import gzip
import io
import os
import stat
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_channels.codec.archives import ArchiveRefusedError, Limits, gunzip, inflate, unzip

SMALL = Limits(total=3 * 1024 * 1024, entries=4, ratio=100)
BILL = "账务明细\r\n`1,`0.01\r\n".encode("gb18030")
NULLS = b"0" * 50_000_000


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def entry(name: str, *, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def flagged(archive: bytes, bit: int) -> bytes:
    """Set a bit of the general purpose flag in the local header and in the directory."""
    changed = bytearray(archive)
    at = archive.index(b"PK\x01\x02")
    for offset in (6, at + 8):
        (flags,) = struct.unpack_from("<H", changed, offset)
        struct.pack_into("<H", changed, offset, flags | bit)
    return bytes(changed)


def renamed(archive: bytes, old: bytes, new: bytes) -> bytes:
    """Write raw bytes of a name, which the library would have encoded, and take the flag of UTF-8 away."""
    assert len(old) == len(new)
    assert archive.count(old) == 2
    return archive.replace(old, new)


def overlapping(copies: int, size: int) -> bytes:
    """A bomb as of David Fifield: one kernel of deflate that many entries of the directory point to (here fully overlapping)."""
    one = zipped(("0", b"0" * size))
    at = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    directory = one[at:end] * copies
    return one[:at] + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, copies, copies, len(directory), at, 0)


# --- what is plain comes out whole ---------------------------------------------------------------------------------------


@given(st.binary(max_size=3000))
def test_there_and_back(content: bytes) -> None:
    plain = b"," + content  # never the first bytes of an archive
    assert gunzip(gzip.compress(plain)) == plain
    assert inflate(zlib.compress(plain)) == plain
    raw = zlib.compressobj(wbits=-15)
    assert inflate(raw.compress(plain) + raw.flush(), raw=True) == plain
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert unzip(zipped(("a.csv", plain), ("d/b.csv", b"b"), method=method)) == {"a.csv": plain, "d/b.csv": b"b"}


def test_an_empty_zip_and_folders() -> None:
    assert unzip(zipped()) == {}
    assert unzip(zipped(("d/", b""), ("d/a", b"1"))) == {"d/a": b"1"}


def test_names_are_gbk_where_the_flag_of_utf_8_is_not_set() -> None:
    """Alipay packs 业务明细.csv and 业务明细(汇总).csv so, on Windows."""
    gbk = "20881_业务明细.csv".encode("gbk")
    archive = renamed(zipped(("x" * len(gbk), BILL)), b"x" * len(gbk), gbk)
    assert unzip(archive) == {"20881_业务明细.csv": BILL}
    assert unzip(zipped(("业务明细.csv", BILL))) == {"业务明细.csv": BILL}  # with the flag, as Python writes it
    backslash = renamed(zipped(("xx.csv", BILL)), b"xx", "繺".encode("gbk"))  # whose second byte is a backslash
    assert unzip(backslash) == {"繺.csv": BILL}


def test_a_very_regular_small_file_is_no_bomb() -> None:
    regular = b"0,1\r\n" * 150_000
    assert len(gzip.compress(regular)) * 100 < len(regular)
    assert gunzip(gzip.compress(regular), SMALL) == regular


def test_exactly_the_limit_fits_and_one_more_does_not() -> None:
    limits = Limits(total=100_000, ratio=1000)
    for read, pack in CONTAINERS.values():
        read(pack(b"," * 100_000), limits)
        with pytest.raises(ArchiveRefusedError, match="too large"):
            read(pack(b"," * 100_001), limits)


CONTAINERS: dict[str, tuple[Callable[[bytes, Limits], object], Callable[[bytes], bytes]]] = {
    "gzip": (gunzip, gzip.compress),
    "zlib": (inflate, zlib.compress),
    "deflate": (lambda content, limits: inflate(content, limits, raw=True), lambda plain: zlib.compress(plain)[2:-4]),
    "zip": (unzip, lambda plain: zipped(("a", plain))),
}


# --- bombs ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_bomb_is_refused_before_memory_is_taken(kind: str) -> None:
    read, pack = CONTAINERS[kind]
    bomb = pack(NULLS)
    assert len(bomb) < 60_000
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveRefusedError, match="too large"):
            read(bomb, SMALL)
        assert tracemalloc.get_traced_memory()[1] < 4 * SMALL.total
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", CONTAINERS)
def test_the_ratio_alone_refuses_too(kind: str) -> None:
    read, pack = CONTAINERS[kind]
    with pytest.raises(ArchiveRefusedError, match="too large"):
        read(pack(NULLS), Limits(ratio=100))
    plain = os.urandom(2_000_000)
    read(pack(b"," + plain), Limits(ratio=2))


def test_many_files_are_counted_together() -> None:
    one_megabyte = b"0" * 1_000_000
    limits = Limits(total=2_500_000, ratio=10_000)
    assert len(unzip(zipped(("a", one_megabyte), ("b", one_megabyte)), limits)) == 2
    with pytest.raises(ArchiveRefusedError, match="too large"):
        unzip(zipped(("a", one_megabyte), ("b", one_megabyte), ("c", one_megabyte)), limits)


def test_too_many_entries_are_refused_before_they_are_read() -> None:
    names = [(str(number), b"") for number in range(5)]
    assert len(unzip(zipped(*names[:4]), SMALL)) == 4
    with pytest.raises(ArchiveRefusedError, match="more than 4 entries"):
        unzip(zipped(*names), SMALL)


def test_entries_that_share_their_bytes_are_a_bomb() -> None:
    bomb = overlapping(90, 10_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(ArchiveRefusedError):
        unzip(bomb)


def test_a_size_that_the_directory_lies_about() -> None:
    """Said to be small, and large; said to be large, and small."""
    for told in (10, 2_000_000):
        archive = bytearray(zipped(("a", b"0" * 1_000_000)))
        struct.pack_into("<L", archive, archive.index(b"PK\x01\x02") + 24, told)
        with pytest.raises(ArchiveRefusedError, match="damaged"):
            unzip(bytes(archive), Limits(ratio=10_000))


# --- tricks --------------------------------------------------------------------------------------------------------------

TRICKS: dict[str, tuple[bytes, str]] = {
    "encrypted": (flagged(zipped(("a", b"1")), 0x1), "encrypted"),
    "strongly encrypted": (flagged(zipped(("a", b"1")), 0x40), "encrypted"),
    "masked": (flagged(zipped(("a", b"1")), 0x2000), "encrypted"),
    "bzip2": (zipped(("a", b"1"), method=zipfile.ZIP_BZIP2), "method 12"),
    "lzma": (zipped(("a", b"1"), method=zipfile.ZIP_LZMA), "method 14"),
    "a symbolic link": (zipped((entry("a", mode=stat.S_IFLNK | 0o777), b"/etc/passwd")), "symbolic link"),
    "a device": (zipped((entry("a", mode=stat.S_IFCHR | 0o666), b"")), "device"),
    "a pipe": (zipped((entry("a", mode=stat.S_IFIFO | 0o666), b"")), "device"),
    "a folder with content": (zipped(("d/", b"1")), "folder with content"),
    "a zip inside": (zipped(("a.csv", zipped(("b", b"1")))), "entry 1 of the zip is another archive"),
    "an empty zip inside": (zipped(("a.csv", zipped())), "another archive"),
    "a gzip inside": (zipped(("ok", b"1"), ("a.csv", gzip.compress(b"1"))), "entry 2 of the zip is another archive"),
    "named as a zip": (zipped(("A.ZIP", b"1")), "named as another archive"),
    "named as a tarball": (zipped(("a.tar", b"1")), "named as another archive"),
    "something before it": (b"MZ" + zipped(("a", b"1")), "stands before it"),
    "cut off": (zipped(("a", b"1"))[:-5], "damaged"),
    "a byte of the content changed": (zipped(("a", b"12345"), method=zipfile.ZIP_STORED).replace(b"12345", b"12346"), "damaged"),
    "the beginning alone": (b"PK\x03\x04", "damaged"),
    "no gbk": (renamed(zipped(("xx", b"1")), b"xx", b"\xff\xff"), "damaged"),
    "nothing": (b"", "no zip"),
    "no zip": (b"trade_no,amount", "no zip"),
}


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_of_zip(name: str) -> None:
    archive, why = TRICKS[name]
    with pytest.raises(ArchiveRefusedError, match=why):
        unzip(archive)


@pytest.mark.parametrize(
    "name",
    [
        "/a.csv",
        "../a.csv",
        "d/../../a.csv",
        "d/..",
        "..",
        "./a.csv",
        "\\a.csv",
        "..\\a.csv",
        "d\\..\\..\\a.csv",
        "C:\\a.csv",
        "C:a.csv",
        "\\\\host\\share\\a.csv",
        "d//a.csv",
        "a\n.csv",
        "a\u202evsc.exe",
        "/",
    ],
)
def test_names_that_lead_elsewhere(name: str) -> None:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name  # the constructor would have mended it
    with pytest.raises(ArchiveRefusedError, match="absolute, climbs"):
        unzip(zipped(("ok.csv", b"1"), (info, b"")))


def test_a_name_with_a_nul_is_seen_whole() -> None:
    with pytest.raises(ArchiveRefusedError, match="cannot be printed"):
        unzip(renamed(zipped(("a.csv_.exe", b"1")), b"a.csv_.exe", b"a.csv\0.exe"))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("aaa", "bbb", "aaa"), ("d/a", "d/b", "d/a"), ("ddd/", "eee/", "ddd/"), ("d/a", "d/b", "d\\a")],
)
def test_two_entries_of_one_name(first: str, second: str, same: str) -> None:
    """Which one is read depends on the program, so neither is."""
    archive = zipped((first, b""), (second, b""))
    unzip(archive)
    with pytest.raises(ArchiveRefusedError, match="two entries"):
        unzip(renamed(archive, second.encode(), same.encode()))


def test_a_file_and_a_folder_of_one_name() -> None:
    with pytest.raises(ArchiveRefusedError, match="two entries"):
        unzip(zipped(("d", b"1"), ("d/", b"")))


@pytest.mark.parametrize(
    "inside",
    [gzip.compress(b"1"), zipped(("a", b"1")), b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00"],
    ids=["gzip", "zip", "7z", "rar"],  # a gzip carries the time it was made at
)
def test_no_archive_inside_a_gzip(inside: bytes) -> None:
    with pytest.raises(ArchiveRefusedError, match="another archive"):
        gunzip(gzip.compress(inside))


def test_a_zip_inside_deflate_is_how_unionpay_carries_its_files() -> None:
    assert unzip(inflate(zlib.compress(zipped(("a", b"1"))))) == {"a": b"1"}


@pytest.mark.parametrize("kind", ["gzip", "zlib", "deflate"])
def test_damaged_streams(kind: str) -> None:
    read, pack = CONTAINERS[kind]
    good = pack(BILL * 50)
    with pytest.raises(ArchiveRefusedError, match="after it"):
        read(good + b"x", SMALL)
    with pytest.raises(ArchiveRefusedError, match="after it"):
        read(good + good, SMALL)
    for length in range(len(good)):
        with pytest.raises(ArchiveRefusedError):
            read(good[:length], SMALL)


@pytest.mark.parametrize("kind", ["gzip", "zlib"])
def test_the_checksum_is_checked(kind: str) -> None:
    read, pack = CONTAINERS[kind]
    good = bytearray(pack(BILL))
    good[-1 if kind == "zlib" else -5] ^= 1
    with pytest.raises(ArchiveRefusedError, match="damaged"):
        read(bytes(good), SMALL)


@given(st.binary(max_size=400), st.sampled_from(sorted(CONTAINERS)), st.integers(0, 400), st.integers(1, 255))
def test_any_bytes_are_read_or_refused(noise: bytes, kind: str, at: int, change: int) -> None:
    read, pack = CONTAINERS[kind]
    changed = bytearray(pack(b"," + noise))
    changed[at % len(changed)] ^= change
    for content in (noise, bytes(changed)):
        with contextlib.suppress(ArchiveRefusedError):
            read(content, SMALL)
