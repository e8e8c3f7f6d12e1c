# make train [ARGS="system=separable"]: set up and run;  make test: the whole suite;  make lint: ruff and mypy.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
export OMP_NUM_THREADS ?= 2

.PHONY: train test lint clean

train: $(VENV)/.installed
	$(BIN)/python -m hadronlab.train $(if $(findstring system=,$(ARGS)),,system=omega_ccc model=sdnn_deep) $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# torch first and by its exact version, so that the resolver never considers another build.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,tensorboard,sweeps,optuna,dashboard]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
