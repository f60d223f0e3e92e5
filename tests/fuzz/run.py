"""Fuzz every target for a while, guided by coverage: ``make fuzz SECONDS=60``, or some of them with ``ARGS="--only bill"``.

Each target runs in a process of its own under limits of time, memory and input size; it starts from the target's seeds
and from what earlier runs found worth keeping (in ``build/fuzz``). An input that breaks a promise is kept and named.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "fuzz"
LONGEST = 16_384
MEGABYTES = 2048
PATIENCE = 20
"""Seconds that one input may take before it counts as a finding."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a target's run ended."""

    name: str
    inputs: str
    found: tuple[Path, ...]
    text: str


def fuzzed(name: str, seconds: int, seeds: tuple[bytes, ...]) -> Done:
    """Run one target in a process of its own."""
    corpus, broken = KEPT / name / "corpus", KEPT / name / "broken"
    for folder in (corpus, broken):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed{number}").write_bytes(seed)
    before = set(broken.iterdir())
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-rss_limit_mb={MEGABYTES}", f"-timeout={PATIENCE}"]
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.one",
        name,
        f"-artifact_prefix={broken}/",
        "-print_final_stats=1",
        *limits,
        str(corpus),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=seconds + 300, check=False, env=os.environ
    )
    ran = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line), "?")
    found = tuple(sorted(set(broken.iterdir()) - before))
    return Done(name, ran, found, done.stderr if found or done.returncode else "")


def main() -> int:
    """Fuzz, and close with ``fuzzed N targets, found M``."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--only", default="", help="targets whose name contains this")
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is missing: pip install -r tests/fuzz/requirements.txt (Linux, x86-64, CPython 3.11 to 3.13)")
        return 2
    findings = 0
    chosen = [target for name, target in TARGETS.items() if options.only in name]
    for number, target in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {target.name} …", flush=True)
        done = fuzzed(target.name, options.seconds, target.seeds)
        findings += len(done.found) or bool(done.text)
        print(f"    {done.inputs} inputs, {len(done.found)} of them broke a promise")
        for path in done.found:
            print(f"    {path.relative_to(ROOT)}")
        if done.text:
            print("\n".join(f"    | {line}" for line in done.text.splitlines()[-25:]))
    print(f"fuzzed {len(chosen)} targets, found {findings}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
