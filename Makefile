# bocau: `make run` starts the whole server, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WEB_STAMP := web/node_modules/.package-lock.json

.PHONY: run test test-long check check-web web format bench clean packages

run: $(STAMP)
	$(BIN)/bocau demo

# The tests of whole servers mostly wait for other processes: more of them at a time than processors. A file is
# one piece of work, in the order of `testpaths`: the many small ones of src/ fill what the large ones leave.
TEST_PROCESSES ?= 4
# Byte code is kept, or each of their many starts would compile what has changed.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder

test: $(STAMP) packages
	$(PYTEST) -m "not long"

test-long: $(STAMP) packages
	$(PYTEST) -m long --timeout 3600

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v npm >/dev/null; then $(MAKE) check-web; else echo "There is no npm here: the webmail is not checked"; fi

# The webmail's sources are web/; what is built of them is kept beside the server (docs/decisions/0015-the-built-webmail.md).
web: $(WEB_STAMP)
	npm --prefix web run build

check-web: $(WEB_STAMP) $(STAMP)
	npm --prefix web run check
	npm --prefix web test
	$(BIN)/python -m pytest -q tests/web/test_build.py

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) packages
	$(BIN)/python -m bench

# Real mail programs from Debian that the tests drive.
packages: $(STAMP)
	$(BIN)/python tests/debian_packages.py

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("bocau needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	@# Where nobody may write byte code while the server starts, it is there already.
	@$(BIN)/python -m compileall -q src/bocau
	@touch $(STAMP)

$(WEB_STAMP): web/package-lock.json
	npm --prefix web ci --no-audit --no-fund

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache web/node_modules
