# make studio   make the environment and start the studio on this machine
# make test     every check: style, types, import law, tests
#
# Another Python: make studio PYTHON=python3.12      Another place for the environment: make studio VENV=/path
# Needs GNU make 3.81 (the one macOS has) and Python 3.11, 3.12 or 3.13; never root.

PYTHON ?= python3
VENV ?= .venv
# What to train on: folders of MIDI, archives, or the tune books that come with music21.
SOURCES ?= music21:ryansMammoth music21:oneills1850 music21:airdsAirs
DATA ?= data/melodies
OUT ?= runs/lstm

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: studio test lint data train bench evaluate clean
.DELETE_ON_ERROR:

studio: $(VENV)/.app
	$(BIN)/python app.py

# A file of tests stays with one process, and each process with one thread: several would wait for each other. The files
# go in their own order, since the few long tests, the browser's, had better not come last.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

data: $(VENV)/.dev
	$(BIN)/python -m studio.data --voices melody --out $(DATA) $(SOURCES)

train: $(VENV)/.dev
	$(BIN)/python -m studio.train --model lstm --data $(DATA) --out $(OUT)

bench: $(VENV)/.app
	$(BIN)/python -m benchmarks

# The report on what the checkpoints are worth: checkpoints/report.html and .json; hours. DATA: what python -m studio.data
# --voices both wrote. KNOWN: what the LSTM was trained on. PARTS="norms separation": only these, the others stay.
evaluate: $(VENV)/.app
	$(BIN)/python -m benchmarks.evaluation --data $(DATA) $(if $(KNOWN),--known $(KNOWN)) $(if $(PARTS),--parts $(PARTS))

clean:
	rm -rf $(VENV) build *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find app.py studio tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# A half-made environment would pass for a whole one the next time: it is taken away again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  echo "The studio needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one, for example: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

# The stamps: pip runs again only after the package's description or the pins have changed.
$(VENV)/.app: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the studio and what it needs; the first time this takes some minutes."
	$(INSTALL) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the studio with everything for its tests; the first time this takes some minutes."
	$(INSTALL) -e '.[dev,bench,mcp]'
	@touch $@ $(VENV)/.app
