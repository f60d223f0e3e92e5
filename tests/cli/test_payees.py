"""The CSV of payees: what Excel and people write is read exactly, or refused with its line and what to do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from payment_channels import CorporateAccount, Money, PayoutOrder, PersonalAccount, Wallet
from payment_channels.cli.payees import Given, payouts_of, repeated
from payment_channels.cli.sheet import Fault, Sheet, read_sheet

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BANK = "merchant_order_id,amount,payee_kind,account_no,name,cnaps_code,purpose"
GIVEN = Given(NOW, None, {})


def read(path: Path, content: bytes, encoding: str | None = None) -> tuple[list[PayoutOrder], list[Fault]]:
    path.write_bytes(content)
    sheet = read_sheet(path, encoding)
    lines = payouts_of(sheet, GIVEN)
    return [line.order for line in lines], sheet.faults


def of_text(tmp_path: Path, text: str) -> tuple[list[PayoutOrder], list[Fault]]:
    return read(tmp_path / "payees.csv", text.encode())


def the_fault(tmp_path: Path, line: str, header: str = BANK) -> Fault:
    orders, faults = of_text(tmp_path, f"{header}\n{line}\n")
    assert orders == []
    (fault,) = faults
    assert fault.line == 2
    return fault


def test_each_kind_of_payee_with_all_its_cells(tmp_path: Path) -> None:
    orders, faults = of_text(
        tmp_path,
        "商户订单号,金额,收款方类型,账号,户名,开户行,联行号,钱包标识,标识类型,用途,渠道字段.scene,channel_fields.infos\n"
        'A1,1234.50,对公,1100-2233,某某公司,工商银行,102100099996,,,货款,1000,"[{""a"": 1}]"\n'
        "A2,0.01,个人,6222021234567894321,张三,,,,,,,\n"
        "A3,8,钱包,,,,,138001,login_id,,,\n",
    )
    assert faults == []
    assert [order.payee for order in orders] == [
        CorporateAccount(account_no="1100-2233", name="某某公司", bank_name="工商银行", cnaps_code="102100099996"),
        PersonalAccount(account_no="6222021234567894321", name="张三"),
        Wallet(wallet_id="138001", id_kind="login_id"),  # type: ignore[arg-type]
    ]
    assert [order.amount for order in orders] == [Money(123450), Money(1), Money(800)]
    assert orders[0].purpose == "货款"
    assert orders[0].channel_fields == {"scene": "1000", "infos": [{"a": 1}]}
    assert (orders[1].purpose, orders[1].channel_fields, orders[1].ordered_at) == (None, {}, NOW)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_the_encodings_of_excel_and_wps(tmp_path: Path, encoding: str) -> None:
    text = f"{BANK}\r\nA1,1,个人,6222,张三丰,,工资\r\n"
    orders, faults = read(tmp_path / "payees.csv", text.encode(encoding))
    assert faults == []
    assert isinstance(orders[0].payee, PersonalAccount)
    assert (orders[0].payee.name, orders[0].purpose) == ("张三丰", "工资")


def test_bytes_that_are_both_utf8_and_gbk_are_not_guessed(tmp_path: Path) -> None:
    name = "牡茅"  # in GBK the bytes C4 B5 C3 A9, which are UTF-8 for two Latin letters
    content = f"{BANK}\nA1,1,personal,6222,{name},,\n".encode("gbk")
    assert content.decode("utf-8")
    orders, faults = read(tmp_path / "payees.csv", content)
    assert orders == []
    assert "--encoding gbk" in faults[0].en
    orders, faults = read(tmp_path / "payees.csv", content, "gbk")
    assert faults == []
    assert isinstance(orders[0].payee, PersonalAccount)
    assert orders[0].payee.name == name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BANK.encode("utf-16"), "UTF-16"),
        (b"merchant_order_id\xff\xff\xff", "UTF-8"),
        (b"", "empty"),
        (f"{BANK}\n".encode(), "no payees"),
        (f'{BANK}\nA1,1,personal,6222,"x"y,,\n'.encode(), "quotes"),
    ],
)
def test_files_that_are_no_sheet(tmp_path: Path, content: bytes, words: str) -> None:
    orders, faults = read(tmp_path / "payees.csv", content)
    assert orders == []
    assert len(faults) == 1
    assert words in faults[0].en


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (fault,) = read_sheet(tmp_path / "nosuch.csv").faults
    assert (fault.line, fault.zh.count("nosuch.csv"), fault.en.count("nosuch.csv")) == (None, 1, 1)
    (folder,) = read_sheet(tmp_path).faults
    assert folder.line is None
    assert "cannot be read" in folder.en


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ('A1,1,personal,"=""6222""",x,,', "account_no", "formula"),
        ("A1,1,personal,6.22202E+18,x,,", "account_no", "scientific"),
        ("6.22E+18,1,personal,6222,x,,", "merchant_order_id", "scientific"),
        ("A1,1E+3,personal,6222,x,,", "amount", "scientific"),
        ("A1,1,personal,6222021234567.00,x,,", "account_no", "decimal point"),
        ("A1,1,personal,6222021234567890000,x,,", "account_no", "zeros"),
        ("A1,1,personal,6222 0212 3456,x,,", "account_no", "no spaces"),
        ("A1,1,personal,６２２２,x,,", "account_no", "digits"),
        ('A1,1,personal,"62\n22",x,,', "account_no", "line break"),
        ('A1,"1,234.00",personal,6222,x,,', "amount", "separators"),
        ("A1,￥12,personal,6222,x,,", "amount", "exact"),
        ("A1,12.345,personal,6222,x,,", "amount", "fen"),
        ("A1,0,personal,6222,x,,", "amount", "above 0"),
        ("A1,-5,personal,6222,x,,", "amount", "above 0"),
        (",1,personal,6222,x,,", "merchant_order_id", "empty"),
        ("A1,1,nobody,6222,x,,", "payee_kind", "one of"),
        ("A1,1,personal,6222,,,", "name", "needs it"),
        ("A1,1,wallet,6222,x,,", "", ""),
        ("A1,1,corporate,6222,x,1021,", "cnaps_code", "cnaps_code"),
        ("A1,1,personal,6222,x,", "", "6 cells under 7 columns"),
        ("A1,1,personal,6222,x,,,extra", "", "8 cells under 7 columns"),
    ],
)
def test_a_faulty_cell_is_named_and_nothing_is_made_of_its_line(tmp_path: Path, line: str, column: str, words: str) -> None:
    orders, faults = of_text(tmp_path, f"{BANK}\n{line}\n")
    assert orders == []
    assert {fault.line for fault in faults} == {2}
    assert all(fault.zh and fault.en for fault in faults)
    if column or words:
        assert [(fault.column, True) for fault in faults] == [(column, words in faults[0].en)]
    else:
        assert [fault.column for fault in faults] == ["account_no", "wallet_id"], "a wallet has no account number"


def test_an_apostrophe_says_that_a_text_is_meant(tmp_path: Path) -> None:
    orders, faults = of_text(tmp_path, f"{BANK}\n'1.2E+3x,1,personal,'6222021234567890000,'=x,,\n")
    assert faults == []
    assert orders[0].merchant_order_id == "1.2E+3x"
    assert isinstance(orders[0].payee, PersonalAccount)
    assert (orders[0].payee.account_no, orders[0].payee.name) == ("6222021234567890000", "=x")


def test_all_faults_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = (
        f'{BANK}\nA1,1,personal,6222,"two\nlines",,\n\nA2,x,personal,62 22,x,,\nA3,1,personal,6222,x,,\nA3,2,personal,6223,x,,\n'
    )
    _, faults = of_text(tmp_path, text)
    assert sorted((fault.line, fault.column) for fault in faults) == [
        (2, "name"),
        (5, "account_no"),
        (5, "amount"),
        (7, "merchant_order_id"),
    ]
    assert "line 6" in faults[-1].en


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("merchant_order_id,amount,payee_kind,accountno", ["accountno"]),
        ("merchant_order_id,amount,金额,payee_kind", ["amount", "金额"]),
        (
            "merchant_order_id;amount;payee_kind",
            ["merchant_order_id;amount;payee_kind", "merchant_order_id", "amount", "payee_kind"],
        ),
    ],
)
def test_columns_are_known_named_once_and_there(tmp_path: Path, header: str, columns: list[str]) -> None:
    _, faults = of_text(tmp_path, f"{header}\nA1,1,personal\n")
    assert [fault.column for fault in faults] == columns


def test_a_cell_that_is_no_json_is_told(tmp_path: Path) -> None:
    assert "JSON" in the_fault(tmp_path, "A1,1,wallet,o1,{x", "merchant_order_id,amount,payee_kind,wallet_id,channel_fields.a").en


def test_the_account_gives_what_a_line_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "payees.csv"
    path.write_text(
        "单号,金额,收款方类型,钱包标识,channel_fields.a,通知地址\nA1,1,钱包,o1,own,\nA2,1,钱包,o2,,https://own.example\n"
    )
    given = Given(NOW, "https://all.example", {"a": "all", "b": "all"})
    first, second = [line.order for line in payouts_of(read_sheet(path), given)]
    assert (first.channel_fields, first.notify_url) == ({"a": "own", "b": "all"}, "https://all.example")
    assert (second.channel_fields, second.notify_url) == ({"a": "all", "b": "all"}, "https://own.example")


def test_the_same_payee_and_amount_twice_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "payees.csv"
    path.write_text(f"{BANK}\nA1,1,personal,6222,x,,\nA2,1.00,personal,6222,x,,\nA3,2,personal,6222,x,,\n")
    assert repeated(payouts_of(read_sheet(path), GIVEN)) == [[2, 3]]


def test_what_was_read_shows_nobody(tmp_path: Path) -> None:
    path = tmp_path / "payees.csv"
    path.write_text(f"{BANK}\nA1,1,personal,6222021234567894321,卡纳里,,\n")
    sheet: Sheet = read_sheet(path)
    shown = f"{sheet!r} {payouts_of(sheet, GIVEN)!r}"
    assert "6222021234567894321" not in shown
    assert "卡纳里" not in shown
