# `make` prints what can be made. Everything is installed into .venv, which is made on first use.
#   make serve ARGS="--port 9000"       arguments for the command
#   make test JOBS=0                    one test after the other, in this process
#   make test PYTHON=python3.13         another Python, for a .venv that is not made yet

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Most tests wait for processes and sockets, so a few more than there are cores go well together.
JOBS ?= 3

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# The first Python on the PATH that is new enough, else python3, which is then refused with a reason.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; \
	done; echo python3)

# The international Tencent SDK has the same import name as the Chinese one, so it lives in a directory of
# its own; tests run it in a subprocess with PYTHONPATH=.venv/intl.
INTL_SDK := tencentcloud-sdk-python-intl-en>=3.1.190
INTL := $(VENV)/intl
# A variable, since a comma in the text of a call would end its argument.
EXTRAS := dev,docs

install = if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python $(1); \
	else $(BIN)/python -m pip install --quiet $(1); fi

.PHONY: help demo gallery serve test check docs bench chaos fmt clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## make a picture and a film with no key and no network, and say where they are
	@$(BIN)/genmux demo $(ARGS)

gallery: $(VENV)/.runtime ## paint everything the preview can into docs/img
	@$(BIN)/genmux gallery --out docs/img $(ARGS)

serve: $(VENV)/.runtime ## start API, engine and console in this directory
	@$(BIN)/genmux serve $(ARGS)

test: $(VENV)/.dev ## run the tests
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

check: $(VENV)/.dev ## lint, formatting, types and import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/.dev ## write the tables that come from the code, and build the site into build/site (serve: ARGS=--serve)
	@$(BIN)/python -m tests.docs $(ARGS)

bench: $(VENV)/.dev ## measure everything against floors and a peer: half an hour (one bench: ARGS=api)
	@$(BIN)/python -m bench $(ARGS)

chaos: $(VENV)/.dev ## kill the server a thousand times and write what was found into docs/reliability.md
	@$(BIN)/python -m tests.chaos $(ARGS)

fmt: $(VENV)/.dev ## format, fix what can be fixed, and write the catalogue's types
	@$(BIN)/python -m genmux.client.model_names_writer
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

clean: ## remove .venv, caches and built packages; never your data
	@rm -rf $(VENV) build dist .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(VENV)/.made:
	@if ! command -v $(PYTHON) >/dev/null; then \
		echo "genmux: $(PYTHON) was not found; install Python 3.11 or later, or name one: make PYTHON=/path/to/python" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "genmux: $$($(PYTHON) --version 2>&1) is too old; genmux needs Python 3.11 or later: make PYTHON=/path/to/python" >&2; exit 1; fi
	@if command -v uv >/dev/null; then \
		uv venv --quiet --seed --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV); \
	elif $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
		$(PYTHON) -m venv $(VENV); \
	else \
		echo "genmux: $(PYTHON) lacks the venv module; install it (Debian, Ubuntu: apt install python3-venv) or install uv" >&2; exit 1; \
	fi
	@touch $@

$(VENV)/.runtime: pyproject.toml $(VENV)/.made
	@echo "Installing genmux into $(VENV) (once; about a minute)" >&2
	@$(call install,-e .)
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.made
	@echo "Installing genmux and its test tools into $(VENV) (once; a minute or two)" >&2
	@$(call install,-e '.[$(EXTRAS)]')
	@rm -rf $(INTL)
	@if command -v uv >/dev/null; then \
		uv pip install --quiet --python $(BIN)/python --target $(INTL) --no-deps '$(INTL_SDK)'; \
	else \
		$(BIN)/python -m pip install --quiet --target $(INTL) --no-deps --no-compile '$(INTL_SDK)'; \
	fi
	@touch $(VENV)/.runtime $@
