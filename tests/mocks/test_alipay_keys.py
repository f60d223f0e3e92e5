"""The folder of Alipay's keys: made when missing, used when there, completed to fit, and never overwritten."""

import base64
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mocks.alipay import KeysRefusedError, certs, load

PRIVATE = {
    "app_private_key_pkcs1.pem",
    "app_private_key_pkcs8.pem",
    "alipay_private_key.pem",
    "alipay_root_key.pem",
    "channel.toml",
}
PUBLIC = {"app_cert.pem", "alipay_public_key.pem", "alipay_cert.pem", "alipay_root_cert.pem"}


@pytest.fixture
def folder(alipay_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(alipay_folder, tmp_path / "alipay"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_everything_a_client_needs_is_made(alipay_folder: Path) -> None:
    assert contents(alipay_folder).keys() == PRIVATE | PUBLIC
    assert all((alipay_folder / name).stat().st_mode & 0o777 == 0o600 for name in PRIVATE)
    facts = tomllib.loads((alipay_folder / "channel.toml").read_text(encoding="utf-8"))
    assert facts.keys() == {"app_id", "seller_id", "aes_key"}
    assert len(facts["app_id"]) == len(facts["seller_id"]) == 16
    assert facts["seller_id"].startswith("2088")
    assert len(base64.b64decode(facts["aes_key"])) == 16
    assert (alipay_folder / "app_private_key_pkcs1.pem").read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert (alipay_folder / "app_private_key_pkcs8.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----")
    keys = [
        serialization.load_pem_private_key((alipay_folder / f"app_private_key_{form}.pem").read_bytes(), password=None)
        for form in ("pkcs1", "pkcs8")
    ]
    app = x509.load_pem_x509_certificate((alipay_folder / "app_cert.pem").read_bytes())
    assert keys[0].public_key() == keys[1].public_key() == app.public_key()
    alipay = x509.load_pem_x509_certificate((alipay_folder / "alipay_cert.pem").read_bytes())
    public = serialization.load_pem_public_key((alipay_folder / "alipay_public_key.pem").read_bytes())
    assert alipay.public_key() == public


def test_the_bundle_of_roots_has_the_national_one_first_and_the_one_that_has_issued_all(alipay_folder: Path) -> None:
    bundle = (alipay_folder / "alipay_root_cert.pem").read_bytes()
    blocks = re.findall(rb"-----BEGIN.*?-----END CERTIFICATE-----", bundle, re.DOTALL)
    assert len(blocks) == 2
    assert bytes.fromhex("06082a811ccf55018375") in base64.b64decode(b"".join(blocks[0].split(b"\n")[1:-1]))  # SM2 with SM3
    root = x509.load_pem_x509_certificate(blocks[1])
    assert certs.root_serial(bundle) == certs.serial(root)  # the SM2 root has no part in the number
    for name in ("app_cert.pem", "alipay_cert.pem"):
        x509.load_pem_x509_certificate((alipay_folder / name).read_bytes()).verify_directly_issued_by(root)


def test_what_is_there_is_used_and_not_changed(folder: Path) -> None:
    before = contents(folder)
    load(folder)
    assert contents(folder) == before


@pytest.mark.parametrize(
    "missing",
    [
        "app_private_key_pkcs1.pem",
        "app_private_key_pkcs8.pem",
        "app_cert.pem",
        "alipay_public_key.pem",
        "alipay_cert.pem",
        "channel.toml",
    ],
)
def test_what_is_missing_is_made_to_fit(folder: Path, missing: str) -> None:
    before = contents(folder)
    (folder / missing).unlink()
    load(folder)
    after = contents(folder)
    assert after.keys() == PRIVATE | PUBLIC
    assert {name: after[name] for name in before if name != missing} == {name: before[name] for name in before if name != missing}
    if "key" in missing:
        assert after[missing] == before[missing]


def test_the_apps_key_may_be_elsewhere(folder: Path) -> None:
    for form in ("pkcs1", "pkcs8"):
        (folder / f"app_private_key_{form}.pem").unlink()
    load(folder)
    assert not (folder / "app_private_key_pkcs1.pem").exists()


def test_real_roots_have_no_key_here_and_can_issue_nothing(folder: Path) -> None:
    (folder / "alipay_root_key.pem").unlink()
    assert load(folder).root_key is None
    (folder / "app_cert.pem").unlink()
    with pytest.raises(KeysRefusedError, match=r"app_cert\.pem is missing, and without alipay_root_key\.pem"):
        load(folder)


def test_lines_that_are_there_are_kept(folder: Path) -> None:
    (folder / "channel.toml").write_text('app_id = "2021000000000001"\n[more]\nx = 1\n', encoding="utf-8")
    keys = load(folder)
    assert keys.app_id == "2021000000000001"
    text = (folder / "channel.toml").read_text(encoding="utf-8")
    assert text.endswith('app_id = "2021000000000001"\n[more]\nx = 1\n')
    assert load(folder).seller_id == keys.seller_id


REFUSED = [
    ("app_private_key_pkcs1.pem", b"nonsense", "not a PEM private key"),
    ("alipay_private_key.pem", b"nonsense", "not a PEM private key"),
    ("alipay_public_key.pem", b"nonsense", "not a PEM public key"),
    ("app_cert.pem", b"nonsense", "not a PEM certificate"),
    ("alipay_root_cert.pem", b"nonsense", "no certificate signed with RSA"),
    ("channel.toml", b"= broken", "not TOML"),
    ("channel.toml", b"app_id = 5\n", "should be a text in quotes"),
    ("channel.toml", b'aes_key = "c2hvcnQ="\n', "16 bytes in base64"),
]


@pytest.mark.parametrize(("name", "content", "reason"), REFUSED, ids=[f"{one[0]}: {one[2]}" for one in REFUSED])
def test_what_cannot_be_used_is_refused_and_left(folder: Path, name: str, content: bytes, reason: str) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(KeysRefusedError, match=reason):
        load(folder)
    assert (folder / name).read_bytes() == content


@pytest.mark.parametrize("missing", ["alipay_private_key.pem", "alipay_root_cert.pem"])
def test_what_others_need_is_not_made_anew(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(KeysRefusedError, match=f"{missing} is missing"):
        load(folder)
    assert not (folder / missing).exists()


def test_two_things_that_do_not_belong_together_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    load(other)
    for name, reason in (
        ("app_private_key_pkcs8.pem", "hold different keys"),
        ("app_cert.pem", "not the certificate of the key beside it"),
        ("alipay_cert.pem", "not the certificate of the key beside it"),
        ("alipay_public_key.pem", "does not belong to"),
    ):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes((other / name).read_bytes())
        with pytest.raises(KeysRefusedError, match=reason):
            load(folder)
        (folder / name).write_bytes(kept)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KeysRefusedError, match="file"):
        load(tmp_path / "file")
