"""A configuration that cannot be used is refused when it is made, naming the field and showing no key."""

from pathlib import Path
from typing import Any

import pytest

from payment_channels import ConfigurationError, open_channel
from payment_channels.channels.lianlian import LianlianConfig
from tests.channels.lianlian.conftest import PARTNER, Gateway


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("oid_partner", {"oid_partner": "2011"}),
        ("oid_partner", {"oid_partner": PARTNER + "\n"}),
        ("LianlianConfig", {"merchant_key": None}),
        ("LianlianConfig", {"signer": object()}),
        ("base_url", {"base_url": "http://instantpay.lianlianpay.com"}),
        ("base_url", {"base_url": "https://instantpay.lianlianpay.com/paymentapi"}),
        ("account_url", {"account_url": "https://someone:secret@traderapi.lianlianpay.com"}),
        ("merchant_key", {"merchant_key": "nonsense"}),
        ("lianlian_public_key", {"lianlian_public_key": "nonsense"}),
        ("no_such", {"no_such": "1"}),
    ],
)
def test_refused(gateway: Gateway, field: str, changes: dict[str, Any]) -> None:
    fields = {"oid_partner": PARTNER, "merchant_key": gateway.merchant_pem, "lianlian_public_key": gateway.public_pem}
    with pytest.raises(ConfigurationError) as caught:
        open_channel("lianlian", {**fields, **changes})
    assert caught.value.field == field
    assert gateway.merchant_pem.splitlines()[2] not in str(caught.value)


def test_a_key_is_refused_in_the_language_of_the_sentence(gateway: Gateway) -> None:
    fields = {"oid_partner": PARTNER, "merchant_key": "nonsense", "lianlian_public_key": gateway.public_pem}
    with pytest.raises(ConfigurationError) as caught:
        open_channel("lianlian", fields)
    assert "merchant_key 不可用：不是已知种类的 PEM 私钥，或带有密码" in caught.value.zh
    assert "PEM private key" not in caught.value.zh
    assert "merchant_key cannot be used: it is not a PEM private key of a known kind" in caught.value.en


def test_production_is_the_default_and_the_balance_has_a_host_of_its_own(gateway: Gateway) -> None:
    config = gateway.config()
    assert (config.base_url, config.account_url) == (
        "https://instantpay.lianlianpay.com",
        "https://traderapi.lianlianpay.com",
    )


def test_from_a_directory(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "channel.toml").write_text(f'oid_partner = "{PARTNER}"\n', encoding="utf-8")
    (tmp_path / "merchant_key.pem").write_text(gateway.merchant_pem, encoding="utf-8")
    (tmp_path / "lianlian_public_key.pem").write_text(gateway.public_pem, encoding="utf-8")
    assert LianlianConfig.from_directory(tmp_path) == gateway.config()
    mock = LianlianConfig.from_directory(tmp_path, base_url="http://127.0.0.1:8700/")
    assert mock.base_url == mock.account_url == "http://127.0.0.1:8700"
    apart = LianlianConfig.from_directory(tmp_path, account_url="https://traderapi.example.com")
    assert apart.account_url == "https://traderapi.example.com"


@pytest.mark.parametrize("name", ["channel.toml", "merchant_key.pem", "lianlian_public_key.pem"])
def test_a_file_that_is_missing(gateway: Gateway, tmp_path: Path, name: str) -> None:
    for file, text in (
        ("channel.toml", f'oid_partner = "{PARTNER}"\n'),
        ("merchant_key.pem", gateway.merchant_pem),
        ("lianlian_public_key.pem", gateway.public_pem),
    ):
        if file != name:
            (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        LianlianConfig.from_directory(tmp_path)
    assert caught.value.field == "directory"
    assert name in str(caught.value)


def test_a_channel_toml_without_the_number(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "channel.toml").write_text("", encoding="utf-8")
    (tmp_path / "merchant_key.pem").write_text(gateway.merchant_pem, encoding="utf-8")
    (tmp_path / "lianlian_public_key.pem").write_text(gateway.public_pem, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        LianlianConfig.from_directory(tmp_path)
    assert "oid_partner" in str(caught.value)
