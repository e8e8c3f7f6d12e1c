"""C(k) as an observable: against the reference, with what stands beside it, for local, nonlocal, neutral and charged pairs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.data.sources import Radii
from hadronlab.errors import HadronlabError
from hadronlab.estimates.ensembles import Bins, Ensemble
from hadronlab.losses.feed_down import FeedDown
from hadronlab.models.potentials.known import Known
from hadronlab.observables.femtoscopy import Femtoscopy
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.results import Results
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.sources import CoreHalo, Gaussian, Levy, Table
from hadronlab.physics.forces.local_potentials import Gaussians, SumOfPotentials, nucleon_omega, omega_ccc
from hadronlab.physics.forces.nonlocal_potentials import PereyBuck
from hadronlab.physics.forces.separable import Separable
from hadronlab.systems.hadrons import HadronPair

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "physics" / "femtoscopy" / "reference.json").read_text(encoding="utf-8")
)
N_OMEGA = HadronPair(
    "n_omega", 954.7, 1711.5, potential=nucleon_omega(), charges=[1, -1], spins=[0.5, 1.5], spin=2
)
OMEGA_CCC = HadronPair(
    "omega_ccc", 4796.0, 4796.0, potential=omega_ccc(), charges=[2, 2], spins=[1.5, 1.5], spin=0, identical=True
)  # fmt: skip
NEUTRAL = {"charges": None, "spins": None, "identical": None, "spin": None}
GRID = {"k": [5.0, 10.0], "points": 2}  # the first two momenta of the reference


def learned(pair: HadronPair, radius: float = 14.0, k_max: float = 2.0) -> LearnedPotential:
    return LearnedPotential([Known(pair.potential)], Radii(radius).load(pair), pair, k_max)


def observed(pair: HadronPair, radius: float = 14.0, **settings: Any) -> Results:
    return Femtoscopy(**settings).observe(learned(pair, radius))


def C(result: Results, name: str = "correlation") -> np.ndarray:
    return result.estimates[name].value


@pytest.mark.parametrize(
    ("pair", "radius"), [(N_OMEGA, 14.0), (OMEGA_CCC, 5.0)], ids=["n_omega", "omega_ccc"]
)
def test_the_reference_with_charges_spins_and_statistics(pair: HadronPair, radius: float) -> None:
    entry = REFERENCE["d_potentials"][pair.name]["coulomb"]
    result = observed(pair, radius, radii=[0.8, 1.2], **GRID)
    assert result.estimates["correlation"].rows == ("R = 0.8 fm", "R = 1.2 fm")
    for i, R in enumerate((0.8, 1.2)):
        # 1e-6 of C itself: also 4e-35 behind the barrier of Ω_ccc++
        np.testing.assert_allclose(C(result)[i], entry[f"R={R}"]["C_pair_averaged"][:2], rtol=1e-6)
    one = observed(replace(pair, spins=None), radius, radii=[0.8], **GRID)
    np.testing.assert_allclose(C(one)[0], entry["R=0.8"]["C_channel"][:2], rtol=1e-6)
    assert "correlation_low" not in one.estimates


def test_a_nonlocal_potential_in_units_of_mu() -> None:
    """The exact wave of the separable toy; momenta above what is quoted are none."""
    pair = HadronPair("separable", 6.6, 6.6, 1.0, potential=Separable())
    toy = learned(pair, 35.0, 1.0)
    known = [e for e in REFERENCE["g_separable_units_of_mu"] if e["R"] == 1.0 and e["k"] in (0.05, 0.1)]
    result = Femtoscopy(radii=[1.0], k=[0.05, 0.1], points=2).observe(toy)
    np.testing.assert_allclose(C(result)[0], [e["C"] for e in known], rtol=1e-7)
    assert result.estimates["correlation"].rows == ("R = 1",)
    assert result.unit("correlation_k") == ""
    beyond = Femtoscopy().observe(toy)
    assert not beyond.estimates
    assert beyond.warnings == [
        "femtoscopy: no C(k) above 1 μ, which is task.k_max, beyond which nothing is quoted"
    ]


def test_momenta_above_what_is_quoted_are_left_out() -> None:
    result = observed(N_OMEGA, k=[100.0, 500.0], points=5)
    np.testing.assert_allclose(result.values["correlation_k"], [100.0, 200.0, 300.0])
    assert "above 394.7 MeV/c" in result.warnings[0]


def test_lednicky_stands_beside_it_and_where_it_is_no_substitute() -> None:
    entry = REFERENCE["e_lednicky"]["n_omega"]
    pair = replace(N_OMEGA, **NEUTRAL)
    result = observed(pair, radii=[0.8, 1.2], **GRID)
    for i, R in enumerate((0.8, 1.2)):
        expected = 1 + np.array(entry[f"R={R}"]["C_minus_1"][:2])
        np.testing.assert_allclose(C(result, "correlation_lednicky")[i], expected, rtol=1e-5)
    (told,) = [w for w in result.warnings if "Lednický" in w]
    exact = [REFERENCE["d_potentials"]["n_omega"]["neutral"][f"R={R}"]["C_channel"][0] for R in (0.8, 1.2)]
    missed = [1 - (1 + entry[f"R={R}"]["C_minus_1"][0]) / C for R, C in zip((0.8, 1.2), exact, strict=True)]
    of = ", ".join(f"R = {R} fm by {share:.0%}" for R, share in zip((0.8, 1.2), missed, strict=True))
    assert told == f"Lednický–Lyuboshits is no substitute here: it misses C(k) of {of}"
    assert not observed(pair, radii=[3.0]).warnings
    nothing = observed(replace(pair, potential=Gaussians([0.0], [1.0])), radii=[1.0])  # no effective range
    assert "correlation_lednicky" not in nothing.estimates
    np.testing.assert_allclose(C(nothing), 1.0, atol=1e-9)


def test_unmeasured_channels_are_bracketed() -> None:
    """³S₁ of NΩ: nothing, a wall, a disc of 2 fm; the envelope of the three."""
    entry = REFERENCE["d_potentials"]["n_omega"]["coulomb"]["R=0.8"]
    result = observed(N_OMEGA, radii=[0.8], **GRID)
    three = np.array([entry[f"C_pair_averaged{name}"][:2] for name in ("", "_3S1_hard_wall", "_3S1_black")])
    np.testing.assert_allclose(C(result, "correlation_low")[0], three.min(0), rtol=1e-6)
    np.testing.assert_allclose(C(result, "correlation_high")[0], three.max(0), rtol=1e-6)
    assert any("the force of total spin 1 is not known" in w for w in result.warnings)
    smaller = observed(N_OMEGA, radii=[0.8], unmeasured_radius=1.0, **GRID)
    assert (C(smaller, "correlation_low") > C(result, "correlation_low")).all()


def test_a_disc_behind_a_barrier_adds_no_more_than_comes_there() -> None:
    """¼(F² + G²) of Ω_ccc++ would be 1e36 at 5 MeV/c."""
    result = observed(OMEGA_CCC, 5.0, radii=[0.8, 1.2], **GRID)
    low, plain, high = (C(result, f"correlation{name}") for name in ("_low", "", "_high"))
    assert (low > 0).all() and (low < plain).all() and (plain < high).all() and (high < 10 * plain).all()


def test_sources_by_name() -> None:
    r = torch.linspace(0.0, 15.0, 300, dtype=torch.float64)
    table = Table(r.numpy(), Gaussian(1.2).density(r).numpy())
    sources = {
        "gauss": Gaussian(1.2),
        "levy": Levy(1.2, 2.0),
        "halo": CoreHalo(1.2, 4.0, 1.0),
        "table": table,
    }
    result = observed(N_OMEGA, radii=[], sources=sources, points=5)
    assert result.estimates["correlation"].rows == tuple(sources)
    # all four are the same Gaussian; a Lévy integral and a spline know it to 1e-5
    np.testing.assert_allclose(C(result)[1:], np.tile(C(result)[0], (3, 1)), rtol=1e-5)


def test_the_functional_derivative() -> None:
    """δC = ∫ δC/δV(r) δV(r) dr against a difference."""
    k, settings = [20.0, 100.0], {"radii": [1.0, 2.0], "genuine": 0.7, "slope": 0.1}
    result = observed(N_OMEGA, derivative_at=k, **settings)
    slopes, solved = result.estimates["correlation_derivative"], learned(N_OMEGA).charged
    assert slopes.rows[1] == "R = 1 fm, k = 100 MeV/c" and slopes.unit == "MeV⁻¹ fm⁻¹"
    step, bump = 1e-3, Gaussians([1.0], [1.5])
    by_slope = slopes.value @ (solved.mesh.dr * bump(solved.mesh.r)).numpy()
    ends = [
        C(observed(replace(N_OMEGA, potential=SumOfPotentials([nucleon_omega(), Gaussians([s * step], [1.5])])),
                   k=k, points=2, **settings)).reshape(-1)
        for s in (1.0, -1.0)
    ]  # fmt: skip
    np.testing.assert_allclose(by_slope, (ends[0] - ends[1]) / (2 * step), rtol=1e-6)


class Scaled(Known):
    """A nonlocal potential with a factor, as a refitted bin has."""

    def __init__(self, potential: PereyBuck, factor: float) -> None:
        super().__init__(potential)
        self.factor = factor

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return self.factor * super().kernel(r, rp)


def test_bins_of_a_nonlocal_potential_give_errors() -> None:
    potential = PereyBuck(Gaussians([-60.0], [0.8]), 0.6)
    pair = replace(N_OMEGA, potential=potential)
    factors = (1.0, 0.99, 1.01, 1.02, 0.98)
    models = [Scaled(potential, f) for f in factors]
    bins = Bins([Ensemble("lattice", "bootstrap", 4)])
    result = Femtoscopy(points=4).observe(
        LearnedPotential(models, Radii(6.0).load(pair), pair, 2.0, bins=bins)
    )
    found = result.estimates["correlation"]
    assert found.error.shape == (3, 4) and (found.error > 0).all()
    each = [C(observed(replace(N_OMEGA, potential=PereyBuck(Gaussians([-60.0 * f], [0.8]), 0.6)), 6.0, points=4)) for f in factors]  # fmt: skip
    np.testing.assert_allclose(found.parts["lattice"].bins, each[1:], rtol=1e-9)
    assert (result.estimates["correlation_lednicky"].error > 0).all()


def test_what_an_experiment_makes_of_it() -> None:
    """λ, N and the baseline; bins and resolution; a residual of Λ that decay."""
    few: dict[str, Any] = {"k": [5.0, 60.0], "points": 12}
    pure = observed(N_OMEGA, radii=[1.0], **few)
    k = pure.values["correlation_k"] / HBAR_C
    seen = observed(N_OMEGA, radii=[1.0], **few, genuine=0.6, normalisation=1.1, slope=0.2, curvature=-0.1)
    expected = 1.1 * (1 + 0.2 * k - 0.1 * k**2) * (1 + 0.6 * (C(pure) - 1))
    np.testing.assert_allclose(C(seen), expected, rtol=1e-12)
    narrow, wide = (observed(N_OMEGA, radii=[1.0], **few, width=w) for w in (0.01, 5.0))
    np.testing.assert_allclose(C(narrow), C(pure), rtol=1e-5)
    assert abs(C(wide)[0, 0] - C(pure)[0, 0]) > 0.05  # C falls steeply at 5 MeV/c
    smeared = observed(N_OMEGA, radii=[1.0], **few, resolution=5.0)
    assert abs(C(smeared)[0, 0] - C(pure)[0, 0]) > 0.05 > abs(C(smeared)[0, -1] - C(pure)[0, -1])
    channel = {"weight": 1.0, "inverse_length": -0.347, "effective_range": 2.92}
    residual = FeedDown(0.2, 1115.683, 938.272, 139.57, 1711.5, [channel])
    fed = observed(N_OMEGA, radii=[1.0], **few, residuals={"lambda_omega": residual}, genuine=0.6)
    assert (C(fed) > 1 + 0.6 * (C(pure) - 1)).all()  # attraction in the mother pair


def test_measured_points_are_compared(tmp_path: Path) -> None:
    rows = [f"{k},{1.0 + 20 / k},{0.05}" for k in (20, 40, 80, 160)]
    (tmp_path / "c.csv").write_text("\n".join(["k_MeV,C,error", *rows]))
    result = observed(
        N_OMEGA, radii=[1.0, 1.5], k=[20.0, 160.0], points=8, data=CorrelationFile(str(tmp_path / "c.csv"))
    )
    at = np.searchsorted(result.values["correlation_k"], [20.0, 40.0, 80.0, 160.0])
    expected = ((C(result)[:, at] - result.values["compared_correlation"]) / 0.05) ** 2
    np.testing.assert_allclose(result.values["compared_chi2"], expected.sum(1), rtol=1e-9)
    assert result.estimates["compared_chi2"].rows == ("R = 1 fm", "R = 1.5 fm")


def test_a_pair_without_such_a_channel_has_a_warning_and_no_result() -> None:
    """An evaluation behind a long training does not end with an error."""
    wrong = observed(replace(OMEGA_CCC, spin=1), 5.0)
    assert not wrong.estimates and len(wrong.warnings) == 1
    assert wrong.warnings[0].startswith("femtoscopy: no C(k): system omega_ccc: spin=1 has no S wave")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": [0.0, 300.0]}, r"k=\[0.0, 300.0\] MeV/c and points=60: give \[first, last\] above zero"),
        ({"k": [-5.0, 300.0]}, "above zero"),
        ({"k": [300.0, 5.0]}, "above zero"),
        ({"points": 1}, "2 or more"),
        ({"radii": []}, "give radii or sources"),
        ({"radii": [-1.0]}, "radius=-1.0 must be above 0"),
        ({"resolution": -3.0}, "resolution=-3.0 MeV/c must not be negative"),
        ({"width": -1.0}, "width=-1.0 MeV/c must not be negative"),
        ({"width": 6.0}, "width=6 MeV/c: bins of momenta that are 5 MeV/c apart would overlap"),
        ({"derivative_at": [0.0]}, "derivative_at must be positive"),
        ({"sources": {"x": CoreHalo(1.0, 3.0, 1.5)}}, "fraction=1.5 must be above 0 and at most 1"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused_before_the_training(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(HadronlabError, match=message):
        Femtoscopy(**settings)
