"""The documentation is tested as written: the quickstarts run against a mock, and both languages say the same things."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mocks.faults import KINDS
from mocks.process import MockServer, running
from payment_channels import open_channel

ROOT = Path(__file__).parents[2]
QUICKSTARTS = ["README.md", "README.zh-CN.md", "docs/en/quickstart.md", "docs/zh/quickstart.md"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with running(tmp_path_factory.mktemp("mock")) as server:
        yield server


def quickstart(name: str, mock: MockServer) -> list[str]:
    """Return the code of a page, with this mock's address and keys in it."""
    found = re.findall(r"```python\n(.*?)```", text(name), re.DOTALL)
    assert "http://127.0.0.1:8700" in found[0]
    return [one.replace("http://127.0.0.1:8700", mock.base_url).replace('"keys/', f'"{mock.keys}/') for one in found]


@pytest.mark.parametrize("name", QUICKSTARTS)
def test_the_quickstart_runs_as_written(name: str, mock: MockServer, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(quickstart(name, mock)[0], name, "exec"), {})  # noqa: S102  our own page, run as written
    assert "pending" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["docs/en/quickstart.md", "docs/zh/quickstart.md"])
def test_what_the_quickstart_printed_is_paid_and_found(
    name: str, mock: MockServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, found, others, _ = quickstart(name, mock)
    exec(compile(first, name, "exec"), {})  # noqa: S102  our own page, run as written
    number = capsys.readouterr().out.split()[0]
    mock.control(f"wechat/orders/{number}/pay")
    monkeypatch.setattr("sys.argv", ["found.py", number])
    exec(compile(found, name, "exec"), {})  # noqa: S102  the same
    assert capsys.readouterr().out.startswith("succeeded")
    opened: dict[str, Any] = {}
    exec(compile(others, name, "exec"), opened)  # noqa: S102  the same
    for client in (opened[name] for name in ("alipay", "unionpay", "lianlian", "allinpay", "cib")):
        client.close_connections()


@pytest.mark.parametrize("name", ["docs/en/quickstart.md", "docs/zh/quickstart.md"])
def test_a_configuration_for_production_is_made_as_shown(name: str, mock: MockServer, tmp_path: Path) -> None:
    """With the mock's keys under the names of the page: each channel takes what is made of them."""
    sources = {
        "apiclient_key.pem": "wechat/merchant_key.pem",
        "pub_key.pem": "wechat/wechatpay_public_key.pem",
        "app_private_key.pem": "alipay/app_private_key_pkcs1.pem",
        "appCertPublicKey.crt": "alipay/app_cert.pem",
        "alipayCertPublicKey_RSA2.crt": "alipay/alipay_cert.pem",
        "alipayRootCert.crt": "alipay/alipay_root_cert.pem",
        "merchant.pfx": "unionpay/merchant.pfx",
        "root.cer": "unionpay/root_cert.pem",
        "middle.cer": "unionpay/middle_cert.pem",
    }
    for saved, source in sources.items():
        (tmp_path / saved).write_bytes((mock.keys / source).read_bytes())
    (tmp_path / "apiv3_key.txt").write_text("k" * 32 + "\n", encoding="utf-8")
    password = tomllib.loads((mock.keys / "unionpay" / "channel.toml").read_text(encoding="utf-8"))["pfx_password"]
    (tmp_path / "pfx_password.txt").write_text(f"{password}\n", encoding="utf-8")
    page: dict[str, Any] = {}
    exec(compile(quickstart(name, mock)[3], name, "exec"), page)  # noqa: S102  our own page, run as written
    for channel, made in {"wechat": "wechat_pay", "alipay": "alipay_certificates", "unionpay": "unionpay_rsa"}.items():
        configuration = page[made](tmp_path)
        assert open_channel(channel, configuration).manifest.name == channel
        assert configuration.base_url.startswith("https://")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readmes_commands_are_there(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", text(name)))
    assert {"demo", "test"} <= named
    assert named <= targets
    assert (ROOT / ("README.zh-CN.md" if name == "README.md" else "README.md")).name in text(name)


def test_both_languages_have_the_same_pages_with_the_same_headings() -> None:
    pages = {
        language: {str(path.relative_to(ROOT / "docs" / language)): path for path in (ROOT / "docs" / language).rglob("*.md")}
        for language in ("zh", "en")
    }
    assert set(pages["zh"]) == set(pages["en"])
    for name, path in pages["zh"].items():
        counts = [len(re.findall(r"^#+ ", one.read_text(encoding="utf-8"), re.MULTILINE)) for one in (path, pages["en"][name])]
        assert counts[0] == counts[1], name
        twin = f"{'../' * (name.count('/') + 1)}en/{name}"
        assert twin in path.read_text(encoding="utf-8"), f"{name} does not link to its twin"


def test_no_sentence_in_chinese_is_broken_between_two_lines() -> None:
    """A browser shows the end of a line as a blank, and Chinese has none."""
    letter = "[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]"
    for path in [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs" / "zh").rglob("*.md"))]:
        prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert re.findall(f".{{0,12}}{letter}\n *{letter}.{{0,12}}", prose) == [], path.name


def test_the_explain_commands_of_the_readme_work() -> None:
    from error_codes.__main__ import main

    for line in re.findall(r"-m error_codes (explain .+)", text("README.md")):
        assert main(line.split()) == 0


@pytest.mark.parametrize("name", ["docs/zh/mock.md", "docs/en/mock.md"])
def test_the_manuals_commands_are_understood(name: str, mock: MockServer) -> None:
    """Each curl line of the manual is a command that the control plane knows; numbers it cannot know are refused by name."""
    lines = re.findall(r"^curl (?:-X (POST) )?http://127\.0\.0\.1:8700/_mock/(\S*)(?: -d '(.+)')?$", text(name), re.MULTILINE)
    assert len(lines) >= 10
    for method, path, content in lines:
        placeholder = re.search(r"/(NUMBER|[\u4e00-\u9fff]+)/", path)
        if placeholder is None:
            mock.control(path, json.loads(content or "{}"), method=method or "GET")
        else:
            with pytest.raises(RuntimeError) as caught:
                mock.control(path.replace(placeholder.group(1), "nosuchnumber"))
            assert "nosuchnumber" in str(caught.value)


def test_the_manual_names_every_kind_of_fault() -> None:
    for name in ("docs/zh/mock.md", "docs/en/mock.md"):
        assert {kind for kind in KINDS if f"`{kind}`" not in text(name)} == set(), name
