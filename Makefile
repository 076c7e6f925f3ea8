# Two commands matter: `make up` runs the whole desk on this machine, `make test` checks it.
# Needs a POSIX shell and Python 3.11 or newer; everything else comes into .venv and DATA_DIR.

PORT ?= 8000
HOST ?= 127.0.0.1
DATA_DIR ?= .data
BROWSER ?= 1
# One more than there are cores: a third of the tests wait for processes and sockets.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)))
ARGS ?=

PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys, venv, ensurepip; print(sys.executable) if sys.version_info >= (3, 11) else 0' 2>/dev/null \
	| grep /)))
VENV := .venv
RUN := exec env DATA_DIR="$(DATA_DIR)" $(VENV)/bin/python
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
LOCK := $(VENV)/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.DEFAULT_GOAL := help
.PHONY: help up test faults lint format lock messages clean

help: ## Show what there is
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

up: $(VENV)/.installed ## Run the desk: PORT=8000 HOST=127.0.0.1 DATA_DIR=.data ARGS=--no-demo
	@$(RUN) manage.py up --host "$(HOST)" --port "$(PORT)" --data-dir "$(DATA_DIR)" $(ARGS)

test: $(VENV)/.installed-dev ## Run every test: WORKERS=3 BROWSER=1 (0: without the browser tests) ARGS="-k chat"
ifeq ($(BROWSER),0)
	@$(VENV)/bin/python -m pytest -n $(WORKERS) -m "not browser and not faults_long" $(ARGS)
else
	@$(VENV)/bin/python -m apps.common.testing.browser
	@$(VENV)/bin/python -m pytest -n $(WORKERS) -m "not faults_long" $(ARGS)
endif

faults: $(VENV)/.installed-dev ## Run the faults and abuses that take long, and the proofs that the battery finds bugs
	@$(VENV)/bin/python -m pytest -n 1 -m faults_long $(ARGS)

lint: $(VENV)/.installed-dev ## Check style, types, layers and migrations
	@.ci/run lint

format: $(VENV)/.installed-dev ## Lay the code out
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

lock: $(VENV)/.installed-dev ## Pin the newest versions that requirements*.in allow
	@CUSTOM_COMPILE_COMMAND="make lock  # pip-compile --generate-hashes --strip-extras --allow-unsafe" \
		sh -c '$(LOCK) --upgrade -o requirements.txt requirements.in && \
		$(LOCK) --upgrade -o requirements-dev.txt requirements-dev.in'

messages: $(VENV)/.installed-dev ## Collect the texts to translate and compile the translations
	@$(VENV)/bin/python -m apps.common.testing.messages

clean: ## Remove the environment and the caches; data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache staticfiles

# The stamps are newer than what they were made from only after a complete installation.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)." >&2; exit 2; }
	@echo "Creating $(VENV) with $(PYTHON) …"
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the desk needs …"
	@$(PIP) install --require-hashes --only-binary=:all: -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes --only-binary=:all: -r requirements-dev.txt
	@touch $@
