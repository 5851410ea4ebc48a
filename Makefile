# Hangjia: `make run` to use it, `make test` and `make check` to work on it.
SHELL := /bin/sh
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3
export PYTHONWARNINGS ?= default::DeprecationWarning:__main__

# What reads and writes rows. What trains, judges or reports on a model runs once, on SQLite: it is no other there.
ON_POSTGRESQL := tests/qa/services tests/qa/management tests/qa/chat tests/qa/desk \
  $(addprefix --ignore=tests/qa/,services/trainings/test_running.py services/test_training.py \
    services/test_training_batches.py services/test_training_on_snapshots.py services/test_judging.py management/test_train.py \
    management/test_acceptance.py management/test_evaluate.py)

# How many run tests at once (tests/scheduling.py); 0 for one after the other.
SHARED_OUT := -n $(WORKERS) --dist loadfile

.PHONY: run install install-dev test check format lock translations clean

run: install
	@$(BIN)/python manage.py quickstart --host $(HOST) --port $(PORT)

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) or sys.version_info >= (3, 14))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python can't make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: requirements/base.txt | $(VENV)/bin/python
	@echo "Installing the locked dependencies (TensorFlow is large: one to five minutes) …"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt | $(VENV)/bin/python
	@echo "Installing the locked dependencies for development …"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/.installed

# Python keeps what it compiles, whatever the environment says: servers and workers that tests start begin sooner.
test: export PYTHONDONTWRITEBYTECODE :=
test: install-dev
	@sh tests/prepare_machine.sh
	@echo "The database tests on PostgreSQL, then everything on SQLite."
	@$(BIN)/python -m tests.with_postgresql -m pytest $(SHARED_OUT) -q $(ON_POSTGRESQL)
	@$(BIN)/python -m pytest $(SHARED_OUT)

check: install-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check --fail-level WARNING
	@$(BIN)/python -m tests.check_translations

format: install-dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: install-dev
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url pyproject.toml -o requirements/base.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --group dev pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV) var
