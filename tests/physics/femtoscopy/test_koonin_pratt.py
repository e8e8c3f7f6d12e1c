"""C(k) of potentials against the independent reference, its slopes against differences, and the traps on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt, correlation_function
from hadronlab.physics.femtoscopy.pair import channel_weights, pair_weights
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix

NAMES = ("omega_ccc", "omega_omega", "n_omega", "n_phi")
CASES = [
    (name, part) for name in NAMES for part in ("neutral", "coulomb") if (name, part) != ("n_phi", "coulomb")
]
SPIN = {"omega_ccc": 0.0, "omega_omega": 0.0, "n_omega": 2.0, "n_phi": 1.5}


def tensor(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def close(found: Tensor, expected: Tensor) -> None:
    """To 1e-7 of max(1, C)."""
    assert float(((found - expected).abs() / expected.clamp(min=1.0)).max()) < 1e-7


@pytest.mark.parametrize("name, part", CASES)
def test_published_potentials(reference: dict[str, Any], published, momenta, name: str, part: str) -> None:
    entry = reference["d_potentials"][name]
    pair, k = published(name, charged=part == "coulomb"), momenta(entry["k_MeV"])
    identical = name.startswith("omega")
    average = (
        pair_weights(1.5, 1.5, True) if identical else pair_weights(0.5, {"n_omega": 1.5}.get(name, 1.0))
    )
    for R in (0.8, 1.2):
        expected, source = entry[part][f"R={R}"], Gaussian(R)
        calculation = pair.koonin_pratt(source, k)
        terms = calculation.background(source.density)
        change = calculation.change(pair.resolvent, source.density)
        close(change, tensor(expected["swave_change"]))
        for weights, C in (
            (channel_weights(SPIN[name], identical), "C_channel"),
            (average, "C_pair_averaged"),
        ):
            found = weights(*terms, {SPIN[name]: change})
            close(found, tensor(expected[C]))
            # Under a Coulomb barrier all is tiny, and still has its digits.
            torch.testing.assert_close(found, tensor(expected[C]), rtol=1e-6, atol=0)


@pytest.mark.parametrize("name, part", CASES)
def test_phase_shifts(reference: dict[str, Any], published, momenta, name: str, part: str) -> None:
    entry = reference["d_potentials"][name]
    phase = published(name, charged=part == "coulomb").resolvent.phase_shifts(momenta(entry["k_MeV"]))
    assert float(torch.sin(phase - tensor(entry[part]["delta_rad_mod_pi"])).abs().max()) < 1e-8


@pytest.mark.parametrize("R", [1.0, 1.2, 2.5])
def test_a_square_well_that_ends_where_the_mesh_does(reference: dict[str, Any], momenta, R: float) -> None:
    """Of 2 fm: most of the source lies beyond, and a step inside of the mesh would cost 1e-2 and more."""
    entries = [entry for entry in reference["c_square_well"] if entry["R_fm"] == R]
    k = momenta([entry["k_MeV"] for entry in entries])
    rmatrix = RMatrix(2.0, 30, 938.91875434 / 2)
    resolvent = rmatrix.solve(V=torch.full_like(rmatrix.r, -30.0))
    close(correlation_function(resolvent, k, Gaussian(R)), tensor([entry["C"] for entry in entries]))
    wrong = torch.sin(resolvent.phase_shifts(k) - tensor([entry["delta_rad"] for entry in entries]))
    assert float(wrong.abs().max()) < 1e-8


@pytest.mark.parametrize("R", [1.0, 2.0])
def test_separable_potential(reference: dict[str, Any], R: float) -> None:
    truth = Separable()
    rmatrix = RMatrix(35.0, 70, truth.reduced_mass, 1.0)
    entries = [entry for entry in reference["g_separable_units_of_mu"] if entry["R"] == R]
    resolvent = rmatrix.solve(truth.nonlocal_part(rmatrix.r[:, None], rmatrix.r))
    found = correlation_function(resolvent, tensor([entry["k"] for entry in entries]), Gaussian(R))
    close(found, tensor([entry["C"] for entry in entries]))


def test_two_protons(reference: dict[str, Any], protons, momenta) -> None:
    """The factor of the identical: direct − ½ exchange + ½ Δ. Reid's potential and Coulomb's are singular at the origin."""
    entry, source = reference["f_pp_reid"], Gaussian(3.0)
    expected, k = entry["R=3.0"], momenta(entry["k_MeV"])
    change = protons.change(source, k)
    terms = protons.koonin_pratt(source, k).background(source.density)
    assert float((protons.resolvent.phase_shifts(k) - tensor(entry["delta_rad"])).abs().max()) < 1e-8
    close(change, tensor(expected["swave_change"]))
    close(correlation_function(protons.resolvent, k, source, -0.5, 0.5), tensor(expected["C"]))
    close(pair_weights(0.5, 0.5, True)(*terms, {0.0: change}), tensor(expected["C"]))


def test_waves_outside_a_charged_pair_are_coulomb_waves(
    reference: dict[str, Any], published, momenta
) -> None:
    """With sine and cosine instead C would be 2.39 at 10 MeV/c, even with the Coulomb force inside."""
    entry, source = reference["d_potentials"]["n_omega"], Gaussian(1.2)
    pair, k = published("n_omega", charged=True), momenta([10.0])
    assert entry["coulomb"]["R=1.2"]["C_channel"][1] == pytest.approx(2.94, abs=5e-3)
    neutral = KooninPratt(pair.rmatrix.mesh, pair.rmatrix.kinetic, k, reach=source.reach)
    assert 1 + float(neutral.change(pair.resolvent, source.density)) == pytest.approx(2.39, abs=5e-3)


def test_one_wave_and_one_phase(published) -> None:
    """The waves are those of the resolvent up to a sign, and outside cos δ F0 + sin δ G0 of its phase."""
    pair, k = published("omega_omega", charged=True), tensor([0.1, 0.5, 1.2])
    calculation, n = pair.koonin_pratt(Gaussian(1.2), k), pair.rmatrix.mesh.n_points
    waves, phase = calculation.background.waves, pair.resolvent.phase_shifts(k).unsqueeze(-1)
    outside = torch.cos(phase) * waves.F + torch.sin(phase) * waves.G
    found, inside = calculation.waves(pair.resolvent), pair.resolvent.wave_functions(k)
    torch.testing.assert_close(found[:, n:].abs(), outside[:, n:].abs(), rtol=0, atol=1e-9)
    torch.testing.assert_close(found[:, :n].abs(), inside.abs(), rtol=0, atol=1e-9)


def at_the_pole(resolvent: Resolvent, kinetic: float) -> Tensor:
    return (resolvent.poles[2:3] / kinetic).sqrt()


def test_at_an_eigenvalue(published) -> None:
    pair, source = published("n_omega", radius=12.0, n_points=60), Gaussian(1.2)
    k = at_the_pole(pair.resolvent, pair.rmatrix.kinetic)
    C = torch.cat(
        [
            1 + pair.change(source, k * (1 + step))
            for step in (0.0, 1e-15, -1e-14, 1e-13, -1e-12, 1e-11, 1e-10)
        ]
    )
    torch.testing.assert_close(C, torch.full_like(C, 0.88205707), rtol=0, atol=2e-8)
    torch.testing.assert_close(C, C[:1].expand_as(C), rtol=0, atol=1e-10)


def test_small_momenta(published) -> None:
    pair = published("n_omega", radius=12.0, n_points=60)
    C = 1 + pair.change(Gaussian(1.2), tensor([1e-3, 1e-6]))
    assert float(C[0]) == pytest.approx(2.83112, abs=5e-6)
    assert float(C[1]) == pytest.approx(2.83117718, abs=1e-8)
    with pytest.raises(HadronlabError, match="k > 0"):
        pair.change(Gaussian(1.2), tensor([0.0, 0.1]))


def test_the_source_goes_on_where_the_mesh_ends(published) -> None:
    """Of R = 2.5 fm a quarter of e^{−r²/4R²} is left at 6 fm, where this potential has died."""
    k = tensor([0.05, 0.3, 1.0])
    short, long = (
        published("omega_omega", radius=a, n_points=n).change(Gaussian(2.5), k)
        for a, n in ((6.0, 60), (12.0, 90))
    )
    torch.testing.assert_close(short, long, rtol=0, atol=1e-9)
    longer = published("omega_omega", radius=6.0, n_points=60)
    calculation = KooninPratt(longer.rmatrix.mesh, longer.rmatrix.kinetic, k, reach=60.0)
    torch.testing.assert_close(
        calculation.change(longer.resolvent, Gaussian(2.5).density), short, rtol=0, atol=1e-11
    )


def test_a_short_range_in_a_long_mesh(reference: dict[str, Any], published, momenta) -> None:
    """e^{−81.7 r²} of NΩ: 60 points on 12 fm are good to 4e-6, as many as `published` takes to 1e-8."""
    entry, source = reference["d_potentials"]["n_omega"], Gaussian(1.2)
    k, expected = momenta(entry["k_MeV"]), tensor(entry["neutral"]["R=1.2"]["swave_change"])
    wrong = [
        float((published("n_omega", radius=12.0, n_points=n).change(source, k) - expected).abs().max())
        for n in (40, 60, 90)
    ]
    assert wrong[0] < 5e-3 and wrong[1] < 1e-5 and wrong[2] < 1e-7


def test_bins_and_their_radii_are_a_batch(published) -> None:
    pair, k = published("omega_ccc"), tensor([0.1, 0.7])
    V = torch.stack([pair.V, 0.9 * pair.V, 1.1 * pair.V])
    calculation = pair.koonin_pratt(Gaussian(1.4), k)
    together = pair.rmatrix.solve(V=V)
    one_by_one = [pair.rmatrix.solve(V=v) for v in V]
    density = Gaussian(1.1).density
    torch.testing.assert_close(
        calculation.change(together, density),
        torch.stack([calculation.change(one, density) for one in one_by_one]),
        rtol=0, atol=1e-11,
    )  # fmt: skip
    R = tensor([1.0, 1.2, 1.4])
    expected = [
        calculation.change(one, Gaussian(float(x)).density) for one, x in zip(one_by_one, R, strict=True)
    ]
    torch.testing.assert_close(
        calculation.change(together, Gaussian(R).density), torch.stack(expected), rtol=0, atol=1e-11
    )
    shapes = {x.shape for x in calculation.slopes(together, Gaussian(R).density)}
    assert shapes == {(3, 2, pair.rmatrix.mesh.n_points)}
    assert [x.shape for x in calculation.background(Gaussian(R).density)] == [(3, 2)] * 2


def slope_by_differences(C: Callable[[float], Tensor], step: float) -> Tensor:
    """Of fourth order."""
    return (C(-2 * step) - 8 * C(-step) + 8 * C(step) - C(2 * step)) / (12 * step)


def steps(pair) -> dict[str, Tensor]:
    """Changes of H, MeV: of a local potential and of a kernel."""
    r, mesh = pair.rmatrix.r, pair.rmatrix.mesh
    kernel = torch.exp(-(r[:, None] + r)) * (1 + torch.cos(r[:, None] + r))
    return {"V": torch.diag(torch.exp(-(r**2) / 2)), "U": mesh.kernel(kernel)}


@pytest.mark.parametrize("what", ["V", "U"])
@pytest.mark.parametrize("name, charged", [("n_omega", True), ("omega_omega", True), ("n_phi", False)])
def test_slope_in_the_potential(published, momenta, name: str, charged: bool, what: str) -> None:
    pair, source = published(name, charged, radius=12.0, n_points=70), Gaussian(1.2)
    k, dH = momenta([20.0, 100.0, 250.0]), steps(pair)[what]
    check_slope(pair, source, k, dH)


@pytest.mark.parametrize("distance", [0.0, 1e-12, 1e-8, 1e-6])
def test_slope_next_to_an_eigenvalue(published, distance: float) -> None:
    pair, source = published("n_omega", radius=12.0, n_points=60), Gaussian(1.2)
    k = at_the_pole(pair.resolvent, pair.rmatrix.kinetic) * (1 + distance)
    check_slope(pair, source, k, steps(pair)["V"])


def check_slope(pair, source: Gaussian, k: Tensor, dH: Tensor) -> None:
    calculation = pair.koonin_pratt(source, k)
    H = pair.hamiltonian.requires_grad_()
    change = calculation.change(pair.rmatrix.diagonalise(H.detach()), source.density, H)
    torch.testing.assert_close(change, calculation.change(pair.resolvent, source.density), rtol=0, atol=0)

    def C(step: float) -> Tensor:
        return calculation.change(pair.rmatrix.diagonalise(H.detach() + step * dH), source.density)

    expected = slope_by_differences(C, 1e-2)
    by_graph = torch.stack([(torch.autograd.grad(c, H, retain_graph=True)[0] * dH).sum() for c in change])
    x, adjoint = calculation.slopes(pair.resolvent, source.density)
    torch.testing.assert_close(by_graph, expected, rtol=1e-6, atol=1e-10)
    torch.testing.assert_close(-(adjoint * (x @ dH)).sum(-1), by_graph, rtol=1e-12, atol=1e-14)


def test_slope_in_the_radius_of_the_source(published, momenta) -> None:
    pair, k = published("n_omega", charged=True), momenta([10.0, 60.0, 200.0])
    calculation = pair.koonin_pratt(Gaussian(1.4), k)

    def C(radius: Tensor | float) -> Tensor:
        density = Gaussian(radius).density
        return calculation.background(density)[0] + calculation.change(pair.resolvent, density)

    log_radius = torch.tensor(math.log(1.2), dtype=torch.float64, requires_grad=True)
    found = torch.stack(
        [torch.autograd.grad(c, log_radius, retain_graph=True)[0] for c in C(log_radius.exp())]
    )
    expected = slope_by_differences(lambda step: C(1.2 * math.exp(step)), 1e-3)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


def test_the_slope_is_the_functional_derivative(published) -> None:
    """δC/δV(r) = −(8π/ck³) u [v ∫₀^r S u² + u ∫_r^∞ S u v]: without a potential u = sin kr, v = cos kr."""
    pair, k = published("omega_ccc"), tensor([0.4, 1.0])
    mesh, kinetic, source = pair.rmatrix.mesh, pair.rmatrix.kinetic, Gaussian(1.2)
    x, adjoint = pair.koonin_pratt(source, k).slopes(pair.rmatrix.solve(), source.density)
    found = -(adjoint * x) / mesh.dr
    fine = torch.linspace(0, source.reach, 20001, dtype=torch.float64)
    phase = k[:, None] * fine
    S = source.density(fine)
    inner = torch.cumulative_trapezoid(S * torch.sin(phase) ** 2, fine)
    outer = torch.cumulative_trapezoid(S * torch.sin(phase) * torch.cos(phase), fine)
    bracket = torch.cos(phase)[:, 1:] * inner + torch.sin(phase)[:, 1:] * (outer[:, -1:] - outer)
    exact = -(8 * math.pi / (kinetic * k[:, None] ** 3)) * torch.sin(phase)[:, 1:] * bracket
    at = torch.searchsorted(fine[1:], mesh.r).clamp(max=len(fine) - 2)
    torch.testing.assert_close(found, exact[:, at], rtol=0, atol=2e-3 * float(exact.abs().max()))
