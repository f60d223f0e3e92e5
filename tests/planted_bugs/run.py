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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREE = ("payment_channels", "error_codes", "mocks", "tests", "docs")
FILES = ("pyproject.toml", "Makefile", "mkdocs.yml", "README.md", "README.zh-CN.md")
LIMIT_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Bug:
    """One fault: where, what stood there, what is put there, and which tests should notice."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """A line that says what it is."""
        return f"{self.file}: {self.old.strip().splitlines()[0][:60]!r} -> {(self.new.strip().splitlines() or [''])[0][:60]!r}"


def copy(folder: Path) -> None:
    """Copy what the tests need, and nothing else."""
    for name in TREE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)


def applies(bug: Bug) -> bool:
    """Say whether the fault's text stands in its file exactly once."""
    return (ROOT / bug.file).read_text(encoding="utf-8").count(bug.old) == 1


def caught(bug: Bug, folder: Path) -> bool:
    """Plant it in a copy, run its tests, take it out again; say whether a test failed."""
    path = folder / bug.file
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace(bug.old, bug.new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *bug.tests]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(good, encoding="utf-8")
    return done.returncode != 0


def main() -> int:
    """Plant all of them, or those whose name contains a word; close with ``planted N, caught M``."""
    from tests.planted_bugs.bugs import BUGS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only faults whose name contains this")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    chosen = [bug for bug in BUGS if options.only in bug.name]
    broken = [bug.name for bug in chosen if not applies(bug)]
    if broken:
        print("no longer apply:", *broken, sep="\n  ")
        return 2
    started, survivors = time.monotonic(), []
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(options.workers) as pool:
        folders = [Path(place) / str(number) for number in range(options.workers)]
        for folder in folders:
            folder.mkdir()
            copy(folder)

        def work(number: int) -> list[Bug]:
            missed = []
            for index, bug in enumerate(chosen[number :: options.workers]):
                found = caught(bug, folders[number])
                print(
                    f"[{index * options.workers + number + 1}/{len(chosen)}] {'caught' if found else 'SURVIVED'}  {bug.name}",
                    flush=True,
                )
                if not found:
                    missed.append(bug)
            return missed

        for missed in pool.map(work, range(options.workers)):
            survivors += missed
    for bug in survivors:
        print("survived:", bug.name)
    print(f"planted {len(chosen)}, caught {len(chosen) - len(survivors)} ({time.monotonic() - started:.0f} s)")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
