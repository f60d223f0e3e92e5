"""The commands on a journal in PostgreSQL, whose address may stand in the settings or in the environment."""

import json
import os
from pathlib import Path

import psycopg
import pytest

from mocks.process import MockServer
from payment_channels.cli import main
from tests.journal.conftest import SCENE, SCHEMAS

HEADER = "merchant_order_id,amount,payee_kind,wallet_id,remark"


@pytest.mark.parametrize("field", ["postgres", "postgres_environment"])
def test_a_batch_is_paid_once(
    postgres_address: str,
    mock_server: MockServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    field: str,
) -> None:
    name = f"commands_{os.getpid()}_{next(SCHEMAS)}"
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    address = psycopg.conninfo.make_conninfo(postgres_address, options=f"-c search_path={name}")
    monkeypatch.setenv("PC_TEST_ADDRESS", address)
    monkeypatch.chdir(tmp_path)
    place = address if field == "postgres" else "PC_TEST_ADDRESS"
    fields = f"transfer_scene_id = {json.dumps(SCENE['transfer_scene_id'])}\n"
    Path("journal.toml").write_text(
        f'[journal]\n{field} = {json.dumps(place)}\n[keys]\nfile = "keys.toml"\n[accounts.shop]\nchannel = "wechat"\n'
        f'folder = {json.dumps(str(mock_server.keys / "wechat"))}\nbase_url = "{mock_server.base_url}"\n'
        f"[accounts.shop.channel_fields]\n{fields}",
        encoding="utf-8",
    )
    infos = json.dumps(SCENE["transfer_scene_report_infos"], ensure_ascii=False).replace('"', '""')
    Path("payees.csv").write_text(
        f'{HEADER},channel_fields.transfer_scene_report_infos\npayee0001,1,wallet,o-MYE42l80oelYMDE34nYD456X01,x,"{infos}"\n',
        encoding="utf-8",
    )
    assert main(["journal", "init"]) == 0
    for _ in range(2):
        assert main(["payout-batch", "payees.csv", "--account", "shop", "--yes"]) == 4
    assert main(["journal", "verify"]) == 0
    assert len(mock_server.control("books", method="GET")["wechat"]["transfers"]) == 1
    capsys.readouterr()
    assert main(["journal", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["orders"] == 1
