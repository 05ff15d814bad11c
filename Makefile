# Headframe: `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
PY     := $(VENV)/bin/python
export PYTHONDONTWRITEBYTECODE := 1

# Real processes on a shared machine may be starved for longer than any patience. What failed is run once more, alone; the
# first failure stays in the output, and what fails again fails.
define again
|| { [ $$? = 1 ] || exit 2; echo "=== FAILED ONCE (see above): once more, alone ==="; $(VENV)/bin/pytest -q --last-failed --last-failed-no-failures none --maxfail 3 $(1); }
endef

.PHONY: help run test install dev lint types contracts unit node functional browser pictures soak bench fuzz docs texts lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/run.stamp: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Headframe needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=python3.x") if sys.version_info < (3, 11) else None'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

install: $(VENV)/run.stamp ## create the virtual environment and install Headframe
dev: $(VENV)/dev.stamp ## the same, with everything the tests need

run: install ## create the virtual environment, install, start the demo
	$(VENV)/bin/headframe demo

test: dev lint types contracts unit functional browser soak ## everything: style, types, contracts, unit, property, functional, browser, soak

lint: dev ## ruff
	$(VENV)/bin/ruff check src tests bench
	$(VENV)/bin/ruff format --check src tests bench

types: dev ## mypy --strict
	$(VENV)/bin/mypy

contracts: dev ## import-linter: who may see whom
	PYTHONPATH=src $(VENV)/bin/lint-imports

unit: dev ## unit, property, transcript and architecture tests, no sockets, with coverage
	$(VENV)/bin/pytest -q -n 2 --disable-socket --allow-unix-socket --cov --cov-report= tests/unit tests/property tests/transcripts tests/architecture
	@echo "covered: $$($(VENV)/bin/coverage report --format=total) % of lines and branches ($(VENV)/bin/coverage report lists them)"

node: dev ## fetch the real node for the functional tests, if this machine can
	@$(PY) -m headframe.testing.bitcoind_fetch || echo "=== NO REAL NODE: the tests that need one are SKIPPED. Install bitcoind or name one in BITCOIND. ==="

functional: node ## real sockets, real node
	$(VENV)/bin/pytest -q -n 2 --dist loadfile tests/functional -m "not soak" $(call again,tests/functional -m "not soak")

browser: dev ## the cockpit in headless Chromium; skipped, loudly, where there is none
	@command -v "$${CHROMIUM:-chromium}" >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || echo "=== NO BROWSER: the cockpit's browser tests are SKIPPED. Install chromium (Debian: apt-get install chromium) or name one in CHROMIUM. ==="
	$(VENV)/bin/pytest -q -n 2 --dist loadfile tests/browser $(call again,tests/browser)

pictures: dev ## make the documentation's pictures anew (needs Chromium)
	PYTHONPATH=tests/browser $(PY) tests/browser/pictures.py

soak: node ## 200 scripted miners for a minute; three servers splitting for two
	$(VENV)/bin/pytest -q tests/functional -m soak $(call again,tests/functional -m soak)

bench: dev ## CPU per share, idle memory, fan-out, new-block latency
	$(PY) -m bench

fuzz: dev ## atheris, on demand (installs it first)
	$(PY) -m pip install --quiet atheris && $(PY) tests/fuzz/v1_session.py -max_total_time=60 && $(PY) tests/fuzz/v1_client.py -max_total_time=60

docs: dev ## write docs/reference from the sources
	$(PY) -m headframe.cli docs --out docs/reference

texts: dev ## write the English catalogue of the server's texts, and say what the languages lack
	$(PY) -m headframe.testing.texts

lock: ## pin dependencies again (hashes only, no addresses)
	$(PY) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml requirements/build.in -o requirements/run.lock
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --group dev pyproject.toml -c requirements/run.lock -o requirements/dev.lock

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
