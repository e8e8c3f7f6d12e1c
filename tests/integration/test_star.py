"""Fits to STAR's correlation functions against an independent calculation (chi^2 to .5, R to .05 or .02, λ to .01)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from processes import run

from hadronlab import api
from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.tasks.inverse import InverseTask

ALONE = ("loss.correlation.residuals.p_lambda.share=0", "loss.correlation.priors.p_lambda=0")
HELD = ("loss.correlation.genuine=0.45", "loss.correlation.priors.genuine=0",
        "loss.correlation.residuals.p_lambda.share=0.376", "loss.correlation.priors.p_lambda=0")  # fmt: skip
BY_EXPANSION = ("model=free", "wave@loss.correlation.wave=effective_range", "loss.correlation.wave.inverse_length=-0.13",
                "+loss.correlation.priors.inverse_length=inf", "+loss.correlation.priors.effective_range=inf")  # fmt: skip


def problem_of(*overrides: str) -> LeastSquares:
    return InverseTask.build(api.composed(*overrides)).least_squares()


def fitted(*overrides: str) -> tuple[float, dict[str, tuple[float, float]]]:
    """χ², and of every parameter its value and its error by JᵀJ."""
    problem = problem_of(*overrides)
    chi2 = GaussNewton(problem, DampedSolver(1e-3, relative=True)).run(100, 1e-9).loss
    theta = problem.theta()
    errors = torch.linalg.inv(problem.normal(theta)[0][0]).diagonal().sqrt()
    found = {}
    for name, (i, one) in problem.named_nuisances.items():
        ends = [float(one.value(theta[i] + s * 1e-4)) for s in (1, -1)]
        found[name] = float(one.value(theta[i])), float(errors[i]) * abs(ends[0] - ends[1]) / 2e-4
    return chi2, found


@pytest.mark.parametrize(
    ("system", "chi2", "radius", "purity", "residual"),
    [
        ("pp_star", 45.2, (1.966, 0.118), (0.166, 0.020), (0.057, 0.022)),
        ("antipp_star", 48.0, (1.946, 0.156), (0.161, 0.026), (0.020, 0.023)),
        ("pp_star", 54.4, (1.602, 0.043), (0.117, 0.007), None),
        ("antipp_star", 48.8, (1.806, 0.068), (0.141, 0.013), None),
        ("pp_star", 90.2, (2.930, 0.015), None, None),
        ("antipp_star", 81.3, (3.006, 0.023), None, None),
    ],
)
def test_protons(system: str, chi2: float, radius, purity, residual) -> None:  # type: ignore[no-untyped-def]
    extra = HELD if purity is None else ALONE if residual is None else ()
    loss, found = fitted(f"system={system}", *extra)
    assert loss == pytest.approx(chi2, abs=0.5)
    assert found["source_radius"][0] == pytest.approx(radius[0], abs=0.02 if purity is None else 0.05)
    expected = {"source_radius": radius, "lambda": purity, "lambda_p_lambda": residual}
    for name, of in expected.items():
        assert (name in found) == (of is not None)
        if of is not None:
            assert name == "source_radius" or found[name][0] == pytest.approx(of[0], abs=0.01)
            assert found[name][1] == pytest.approx(of[1], rel=0.05, abs=0.0005)  # its digits


@pytest.mark.parametrize(
    ("extra", "f0", "d0"),
    [((), (7.2, 0.5), (4.6, 1.2)), (HELD, (7.10, 0.16), (2.8, 1.9))],
    ids=["free", "held"],
)
def test_protons_by_the_charged_effective_range(extra, f0, d0) -> None:  # type: ignore[no-untyped-def]
    _, found = fitted("system=pp_star", *BY_EXPANSION, *extra)
    inverse, error = found["inverse_scattering_length"]
    assert -1 / inverse == pytest.approx(f0[0], abs=0.06) and error / inverse**2 == pytest.approx(
        f0[1], rel=0.15
    )
    # d0 of the free fit lies in a valley: two codes end a third of its error apart
    value, error = found["effective_range"]
    assert value == pytest.approx(d0[0], abs=0.3 * d0[1]) and error == pytest.approx(d0[1], rel=0.25)


def test_lambdas() -> None:
    chi2, found = fitted("system=lambda_lambda_star")
    assert chi2 == pytest.approx(36.07, abs=0.01) and chi2 <= 36.4
    expected = {"lambda": (0.172, 0.047), "source_radius": (2.94, 0.42), "inverse_scattering_length": (0.84, 0.16),
                "effective_range": (8.1, 2.0)}  # fmt: skip
    for name, (value, error) in expected.items():
        assert found[name][0] == pytest.approx(value, abs=0.05 * error + 0.005)
        assert found[name][1] == pytest.approx(error, rel=0.05)


@pytest.mark.slow
def test_the_run_of_protons_says_that_radius_and_purity_are_one_direction(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    assert run(["system=pp_star", f"hydra.run.dir={directory}", "quiet=true"], log) == 0, log.read_text()
    result = json.loads((directory / "result.json").read_text())
    told = " ".join(result["warnings"])
    assert "source_radius, lambda are nearly one direction" in told and "collapsed" not in told
    values = result["observables"]
    # JᵀJ has 0.118; residuals bend along this valley, with which the spread of experiments is 0.144 ± 10 %
    assert values["source_radius"]["error"] == pytest.approx(0.144, rel=0.25)
    assert values["source_radius.profile"]["interval"] == pytest.approx([1.837, 2.099], abs=0.01)
    assert "error" not in values["scattering_length"]  # of a given potential
    assert (directory / "figures" / "profile_source_radius.png").exists()
    # a run of a model without parameters can be evaluated again and resumed
    api.evaluate(directory, "observables.profile.of=lambda")
    assert (directory / "figures" / "profile_lambda.png").exists()
    assert run([f"resume={directory}"], log) == 0, log.read_text()


@pytest.mark.slow
def test_the_run_of_lambdas_tells_all_minima_and_that_the_sign_is_not_known(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    settings = ["system=lambda_lambda_star", "loss.correlation.pseudo_experiments=0", "quiet=true"]
    assert run([*settings, f"hydra.run.dir={directory}"], log) == 0, log.read_text()
    told = json.loads((directory / "result.json").read_text())["warnings"]
    (others,) = [line for line in told if line.startswith("other minima of the fit")]
    assert "inverse_scattering_length = -0.16" in others
    (sign,) = [line for line in told if "determine the sign of inverse_scattering_length" in line]
    assert sign.startswith("with systematic errors")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("loss.correlation.genuine=-0.1", "genuine=-0.1 is a share of pairs, from 0 to 1"),
        ("loss.correlation.source.radius=0", "source: radius=0.* must be above 0"),
        ("+loss.correlation.priors.radios=0.1", "priors.radios: no such parameter"),
        ("loss.correlation.priors.radius=wide", "priors.radius='wide': give a width, 0, or inf"),
        ("observables.profile.of=radius", "profile.of=radius is not fitted: source_radius, lambda"),
        ("wave@loss.correlation.wave=effective_range", "asks no potential: choose model=free"),
    ],
)
def test_mistakes(setting: str, said: str) -> None:
    with pytest.raises((ConfigError, HadronlabError), match=said):
        problem = problem_of("system=pp_star", setting)
        problem.loss(problem.theta())
