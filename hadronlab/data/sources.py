"""Where the data of the inverse problem come from: what `data=…` chooses. Each loads WaveData for a hadron pair."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import torch

from hadronlab.data import channel_correlator, coupled_synthetic
from hadronlab.data.cache import synthetic_correlator
from hadronlab.data.channel_waves import channel_wave_data
from hadronlab.data.lattice import Derivatives, lattice_wave_data
from hadronlab.data.r_correlator import read
from hadronlab.data.separable import separable_wave_data
from hadronlab.data.synthetic import SyntheticLattice
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError, DataError
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.quadrature import radial_weights
from hadronlab.systems.coupled_pair import CoupledPair
from hadronlab.systems.hadrons import HadronPair

SAME_MASS = 0.1  # relative: quarks on a lattice may be somewhat heavier than in nature


class DataSource(Protocol):
    """Anything with `load` can stand behind `data=`; a user's own class works by `_target_`."""

    def load(self, pair: HadronPair) -> WaveData | list[WaveData]:
        """The equation of `pair` on a grid, or on several of one potential. Raises DataError or ConfigError."""
        ...


class SeparableWaves:
    """Exact wave functions of the separable potential, `n_momenta` × `n_radii` points [Wang, Eq. 9].

    Ranges in μ and 1/μ; quadrature: rectangle (the paper's), trapezoid, simpson or gregory. Raises ConfigError for another
    potential, and for a pair of another mass than the potential's.
    """

    def __init__(
        self,
        n_momenta: int = 10,
        momentum_range: Sequence[float] = (0.01, 1.0),
        n_radii: int = 100,
        radius_range: Sequence[float] = (0.01, 12.5),
        quadrature: str = "rectangle",
    ) -> None:
        if len(momentum_range) != 2 or len(radius_range) != 2:
            raise ConfigError("momentum_range and radius_range are pairs [from, to]")
        self.n_momenta, self.n_radii, self.quadrature = n_momenta, n_radii, quadrature
        self.momentum_range, self.radius_range = tuple(momentum_range), tuple(radius_range)

    def load(self, pair: HadronPair) -> WaveData:
        if not isinstance(pair.potential, Separable):
            raise ConfigError(
                f"data=separable holds no wave functions of system={pair.name}: choose data=synthetic"
            )
        if abs(pair.potential.reduced_mass / pair.reduced_mass - 1) > 1e-9:
            raise ConfigError(
                f"system.potential.reduced_mass = {pair.potential.reduced_mass:g} is not that of system={pair.name}, "
                f"{pair.reduced_mass:g}: give system.mass1, twice the reduced mass of two equal hadrons, with it"
            )
        (k_min, k_max), (r_min, r_max) = self.momentum_range, self.radius_range
        return separable_wave_data(
            pair.potential, self.n_momenta, k_min, k_max, self.n_radii, r_min, r_max, self.quadrature
        )


class Synthetic:
    """A simulated lattice of the pair's known potential, generated in a second and cached.

    sources, times, r_max, time_order, laplacian as in LatticeFile.
    """

    def __init__(
        self,
        lattice: SyntheticLattice | None = None,
        sources: Sequence[str] | None = None,
        times: Sequence[int] | None = None,
        r_max: float | None = None,
        time_order: int = 2,
        laplacian: str = "auto",
    ) -> None:
        self.lattice = lattice or SyntheticLattice()
        self.sources, self.times, self.r_max = sources, times, r_max
        self.derivatives = Derivatives(time_order, laplacian)

    def load(self, pair: HadronPair) -> WaveData:
        if isinstance(pair, CoupledPair):
            coupled = coupled_synthetic.generate(pair, self.lattice)
            order = self.derivatives.time_order
            return channel_wave_data(coupled, pair, self.sources, self.times, self.r_max, order)
        correlator = synthetic_correlator(pair, self.lattice)
        return lattice_wave_data(correlator, self.sources, self.times, self.r_max, self.derivatives)


class Radii:
    """No data of a lattice: radii up to r_max, fm, for a potential that is learned from something else."""

    def __init__(self, r_max: float = 6.0, n_radii: int = 60) -> None:
        if not r_max > 0 or n_radii < 4:
            raise ConfigError(
                f"data=radii: r_max = {r_max} fm, n_radii = {n_radii}: give a positive length and 4 or more"
            )
        self.r_max, self.n_radii = float(r_max), int(n_radii)

    def load(self, pair: HadronPair) -> WaveData:
        r = torch.linspace(0.0, self.r_max, self.n_radii + 1, dtype=torch.float64)
        nothing = r.new_zeros(1, 0, self.n_radii)
        return WaveData(
            r=r[1:], weight=radial_weights("trapezoid", r)[1:], amplitude=nothing, lhs=nothing, error=None,
            equation=torch.ones(self.n_radii, dtype=torch.bool), labels=(), sources=(), times=(), momenta=None,
            reduced_mass=pair.reduced_mass, hbar_c=pair.hbar_c,
        )  # fmt: skip


class LatticeFile:
    """An R-correlator file in the HDF5 layout of `data.r_correlator`, or a list of them: volumes or spacings of one potential.

    sources, times: which of the file's (null: all). r_max in fm (null: the whole of the data, at most L/2).
    time_order: 2 for three-point time derivatives. laplacian: auto, lattice, lattice4, differences, spline.
    shell_width: shells within steps of this width (fm) are joined, which makes a training on sites much faster.
    """

    def __init__(
        self,
        path: str | Path | Sequence[str | Path],
        sources: Sequence[str] | None = None,
        times: Sequence[int] | None = None,
        r_max: float | None = None,
        time_order: int = 2,
        laplacian: str = "auto",
        shell_width: float | None = None,
    ) -> None:
        paths = [path] if isinstance(path, str | Path) else list(path)
        if not paths:
            raise ConfigError("data.path is an empty list: give a file or several")
        self.paths, self.shell_width = [Path(os.path.expanduser(each)) for each in paths], shell_width
        self.sources, self.times, self.r_max = sources, times, r_max
        self.derivatives = Derivatives(time_order, laplacian)

    def load(self, pair: HadronPair) -> WaveData | list[WaveData]:
        found = [self._load(path, pair) for path in self.paths]
        if len(found) == 1:
            return found[0]
        # of one lattice or not, what lies in several files was measured on several ensembles
        names = [data.ensemble for data in found]
        return [
            replace(data, ensemble=f"{name}:{path.stem}") if names.count(name) > 1 else data
            for data, name, path in zip(found, names, self.paths, strict=True)
        ]

    def _load(self, path: Path, pair: HadronPair) -> WaveData:
        if not path.exists():
            raise DataError(f"{path}: no such file; give the R-correlator with data.path=…")
        if isinstance(pair, CoupledPair):
            return channel_wave_data(
                channel_correlator.read(path), pair, self.sources, self.times, self.r_max,
                self.derivatives.time_order, self.shell_width,
            )  # fmt: skip
        correlator = read(path)
        data = lattice_wave_data(
            correlator, self.sources, self.times, self.r_max, self.derivatives, self.shell_width
        )
        if pair.mass1 and pair.mass2 and abs(data.reduced_mass / pair.reduced_mass - 1) > SAME_MASS:
            raise ConfigError(
                f"{path}: its hadrons have a reduced mass of {data.reduced_mass:.0f} MeV, those of system={pair.name} "
                f"{pair.reduced_mass:.0f}: choose system=lattice, which takes the masses of the file"
            )
        return data
