"""What the scaffold leaves red is all that is to be written: filled in there, an invented channel keeps every promise."""

from pathlib import Path

import pytest

from payment_channels.cli import main
from tests.architecture.test_outside_package import installed, run_tests

pytestmark = pytest.mark.timeout(300)  # a suite within the suite

SIGNING = """
import hmac


def signature(key: str, method: str, target: str, body: bytes) -> str:
    return hmac.new(key.encode(), f"{method} {target}\\n".encode() + body, "sha256").hexdigest()


def fits(key: str, body: bytes, given: str) -> bool:
    return hmac.compare_digest(hmac.new(key.encode(), body, "sha256").hexdigest().encode(), given.encode())
"""
BODY = """
    import json

    from payment_channels.codec.amounts import text_of_minor

    account = getattr(getattr(order, "payee", None), "account_no", "")
    fields = {"order_no": order.merchant_order_id, "amount": text_of_minor(order.amount.amount), "account": account}
    return json.dumps(fields).encode()
"""
PREPARE = """
        if not order.merchant_order_id.isalnum():
            from payment_channels import InvalidRequestError

            raise InvalidRequestError.because("单号须为字母与数字", "the number has to be letters and digits")
        return self.ready("""
ANSWER_SIGNED = """
        import hmac

        return hmac.new(self.key.encode(), body, "sha256").hexdigest()
"""
CARRIED_OUT = """
        import hmac

        expected = hmac.new(self.key.encode(), f"{method} {path}\\n".encode() + body, "sha256").hexdigest()
        if signature != expected:
            return 401, {"code": "BAD_SIGNATURE"}
        number = path.rpartition("/")[2]
        if method == "POST":
            asked = json.loads(body)
            number = asked["order_no"]
            held = self.orders.setdefault(number, {**asked, "state": "OPEN", "channel_no": f"C{len(self.orders)}"})
            if any(held[name] != asked[name] for name in asked):
                return 409, {"code": "NUMBER_TAKEN"}
        return (200, self.orders[number]) if number in self.orders else (404, {"code": "NO_SUCH_ORDER"})
"""
ROW = """
[[{kind}]]
where = "{where}"
code = "{code}"
operations = {operations}
canonical = "{canonical}"
zh = "见文档"
en = "See the page"
source = "https://teahouse.example/doc"
checked = "documented"
{more}
"""


def filled(path: Path, *changes: tuple[str, str]) -> None:
    """Put a text in the place of another that stands there once."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, (path.name, old)
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def body(package: Path, room: str, name: str, new: str) -> None:
    """Put code in the place of a function's red body."""
    path = package / room
    head, _, rest = path.read_text(encoding="utf-8").partition(f"def {name}(")
    before, raised, after = rest.partition("        raise NotImplementedError(reason)\n")
    indent = "        "
    if not raised:
        before, raised, after = rest.partition("    raise NotImplementedError(reason)\n")
        indent = "    "
    assert raised, (room, name)
    kept = before[: before.rindex(f"{indent}reason = ")]
    path.write_text(f"{head}def {name}({kept}{new.lstrip(chr(10))}{after}", encoding="utf-8")


def rows(send: str, ask: str, kind: str) -> str:
    """Write the table of the invented channel."""
    both = f'["{send}", "{ask}"]'
    pending = ("PAYMENT_AWAITING_PAYER", "awaiting_payer") if kind == "PAYMENT" else ("PAYOUT_PROCESSING", "processing")
    said = [
        ("states", "state", "OPEN", both, pending[0], f'phase = "{pending[1]}"\nretry_after = 30'),
        ("states", "state", "SUCCESS", both, f"{kind}_SUCCEEDED", ""),
        ("codes", "code", "NUMBER_TAKEN", f'["{send}"]', "DUPLICATE_OTHER_CONTENT", ""),
        ("codes", "code", "NO_SUCH_ORDER", f'["{ask}"]', "ORDER_NOT_FOUND" if kind == "PAYMENT" else "PAYOUT_NOT_FOUND", ""),
    ]
    if kind == "PAYOUT":
        said.append(("states", "state", "FAILED", both, "PAYOUT_FAILED", 'next_action = "query_then_decide"'))
    names = ("kind", "where", "code", "operations", "canonical", "more")
    return "".join(ROW.format(**dict(zip(names, row, strict=True))) for row in said)


@pytest.mark.parametrize("options", [(), ("--payouts",)], ids=["payments", "payouts"])
def test_what_is_written_where_the_red_tests_say_is_enough(options: tuple[str, ...], tmp_path: Path) -> None:
    assert main(["new-channel", "teahouse", "--into", str(tmp_path), *options]) == 0
    package = tmp_path / "teahouse"
    send, ask, kind = ("payout", "query_payout", "PAYOUT") if options else ("pay", "query", "PAYMENT")
    source = package / "src" / "teahouse"
    (source / "signing.py").write_text(SIGNING, encoding="utf-8")
    body(package, "src/teahouse/messages.py", "body_of", BODY)
    filled(source / "adapter.py", ("        return self.ready(", PREPARE.lstrip("\n")))
    body(package, "tests/mock.py", "sign", ANSWER_SIGNED)
    body(package, "tests/mock.py", "carry_out", CARRIED_OUT)
    table = source / "teahouse.toml"
    table.write_text(table.read_text(encoding="utf-8") + rows(send, ask, kind), encoding="utf-8")
    (tmp_path / "built").mkdir()
    wanted = ("tests/test_table.py::test_the_table_breaks_no_rule", "tests/test_conformance.py", "-k", "not async and not httpx2")
    done = run_tests(package, installed(package, tmp_path / "built"), *wanted, "-rA")
    assert done.returncode == 0, done.stdout + done.stderr
    proved = {line.split("::")[-1].split("[")[0] for line in done.stdout.splitlines() if line.startswith("PASSED")}
    once = "test_one_id_pays_out_once" if options else "test_one_id_moves_money_once"
    assert {once, "test_a_code_never_seen", "test_nothing_secret_is_printed", "test_declared_capabilities_work"} <= proved
