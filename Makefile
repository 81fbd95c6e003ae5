# Needs Python 3.11 or newer with venv, and make; everything else is installed into .venv from requirements.lock.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench gallery lock clean
.DELETE_ON_ERROR:

ARGS ?=
PYTHON ?=
UV ?= uv
RUN := .venv/bin/python -m
NAMES := bots core cards web migrations tests bench
SOURCES := $(patsubst %/__init__.py,%,$(wildcard $(addsuffix /__init__.py,$(NAMES))))

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: .venv/.made ## run Plaudit with simulated chats and a database of its own (ARGS=--once: one story, then exit)
	@$(RUN) bots demo $(ARGS)

test: .venv/.made ## run the tests (ARGS="tests/core -k people": some of them)
	@$(RUN) pytest -q -n auto --maxprocesses 4 --dist worksteal $(ARGS)

lint: .venv/.made ## check style, types and the direction of imports
	@$(RUN) ruff check --quiet --output-format concise .
	@$(RUN) ruff format --check --quiet . || { echo "Not formatted; mend with: .venv/bin/ruff format ." >&2; exit 1; }
	@$(RUN) mypy --strict --no-error-summary $(SOURCES)
	@.venv/bin/lint-imports --config pyproject.toml > .venv/contracts.txt || { cat .venv/contracts.txt >&2; exit 1; }
	@echo "lint: style, types and import contracts hold"

bench: .venv/.made ## measure (ARGS="NAME --json")
	@$(RUN) bench $(ARGS)

gallery: .venv/.made ## draw every card as people see it, into .gallery (ARGS="kudos_given --locale fr"); needs Chromium and npm
	@$(RUN) tests.gallery $(ARGS)

lock: ## write requirements.lock anew from pyproject.toml; needs uv
	@$(UV) lock --quiet
	@$(UV) export --quiet --format requirements.txt --no-header --no-emit-project --all-groups -o requirements.lock
	@rm -f uv.lock

clean: ## remove .venv and caches; the demo's data in .plaudit stay
	@rm -rf .venv .gallery .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One shell, so that a failing step leaves no stamp and says what to do.
.venv/.made: requirements.lock pyproject.toml
	@is_new_enough() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; \
	python=$$(for name in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		if is_new_enough "$$name"; then echo "$$name"; break; fi; done); \
	if [ -z "$$python" ]; then \
		echo "Plaudit needs Python 3.11 or newer, and found none. Install it (Debian, Ubuntu: apt install python3.11 python3.11-venv;" \
			"macOS: brew install python@3.12) or name one: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python has no venv module. Install it (Debian, Ubuntu: apt install python3-venv, or the one of its version," \
			"such as python3.11-venv) or name another: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	echo "Preparing .venv from requirements.lock (about a minute, once)"; \
	is_new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 \
		|| "$$python" -m venv --clear .venv || exit 1; \
	$(RUN) pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock || exit 1; \
	$(RUN) pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . || exit 1; \
	touch $@
