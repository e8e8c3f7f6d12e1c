"""V0 and V2 out of two sources: a Hamiltonian with a known ½{V2, ∇²} is recovered, and with it its phase shifts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from observing import observe
from torch import Tensor

from hadronlab.data.lattice import lattice_wave_data
from hadronlab.data.noise import Noise
from hadronlab.data.radial import radial_laplacian, radial_slope
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import DataError, HadronlabError
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.observables.expansion_fit import Expansion, fit_expansion
from hadronlab.physics.forces.local_potentials import omega_ccc
from hadronlab.physics.scattering.derivative_expansion import hermitian_kernel, non_hermitian_resolvent
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.systems.hadrons import HadronPair

MASS = 600.0  # MeV, reduced
K = torch.tensor([0.1, 0.5, 1.0, 1.5, 2.0], dtype=torch.float64)


def V0(r: Tensor) -> Tensor:
    return 200.0 * torch.exp(-6.0 * r**2) - 60.0 * torch.exp(-0.9 * r**2)


def V2(r: Tensor) -> Tensor:
    return -9.0 * torch.exp(-1.6 * r**2)


def box_data(hermitian: bool) -> tuple[WaveData, RMatrix]:
    """Two mixtures of the lowest states of −c∇² + V0 + (½{V2, ∇²} or V2∇²) in a sphere of 6 fm; lhs = (E + c∇²)φ."""
    rmatrix = RMatrix(6.0, 110, MASS)
    c, mesh = rmatrix.kinetic, LagrangeMesh(6.0, 110, closed=True)
    r = mesh.r
    if hermitian:
        kernel = mesh.kernel(hermitian_kernel(mesh, V2(r)))
        energies, vectors = torch.linalg.eigh(c * mesh.stiffness + torch.diag(V0(r)) + kernel)
    else:  # (c − V2) u'' = (V0 − E) u, symmetric with the weight 1/(c − V2)
        root = (c - V2(r)).sqrt()
        energies, vectors = torch.linalg.eigh(mesh.stiffness * root[:, None] * root + torch.diag(V0(r)))
        vectors = root[:, None] * vectors
    psi = (vectors / mesh.dr.sqrt()[:, None] / r[:, None]).T[:4]
    psi = psi / psi.abs().amax(-1, keepdim=True)
    ahead = torch.from_numpy(radial_laplacian(psi.numpy(), r.numpy()))
    lhs = energies[:4, None] * psi + c * ahead
    mix = torch.tensor([[1.0, 0.6, 0.2, 0.1], [1.0, -0.5, 0.4, -0.2]], dtype=torch.float64)
    inside = r < 4.5
    data = WaveData(
        r=r[inside],
        weight=mesh.weight[inside],
        amplitude=(mix @ psi)[None, :, inside],
        lhs=(mix @ lhs)[None, :, inside],
        error=None,
        equation=torch.ones(int(inside.sum()), dtype=torch.bool),
        labels=("wall", "smeared"),
        sources=("wall", "smeared"),
        times=(13, 13),
        momenta=None,
        reduced_mass=MASS,
        hbar_c=197.3269804,
        laplacian=(mix @ ahead)[None, :, inside],
        slope=torch.from_numpy(radial_slope((mix @ psi).numpy(), r.numpy()))[None, :, inside],
    )
    return data, rmatrix


@pytest.mark.parametrize("hermitian", [True, False])
def test_a_known_expansion_is_recovered_with_its_phase_shifts(hermitian: bool) -> None:
    data, rmatrix = box_data(hermitian)
    found = fit_expansion(data, hermitian)
    at = data.r[data.r > 0.15]
    assert float((found.V0(at)[0] - V0(at)).abs().max()) < 0.02
    assert float((found.V2(at)[0] - V2(at)).abs().max()) < 0.003
    r = rmatrix.r
    if hermitian:
        exact = rmatrix.solve(hermitian_kernel(rmatrix.mesh, V2(r)), V0(r))
    else:
        exact = non_hermitian_resolvent(rmatrix, V0(r), V2(r))
    ours = found.solve(rmatrix)
    torch.testing.assert_close(ours.phase_shifts(K)[0], exact.phase_shifts(K), atol=1e-4, rtol=0)
    torch.testing.assert_close(ours.scattering_length()[0], exact.scattering_length(), atol=0, rtol=3e-4)


def test_the_wrong_ordering_gives_another_potential() -> None:
    """So that the test above would notice if one were taken for the other."""
    for hermitian in (True, False):
        data, _ = box_data(hermitian)
        at = data.r[(data.r > 0.15) & (data.r < 1.0)]
        assert float((fit_expansion(data, not hermitian).V2(at)[0] - V2(at)).abs().max()) > 0.5


def test_bins_give_errors_and_a_local_truth_has_no_second_order() -> None:
    pair = HadronPair("omega_ccc", 4796.0, 4796.0, potential=omega_ccc())
    noisy = SyntheticLattice(noise=Noise(relative=1e-4, bins=12))
    data = lattice_wave_data(generate(pair, noisy), times=[26], r_max_fm=3.0)
    result = observe([Hybrid(LocalGaussians([1.0]), LowRank([1.0]), 2.0)], data, pair, 2.0)
    far = RMatrix(3 * float(data.r[-1]), 240, pair.reduced_mass)
    k = torch.from_numpy(result.values["k"])
    exact = np.rad2deg(far.phase_shifts(None, omega_ccc()(far.r), k).numpy())
    for kind in ("expansion", "expansion_non_hermitian"):
        delta = result.estimates[f"phase_shift_{kind}"]
        assert (delta.error > 0).all()
        assert (np.abs(delta.value - exact) < 4 * delta.error + 0.3).all()
        assert result.scalars[f"scattering_length.{kind}"].error > 0
        second = result.estimates[f"V2_{kind}"]
        # within 0.3 fm the Gaussians of the fit leave up to 0.15 MeV fm², whatever the noise
        shown = (data.r > 0.3).numpy() & (data.r < 1.0).numpy()
        assert (np.abs(second.value) < 5 * second.error + 0.05)[shown].all()
        assert second.unit == "MeV fm²"
    assert result.values["V2_points"].shape == result.values["V2_expansion"].shape == tuple(data.r.shape)
    assert not any("expansion" in warning for warning in result.warnings)


def test_one_source_and_a_kinetic_term_that_turns_are_refused() -> None:
    data, rmatrix = box_data(True)
    fields = ("amplitude", "lhs", "laplacian", "slope")
    one_wave = replace(
        data,
        **{name: getattr(data, name)[:, :1] for name in fields},
        **{name: getattr(data, name)[:1] for name in ("labels", "sources", "times")},
    )
    with pytest.raises(DataError, match="two sources or more"):
        fit_expansion(one_wave)
    one = torch.ones(1, 1, dtype=torch.float64)
    for hermitian in (True, False):
        large = Expansion(one[0], one[0], one, 50.0 * one, hermitian, one[0])
        with pytest.raises(HadronlabError, match="V2 reaches"):
            large.solve(rmatrix)
