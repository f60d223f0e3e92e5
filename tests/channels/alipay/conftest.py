"""A merchant at Alipay in both modes, and a client whose only wire is a script."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from payment_channels import ChannelClient
from payment_channels.channels.alipay import Alipay, AlipayConfig
from tests.channels.alipay.gateway import APP_ID, SELLER_ID, Gateway, Issued, issue, new_key, private_pem, public_pem
from tests.conftest import NOW, VECTORS, Script, scripted


@pytest.fixture(scope="session")
def alipay_vectors() -> dict[str, Any]:
    """The published and self-made vectors of Alipay, by their id, and the keys they use."""
    loaded: dict[str, Any] = json.loads((VECTORS / "alipay" / "alipay_vectors.json").read_text(encoding="utf-8"))
    return {"keys": loaded["keys"], **{vector["id"]: vector for vector in loaded["vectors"]}}


@pytest.fixture(scope="session")
def gateway() -> Gateway:
    """The gateway in key mode."""
    return Gateway(new_key())


@pytest.fixture(scope="session")
def app_pem() -> str:
    """The application's private key, made for this run."""
    return private_pem(new_key())


@pytest.fixture(scope="session")
def key_config(gateway: Gateway, app_pem: str) -> AlipayConfig:
    """Key mode."""
    return AlipayConfig(app_id=APP_ID, seller_id=SELLER_ID, app_private_key=app_pem, alipay_public_key=public_pem(gateway.key))


@pytest.fixture(scope="session")
def authorities() -> dict[str, Issued]:
    """A root, an authority below it, Alipay's certificate and the application's."""
    root = issue("Root R1", authority=True)
    between = issue("Class 2 R1", root, authority=True)
    return {
        "root": root,
        "between": between,
        "alipay": issue("支付宝(中国)网络技术有限公司-2088102146225135", between),
        "app": issue(f"{SELLER_ID}-{APP_ID}", between),
    }


@pytest.fixture(scope="session")
def config(authorities: dict[str, Issued]) -> AlipayConfig:
    """Certificate mode."""
    return AlipayConfig(
        app_id=APP_ID,
        seller_id=SELLER_ID,
        app_private_key=private_pem(authorities["app"].key),
        app_cert=authorities["app"].pem,
        alipay_cert=authorities["alipay"].pem,
        alipay_root_cert=authorities["root"].pem,
    )


@pytest.fixture(scope="session")
def certified(authorities: dict[str, Issued]) -> Gateway:
    """The gateway in certificate mode."""
    return Gateway(authorities["alipay"].key, authorities["alipay"].sn)


@pytest.fixture
def script() -> Script:
    """An empty script."""
    return Script()


@pytest.fixture
def client(config: AlipayConfig, script: Script) -> Iterator[ChannelClient]:
    """A client in certificate mode whose only wire is the script; its clock stands still."""
    with scripted(Alipay(config, clock=lambda: NOW), script) as opened:
        yield opened
