# make train [ARGS="system=separable"]: set up and run.
# make check: lint, types and the fast tests;  make test: every test;  make docs: the site in build/docs.
# make bench: the short forms of all benchmarks in one table;  ARGS="vmc_step" runs those it names.
# ARGS goes on to pytest:  make test ARGS="tests/physics -k separable";  ARGS="-n 0 --pdb" runs in this process.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# the tests share the cores by processes; a training chooses its threads itself
check fast numbers test docs: export OMP_NUM_THREADS ?= 1
# each process begins with neighbouring files, whose tests share what they need, and takes from the others' when it is done;
# nproc counts threads where OMP_NUM_THREADS is set
PYTEST = $(BIN)/python -m pytest -n $(shell env -u OMP_NUM_THREADS nproc 2>/dev/null || getconf _NPROCESSORS_ONLN) --maxprocesses 8 --dist worksteal

.PHONY: train check fast numbers test lint docs bench clean

train: $(VENV)/.installed
	$(BIN)/python -m hadronlab.train $(if $(findstring system=,$(ARGS)),,system=omega_ccc model=sdnn_deep) $(ARGS)

check: lint fast

fast: $(VENV)/.installed-dev
	$(PYTEST) -m "not slow" $(ARGS)

# those of numbers, which are to hold on any processor: of what computes, not of commands, settings, pages and pictures
COMPUTING := data estimates kernels losses models observables optim physics sampling systems tasks
numbers: $(VENV)/.installed-dev
	$(PYTEST) -m "not slow" $(addprefix tests/,$(COMPUTING)) $(ARGS)

test: $(VENV)/.installed-dev
	$(PYTEST) $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build -W -b html docs build/docs

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py $(ARGS)

# torch first and by its exact version, so that the resolver never considers another build.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,tensorboard,sweeps,optuna,dashboard]"
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info docs/generated
