"""Plant single faults, one at a time, and see whether the tests that matter catch each: ``make planted-bugs``.

Each fault is a text that stands exactly once in a file, and what is put in its place. It is planted in a copy of the
tree; the tests of its area run until the first failure. A fault that no test notices has survived, and is named.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.planted_bugs import bugs
from tests.planted_bugs.bug import Bug

ROOT = Path(__file__).parents[2]
TREE = ("payment_channels", "error_codes", "mocks", "tests", "docs")
FILES = ("pyproject.toml", "Makefile", "mkdocs.yml", "README.md", "README.zh-CN.md")
LIMIT_SECONDS = 600
BASELINE_SECONDS = 1800


def copy(folder: Path) -> None:
    """Copy what the tests need, and nothing else."""
    for name in TREE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)


def applies(bug: Bug) -> bool:
    """Say whether the fault's text stands in its file exactly once."""
    return (ROOT / bug.file).read_text(encoding="utf-8").count(bug.old) == 1


def noticed(tests: tuple[str, ...], folder: Path, *, seconds: float = LIMIT_SECONDS, more: tuple[str, ...] = ()) -> bool | None:
    """Run tests in a copy until the first failure; None where they could not be run at all, which proves nothing."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *more, *tests]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return True  # a fault that makes the tests hang is noticed
    return {0: False, 1: True}.get(done.returncode)


def caught(bug: Bug, folder: Path) -> bool | None:
    """Plant it in a copy, run its tests, take it out again; say whether a test failed."""
    path = folder / bug.file
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace(bug.old, bug.new), encoding="utf-8")
    compile_tables(path, folder)
    try:
        return noticed(bug.tests, folder)
    finally:
        path.write_text(good, encoding="utf-8")
        compile_tables(path, folder)


def compile_tables(changed: Path, folder: Path) -> None:
    """Compile a table that was changed: a meaning is to be noticed by what it says, not by a compiled form of yesterday."""
    if changed.is_relative_to(folder / "error_codes") and changed.suffix == ".toml":
        subprocess.run([sys.executable, "-m", "error_codes", "build"], cwd=folder, capture_output=True, check=False)


SAID = {True: "caught", False: "SURVIVED", None: "UNFIT (its tests could not be run)"}


def work(chosen: list[tuple[int, Bug]], total: int, folder: Path) -> list[Bug]:
    """Plant each in its turn in one copy; return those that no test noticed."""
    missed = []
    for number, bug in chosen:
        found = caught(bug, folder)
        print(f"[{number}/{total}] {SAID[found]}  {bug.name}", flush=True)
        if found is not True:
            missed.append(bug)
    return missed


def main() -> int:
    """Plant all of them, or those whose name contains a word; close with ``planted N, caught M``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only faults whose file or text contains this")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    chosen = [bug for bug in bugs.BUGS if options.only in f"{bug.file}: {bug.old!r} -> {bug.new!r}" or options.only in bug.old]
    if not chosen:
        print(f"no fault contains {options.only!r}", file=sys.stderr)
        return 2
    broken = [bug.name for bug in chosen if not applies(bug)]
    if broken:
        print("no longer apply:", *broken, sep="\n  ")
        return 2
    started, survivors = time.monotonic(), []
    numbered = list(enumerate(sorted(chosen, key=lambda bug: bug.tests), 1))
    print(f"{len(chosen)} faults, {options.workers} at a time; first the tests are run without any", flush=True)
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(options.workers) as pool:
        shares = [numbered[start :: options.workers] for start in range(options.workers)]
        folders = [Path(place) / str(number) for number in range(options.workers)]
        for folder in folders:
            copy(folder)
        tests = tuple(sorted({one for bug in chosen for one in bug.tests}))
        if noticed(tests, folders[0], seconds=BASELINE_SECONDS, more=("-n", str(options.workers))) is not False:
            raise SystemExit(f"without any fault these tests do not pass, so they prove nothing: {' '.join(tests)}")
        for missed in pool.map(work, shares, [len(chosen)] * len(shares), folders):
            survivors += missed
    for bug in survivors:
        print("survived:", bug.name)
    print(f"planted {len(chosen)}, caught {len(chosen) - len(survivors)} ({time.monotonic() - started:.0f} s)")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
