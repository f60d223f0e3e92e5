"""The floors hold, and each contract is alive: one violation planted into a copy of the tree breaks it and no other."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("payment_channels", "error_codes", "mocks")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LINT = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"

# Contract -> cases; a case is the files that it plants. All are new files, so that no case hangs on what a room holds today.
# No case closes a ring by accident: an import upwards usually does, and would break two contracts at once.
PLANTS: dict[str, dict[str, dict[str, str]]] = {
    "floors": {
        "upwards": {"payment_channels/channel/planted.py": "import payment_channels.codec"},
        "sideways": {"payment_channels/transport/planted.py": "import payment_channels.registry"},
        "a room without a floor": {"payment_channels/utils.py": ""},
    },
    "channels": {
        "one knows another": {
            "payment_channels/channels/planted_one/__init__.py": "import payment_channels.channels.planted_two.messages",
            "payment_channels/channels/planted_two/__init__.py": "",
            "payment_channels/channels/planted_two/messages.py": "",
        },
    },
    "business": {
        "a channel's own messages": {
            "payment_channels/channels/planted/__init__.py": "",
            "payment_channels/channels/planted/messages.py": "",
            "payment_channels/business/planted.py": "from payment_channels.channels.planted import messages",
        },
    },
    "codec": {
        "a word of the domain": {"payment_channels/codec/planted.py": "from payment_channels.model import money"},
        "the interface": {"payment_channels/codec/planted.py": "import payment_channels.channel"},
    },
    "wire": {
        "httpx in the model": {"payment_channels/model/planted.py": "import httpx"},
        "httpx2 in a channel": {
            "payment_channels/channels/planted/__init__.py": "",
            "payment_channels/channels/planted/adapter.py": "def fetch():\n    from httpx2 import Client\n    return Client",
        },
        "httpx in a mock": {"mocks/planted.py": "from httpx import Request"},
    },
    "witness": {
        "an adapter's messages": {
            "payment_channels/channels/planted/__init__.py": "",
            "payment_channels/channels/planted/messages.py": "",
            "mocks/planted.py": "from payment_channels.channels.planted import messages",
        },
        "a word of the domain": {"mocks/planted.py": "import payment_channels.model"},
        "the front door": {"mocks/planted.py": "from payment_channels import Money"},
    },
    "mocked": {
        "the SDK leans on a mock": {"payment_channels/transport/planted.py": "import mocks"},
    },
    "catalogue": {
        "a third party": {"error_codes/planted.py": "import pydantic"},
        "the SDK": {"error_codes/planted.py": "import payment_channels.codec"},
    },
    "rings": {
        "two neighbours": {
            "payment_channels/model/planted_one.py": "import payment_channels.model.planted_two",
            "payment_channels/model/planted_two.py": "import payment_channels.model.planted_one",
        },
    },
}
CASES = [(contract, case) for contract, cases in PLANTS.items() for case in cases]


def lint(tree: Path) -> tuple[dict[str, bool], str]:
    """Check the contracts over a tree: by the contract's name, was it kept? And what the linter printed."""
    environment = {**os.environ, "COLUMNS": "200", "PYTHONPATH": ""}  # wide enough that no name is broken over two lines
    run = subprocess.run([sys.executable, "-c", LINT], cwd=tree, env=environment, capture_output=True, text=True, check=False)
    printed = run.stdout + run.stderr
    verdicts = {}
    for line in printed.splitlines():
        for contract in CONTRACTS:
            verdict = line.removeprefix(contract["name"]).split()
            if line.startswith(contract["name"]) and verdict and verdict[0] in {"KEPT", "BROKEN"}:
                verdicts[contract["id"]] = verdict[0] == "KEPT"
    assert len(verdicts) == len(CONTRACTS), printed  # otherwise the linter stopped before it had checked them all
    assert (run.returncode == 0) == all(verdicts.values()), printed
    return verdicts, printed


def test_the_contracts_are_kept() -> None:
    verdicts, printed = lint(ROOT)
    assert verdicts == {contract["id"]: True for contract in CONTRACTS}, printed


def test_each_contract_has_a_violation_to_show() -> None:
    assert set(PLANTS) == {contract["id"] for contract in CONTRACTS}


@pytest.mark.parametrize(("contract", "case"), CASES, ids=[f"{contract}: {case}" for contract, case in CASES])
def test_a_planted_violation_breaks_exactly_its_contract(contract: str, case: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = tmp_path / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for name, text in PLANTS[contract][case].items():
        target = tmp_path / name
        assert not target.exists(), f"{name} is taken: the case would overwrite it"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n", encoding="utf-8")

    verdicts, printed = lint(tmp_path)

    assert verdicts == {each["id"]: each["id"] != contract for each in CONTRACTS}, printed


def test_the_catalogue_imports_the_standard_library_alone() -> None:
    """The contract can only forbid names that it knows; this holds for every name."""
    imported = {}
    for source in (ROOT / "error_codes").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            imported.update({name.partition(".")[0]: source.name for name in names})
    assert imported, "nothing was read"
    assert not {name: where for name, where in imported.items() if name not in {*sys.stdlib_module_names, "error_codes"}}
