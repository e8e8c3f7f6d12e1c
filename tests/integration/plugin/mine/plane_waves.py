"""A data source: anything with `load`, which gives the equation of a pair of hadrons on a grid."""

import torch

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.systems.hadrons import HadronPair


class PlaneWaves:
    """φ_k = sin(kr)/kr, and (E − H0) φ_k = ∫ U φ_k of the pair's known potential: Born waves, to try a model on."""

    def __init__(self, momenta: int = 4, radii: int = 30, r_max: float = 8.0) -> None:
        if min(momenta, radii) < 2:
            raise ConfigError(f"data.momenta={momenta}, data.radii={radii}: give 2 or more of each")
        self.momenta, self.radii, self.r_max = momenta, radii, r_max

    def load(self, pair: HadronPair) -> WaveData:
        k = torch.linspace(0.1, 1.0, self.momenta, dtype=torch.float64)
        r = torch.linspace(self.r_max / self.radii, self.r_max, self.radii, dtype=torch.float64)
        weight = 4 * torch.pi * r**2 * (r[1] - r[0])
        phi = torch.sinc(k[:, None] * r / torch.pi)
        U = pair.potential.nonlocal_part(r[:, None], r[None, :])
        return WaveData(
            r=r,
            weight=weight,
            amplitude=phi[None],
            lhs=((phi * weight) @ U)[None],
            error=None,
            equation=torch.ones(self.radii, dtype=torch.bool),
            labels=tuple(f"k={value:.2g}" for value in k.tolist()),
            sources=("",) * self.momenta,
            times=(None,) * self.momenta,
            momenta=k,
            reduced_mass=pair.reduced_mass,
            hbar_c=pair.hbar_c,
        )
