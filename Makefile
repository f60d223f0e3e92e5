# Everything that is done with this project. Needed on the machine: python3 (3.11 or later) with venv, git and make.
# `make PYTHON=python3.13 test` uses another Python; remove .venv (`make clean`) when changing it.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
WORKERS ?= 3
SECONDS ?= 60
SIZE    ?= full

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-journal bench-reconciliation soak planted-bugs real-clients fuzz pages site browser-test format lock clean

help: ## print this list
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-16s%s\n' "$$name" "$$text"; done

# The environment follows the lock and the project's description: when either changes, what differs is installed over it.
# It is not removed first, since a run elsewhere in the tree may be using it; `make clean` is the way to a new one.
# The project itself is installed editable, with the build backend that the lock names.
$(READY): requirements.lock pyproject.toml
	@echo "== environment: $(VENV), from requirements.lock"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## pay, refund and pay out at every mock, then a business day of three merchants
	@echo "== demo: the SDK against its mocks, on this machine alone"
	@$(BIN)/payment-channels demo --report build/business-day.html

test: $(READY) ## run the tests (ARGS="-k name" passes options on)
	@echo "== test: pytest on $(WORKERS) workers"
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(READY) ## lint, format, types, import contracts, catalogue, generated pages, documentation
	@echo "== check: ruff, the lint"
	@$(BIN)/ruff check .
	@echo "== check: ruff, the format"
	@$(BIN)/ruff format --check .
	@echo "== check: mypy, strict"
	@$(BIN)/mypy
	@echo "== check: import-linter, who may import whom"
	@$(BIN)/lint-imports --no-logo
	@echo "== check: the catalogue's own lint"
	@$(BIN)/python -m error_codes lint
	@echo "== check: the catalogue's enum and compiled tables are not stale"
	@$(BIN)/python -m error_codes build --check
	@echo "== check: the catalogue's generated pages are not stale"
	@$(BIN)/python -m error_codes docs --check
	@$(MAKE) --no-print-directory site

bench: $(READY) ## measure what the SDK costs above the channel's bare protocol
	@echo "== bench: a native order at WeChat Pay, the SDK beside raw calls"
	@$(BIN)/python -m tests.benchmarks.native_order
	@echo "== bench: a QR-code order at Alipay, the SDK beside raw calls and beside alipay-sdk-python"
	@$(BIN)/python -m tests.benchmarks.alipay_order

bench-journal: $(READY) ## measure what durable orders cost above the bare commits (ARGS="--only sqlite --orders 100000")
	@echo "== bench-journal: durable payouts beside the bare two commits of the same database"
	@$(BIN)/python -m tests.benchmarks.journal $(ARGS)

bench-reconciliation: $(READY) ## compare bills of millions of rows with the journal, beside the bare query (ARGS="--rows 500000")
	@echo "== bench-reconciliation: the comparison beside a bare query of DuckDB"
	@$(BIN)/python -m tests.benchmarks.reconciliation $(ARGS)

soak: $(READY) ## run the simulation at length: all channels, 30 % faults, 20 seeds (SIZE=small: a minute, SIZE=medium; SEED=1003: that one)
	@echo "== soak: intents, journal and books of seeded stories, compared"
	@$(BIN)/python -m tests.simulation.soak --size $(SIZE) $(if $(SEED),--seed $(SEED),--report build/soak-$(SIZE).md) $(ARGS)

planted-bugs: $(READY) ## plant single faults and see that the tests catch each (ARGS="--only word")
	@echo "== planted-bugs: one fault at a time, in a copy of the tree"
	@$(BIN)/python -m tests.planted_bugs.run $(ARGS)

# They come from their registries, which is why `make test` leaves them out; Node.js with npm is needed for some.
real-clients: $(READY) ## run third-party clients against the mocks (ARGS="--only wechatpayv3")
	@echo "== real-clients: clients of others, from their registries, against the mocks on this machine"
	@$(BIN)/python -m tests.real_clients.run $(ARGS)

fuzz: $(READY) ## fuzz every parser and settle, guided by coverage (SECONDS=60 a target, ARGS="--only bill")
	@echo "== fuzz: atheris, one process a target"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement tests/fuzz/requirements.txt
	@$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS) $(ARGS)

pages: $(READY) ## write everything that is generated: codes, compiled tables, catalogue, capabilities, reference
	@echo "== pages: from the tables, the manifests and the conformance kit"
	@$(BIN)/python -m error_codes build
	@$(BIN)/python -m error_codes docs
	@$(BIN)/python -m tests.conformance.matrix
	@$(BIN)/python -m tests.docs.generated

site: $(READY) ## build the documentation into site/ and follow its links
	@echo "== site: mkdocs, strict, into site/"
	@said=$$($(BIN)/mkdocs build --strict 2>&1) || { echo "$$said"; exit 1; }  # with --quiet its warnings would not count
	@$(BIN)/python -m error_codes export json --output site/catalogue.json
	@$(BIN)/python -m error_codes export csv --output site/catalogue.csv
	@echo "== site: every link and anchor"
	@$(BIN)/python -m tests.docs.links site
	@echo "   site/index.html                the documentation / 文档"
	@echo "   site/zh/errors/find.html       查错误码"
	@echo "   site/en/errors/find.html       find a code"

browser-test: site ## try the built site and the report in a headless Chromium (CHROMIUM=path if it is not found)
	@echo "== browser-test: the finder, the pages and the operations report in a real browser"
	@BROWSER_REQUIRED=1 SITE=site $(BIN)/python -m pytest tests/docs/test_in_a_browser.py tests/business/reports/test_in_a_browser.py $(ARGS)

format: $(READY) ## format the code and apply the lint's safe fixes
	@echo "== format: ruff"
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

# uv only writes the lock; installing needs nothing but pip. It runs in an environment that is thrown away, and looks at the
# public index alone, so that the lock holds the hashes of the public files and neither a host name nor a path.
lock: ## write requirements.lock anew from pyproject.toml (UPGRADE=1 takes newer versions)
	@echo "== lock: uv pip compile, for every platform and Python 3.11 and later"
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	  $(PYTHON) -m venv "$$folder"; "$$folder/bin/python" -m pip install --quiet --disable-pip-version-check uv; \
	  "$$folder/bin/uv" pip compile pyproject.toml --extra dev --quiet --no-config --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	    $(if $(UPGRADE),--upgrade) --output-file requirements.lock

clean: ## remove the environment and everything that was built
	@echo "== clean"
	@rm -rf $(VENV) site dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
