# Everything a developer or CI runs. `make help` lists it; `make setup` happens by itself when requirements change.

PYTHON ?= python3
STORY ?=
CASES ?=
EXAMPLES ?= 200
WORKERS ?= 3

BIN := .venv/bin
READY := .venv/.ready
# The Python that is there, and the certificates that this machine trusts: a company proxy has one of its own.
UV := UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true $(BIN)/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help seed setup up down status demo histories audit chaos fuzz test check lint types architecture images migrations unit reference bench format lock clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Create .venv with the pinned dependencies (instant when they have not changed)

$(READY): requirements/bootstrap.txt requirements/development.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Tenor needs Python 3.11 or newer, and $(PYTHON) is {sys.version.split()[0]}. Say which to use: make PYTHON=python3.12")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@echo "Setting up .venv: once, about a minute"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/development.txt
	@touch $@

up: $(READY)  ## Start the whole stack in the background and print its addresses
	@$(BIN)/python dev.py up

down: $(READY)  ## Stop the stack
	@$(BIN)/python dev.py down

status: $(READY)  ## Say what of the stack runs, and where
	@$(BIN)/python dev.py status || true

demo: $(READY)  ## Live some loans through the HTTP API (STORY=mortgage for thirty years of one; KEEP=1 to look around after)
	@$(BIN)/python -m demo $(STORY) $(if $(KEEP),--keep)

histories: $(READY)  ## Record the demo's loans anew, for the tests that replay them
	@$(BIN)/python -m demo --record tests/replay/histories

audit: $(READY)  ## Verify every promise of the books, and name each row that breaks one (LOANS=500 recomputes a sample)
	@$(BIN)/python -m audit $(if $(LOANS),--loans $(LOANS))

seed: $(READY)  ## Fill the running stack's books with made-up loans, for benchmarks; they have no workflows (LOANS=)
	@$(BIN)/python -m bench.seed $(if $(LOANS),--loans $(LOANS))

chaos: $(READY)  ## Kill everything at random under real loans, and audit what is left (SEED=, MINUTES=)
	@$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

fuzz: $(READY)  ## Send each endpoint many requests that nobody would think of, new ones each time (EXAMPLES=)
	@FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -q -n 0 --timeout 3600 tests/fuzz

test: check  ## Run everything CI runs: the static checks, then every test against real servers
	$(BIN)/pytest -n $(WORKERS)

check: $(READY)  ## Run the static checks: format, lint, types, architecture, container files
	@$(MAKE) --no-print-directory -j2 --keep-going lint types architecture images

lint: $(READY)
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet

types: $(READY)
	$(BIN)/mypy

architecture: $(READY)
	$(BIN)/lint-imports --no-logo

images: $(READY)
	$(BIN)/docker-compose --profile sandbox config --quiet
	$(BIN)/hadolint Dockerfile

migrations: $(READY)  ## Check that models and migrations say the same
	$(BIN)/pytest tests/migrations

unit: $(READY)  ## Run the tests that need no server, properties on a tenth of their cases
	$(BIN)/pytest -q -n $(WORKERS) -m "not servers" --hypothesis-profile=quick $(addprefix --ignore tests/,fuzz migrations workflows)

reference: $(READY)  ## Run published figures through the domain (CASES=folder for other cases)
	@$(BIN)/python -m tests.reference $(CASES)

bench: $(READY)  ## Time schedules, the fold, what a loan costs Temporal, and a day of the portfolio (LOANS=), each beside a baseline
	$(UV) pip install --quiet --python $(BIN)/python --target .venv/bench --require-hashes -r requirements/bench.txt
	@PYTHONPATH=.venv/bench $(BIN)/python -m bench.schedules
	@$(BIN)/python -m bench.fold
	@$(BIN)/python -m bench.cost
	@$(BIN)/python -m bench.rows
	@$(BIN)/python -m bench.usage
	@$(BIN)/python -m bench.close_of_business $(if $(LOANS),--loans $(LOANS))

format: $(READY)  ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

lock: $(READY)  ## Compile requirements/*.in into the pinned requirements/*.txt (UPGRADE=1 takes the newest releases)
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/bootstrap.in --output-file requirements/bootstrap.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/runtime.in --output-file requirements/runtime.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/development.in --output-file requirements/development.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/bench.in --output-file requirements/bench.txt

clean:  ## Stop the stack and remove its data, the environment and every cache
	@test ! -x $(BIN)/python || $(BIN)/python dev.py remove
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
