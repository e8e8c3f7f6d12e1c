"""`InvariantWaveFunction.log_density` by kernels/density.cpp, where it can be compiled: a sweep of few walkers is then no longer
the sixty calls of torch that it takes otherwise."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.kernels.library import TYPES, at, integer, integers
from hadronlab.models.wavefunctions.compiled import in_parts, library_for, packed

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction

FEATURES = ("linear", "saturating", "smooth", "lorentzian", "gaussian")  # in the order of the kernel


def compiled_density(wavefunction: InvariantWaveFunction, dtype: torch.dtype) -> CompiledDensity | None:
    """None where a derivative with respect to the parameters is asked for, or the kernel lacks something or cannot be had."""
    library = library_for("density", wavefunction.network, dtype)
    if library is None or any(name not in FEATURES for name in wavefunction.feature_names):
        return None
    return CompiledDensity(wavefunction, dtype, library)


class CompiledDensity:
    """ln ρ of a wave function of pair distances with the parameters that it has now, in `dtype`."""

    def __init__(self, wavefunction: InvariantWaveFunction, dtype: torch.dtype, library: ctypes.CDLL):
        network, envelope, system = wavefunction.network, wavefunction.envelope, wavefunction.system
        copies, terms = network.n_copies, wavefunction.coefficients.shape[1]
        self.vector, block, rows = library.vector(), library.value_vectors(), library.rows()
        self.function = getattr(library, f"density_{network.activation}_{TYPES[dtype]}")
        slope = torch.zeros_like(envelope.scale) if envelope.slope is None else envelope.slope
        folded = -envelope.folded_decay(dtype).flatten(0, 1)
        first, layers = network.first_layer(dtype), network.layers(dtype)
        linear = [
            (folded, folded.new_zeros(len(folded), 1)),
            *((first[:, c], layers[0][1]) for c in range(copies)),
            *layers[1:],
            (wavefunction.coefficients.to(dtype), folded.new_zeros(wavefunction.n_channels, 1)),
        ]
        parts = [part for w, b in linear for part in packed(w, b, rows)]
        self.weights = torch.cat([envelope.scale.to(dtype), slope.to(dtype), *parts])
        sizes = [len(w) for w, _ in layers]
        half = -(-max(sizes) // rows) * rows
        kinds = [FEATURES.index(name) for name in wavefunction.feature_names]
        shape = [system.n_particles, len(system.pairs), len(kinds), envelope.slope is not None, envelope.confining,
                 copies, terms // copies, wavefunction.n_channels, len(sizes)]  # fmt: skip
        self.numbers = integers(
            [*map(int, shape), *(i for pair in system.pairs for i in pair), *kinds, *sizes, half]
        )
        inputs = folded.shape[1] + len(kinds) * len(system.pairs)
        self.room = (
            (inputs + terms + rows + max(2 * half, wavefunction.n_channels + rows)) * block * self.vector
        )

    def __call__(self, r: Tensor) -> Tensor:
        """(batch,) at positions r (N, 3, batch)."""
        r, n = r.contiguous(), r.shape[-1]
        out = r.new_empty(2, n)

        def part(start: int, stop: int, room: object) -> None:
            self.function(
                self.numbers,
                at(self.weights),
                at(r),
                integer(n),
                integer(start),
                integer(stop),
                room,
                at(out),
            )

        in_parts(n, self.room, self.vector, part)
        return out[0].log_().add_(out[1])
