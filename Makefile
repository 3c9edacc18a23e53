# make run    serve the app on http://localhost:8501
# make test   every test, the browser ones too
# make coverage  the lines that all but the browser tests reach, in twice their time
# make lint   ruff, mypy, codespell and bandit; pip-audit where it reaches its service
# make lock   requirements.lock anew, from requirements.txt
# make docs   the API reference, from the docstrings, into docs/api
# make bench  the benchmark tables of docs/BENCHMARKS.md
# make pictures  the pictures of docs/images, taken from the running app (those of the training run are kept)
# Each sets up what it needs by itself: .venv from pinned requirements, a face detector's files, Chromium, PostgreSQL,
# coturn.

PYTHON ?= python3
PORT ?= 8501
ADDRESS ?= localhost
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
STEPS := 2

# Lines that tests must reach, in per cent. Following them makes tests of training and of pages twice as long: `make test`
# counts those of fer_core and of the archives alone, by their own tests, `make coverage` those of training as well.
COVERAGE := 92
COUNTED := fer_core $(addprefix train/,archive augmentation dataset evaluation settings)
# A process of tests that dies ends the run: pytest would start another one and then wait for ever. Files keep their order
# (tests/conftest.py): the longest come first, so that both processes end together.
PYTEST := $(BIN)/python -m pytest
SIDE_BY_SIDE := -m "not browser" -n $(JOBS) --dist loadfile --no-loadscope-reorder --max-worker-restart=0
PAGES_SIDE_BY_SIDE := -m "browser and not video" -n $(JOBS) --dist loadfile --no-loadscope-reorder --max-worker-restart=0
IN_BROWSER := tests/browser tests/deploy
REPORT := --cov-report=term --cov-fail-under=$(COVERAGE)

.PHONY: run test coverage lint lock docs bench pictures setup setup-dev detector chromium postgresql coturn nginx faketime

# Two pools of memory for all threads: else glibc keeps what each started video's threads left (docs/decisions.md).
run: setup
	MALLOC_ARENA_MAX=2 $(BIN)/streamlit run app/main.py --server.port $(PORT) --server.address $(ADDRESS)

# Tests that watch a video have the machine to themselves; those of the other pages go side by side. Only their own files
# are loaded, as the others bring TensorFlow. 5 is pytest's word for none of this kind.
test: setup-dev chromium postgresql coturn nginx faketime
	@failed=0; \
	$(PYTEST) $(SIDE_BY_SIDE) $(COUNTED:%=tests/%) $(COUNTED:%=--cov=%) $(REPORT) $(PYTEST_ARGS) || [ $$? = 5 ] || failed=1; \
	$(PYTEST) $(SIDE_BY_SIDE) $(COUNTED:%=--ignore=tests/%) $(PYTEST_ARGS) || [ $$? = 5 ] || failed=1; \
	$(PYTEST) $(PAGES_SIDE_BY_SIDE) $(IN_BROWSER) $(PYTEST_ARGS) || [ $$? = 5 ] || failed=1; \
	$(PYTEST) -m "browser and video" $(IN_BROWSER) $(PYTEST_ARGS) || [ $$? = 5 ] || failed=1; \
	exit $$failed

coverage: setup-dev postgresql
	$(PYTEST) $(SIDE_BY_SIDE) --cov $(REPORT) $(PYTEST_ARGS)

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app fer_core train
	$(BIN)/python -m tests.helpers.audit

# What deployments install, by `pip install --require-hashes`: each file by its hash, whatever index it comes from.
lock: setup-dev
	$(BIN)/uv pip compile requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock

docs: setup-dev
	$(BIN)/pdoc --output-directory docs/api --docformat google fer_core

bench: setup-dev chromium
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

pictures: setup-dev chromium
	$(BIN)/python -m tests.browser.take_pictures

setup: $(VENV)/installed detector

setup-dev: STEPS := 3
setup-dev: $(VENV)/installed-dev detector

# A Python that is gone leaves a dangling link here: then all packages are installed anew.
$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed, found: $$("$(PYTHON)" --version 2>&1)." \
			"Run make PYTHON=/path/to/python3."; exit 1; }
	@echo "Step 1 of $(STEPS): a virtual environment in $(VENV), with $$("$(PYTHON)" --version) (some seconds)"
	@rm -f $(VENV)/installed $(VENV)/installed-dev
	@"$(PYTHON)" -m venv $(VENV) >$(VENV).log 2>&1 || \
		{ cat $(VENV).log; rm -rf $(VENV) $(VENV).log; \
		echo "This Python cannot make virtual environments; on Debian: apt-get install python3-venv."; exit 1; }
	@rm -f $(VENV).log

$(VENV)/installed: requirements.txt | $(BIN)/python
	@echo "Step 2 of $(STEPS): the program's packages: 0.6 GB to download, 2.4 GB on the disk (some minutes)"
	@$(BIN)/python fer_core/install.py requirements.txt
	@touch $@

$(VENV)/installed-dev: tests/requirements.txt requirements-scale.txt $(VENV)/installed
	@echo "Step 3 of $(STEPS): packages for tests and benchmarks: 0.3 GB to download, 0.9 GB on the disk"
	@$(BIN)/python fer_core/install.py tests/requirements.txt
	@$(BIN)/python fer_core/install.py requirements-scale.txt
	@touch $@

detector: $(VENV)/installed
	@$(BIN)/python -m fer_core fetch-detector

# Debian's and Ubuntu's package, where we may install it; the tests say so where it is missing.
chromium:
	@if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null && \
		command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq >/dev/null && apt-get install -y -qq chromium fonts-dejavu-core >/dev/null || \
		echo "Chromium could not be installed: the browser tests will be skipped."; fi

# Likewise. The tests start a server of their own; the one that Debian would set up is not wanted.
postgresql:
	@if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && \
		command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf && \
		apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends postgresql >/dev/null || \
		echo "PostgreSQL could not be installed: the store is then tested on SQLite alone."; fi

# Likewise: a relay (TURN server), which the tests start on loopback.
coturn:
	@if ! command -v turnserver >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq >/dev/null && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends coturn >/dev/null || \
		echo "coturn could not be installed: connections by a relay will not be tested."; fi

# Likewise: another time of day for one server, which a test sets back.
faketime:
	@if ! ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 && command -v apt-get >/dev/null && \
		[ "$$(id -u)" = 0 ]; then \
		apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends libfaketime >/dev/null || \
		echo "libfaketime could not be installed: a clock that is set back will not be tested."; fi

# Likewise, for the tests of deploy/; they start a server of their own.
nginx:
	@if ! command -v nginx >/dev/null && [ ! -x /usr/sbin/nginx ] && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq >/dev/null && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends nginx-light >/dev/null || \
		echo "nginx could not be installed: the tests of deploy/ will be skipped."; fi
