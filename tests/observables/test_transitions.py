"""Transition densities against those of the oscillator, whose states are known."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from hadronlab.models.wavefunctions.span import Span
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.observables.transitions import transitions
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.quarks import quark_system

SIZE = 0.4  # a of e^{−r²/2a²}, fm


class Oscillator(WaveFunction):
    """1S or 2S of the distance of two particles, not of norm 1."""

    def __init__(self, level: int) -> None:
        super().__init__(quark_system("D", "c u~", 0, 0.5))
        self.level, self.factor = level, nn.Parameter(torch.tensor(1.0 + level, dtype=torch.float64))

    def forward(self, r: torch.Tensor) -> torch.Tensor:
        square = (r[0] - r[1]).square().sum(0) / SIZE**2
        polynomial = 1.5 - square if self.level else torch.ones_like(square)
        return (self.factor * polynomial * torch.exp(-0.5 * square))[None]


@pytest.mark.slow
def test_transitions_of_the_oscillator():
    """⟨1S|r²|2S⟩ = −√(3/2) a² with 2S ∝ 3/2 − r²/a²; the density integrates to zero, and its bins lie at their errors."""
    psi = Span([Oscillator(0), Oscillator(1)])
    sampler = MetropolisSampler(psi, n_walkers=1000, seed=3)
    sampler.sample(200)
    found = transitions(psi, sampler, 60)
    square = found.scalars["transition_r2.c-q~.0-1"]
    assert square.unit == "fm²" and 0 < square.error < 0.01 * SIZE**2
    assert abs(square.value + math.sqrt(1.5) * SIZE**2) < 5 * square.error
    d = np.asarray(found.values["transition_distance"])
    density = found.estimates["transition_density.0-1"]
    assert density.rows == ("c-q~",) and density.unit == "1/fm"
    x = d / SIZE
    exact = 4 / math.sqrt(math.pi) * x**2 * math.sqrt(2 / 3) * (1.5 - x**2) * np.exp(-(x**2)) / SIZE
    pull = (density.value[0] - exact) / np.maximum(density.error[0], 1e-3)
    assert np.sqrt(np.mean(pull**2)) < 1.5
    assert abs(density.value.sum() * (d[1] - d[0])) < 0.02
