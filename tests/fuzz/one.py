"""One fuzz target in this process: ``python -m tests.fuzz.one NAME [libFuzzer options] [corpus]``."""

import sys

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]  # the fuzzer's own requirement, not the project's

with atheris.instrument_imports(include=["payment_channels", "error_codes", "mocks"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Hand the target to the fuzzer, which ends the process."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
