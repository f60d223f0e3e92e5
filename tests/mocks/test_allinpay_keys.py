"""Allinpay's folder of keys: made when missing, used when there, completed to fit, and never overwritten."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from mocks.allinpay import KeysRefusedError, load

PRIVATE = {"vsp_merchant_key.pem", "vsp_platform_key.pem", "tlt_merchant.p12", "tlt_platform_key.pem", "channel.toml"}
PUBLIC = {"vsp_platform_public_key.pem", "tlt_platform_cert.pem"}
SM2 = {f"vsp_{whose}_sm2_{half}.hex" for whose in ("merchant", "platform") for half in ("private", "public")}


@pytest.fixture
def folder(allinpay_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(allinpay_folder, tmp_path / "allinpay"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_everything_a_client_needs_is_made(allinpay_folder: Path) -> None:
    found = contents(allinpay_folder)
    assert found.keys() - SM2 == PRIVATE | PUBLIC
    secret = PRIVATE | {name for name in SM2 & found.keys() if "private" in name}
    assert all((allinpay_folder / name).stat().st_mode & 0o777 == 0o600 for name in secret)
    facts = tomllib.loads(found["channel.toml"].decode())
    assert facts.keys() == {"cusid", "appid", "md5_key", "merchant_id", "user_name", "user_pass", "p12_password"}
    assert (len(facts["cusid"]), len(facts["appid"]), len(facts["merchant_id"])) == (15, 8, 15)
    assert facts["user_name"] == facts["merchant_id"] + "02"
    key, own, _ = pkcs12.load_key_and_certificates(found["tlt_merchant.p12"], facts["p12_password"].encode())
    assert key is not None
    assert own is not None
    assert own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == facts["user_name"]
    platform = x509.load_pem_x509_certificate(found["tlt_platform_cert.pem"])
    private = serialization.load_pem_private_key(found["tlt_platform_key.pem"], password=None)
    assert platform.public_key() == private.public_key()


def test_sm2_keys_are_made_where_the_library_is(allinpay_folder: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("gmssl_pyx")
    found = contents(allinpay_folder)
    assert found.keys() >= SM2
    for whose in ("merchant", "platform"):
        private, public = (bytes.fromhex(found[f"vsp_{whose}_sm2_{half}.hex"].decode()) for half in ("private", "public"))
        assert (len(private), len(public), public[0]) == (32, 65, 4)
        signed = library.sm2_sign(private, public[1:], b"x", signer_id=b"y")
        assert library.sm2_verify(public[1:], b"x", signed, signer_id=b"y")

    def without(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("mocks.allinpay.keys.importlib.import_module", without)
    opened = load(folder)
    assert (opened.sm2_merchant, opened.sm2_platform) == (None, None)
    assert contents(folder) == found


def test_what_is_there_is_used_and_not_changed(folder: Path) -> None:
    before = contents(folder)
    load(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("missing", ["tlt_merchant.p12", "tlt_platform_cert.pem", "vsp_platform_public_key.pem", "channel.toml"])
def test_what_is_missing_is_made_to_fit(folder: Path, missing: str) -> None:
    before = contents(folder)
    (folder / missing).unlink()
    load(folder)
    after = contents(folder)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} <= {missing}


def test_a_merchants_own_numbers_are_kept_and_completed(folder: Path) -> None:
    own = 'merchant_id = "200604000000445"\nappid = "00000051"\n[ours]\nnote = "kept"\n'
    (folder / "channel.toml").write_text(own, encoding="utf-8")
    (folder / "tlt_merchant.p12").unlink()
    opened = load(folder)
    assert (opened.merchant_id, opened.appid, opened.user_name) == ("200604000000445", "00000051", "20060400000044502")
    assert load(folder) == opened
    assert tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))["ours"] == {"note": "kept"}


def _swap(folder: Path, name: str, by: bytes) -> None:
    (folder / name).write_bytes(by)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("channel.toml", b"damaged", "is not TOML"),
        ("channel.toml", b"appid = 51", "appid should be a text"),
        ("vsp_merchant_key.pem", b"damaged", "vsp_merchant_key.pem"),
        ("vsp_platform_public_key.pem", b"damaged", "vsp_platform_public_key.pem"),
        ("tlt_platform_cert.pem", b"damaged", "tlt_platform_cert.pem"),
        ("tlt_platform_key.pem", None, "tlt_platform_key.pem is missing"),
        ("vsp_platform_key.pem", None, "vsp_platform_key.pem is missing"),
    ],
)
def test_what_does_not_fit_is_refused_and_left(folder: Path, name: str, content: bytes | None, says: str) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        _swap(folder, name, content)
    with pytest.raises(KeysRefusedError, match=says):
        load(folder)
    assert (folder / name).exists() is (content is not None)
    assert content is None or (folder / name).read_bytes() == content


def test_what_belongs_to_another_is_refused(folder: Path) -> None:
    text = (folder / "channel.toml").read_text(encoding="utf-8")
    (folder / "channel.toml").write_text(text.replace('p12_password = "111111"', 'p12_password = "other"'), encoding="utf-8")
    with pytest.raises(KeysRefusedError, match="does not open with the p12_password"):
        load(folder)
    (folder / "channel.toml").write_text(text, encoding="utf-8")
    _swap(folder, "vsp_platform_key.pem", (folder / "vsp_merchant_key.pem").read_bytes())
    with pytest.raises(KeysRefusedError, match=r"does not belong to vsp_platform_key\.pem"):
        load(folder)


def test_half_of_an_sm2_pair_is_refused(folder: Path) -> None:
    pytest.importorskip("gmssl_pyx")
    (folder / "vsp_merchant_sm2_public.hex").unlink()
    with pytest.raises(KeysRefusedError, match=r"vsp_merchant_sm2_public\.hex is missing"):
        load(folder)
    _swap(folder, "vsp_merchant_sm2_public.hex", b"xyz")
    with pytest.raises(KeysRefusedError, match=r"不是十六进制文本.* / .*no hex text"):
        load(folder)
