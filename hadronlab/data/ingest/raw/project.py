"""From ψ, sink × source spins, to the waves of a total spin, and their Laplacians."""

from __future__ import annotations

import numpy as np

from hadronlab.data.ingest.raw.cubic_images import CubicImages
from hadronlab.physics.forces.tensor_waves import WAVES, wave_operators


class Projection:
    """tr[O_w(r) ψ(r)] and tr[O_w(r) ∇²ψ(r)] of the waves w of `spin` ("1s0", "3s1"; None: a scalar, O = 1).

    The trace with S12 comes after the Laplacian: the D wave is no scalar of the lattice, and ∇² does not pass S12.
    """

    def __init__(self, spin: str | None, images: CubicImages) -> None:
        self.waves = ("S",) if spin is None else WAVES[spin]
        self._orbit, back = images.neighbours()

        def operators(r: np.ndarray) -> np.ndarray:
            return np.ones((1, *r.shape[:-1], 1, 1)) if spin is None else wave_operators(spin, r)

        self._here, self._back = operators(images.direction), operators(back)

    def __call__(self, psi: np.ndarray) -> np.ndarray:
        """(2, C·W, S), the values and the Laplacians (units of a⁻²), of ψ (C, S, n, n) over the wedge."""
        values = np.einsum("wsab,csba->cws", self._here, psi)
        around = (
            np.einsum("wsab,csba->cws", operator, psi[:, orbit])
            for operator, orbit in zip(self._back.swapaxes(0, 1), self._orbit, strict=True)
        )
        laplacian = sum(around) - 6 * values
        return np.stack([values, laplacian]).reshape(2, -1, psi.shape[1])
