# Everything that is done here, one target each. Needs make and Python 3.11 or later; uv is used where there is one.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON = $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && command -v $$each && break; done)
UV = $(shell command -v uv 2>/dev/null)
LOG ?=
NAMES ?=
TIMES ?= 10

# Some environments keep Python from writing down what it has compiled; tests start it some hundred times.
export PYTHONDONTWRITEBYTECODE =

define SCORE
import json, sys
found = json.load(open("mutants/mutmut-cicd-stats.json"))
killed, tested = found["killed"] + found["timeout"], found["total"] - found["skipped"]
print(f"{killed} of {tested} killed")
sys.exit(killed < 0.9 * tested)
endef
export SCORE

.DEFAULT_GOAL := help
.PHONY: help run test check demo bench soak catalog mutate clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## Start everything on this machine, say where it listens and what to try; Ctrl-C ends it
	@exec $(BIN)/kartoteka serve

test: $(READY) ## Run all tests, against real servers that they start themselves
	@$(BIN)/pytest -q -n 3 --dist worksteal

check: $(READY) ## Types, style, import laws, and whether CATALOG.md is what the code says
	@$(BIN)/mypy --no-error-summary & types=$$!; \
	$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet . && \
	$(BIN)/lint-imports --no-logo && $(BIN)/python -m adapters.catalog --check; \
	rest=$$?; wait $$types && exit $$rest

demo: $(READY) ## Four years of a help desk from commands to the SLA report; LOG=FILE takes a log of your own
	@$(BIN)/kartoteka demo $(if $(LOG),"$(LOG)")

bench: $(READY) ## Measure ours against the baseline, most of an hour; NAMES="throughput latency" picks some
	@$(BIN)/kartoteka bench --json $(NAMES)

soak: $(READY) ## The tests with more seeds, for longer; TIMES=10 is how many times the usual
	@$(BIN)/pytest -q -n 3 --dist worksteal --soak $(TIMES)

catalog: $(READY) ## Write CATALOG.md anew from the code
	@$(BIN)/python -m adapters.catalog

mutate: $(READY) ## Change the domain in small ways: a test must turn red for nine in ten; survivors are listed
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results
	@$(BIN)/mutmut export-cicd-stats
	@$(BIN)/python -c "$$SCORE"

clean: ## Remove the environment, caches and what tools left; the state of `make run` stays
	rm -rf $(VENV) build dist mutants *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find domain commands projections adapters tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: made once, made again when what it rests on has changed.
$(READY): requirements.lock pyproject.toml
ifneq ($(UV),)
	@echo "making the environment in $(VENV) with uv" >&2
	@test -x $(BIN)/python || uv venv --quiet --allow-existing --python "$(or $(PYTHON),>=3.11)" $(VENV)
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none of python3, python3.11 ... is one" >&2; exit 1; }
	@echo "making the environment in $(VENV) with pip, which takes a minute" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@
