"""The settings file and the key ring: every field is checked by name, and no key is ever shown."""

import base64
import stat
from pathlib import Path

import pytest

from mocks.process import MockServer
from payment_channels import ConfigurationError
from payment_channels.channels.wechat import WechatConfig
from payment_channels.cli.keys import Keys
from payment_channels.cli.settings import read_settings
from payment_channels.journal import JournalUnavailableError, KeyRing
from tests.cli.conftest import Shop

KEY = base64.b64encode(bytes(range(32))).decode()
GOOD = """
[journal]
sqlite = "books/journal.sqlite3"
schedules = "schedules.toml"
[keys]
file = "keys.toml"
[accounts.shop]
channel = "wechat"
folder = "wechat"
"""


def same(one: KeyRing, other: KeyRing) -> bool:
    return (one.keys, one.current) == (other.keys, other.current)


def settings_of(folder: Path, text: str) -> Path:
    path = folder / "journal.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = read_settings(settings_of(tmp_path, GOOD))
    assert settings.sqlite == tmp_path / "books" / "journal.sqlite3"
    assert settings.schedules == tmp_path / "schedules.toml"
    assert settings.keys == Keys(tmp_path / "keys.toml", None)
    assert settings.accounts["shop"].folder == tmp_path / "wechat"
    assert settings.accounts["shop"].timeout == 30


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("[journal]", "[journals]", "journal"),
        ("[keys]", "[key]", "keys"),
        ("sqlite =", "sqlit =", "journal"),
        ("schedules =", 'postgres = "x"\nschedules =', "journal"),
        ("schedules =", "schedule =", "journal.schedule"),
        ('"schedules.toml"', "5", "journal.schedules"),
        ('"keys.toml"', '""', "keys.file"),
        ('channel = "wechat"', "", "accounts.shop.channel"),
        ('folder = "wechat"', "", "accounts.shop"),
        ('folder = "wechat"', 'folder = "wechat"\ntimeout = 0', "accounts.shop.timeout"),
        ('folder = "wechat"', 'folder = "wechat"\ntimeout = true', "accounts.shop.timeout"),
        ('folder = "wechat"', 'folder = "wechat"\nbaseurl = "x"', "accounts.shop.baseurl"),
        ("[accounts.shop]", "[accounts]\nshop = 1\n[other]", "settings.other"),
        ("[journal]", "journal]", "--settings"),
        ('sqlite = "books/journal.sqlite3"', 'postgres_environment = "PC_TEST_NOT_SET"', "journal.postgres_environment"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigurationError) as caught:
        read_settings(settings_of(tmp_path, GOOD.replace(old, new)))
    assert caught.value.field == field
    assert field in caught.value.zh


def test_there_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(tmp_path / "journal.toml")
    assert str(tmp_path / "journal.toml") in caught.value.en


def test_a_configuration_of_fields_files_and_the_environment(
    tmp_path: Path, mock_server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mock_server.keys / "wechat"
    whole = WechatConfig.from_directory(folder, trust="public_key")
    monkeypatch.setenv("PC_TEST_APIV3", whole.apiv3_key)
    for name in ("merchant_key.pem", "wechatpay_public_key.pem"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    text = GOOD.replace('folder = "wechat"', "") + (
        f'[accounts.shop.fields]\nmchid = "{whole.mchid}"\nappid = "{whole.appid}"\n'
        f'merchant_serial_no = "{whole.merchant_serial_no}"\n'
        'merchant_key = { file = "merchant_key.pem" }\napiv3_key = { environment = "PC_TEST_APIV3" }\n'
        f'platform_keys = [{{ kind = "public_key", key_id = "{whole.platform_keys[0].key_id}", '  # type: ignore[union-attr]
        'pem = { file = "wechatpay_public_key.pem" } }]\n'
    )
    settings = read_settings(settings_of(tmp_path, text))
    assert whole.apiv3_key not in repr(settings)
    assert settings.accounts["shop"]._configuration() == whole.model_copy(update={"apiv2_key": None})
    with settings.accounts["shop"].open() as client:
        assert client.timeout == 30
    broken = settings_of(tmp_path, text.replace('"merchant_key.pem"', '"nosuch.pem"'))
    with pytest.raises(ConfigurationError) as caught:
        read_settings(broken).accounts["shop"].open()
    assert caught.value.field == "accounts.shop.fields.merchant_key"
    monkeypatch.delenv("PC_TEST_APIV3")
    with pytest.raises(ConfigurationError) as caught:
        read_settings(settings_of(tmp_path, text)).accounts["shop"].open()
    assert caught.value.field == "accounts.shop.fields.apiv3_key"
    assert "PC_TEST_APIV3" in caught.value.zh


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("", "accounts.shop.directory"),
        ('base_url = "http://example.com"', "accounts.shop.base_url"),
        ("[accounts.shop.options]\nnosuch = 1", "accounts.shop.options"),
    ],
)
def test_an_account_that_cannot_be_opened_is_named(tmp_path: Path, mock_server: MockServer, more: str, field: str) -> None:
    if more:
        (tmp_path / "wechat").symlink_to(mock_server.keys / "wechat")
    account = read_settings(settings_of(tmp_path, f"{GOOD}\n{more}")).accounts["shop"]
    with pytest.raises(ConfigurationError) as caught:
        account.open()
    assert caught.value.field == field


def test_a_channel_that_there_is_not(tmp_path: Path) -> None:
    account = read_settings(settings_of(tmp_path, GOOD.replace('"wechat"\nfolder', '"nosuch"\nfolder'))).accounts["shop"]
    with pytest.raises(ConfigurationError) as caught:
        account.open()
    assert caught.value.field == "accounts.shop.channel"


def test_options_that_do_not_fit_are_told_with_those_that_do(tmp_path: Path, mock_server: MockServer) -> None:
    (tmp_path / "wechat").symlink_to(mock_server.keys / "cib")
    content = GOOD.replace('"wechat"\nfolder', '"cib"\nfolder')
    for more, place in (('base_url = "http://127.0.0.1:8700/cib"', "base_url"), ("", "options.trusted_line")):
        account = read_settings(settings_of(tmp_path, f"{content}\n{more}")).accounts["shop"]
        with pytest.raises(ConfigurationError, match="trusted_line") as caught:
            account.open()
        assert caught.value.field == f"accounts.shop.{place}"
    unknown = '[accounts.shop.options]\nline = "http://127.0.0.1:8700/cib"'
    with pytest.raises(ConfigurationError) as caught:
        read_settings(settings_of(tmp_path, f"{content}\n{unknown}")).accounts["shop"].open()
    assert "it takes: trusted_line, base_url (" in str(caught.value)
    fitting = '[accounts.shop.options]\ntrusted_line = "http://127.0.0.1:8700/cib"'
    with read_settings(settings_of(tmp_path, f"{content}\n{fitting}")).accounts["shop"].open() as client:
        assert client.channel.manifest.name == "cib"


def test_keys_join_the_ring_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.toml", None)
    assert keys.add("2026", current=False).current == "2026"
    assert keys.add("2027", current=False).current == "2026"
    made = keys.add("2028", current=True)
    assert same(keys.ring(), made)
    assert (sorted(made.keys), made.current) == (["2026", "2027", "2028"], "2028")
    assert stat.S_IMODE((tmp_path / "keys.toml").stat().st_mode) == 0o600
    assert not keys.readable_by_others
    (tmp_path / "keys.toml").chmod(0o640)
    assert keys.readable_by_others
    for wrong in ("2026", "a b", ""):
        with pytest.raises(ConfigurationError):
            keys.add(wrong, current=True)
    assert same(keys.ring(), made)
    assert [path.name for path in tmp_path.iterdir()] == ["keys.toml"], "nothing half-written is left"


def test_a_ring_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys(None, "PC_TEST_KEYS")
    monkeypatch.setenv("PC_TEST_KEYS", f"new={KEY}, old={KEY}")
    assert same(keys.ring(), KeyRing({"new": bytes(range(32)), "old": bytes(range(32))}, "new"))
    for wrong in ("", "new", f"={KEY}", f"a={KEY},a={KEY}", f"a={KEY[:-4]}"):
        monkeypatch.setenv("PC_TEST_KEYS", wrong)
        with pytest.raises(ConfigurationError) as caught:
            keys.ring()
        assert "PC_TEST_KEYS" in (caught.value.field or "")
        assert KEY[:-4] not in f"{caught.value} {caught.value!r}"
    with pytest.raises(ConfigurationError):
        keys.add("x", current=True)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "current = 1\n[keys]\n",
        f'current = "1"\nkeys = "{KEY}"\n',
        f'[keys]\n1 = "{KEY}" {KEY}\n',
        'current="1"\n[keys]\n1="xy"\n',
    ],
)
def test_a_broken_file_of_keys_shows_no_key(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        Keys(tmp_path / "keys.toml", None).ring()
    assert KEY not in f"{caught.value} {caught.value!r}"


def test_an_empty_journal_is_only_made_when_it_is_asked_for(empty_shop: Shop) -> None:
    """Were one made by a command that pays, a wrong path would pay everybody again."""
    empty_shop.write("payee0001,1,wallet,o-MYE42l80oelYMDE34nYD456X01,x")
    for command in (("journal", "status"), ("payout-batch", "payees.csv", "--account", "shop", "--yes")):
        told = empty_shop.run(*command)
        assert (told.status, told.out) == (2, "")
        assert "journal init" in told.err
        assert not (empty_shop.folder / "journal.sqlite3").exists()
    assert empty_shop.run("journal", "init").status == 0
    key = (empty_shop.folder / "keys.toml").read_bytes()
    assert empty_shop.run("journal", "init", "--json").json == {
        "journal": str(empty_shop.folder / "journal.sqlite3"),
        "orders": 0,
        "key_made": False,
    }
    assert (empty_shop.folder / "keys.toml").read_bytes() == key
    assert empty_shop.transfers() == []


def test_a_journal_in_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PC_TEST_ADDRESS", "postgresql://user:canary-password@127.0.0.1:1/none")
    text = GOOD.replace('sqlite = "books/journal.sqlite3"', 'postgres_environment = "PC_TEST_ADDRESS"').replace(
        'schedules = "schedules.toml"\n', ""
    )
    settings = read_settings(settings_of(tmp_path, text))
    settings.keys.add("1", current=True)
    with pytest.raises(JournalUnavailableError) as caught, settings.journal():
        pass
    assert "canary-password" not in f"{settings!r} {settings.place} {caught.value}"
