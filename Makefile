# What can be done here. `make` alone lists it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEPS := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types golden schema soak bench wheel clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python pyproject.toml
	@echo 'Installing into $(VENV), which takes a minute ...'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEPS): $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable '.[postgres,web]'
	@touch $@

demo: $(VENV)/.runtime ## the whole pipeline on sample papers: feeds, ranking, letters over SMTP
	@$(BIN)/python -m digest demo

test: $(DEPS) ## the fast tests (under three minutes)
	$(BIN)/python -m pytest -n 2

check: lint types test ## everything that must hold: format, lint, types, tests, docs

format: $(DEPS) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(DEPS) ## formatting and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEPS) ## mypy --strict
	$(BIN)/mypy

golden: $(DEPS) ## write the golden letters again; then look at them
	DIGEST_WRITE_GOLDEN=1 $(BIN)/python -m pytest tests/rendering -k golden

schema: $(DEPS) ## write the JSON schemas of the configuration again
	$(BIN)/python -c 'import pathlib, digest.config.json_schema as it; it.write_schemas(pathlib.Path("config"))'

soak: $(DEPS) ## crash storms and fuzzing (an hour)
	$(BIN)/python -m pytest -m soak

bench: $(DEPS) ## speed of each stage, side by side with peers
	$(BIN)/python -m digest bench

wheel: $(DEPS) ## build the wheel into dist/
	$(BIN)/python -m build --wheel

clean: ## remove what the targets made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
