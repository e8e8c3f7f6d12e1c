"""The solving loop: a basis grows and is refined, stage by stage, until what is left to gain is small."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import copy, deepcopy
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.all_forces import Levels, levels_of
from hadronlab.physics.few_body.gaussians.candidates import Candidates, Cluster, natural_scale
from hadronlab.physics.few_body.gaussians.eigen import mean_of
from hadronlab.physics.few_body.gaussians.exponents import to_exponents, to_parameters
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles
from hadronlab.physics.few_body.gaussians.refinement import DEPENDENT, Refinement
from hadronlab.physics.few_body.gaussians.selection import grown
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum, Stage, remaining
from hadronlab.physics.few_body.gaussians.stage_sizes import GROWTH, stage_sizes

BEGINNINGS = 5  # that may be tried for the first stage
log = logging.getLogger(__name__)


class Solver:
    """Finds the lowest levels step by step: each grows the basis, where a stage begins, and moves all exponents once.

    A stage ends when steps gain little. The solver has `ended` when `remaining` of each level is below `accuracy` (unit of
    the masses), when the next stage would end after `seconds`, or when the basis has `size` Gaussians (None: what a quarter
    of the memory holds).

    clusters: parts into which the system may fall; products of their states are offered to the basis.
    Raises ConfigError where nothing is bound together, for forces that this basis does not know, and for a basis beyond
    the memory.
    """

    def __init__(
        self,
        particles: Particles,
        states: int = 1,
        accuracy: float = 0.0,
        seconds: float = 60.0,
        size: int | None = None,
        seed: int = 0,
        clusters: Sequence[Cluster] = (),
    ) -> None:
        began = time.monotonic()
        self.hamiltonian, self.rng = Hamiltonian(particles), np.random.default_rng(seed)
        self.states, self.accuracy, self.seconds = states, accuracy, seconds
        self.sizes = stage_sizes(self.hamiltonian, states, size)
        scale = natural_scale(self.hamiltonian, float(particles.masses.mean()), states, self.rng)
        self.above = scale.above
        self.candidates = Candidates(particles, self.hamiltonian, scale.frequency, clusters)
        self.stages: list[Stage] = []
        self.ended: str | None = None
        self._sampling = 0.0  # error of the last stage
        self._fitted = np.zeros(states)  # what its steps gained by the points of their rule only
        self._closed = to_parameters(scale.best[None])  # at the end of the last stage
        self._open: Refinement | None = None
        self._given_up = 0  # stages
        self._elapsed = time.monotonic() - began

    @property
    def parameters(self) -> np.ndarray:
        """Of the present exponents, (K, d(d+1)/2)."""
        return self._closed if self._open is None else self._open.parameters

    @property
    def levels(self) -> np.ndarray:
        """(states,), of the present exponents."""
        if self._open is not None:
            return self._open.levels
        return self.stages[-1].energies if self.stages else np.full(self.states, np.inf)

    def copy(self) -> Solver:
        """As it is now, whatever is done with this one."""
        other = copy(self)
        other.stages, other._open, other.rng = list(self.stages), copy(self._open), deepcopy(self.rng)
        return other

    def grow(self) -> None:
        """Begin the next stage, unless one is open, with as many Gaussians as it is to have."""
        if self._open is None:
            began = time.monotonic()
            with self._dependence_told():
                self._open = self._refinement(self._grown())
            self._elapsed += time.monotonic() - began

    def step(self) -> None:
        """Move all exponents of the present stage once, and close it where that gains little.

        Raises ConfigError where even a few functions depend on each other to rounding.
        """
        self.grow()
        began, goes_on = time.monotonic(), True
        if self._open is not None:
            with self._dependence_told():
                goes_on = self._open.step()
        self._elapsed += time.monotonic() - began
        if not goes_on:
            self.close()
        if self.ended == "dependence" and not self.stages:
            raise ConfigError(
                f"{self.sizes[0]} Gaussians already depend on each other to rounding: the forces, or so many permutations of "
                "identical particles, are beyond this basis"
            )

    @contextlib.contextmanager
    def _dependence_told(self) -> Iterator[None]:
        try:
            yield
        except LinAlgError:
            self._depend()

    def _depend(self) -> None:
        """Give the open stage up: the one before stands, and without one other candidates are tried."""
        self._open, self._given_up = None, self._given_up + 1
        if self.stages or self._given_up == BEGINNINGS:
            self.ended = "dependence"

    def close(self) -> None:
        """End the present stage, if one has begun: the last of independent functions stands."""
        if self._open is None:
            return
        found, self._open = self._open, None
        best = Levels(found.parameters, *found.matrices, found.vectors, 0.0)
        if self.hamiltonian.many_body is not None:
            # steps by one rule may have led away from what the finer ones want
            choices = [self._levels(parameters) for parameters in (found.began, found.parameters)]
            best = min(choices, key=lambda one: mean_of(one.vectors, one.energy).sum())
        norms = mean_of(best.vectors, best.overlap)
        if norms.min() < 1 - DEPENDENT:
            self._depend()
            return
        self._closed, self._sampling = best.parameters, best.sampling
        energies = mean_of(best.vectors / np.sqrt(norms), best.energy)
        if self.hamiltonian.many_body is not None:
            self._fitted = np.maximum(energies - found.levels, 0)
        self.stages.append(Stage(len(self._closed), energies, self._elapsed))
        log.debug("%d Gaussians, %.1f s: %s", len(self._closed), self._elapsed, energies)
        self.judge()

    def judge(self) -> None:
        """Whether the last stage was the last one."""
        self.ended = None
        if not self.stages:
            return
        now, before = self.stages[-1].seconds, [0.0, *(stage.seconds for stage in self.stages)][-2]
        if np.all(remaining(self.stages) <= max(self.accuracy, self._sampling)):
            self.ended = "accuracy"
        elif self._next_size() is None:
            self.ended = "size"
        elif now + GROWTH**2 * (now - before) > self.seconds:
            self.ended = "time"

    def spectrum(self) -> Spectrum:
        """What the stages have found, an open one closed."""
        self.close()
        if not self.stages:
            raise ConfigError("no stage of the basis has come to its end: give more time or steps")
        exponents, found = to_exponents(self._closed), self._levels(self._closed)
        coefficients = found.vectors / np.sqrt(mean_of(found.vectors, found.overlap))
        rounding = float(np.finfo(float).eps * mean_of(np.abs(coefficients), np.abs(found.energy)).max())
        return Spectrum(
            self.stages[-1].energies,
            remaining(self.stages) + self._fitted,
            max(rounding, found.sampling),
            exponents,
            coefficients.reshape(len(exponents), self.hamiltonian.n_functions, self.states),
            tuple(self.stages),
            self.ended or "interruption",
        )

    def _levels(self, parameters: np.ndarray) -> Levels:
        return levels_of(self.hamiltonian, parameters, self.states, self.above)

    def _grown(self) -> np.ndarray:
        size = self._next_size() or self.sizes[-1]
        grow = grown(
            self.hamiltonian,
            to_exponents(self._closed),
            size,
            self.states,
            self.above,
            self.candidates,
            self.rng,
        )
        return to_parameters(grow)

    def _refinement(self, parameters: np.ndarray) -> Refinement:
        return Refinement(self.hamiltonian, parameters, self.states, self.above)

    def _next_size(self) -> int | None:
        done = self.stages[-1].size if self.stages else 0
        return next((size for size in self.sizes if size > done), None)

    def state_dict(self) -> dict[str, Any]:
        """All that changes, in plain containers and arrays."""
        stages = [(stage.size, stage.energies.tolist(), stage.seconds) for stage in self.stages]
        state = {
            "closed": self._closed,
            "stages": stages,
            "ended": self.ended,
            "elapsed": self._elapsed,
            "sampling": self._sampling,
            "fitted": self._fitted,
            "given_up": self._given_up,
        }
        state["random"] = json.dumps(self.rng.bit_generator.state)
        if (found := self._open) is not None:
            state["open"] = (found.parameters, found.began, found.first, found.damping, found.made)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken."""
        self._closed, self.ended, self._elapsed = state["closed"], state["ended"], state["elapsed"]
        self.stages = [
            Stage(size, np.array(energies), seconds) for size, energies, seconds in state["stages"]
        ]
        self.rng.bit_generator.state = json.loads(state["random"])
        self._sampling, self._given_up = state["sampling"], state["given_up"]
        self._fitted = state.get("fitted", self._fitted)  # older checkpoints have none
        self._open = None
        if "open" in state:
            parameters, began, first, damping, made = state["open"]
            self._open = self._refinement(parameters)
            self._open.began, self._open.first = began, first
            self._open.damping, self._open.made = damping, made


def solve(particles: Particles, states: int = 1, **settings: Any) -> Spectrum:
    """The lowest levels; settings: of `Solver`."""
    solver = Solver(particles, states, **settings)
    while solver.ended is None:
        solver.step()
    return solver.spectrum()
