# The commands of Ricercar. The first use of any of them on a fresh machine creates .venv
# from requirements.lock; inside an activated conda environment made from environment.yml
# that environment is used instead.

RUN ?= quick
CORES ?= all
PYTHON ?= python3
WHAT ?=
SIZE ?= full
SWEEP ?= losses
ARGS ?=

CONDA_PYTHON := $(if $(CONDA_PREFIX),$(shell "$(CONDA_PREFIX)/bin/python" -c \
  "import importlib.util, sys; sys.stdout.write(sys.executable if importlib.util.find_spec('ricercar') else '')" 2>/dev/null))

ifneq ($(CONDA_PYTHON),)
READY :=
PY := $(CONDA_PYTHON)
else
READY := .venv/ready
PY := $(CURDIR)/.venv/bin/python
endif

export PATH := $(dir $(PY)):$(PATH)

.PHONY: help reports sweep test test-code test-notebooks lab lint format types record bench lock clean

help:
	@echo "make reports [RUN=quick]  run every notebook that is out of date, export the HTML reports"
	@echo "make sweep [SWEEP=losses] compare recipes and losses over seeds (about an hour)"
	@echo "make test                 lint, types, unit tests, pipeline test, notebook tests"
	@echo "make lab                  open JupyterLab"
	@echo "make lint | format        check | mend the code style, notebooks included"
	@echo "make record               run the notebooks and keep the results that the tests compare"
	@echo "make bench [WHAT=reading] [SIZE=small]  measure against other packages"
	@echo "make lock                 make the files of pinned packages anew"
	@echo "make clean [RUN=quick]    remove what a run has made"

# A virtual environment is complete when its stamp is there: an interrupted installation starts anew.
# The lock is complete; resolving it again would let pip choose for "coverage[toml]" and the like a
# newer version than the pinned one, and then refuse it for want of a hash.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))" || \
	  { echo "error: $(PYTHON) must be Python 3.11, 3.12 or 3.13; name one with make PYTHON=python3.12"; exit 1; }
	@echo "Installing the pinned packages into .venv (some minutes, once)"
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@.venv/bin/python -m pip --disable-pip-version-check check
	@touch $@

config/$(RUN).yaml:
	@echo "error: there is no config/$(RUN).yaml; there are: $(filter-out sweep-%,$(basename $(notdir $(wildcard config/*.yaml))))"; exit 1

reports: config/$(RUN).yaml $(READY)
	@$(PY) -m ricercar.pipeline --run $(RUN) --cores $(CORES) $(ARGS)

# Notebook 04 many times, on the catalogue of a run that is there. Stopped, it goes on.
sweep: $(READY)
	@$(PY) -m ricercar.sweep $(SWEEP)

# Two halves side by side: the code (unit tests, then the pipeline), and the notebooks.
test: $(READY)
	@$(MAKE) --no-print-directory lint types
	@$(MAKE) --no-print-directory -j2 test-code test-notebooks

test-code: $(READY)
	@$(PY) -m pytest lib tests -n 2 --dist loadfile --cov=ricercar --cov-report=term

# The notebooks run with their default parameters, in a folder of their own; their output
# is shown when they have ended, so that it does not mix with the other half's.
test-notebooks: $(READY)
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && \
	  RICERCAR_HOME="$$home" RICERCAR_KEY_FILE="$$home/key" RICERCAR_BATCH=1 TF_CPP_MIN_LOG_LEVEL=3 $(PY) -m pytest notebooks \
	  --nbval-lax --nbval-current-env --nbval-cell-timeout=900 >"$$home/log" 2>&1; \
	  status=$$?; cat "$$home/log"; exit $$status

lab: $(READY)
	@$(PY) -m jupyterlab --notebook-dir=. $(ARGS)

lint: $(READY)
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .

format: $(READY)
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

types: $(READY)
	@$(PY) -m mypy lib/ricercar

record: $(READY)
	@$(PY) tests/notebooks/record.py $(ARGS)

# The packages that we are measured against ask for other versions of what both sides use: they
# have an environment of their own. Its lock is complete, so that nothing else is installed.
PEERS := benchmarks/.venv

$(PEERS)/ready: benchmarks/requirements.lock
	@echo "Installing the packages to measure against into $(PEERS) (some minutes, once)"
	@$(PYTHON) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/requirements.lock
	@touch $@

bench: $(READY)
	@$(MAKE) --no-print-directory --silent $(PEERS)/ready || echo "they are not installed: what needs them is left out"
	@$(PY) -m benchmarks $(WHAT) --size $(SIZE) --peers $(PEERS)/bin/python $(ARGS)

# Needs uv in the environment that calls it (pip install uv). No index address is written.
lock:
	uv pip compile pyproject.toml --extra dev --extra dask --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --upgrade --output-file requirements.lock
	uv pip compile benchmarks/requirements.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --upgrade --output-file benchmarks/requirements.lock

clean:
	@case "$(RUN)" in ""|.*|*/*|cache|raw) echo "error: RUN='$(RUN)' is not the name of a run"; exit 1;; esac
	rm -rf "data/$(RUN)" "reports/$(RUN)"
