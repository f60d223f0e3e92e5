"""CIB's folder: one file, made when missing, used when there, completed to fit, and refused with what to do."""

import tomllib
from pathlib import Path

import pytest

from mocks.cib import CibMock, KeysRefusedError, load
from mocks.cib.keys import CibKeys
from mocks.opening import open_world


def test_everything_a_client_needs_is_made(cib_folder: Path) -> None:
    assert [path.name for path in cib_folder.iterdir()] == ["channel.toml"]
    path = cib_folder / "channel.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    names = "cid user_id user_pass acct_id acct_name opening_balance mrch_no order_mrch_no enable_sign"
    assert list(facts) == names.split()
    assert [len(facts[name]) for name in ("cid", "acct_id", "mrch_no", "order_mrch_no")] == [10, 18, 8, 6]
    keys = load(cib_folder)
    assert (keys.opening_balance, keys.enable_sign) == (1_000_000_00, True)
    assert facts["user_pass"] not in repr(keys)
    assert load(cib_folder) == keys


def test_what_is_there_is_kept_and_what_is_missing_is_added(tmp_path: Path) -> None:
    given = 'cid = "1100343164"\nenable_sign = "no"\n\n[mine]\nx = 1\n'
    (tmp_path / "channel.toml").write_text(given, encoding="utf-8")
    keys = load(tmp_path)
    assert (keys.cid, keys.enable_sign) == ("1100343164", False)
    text = (tmp_path / "channel.toml").read_text(encoding="utf-8")
    assert text.endswith(given)
    assert tomllib.loads(text)["mine"] == {"x": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cid = 1100343164", "cid should be a text in quotes"),
        ('cid = "11"', "cid"),
        ('acct_id = "x"', "acct_id"),
        ('opening_balance = "1"', "opening_balance"),
        ('enable_sign = "maybe"', "enable_sign"),
        ('user_pass = "a<b"', "user_pass"),
        ("cid =", "is not TOML"),
    ],
)
def test_what_cannot_be_used_is_refused_and_left(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "channel.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KeysRefusedError, match=told):
        load(tmp_path)
    assert path.read_text(encoding="utf-8") == text


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(KeysRefusedError):
        load(tmp_path / "file" / "cib")


def test_a_world_has_it_and_an_empty_one_starts_with_the_opening_balance(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    mock = world.channels["cib"]
    assert isinstance(mock, CibMock)
    assert isinstance(mock.desk.keys, CibKeys)
    mock.control("accounts", mock.desk.keys.acct_id, "deposit", {"amount": "1.00"})
    world.reset()
    assert world.books()["cib"]["account"]["balance"] == 1_000_000_00
