"""UnionPay's folder of keys: made when missing, used when there, completed to fit, and never overwritten."""

import shutil
import tomllib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from mocks.unionpay import KeysRefusedError, load

PRIVATE = {"merchant.pfx", "unionpay_key.pem", "encrypt_key.pem", "middle_key.pem", "channel.toml"}
PUBLIC = {"unionpay_cert.pem", "middle_cert.pem", "root_cert.pem", "encrypt_cert.pem"}


@pytest.fixture
def folder(unionpay_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(unionpay_folder, tmp_path / "unionpay"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}_cert.pem").read_bytes())


def common_name(found: x509.Certificate) -> str:
    return str(found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_everything_a_client_needs_is_made(unionpay_folder: Path) -> None:
    assert contents(unionpay_folder).keys() == PRIVATE | PUBLIC
    assert all((unionpay_folder / name).stat().st_mode & 0o777 == 0o600 for name in PRIVATE)
    facts = tomllib.loads((unionpay_folder / "channel.toml").read_text(encoding="utf-8"))
    assert facts.keys() == {"mer_id", "pfx_password", "secure_key"}
    assert (len(facts["mer_id"]), facts["pfx_password"]) == (15, "000000")
    for name in ("unionpay", "encrypt"):
        found = certificate(unionpay_folder, name)
        key = serialization.load_pem_private_key((unionpay_folder / f"{name}_key.pem").read_bytes(), password=None)
        assert found.public_key() == key.public_key()
        found.verify_directly_issued_by(certificate(unionpay_folder, "middle"))
        # The rule of the official SDK: the third part between @ is the owner.
        assert common_name(found).split("@")[2] == "中国银联股份有限公司"
        assert len(str(found.serial_number)) == 11
    certificate(unionpay_folder, "middle").verify_directly_issued_by(certificate(unionpay_folder, "root"))
    merchant_key, own, _ = pkcs12.load_key_and_certificates((unionpay_folder / "merchant.pfx").read_bytes(), b"000000")
    assert merchant_key is not None
    assert own is not None
    assert common_name(own).split("@")[2] == f"{facts['mer_id']}:SIGN"
    own.verify_directly_issued_by(certificate(unionpay_folder, "middle"))


def test_what_is_there_is_used_and_not_changed(folder: Path) -> None:
    before = contents(folder)
    load(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("missing", ["merchant.pfx", "unionpay_cert.pem", "encrypt_cert.pem", "channel.toml"])
def test_what_is_missing_is_made_to_fit(folder: Path, missing: str) -> None:
    before = contents(folder)
    (folder / missing).unlink()
    load(folder)
    after = contents(folder)
    assert after.keys() == before.keys()
    assert {name: after[name] for name in before if name != missing} == {name: before[name] for name in before if name != missing}
    assert after[missing] != before[missing]


def test_without_the_authoritys_key_all_works_but_making_more(folder: Path) -> None:
    (folder / "middle_key.pem").unlink()
    assert load(folder).middle is None
    (folder / "merchant.pfx").unlink()
    with pytest.raises(KeysRefusedError, match="middle_key"):
        load(folder)


@pytest.mark.parametrize("missing", ["root_cert.pem", "middle_cert.pem", "unionpay_key.pem", "encrypt_key.pem"])
def test_what_cannot_be_made_to_fit_is_asked_for(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    before = contents(folder)
    with pytest.raises(KeysRefusedError, match=missing):
        load(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("damaged", sorted(PRIVATE | PUBLIC))
def test_what_is_damaged_is_named_and_left(folder: Path, damaged: str) -> None:
    (folder / damaged).write_text("damaged", encoding="utf-8")
    with pytest.raises(KeysRefusedError, match=damaged):
        load(folder)
    assert (folder / damaged).read_text(encoding="utf-8") == "damaged"


def test_a_signer_of_another_authority_is_refused(folder: Path, tmp_path: Path) -> None:
    load(tmp_path / "other")
    for name in ("unionpay_cert.pem", "unionpay_key.pem"):
        shutil.copy(tmp_path / "other" / name, folder / name)
    with pytest.raises(KeysRefusedError, match="was not issued by"):
        load(folder)


def test_a_certificate_of_another_key_is_refused(folder: Path) -> None:
    shutil.copy(folder / "encrypt_key.pem", folder / "unionpay_key.pem")
    with pytest.raises(KeysRefusedError, match="does not belong to unionpay_key"):
        load(folder)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("mer_id = 7", "in quotes"),
        ('mer_id = "7"', "15 letters"),
        ('pfx_password = "111111"', "does not open"),
        ("mer_id", "TOML"),
    ],
)
def test_facts_that_do_not_fit_are_refused(folder: Path, line: str, hint: str) -> None:
    (folder / "channel.toml").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(KeysRefusedError, match=hint):
        load(folder)


def test_facts_are_completed_above_what_is_there(folder: Path) -> None:
    (folder / "channel.toml").write_text('[mine]\nkept = "yes"\n', encoding="utf-8")
    keys = load(folder)
    facts = tomllib.loads((folder / "channel.toml").read_text(encoding="utf-8"))
    assert (facts["mine"], facts["mer_id"]) == ({"kept": "yes"}, keys.mer_id)


def test_nothing_secret_is_printed(unionpay_folder: Path) -> None:
    keys = load(unionpay_folder)
    assert keys.secure_key not in repr(keys)
    assert "PRIVATE" not in repr(keys)
