"""The wave outside, below threshold: u″ = (b/r + κ²) u that decays; Whittaker's W, and e^{−κr} for b = 0."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from hadronlab.physics.scattering.coulomb_waves import steed
from hadronlab.physics.scattering.taylor_steps import TaylorSteps

FADED = 20.0  # of κr past the turning point: u² is below rounding


class DecayingWave:
    """The decaying u beyond `radius` for κ of any shape, fm^-1, κ > 0; bohr: b = 2ηk, fm^-1, negative for attraction.

    Attributes, in the shape of κ:
        slope: u′/u at the radius, fm^-1.
        angle: of (u′, u) at the radius, which falls as the energy climbs: below π, less π for every zero beyond.
    """

    def __init__(self, kappa: Tensor, radius: float, bohr: float):
        self.kappa, self.radius, self.bohr = kappa, radius, bohr
        if bohr == 0.0:
            self.slope, self.angle = -kappa, 0.5 * math.pi + torch.atan(kappa)
            return
        x = kappa.detach().cpu().double().numpy().ravel()
        stop = radius + (FADED + max(-bohr, 0.0) / x) / x
        self._steps = steps = TaylorSteps(-(x**2), bohr, np.full_like(x, radius), stop)
        q = steed(-0.5j * bohr / x, 1j * x * steps.nodes[-1])[1]
        path = [np.stack([np.ones_like(x), -x * q])]
        self._growth = []  # of each step inward, taken out: e^700 is soon reached
        for step in reversed(range(len(steps.value))):
            state = steps.back(step, path[-1])
            self._growth.append(np.hypot(state[0], state[1] / x))
            path.append(state / self._growth[-1])
        self._path = np.array(path[::-1])
        u, slope = self._path.swapaxes(0, 1)
        self.slope = self._shaped(slope[0] / u[0])
        self.angle = self._shaped(np.arctan2(1.0, slope[0] / u[0]) - np.pi * (u[1:] * u[:-1] < 0).sum(0))

    def moments(self) -> tuple[Tensor, Tensor]:
        """∫ u² dr, fm, and ∫ r² u² dr, fm³, from the radius to infinity, over u² there."""
        if self.bohr == 0.0:
            a, q = self.radius, 2.0 * self.kappa
            return 1.0 / q, a**2 / q + 2 * a / q**2 + 2 / q**3
        pieces = np.stack(self._steps.integrals(self._path), axis=1)
        total = np.zeros_like(self._path[0])
        for growth, piece in zip(self._growth, pieces[::-1], strict=True):
            total = total / growth**2 + piece
        norm, square = total / self._path[0, 0] ** 2
        return self._shaped(norm), self._shaped(square)

    def _shaped(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(values).to(self.kappa).reshape(self.kappa.shape)
