# `make demo` shows the main job on a sandbox; `make test` runs every check. Both install what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# One more than the cores of the smallest machine: many tests wait most of their time.
WORKERS ?= 3

.PHONY: demo test check lint types imports unit generate bench faults soak screenshots lock system-packages install clean help

help:
	@echo "make demo      install, start the sandbox, and walk through plan, apply, apply again, status"
	@echo "make test      every check: lint, format, types, import contracts, unit and end-to-end tests"
	@echo "make bench     measure the speed, beside the helm program"
	@echo "make faults    every fault at every request of an apply, as a table in docs/reliability.md; ended, it goes on"
	@echo "make screenshots  take the guide's pictures of the status page, in Chromium"
	@echo "make soak      the daemon among commits, drift and outages, and how fast it was; SOAK='--releases 500 --minutes 20'"
	@echo "make generate  make the schemas and the reference page anew, from the models"
	@echo "make lock      pin the dependencies anew"

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "run: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Servers that the tests use for real. Root installs them; anyone else is told the command.
system-packages:
	@command -v docker-registry >/dev/null && command -v htpasswd >/dev/null && command -v git >/dev/null && command -v gpg >/dev/null && \
	PATH="$$PATH:/usr/sbin" command -v sshd >/dev/null && command -v chromium >/dev/null && command -v chromedriver >/dev/null || \
	if [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq docker-registry apache2-utils git gnupg openssh-server chromium chromium-driver; \
	else \
		echo "run: sudo apt-get install docker-registry apache2-utils git gnupg openssh-server chromium chromium-driver"; exit 1; \
	fi

demo: install
	@PATH="$(CURDIR)/$(BIN):$$PATH" examples/demo.sh

test: check unit

check: lint types imports

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

unit: install system-packages
	$(BIN)/reconcile sandbox programs
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

generate: install
	$(BIN)/python -m reconciler.cli.generate

bench: install
	$(BIN)/python -m benchmarks.speed

faults: install
	$(BIN)/reconcile sandbox programs
	CHAOS_EXAMPLES=$${CHAOS_EXAMPLES:-50} $(BIN)/pytest -q tests/chaos/test_properties.py tests/chaos/test_outages.py
	$(BIN)/python -m tests.chaos

screenshots: install system-packages
	$(BIN)/python -m tests.daemon.http.screenshots

soak: install
	$(BIN)/reconcile sandbox programs
	$(BIN)/python -m tests.soak.run $(SOAK)

lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --no-annotate --universal \
		--python-version 3.11 --upgrade -o requirements.lock
	for made in pyproject.toml:requirements deploy/build.in:build; do \
		$(BIN)/uv pip compile $${made%:*} -c requirements.lock --generate-hashes --no-header --no-annotate --universal \
			--python-version 3.11 -o deploy/$${made#*:}.lock || exit 1; \
	done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
