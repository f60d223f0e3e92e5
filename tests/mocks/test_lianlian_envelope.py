"""The LianLian mock's gate: what is encrypted opens only as it was made, signatures verify as published, keys are kept."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key

from mocks.lianlian import KeysRefusedError, LianlianKeys, LianlianMock, load, payload
from mocks.lianlian.signing import string_to_sign
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.rsa import RsaOaepDecryptor
from tests.mocks.lianlian_merchant import AES_KEY, BALANCE, HMAC_KEY, MD5, NONCE, PAY, QUERY, SHA1, Merchant, b64, broken

VECTORS = Path(__file__).parents[1] / "vectors" / "lianlian"
PUBLISHED: dict[str, Any] = json.loads((VECTORS / "lianlian.json").read_text(encoding="utf-8"))
OTHER = generate_private_key(public_exponent=65537, key_size=2048)
SHA256 = hashes.SHA256()


@pytest.mark.parametrize("sample", PUBLISHED["verify"], ids=lambda one: one["fields"]["ret_code"])
def test_the_published_answers_verify_over_the_mocks_string(sample: dict[str, Any]) -> None:
    text = string_to_sign(sample["fields"])
    assert text == sample["string_to_sign"]
    key = serialization.load_der_public_key(base64.b64decode(sample["public_key_der_b64"]))
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(sample["fields"]["sign"]), text.encode(), padding.PKCS1v15(), MD5)


@pytest.mark.parametrize("lines", [False, True], ids=["one line", "lines of 76"])
def test_the_stored_pay_load_opens(lianlian_keys: LianlianKeys, lines: bool) -> None:
    stored = PUBLISHED["pay_load_self_made"]
    public = lianlian_keys.platform_key.public_key()
    oaep = padding.OAEP(mgf=padding.MGF1(SHA1), algorithm=SHA1, label=None)
    box = [b64(public.encrypt(stored[name].encode(), oaep)) for name in ("hmac_key", "aes_key")]
    fixed = [stored[name] for name in ("part4_nonce_b64", "part5_cipher_b64", "part6_hmac_b64")]
    parts = ["lianpay1_0_1", *((broken(one) for one in box) if lines else box), *fixed]
    assert payload.opened(RsaOaepDecryptor("lianlian", lianlian_keys.platform_key), "$".join(parts)).decode() == stored["plain"]


def test_the_merchant_of_these_tests_encrypts_as_it_was_stored(payer: Merchant) -> None:
    stored = PUBLISHED["pay_load_self_made"]
    assert (stored["hmac_key"], stored["aes_key"], stored["nonce"]) == (HMAC_KEY, AES_KEY, NONCE)
    parts = payer.sealed(stored["plain"]).split("$")
    assert parts[3:] == [stored["part4_nonce_b64"], stored["part5_cipher_b64"], stored["part6_hmac_b64"]]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_base64_may_be_broken_into_lines_as_java_does(lianlian: LianlianMock, payer: Merchant, end: str) -> None:
    plain = json.dumps(payer.signed(payer.payment()))
    answer = payer.read(payer.post(PAY, payer.enveloped(plain, line_end=end)))
    assert answer["ret_code"] == "0000"
    assert len(lianlian.books()["payouts"]) == 1


def without_lines(envelope: dict[str, Any]) -> dict[str, Any]:
    return envelope | {"pay_load": envelope["pay_load"].replace("\r\n", "")}


Damage = Callable[[Merchant, str], dict[str, Any]]
DAMAGED: list[tuple[str, Damage, str]] = [
    ("version", lambda m, p: m.enveloped(p, version="lianpay1_0_2"), "begins with 'lianpay1_0_2'"),
    ("five parts", lambda m, p: {**m.enveloped(p), "pay_load": m.sealed(p).rpartition("$")[0]}, "5 parts"),
    ("short keys", lambda m, p: m.enveloped(p, hmac_key=HMAC_KEY[:16]), "the HMAC key has 16 bytes"),
    ("raw keys", lambda m, p: m.enveloped(p, aes_key=AES_KEY[:31] + "-"), "32 letters or digits"),
    ("nonce", lambda m, p: m.enveloped(p, nonce="N0NCE12"), "the nonce has 7 bytes"),
    ("another HMAC", lambda m, p: m.enveloped(p, mac=b64(bytes(32))), "HMAC is not one over nonce"),
    ("no base64", lambda m, p: m.enveloped(p, mac="***"), "the HMAC is not base64"),
    ("OAEP of SHA-256", lambda m, p: m.enveloped(p, oaep=padding.OAEP(padding.MGF1(SHA256), SHA256, None)), "another padding"),
    ("PKCS#1", lambda m, p: m.enveloped(p, oaep=padding.PKCS1v15()), "another padding"),
    ("lines lost on the way", lambda m, p: without_lines(m.enveloped(p, line_end="\r\n")), "with their line breaks"),
]


@pytest.mark.parametrize(("damage", "said"), [one[1:] for one in DAMAGED], ids=[one[0] for one in DAMAGED])
def test_a_pay_load_that_does_not_fit_is_refused(lianlian: LianlianMock, payer: Merchant, damage: Damage, said: str) -> None:
    reply = payer.post(PAY, damage(payer, json.dumps(payer.signed(payer.payment()))))
    answer = payer.read(reply)
    assert (answer["ret_code"], answer["ret_msg"]) == ("4007", "敏感信息解密异常")
    assert said in reply.note["why"]["reason"]
    assert lianlian.books()["payouts"] == []


def test_what_is_encrypted_for_another_key_does_not_open(payer: Merchant) -> None:
    payer.platform, ours = OTHER.public_key(), payer.platform
    envelope = payer.enveloped(json.dumps(payer.signed(payer.payment())))
    payer.platform = ours
    assert payer.read(payer.post(PAY, envelope))["ret_code"] == "4007"


def test_a_changed_ciphertext_does_not_pass_even_if_it_would_parse(lianlian: LianlianMock, payer: Merchant) -> None:
    envelope = payer.enveloped(json.dumps(payer.signed(payer.payment())))
    parts = envelope["pay_load"].split("$")
    cipher = bytearray(base64.b64decode(parts[4]))
    cipher[-3] ^= 1
    parts[4] = b64(bytes(cipher))
    assert payer.read(payer.post(PAY, envelope | {"pay_load": "$".join(parts)}))["ret_code"] == "4007"
    assert lianlian.books()["payouts"] == []


@pytest.mark.parametrize("plain", ["{", "[]", '"text"', '{"no_order": "\\ud800"}'])
def test_an_encrypted_text_that_is_no_object_is_refused(payer: Merchant, plain: str) -> None:
    assert payer.read(payer.post(PAY, payer.enveloped(plain)))["ret_code"] == "1012"


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", "application/json", "1012"),
        (b"[]", "application/json;charset=utf-8", "1012"),
        (b"\xff\xfe{}", "application/json", "1012"),
        (b"{}", "application/json", "1004"),
        (b"{}", "application/x-www-form-urlencoded", "9901"),
        (b"{}", "text/plain", "9901"),
    ],
)
def test_a_body_that_is_no_request_is_refused(payer: Merchant, body: bytes, content_type: str, code: str) -> None:
    for path in (PAY, QUERY, BALANCE):
        assert payer.read(payer.post(path, body, content_type=content_type))["ret_code"] == code


def test_another_merchant_is_refused_inside_and_outside(payer: Merchant) -> None:
    stranger = {"oid_partner": "201304121000001004"}
    plain = json.dumps(payer.signed(payer.payment()))
    assert payer.read(payer.post(PAY, payer.enveloped(plain) | stranger))["ret_code"] == "3001"
    inside = json.dumps(payer.signed(payer.payment(**stranger)))
    assert payer.read(payer.post(PAY, payer.enveloped(inside)))["ret_msg"] == "商户请求参数校验错误（oid_partner）"
    assert payer.query(**stranger)["ret_code"] == "3001"


def over(payer: Merchant, text: str, algorithm: hashes.HashAlgorithm = MD5) -> str:
    return b64(payer.key.sign(text.encode(), padding.PKCS1v15(), algorithm))


Sign = Callable[[Merchant, dict[str, Any]], str]
MISTAKEN: list[tuple[str, Sign, str]] = [
    ("SHA-1", lambda m, f: over(m, string_to_sign(f), SHA1), "signed with sha1"),
    ("SHA-256", lambda m, f: over(m, string_to_sign(f), SHA256), "signed with sha256"),
    ("not sorted", lambda m, f: over(m, "&".join(f"{k}={v}" for k, v in f.items() if v)), "not sorted by name"),
    ("empty too", lambda m, f: over(m, "&".join(f"{k}={f[k]}" for k in sorted(f))), "empty values were signed too"),
    ("no sign_type", lambda m, f: over(m, string_to_sign(f | {"sign_type": ""})), "sign_type was left out"),
    ("JSON", lambda m, f: over(m, json.dumps(f, ensure_ascii=False, separators=(",", ":"))), "its JSON was signed"),
    ("GBK", lambda m, f: b64(m.key.sign(string_to_sign(f).encode("gb18030"), padding.PKCS1v15(), MD5)), "another encoding"),
    ("another key", lambda _, f: b64(OTHER.sign(string_to_sign(f).encode(), padding.PKCS1v15(), MD5)), "another key, or damaged"),
    ("another text", lambda m, _: over(m, "nothing"), "another string was signed"),
    ("no base64", lambda _m, _f: "***", "not base64"),
]


@pytest.mark.parametrize(("sign", "said"), [one[1:] for one in MISTAKEN], ids=[one[0] for one in MISTAKEN])
def test_a_wrong_signature_is_refused_and_explained(lianlian: LianlianMock, payer: Merchant, sign: Sign, said: str) -> None:
    fields = {**payer.payment(), "platform": ""}
    reply = payer.post(PAY, payer.enveloped(json.dumps(fields | {"sign": sign(payer, fields)}, ensure_ascii=False)))
    answer = payer.read(reply)
    assert (answer["ret_code"], answer["ret_msg"]) == ("1001", "商户请求签名未通过")
    assert said in reply.note["why"]["reason"]
    assert lianlian.books()["payouts"] == []


def test_the_log_tells_no_card_no_name_and_no_code(payer: Merchant) -> None:
    fields = payer.payment()
    reply = payer.post(PAY, payer.enveloped(json.dumps(fields | {"sign": over(payer, "nothing")})))
    assert "card_no=***" in reply.note["why"]["expected"]
    assert not any(secret in str(reply.note) for secret in ("6226090000000048", "张三"))


def test_a_value_that_was_changed_after_signing_is_refused(payer: Merchant) -> None:
    signed = payer.signed(payer.payment()) | {"money_order": "923.45"}
    assert payer.read(payer.post(PAY, payer.enveloped(json.dumps(signed))))["ret_code"] == "1001"
    asked = {"oid_partner": payer.partner, "api_version": "1.0", "sign_type": "RSA", "no_order": "payout1"}
    assert payer.read(payer.post(QUERY, payer.signed(asked) | {"no_order": "payout2"}))["ret_code"] == "1001"


def test_names_are_sorted_without_regard_to_case_and_null_and_empty_are_left_out(payer: Merchant) -> None:
    asked = {
        "oid_partner": payer.partner,
        "api_version": "1.0",
        "sign_type": "RSA",
        "no_order": "none",
        "Platform_X": "x",
        "zz": "",
    }
    text = f"api_version=1.0&no_order=none&oid_partner={payer.partner}&Platform_X=x&sign_type=RSA"
    assert payer.read(payer.post(QUERY, asked | {"sign": over(payer, text), "n": None}))["ret_code"] == "8901"


def test_another_path_and_another_method_are_empty(lianlian: LianlianMock) -> None:
    def ask(method: str, path: str) -> MockReply:
        return lianlian.handle(MockRequest(method, path, headers={"content-type": "application/json"}, body=b"{}"))

    assert (ask("POST", "/paymentapi/other.htm").status, ask("GET", PAY).status) == (404, 405)
    assert lianlian.owns("/paymentapi/other.htm") == len("/paymentapi/")
    assert lianlian.owns(PAY) == len(PAY)
    assert lianlian.owns("/other.htm") == 0


def test_keys_are_made_once_and_what_is_there_is_kept(tmp_path: Path) -> None:
    made = load(tmp_path)
    names = {"channel.toml", "merchant_key.pem", "merchant_public_key.pem", "lianlian_key.pem", "lianlian_public_key.pem"}
    assert {one.name for one in tmp_path.iterdir()} == names
    contents = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    again = load(tmp_path)
    assert again.oid_partner == made.oid_partner
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == contents
    assert {name: oct((tmp_path / name).stat().st_mode & 0o777) for name in ("merchant_key.pem", "lianlian_key.pem")} == {
        "merchant_key.pem": "0o600",
        "lianlian_key.pem": "0o600",
    }
    assert "PRIVATE" not in repr(made)


def test_a_merchant_who_keeps_his_key_gives_the_public_half_alone(tmp_path: Path) -> None:
    made = load(tmp_path)
    (tmp_path / "merchant_key.pem").unlink()
    assert load(tmp_path).merchant_key == made.merchant_key
    assert not (tmp_path / "merchant_key.pem").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("channel.toml", 'oid_partner = "1"', "18 digits"),
        ("channel.toml", "oid_partner", "not TOML"),
        ("merchant_key.pem", "nothing", "not a PEM private key"),
        ("lianlian_key.pem", None, "lianlian_public_key.pem is there, which needs it"),
        ("lianlian_public_key.pem", "other", "does not belong to"),
    ],
)
def test_a_folder_that_cannot_be_used_is_left_as_it_is(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    load(tmp_path)
    path = tmp_path / name
    if content is None:
        path.unlink()
    elif content == "other":
        shape = serialization.PublicFormat.SubjectPublicKeyInfo
        path.write_bytes(OTHER.public_key().public_bytes(serialization.Encoding.PEM, shape))
    else:
        path.write_text(content, encoding="utf-8")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    with pytest.raises(KeysRefusedError, match=said):
        load(tmp_path)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
