# archgen's own commands. They need Python 3.11 or newer with its venv module, make and git; nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= auto
SHORT := $(if $(filter no,$(LONG)), and not long)
TESTS := $(if $(filter no,$(LONG)),ARCHGEN_SAMPLES=few )$(BIN)/python -m pytest
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

# what archgen needs to run
$(VENV)/.installed: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# and what its tests need: the tools, and all that generated projects stand on, so that samples share one environment
$(VENV)/.ready: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group dev --group samples
	@touch $@

.PHONY: demo
demo: $(VENV)/.installed  ## from the answers to a paid order, step by step
	$(BIN)/python tools/demo.py

.PHONY: test
test: $(VENV)/.ready  ## the tests; no server, no container, no root; LONG=no leaves out those that take longest, and most cases of many
	$(TESTS) -n $(JOBS) -m "not real and not samples$(SHORT)"

.PHONY: check
check: $(VENV)/.ready  ## formatting, lint, strict types, also of the chassis; who imports whom; what auditors say of what is generated
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python tools/chassis.py .mypy_cache/read/project
	cd .mypy_cache/read && $(abspath $(BIN))/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache -p project.chassis -p project.local -p project.apps.alembic
	$(BIN)/python tools/audit.py

.PHONY: test-real
test-real: $(VENV)/.ready  ## the tests that need real servers and containers; LONG=no as above
	$(TESTS) -m "real$(SHORT)"

.PHONY: samples
samples: $(VENV)/.ready  ## every preset in every architecture, and random domains, with their own checks and tests; LONG=no as above
	$(TESTS) -n $(JOBS) -m "samples$(SHORT)"

.PHONY: golden
golden: $(VENV)/.ready  ## write the golden trees anew; read the difference before you commit it
	ARCHGEN_GOLDEN=write $(BIN)/python -m pytest -q tests/generator/test_golden.py

.PHONY: release
release: $(VENV)/.installed  ## VERSION=0.2.0: templates/ as it is committed becomes that version's, for archgen update
	@$(BIN)/python tools/release.py $(VERSION)

.PHONY: bench
bench: $(VENV)/.ready  ## what archgen costs beside a bare typer program and bare copier
	$(BIN)/python -m bench.generate
