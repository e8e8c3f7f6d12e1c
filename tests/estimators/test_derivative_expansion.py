"""V0 + V2∇² out of two sources, through the lattice data: a local truth has V2 = 0."""

from __future__ import annotations

import numpy as np
import torch

from hadronlab.data.lattice import lattice_wave_data
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.estimators.inverse import _derivative_expansion
from hadronlab.estimators.observables import Observables
from hadronlab.physics.local_potentials import omega_ccc
from hadronlab.systems.hadrons import HadronPair


def test_two_sources_of_a_local_potential_give_no_second_order() -> None:
    pair = HadronPair("omega_ccc", 4796.0, 4796.0, potential=omega_ccc())
    data = lattice_wave_data(generate(pair, SyntheticLattice()), times=[26], r_max_fm=2.0)
    result = Observables()
    _derivative_expansion(data, result)
    shown = (data.r > 0.2).numpy() & (data.r < 1.0).numpy()
    free = pair.hbar_c**2 / (2 * pair.reduced_mass)  # MeV fm², the scale of V2
    assert np.abs(result.arrays["V2_expansion"][shown]).max() < 2e-3 * free
    assert np.abs(result.arrays["V0_expansion"] - omega_ccc()(data.r).numpy())[shown].max() < 0.5
    assert result.units["V2_expansion"] == "MeV fm²"
    kinetic = data.laplacian[0] * free  # K R is the time part and this
    assert bool(torch.isfinite(kinetic).all())
