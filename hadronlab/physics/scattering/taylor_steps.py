"""u″ = (b/r − e) u for many e at once, by Taylor steps: the S-wave in a Coulomb field, at any energy of either sign.

About r0 the coefficients of u follow from r u″ = (b − e r) u, and the series converges within r0 of it. Those of the
two solutions (u, u′) = (1, 0) and (0, 1) are made for all steps and energies together; then only products of 2 × 2
matrices are left to do one after the other. Numpy, for these are many small arrays.
"""

from __future__ import annotations

import numpy as np

TERMS = 30
REACH = 0.3  # of the distance to the origin; with PHASE, what is left out after TERMS is the last bit
PHASE = 3.0  # rad, or powers of e: below half a wave, so that a step holds one zero of u at most


class TaylorSteps:
    """Steps outward from `start`, the last of which ends at `stop` or beyond.

    squared (M,): e = k², fm^-2 (−κ² below threshold). bohr: b, fm^-1. start, stop (M,): fm, start > 0.

    Attributes:
        nodes: (S+1, M) borders of the steps, fm.
        value, slope: (S, 2, M), u and u′ at the end of each step of the solutions (1, 0) and (0, 1) at its beginning.
    """

    def __init__(self, squared: np.ndarray, bohr: float, start: np.ndarray, stop: np.ndarray):
        nodes = [start]
        while not nodes or (nodes[-1] < stop).any():
            r = nodes[-1]
            nodes.append(r + 1.0 / (1.0 / (REACH * r) + np.sqrt(np.abs(squared) + abs(bohr) / r) / PHASE))
        self.nodes = np.array(nodes)
        r, h = self.nodes[:-1], np.diff(self.nodes, axis=0)
        series = np.zeros((TERMS + 2, 2, *r.shape))  # of (r − r0)/h
        series[0, 0], series[1, 1] = 1.0, h
        now, before, after = (bohr / r - squared) * h**2, squared * h**3 / r, h / r
        for n in range(TERMS):
            series[n + 2] = now * series[n] - n * (n + 1) * after * series[n + 1]
            if n:
                series[n + 2] -= before * series[n - 1]
            series[n + 2] /= (n + 1) * (n + 2)
        self._series, self._width = series, h
        self.value = series.sum(0).swapaxes(0, 1)
        self.slope = (np.einsum("n,njsm->sjm", np.arange(len(series)), series)) / h[:, None]

    def outward(self, u: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """(u, u′) at every node, (S+1, 2, M), from those at the first, (M,) each."""
        path = [np.stack([u, slope])]
        for value, derivative in zip(self.value, self.slope, strict=True):
            path.append(np.stack([(value * path[-1]).sum(0), (derivative * path[-1]).sum(0)]))
        return np.array(path)

    def inward(self, u: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """(u, u′) at every node, (S+1, 2, M), from those at the last."""
        path = [np.stack([u, slope])]
        for step in reversed(range(len(self.value))):
            path.append(self.back(step, path[-1]))
        return np.array(path[::-1])

    def back(self, step: int, state: np.ndarray) -> np.ndarray:
        """(u, u′) at the beginning of a step from those at its end, (2, M): the matrix of a step has the determinant 1."""
        (u, slope), value, derivative = state, self.value[step], self.slope[step]
        return np.stack([derivative[1] * u - value[1] * slope, value[0] * slope - derivative[0] * u])

    def at(self, r: np.ndarray, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """u and u′, (…, M, n) each, at the radii r (n,) within the nodes, for a path (…, S+1, 2, M)."""
        step = np.stack([np.searchsorted(column, r, side="right") for column in self.nodes[1:-1].T])
        energy = np.arange(len(step))[:, None]
        h = self._width[step, energy]
        powers = np.full((*h.shape, TERMS + 2), ((r - self.nodes[step, energy]) / h)[..., None])
        powers[..., 0] = 1.0
        np.multiply.accumulate(powers, axis=-1, out=powers)
        series = np.einsum("njsm,...sjm->...smn", self._series, path[..., :-1, :, :], order="C")
        series = series[..., step, energy, :]
        u = np.einsum("...n,...n->...", series, powers)
        slope = np.einsum("...n,...n,n->...", series[..., 1:], powers[..., :-1], np.arange(1.0, TERMS + 2))
        return u, slope / h

    def integrals(self, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """∫ u² dr and ∫ r² u² dr over each step, (S, M), of a path (S+1, 2, M)."""
        x, weight = np.polynomial.legendre.leggauss(TERMS // 2)
        x = 0.5 * (1.0 + x)
        u = np.einsum("njsm,sjm,qn->qsm", self._series, path[:-1], np.vander(x, TERMS + 2, increasing=True))
        r = self.nodes[:-1] + x[:, None, None] * self._width
        density = 0.5 * weight[:, None, None] * self._width * u**2
        return density.sum(0), (density * r**2).sum(0)
