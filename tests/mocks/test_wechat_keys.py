"""The folder of keys: made when missing, used when there, completed to fit, and never overwritten."""

import shutil
import tomllib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mocks.wechat import KeysRefusedError, load

PRIVATE = {"merchant_key.pem", "platform_key.pem", "wechatpay_key.pem", "channel.toml"}
PUBLIC = {"merchant_cert.pem", "platform_cert.pem", "wechatpay_public_key.pem"}


@pytest.fixture
def folder(keys_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(keys_folder, tmp_path / "wechat"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_everything_a_client_needs_is_made(keys_folder: Path) -> None:
    assert contents(keys_folder).keys() == PRIVATE | PUBLIC
    assert all((keys_folder / name).stat().st_mode & 0o777 == 0o600 for name in PRIVATE)
    facts = tomllib.loads((keys_folder / "channel.toml").read_text(encoding="utf-8"))
    assert {len(facts["apiv3_key"]), len(facts["apiv2_key"])} == {32}
    assert facts["public_key_id"].startswith("PUB_KEY_ID_")
    for name in ("merchant", "platform"):
        certificate = x509.load_pem_x509_certificate((keys_folder / f"{name}_cert.pem").read_bytes())
        key = serialization.load_pem_private_key((keys_folder / f"{name}_key.pem").read_bytes(), password=None)
        assert certificate.public_key() == key.public_key()
        digits = f"{certificate.serial_number:X}"
        assert facts[f"{name}_serial_no"] == digits.zfill(len(digits) + len(digits) % 2)


def test_what_is_there_is_used_and_not_changed(folder: Path) -> None:
    before = contents(folder)
    load(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("missing", ["merchant_cert.pem", "platform_cert.pem", "wechatpay_public_key.pem", "channel.toml"])
def test_what_is_missing_is_made_to_fit(folder: Path, missing: str) -> None:
    before = contents(folder)
    (folder / missing).unlink()
    for name in ("merchant", "platform"):  # a new certificate has a new serial number
        if missing == f"{name}_cert.pem":
            text = (folder / "channel.toml").read_text(encoding="utf-8")
            kept = [line for line in text.splitlines() if not line.startswith(f"{name}_serial_no")]
            (folder / "channel.toml").write_text("\n".join(kept) + "\n", encoding="utf-8")
            before.pop("channel.toml")
    load(folder)
    after = contents(folder)
    assert after.keys() == PRIVATE | PUBLIC
    assert {name: after[name] for name in before if name != missing} == {name: before[name] for name in before if name != missing}


def test_a_merchant_may_keep_the_key_elsewhere(folder: Path) -> None:
    (folder / "merchant_key.pem").unlink()
    load(folder)
    assert not (folder / "merchant_key.pem").exists()


def test_facts_that_are_there_stay_and_tables_are_respected(folder: Path) -> None:
    (folder / "channel.toml").write_text('mchid = "1900000001"\n\n[notes]\nmchid = "x"\n', encoding="utf-8")
    assert load(folder).mchid == "1900000001"
    facts = tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))
    assert (facts["mchid"], facts["notes"]) == ("1900000001", {"mchid": "x"})
    assert len(facts["apiv3_key"]) == 32


DAMAGES = [
    ("merchant_key.pem", "nonsense", "not a PEM private key"),
    ("merchant_cert.pem", "nonsense", "not a PEM certificate"),
    ("wechatpay_public_key.pem", "nonsense", "not a PEM public key"),
    ("channel.toml", "mchid = ", "not TOML"),
    ("channel.toml", "mchid = 1900000001", "in quotes"),
    ("channel.toml", 'apiv3_key = "short"', "32 characters"),
    ("channel.toml", 'merchant_serial_no = "00"', "remove the line"),
    ("channel.toml", 'public_key_id = "x"', "PUB_KEY_ID_"),
]


@pytest.mark.parametrize(("name", "content", "reason"), DAMAGES)
def test_what_is_damaged_is_named_and_left_as_it_is(folder: Path, name: str, content: str, reason: str) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    before = contents(folder)
    with pytest.raises(KeysRefusedError, match=reason) as refused:
        load(folder)
    assert name in str(refused.value)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("removed", "named"), [("platform_key.pem", "platform_cert.pem"), ("wechatpay_key.pem", "wechatpay_public_key.pem")]
)
def test_a_public_half_without_its_key_is_no_use_to_the_mock(folder: Path, removed: str, named: str) -> None:
    (folder / removed).unlink()
    before = contents(folder)
    with pytest.raises(KeysRefusedError, match=named):
        load(folder)
    assert contents(folder) == before


def test_a_certificate_of_another_key_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    load(other)
    shutil.copy(other / "merchant_cert.pem", folder / "merchant_cert.pem")
    with pytest.raises(KeysRefusedError, match="does not belong to merchant_key"):
        load(folder)
    shutil.copy(other / "wechatpay_public_key.pem", folder / "wechatpay_public_key.pem")
    shutil.copy(other / "merchant_key.pem", folder / "merchant_key.pem")
    with pytest.raises(KeysRefusedError, match="does not belong to wechatpay_key"):
        load(folder)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KeysRefusedError, match="file"):
        load(tmp_path / "file" / "wechat")
