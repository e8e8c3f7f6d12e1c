"""C(k) without a training: of a file, a system, a run; what a file may name; what is written."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from hadronlab.api import femtoscopy, run
from hadronlab.config.messages import one_line, user_errors
from hadronlab.errors import HadronlabError
from hadronlab.physics.femtoscopy.sources import Levy
from hadronlab.run.femto import table, write

N_OMEGA = """\
potential: {_target_: hadronlab.physics.forces.local_potentials.nucleon_omega}
mass1: 954.7
mass2: 1711.5
charges: [1, -1]
spins: [0.5, 1.5]
spin: 2
radii: [0.8]
k: [5, 10]
points: 2
"""
REID = """\
potential: {_target_: hadronlab.physics.forces.local_potentials.reid_1s0}
mass1: 938.27208816
charges: [1, 1]
spins: [0.5, 0.5]
spin: 0
identical: true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "n_omega.yaml"
    path.write_text(N_OMEGA)
    return path


def test_a_file_and_the_shipped_system_agree_with_the_reference(file: Path) -> None:
    by_file = femtoscopy(file)
    by_system = femtoscopy("system=n_omega", radii=[0.8], k=[5, 10], points=2)
    for found in (by_file, by_system):
        values = found.values
        assert values["scattering_length"] == pytest.approx(5.184856, rel=1e-6)
        assert values["coulomb_scattering_length"] == pytest.approx(3.196317, rel=1e-6)
        assert values["binding_energy"] == pytest.approx(1.611448, rel=1e-5)
        assert found.estimates["scattering_length"].name == "nuclear"
    np.testing.assert_allclose(by_file.values["correlation"], by_system.values["correlation"], rtol=1e-12)


def test_protons(tmp_path: Path) -> None:
    """Reid's soft core, whose tail wants a long mesh, with Coulomb: a_c = −7.7485 fm [f_pp_reid]; STAR's points beside it."""
    (tmp_path / "pp.yaml").write_text(REID)
    result = femtoscopy(tmp_path / "pp.yaml", data="star_pp_2015", radii=[3.0], k=[20, 40], points=2)
    assert result.values["coulomb_scattering_length"] == pytest.approx(-7.748502568, rel=1e-6)
    assert result.values["coulomb_effective_range"] == pytest.approx(2.7287213574, rel=1e-6)
    assert "binding_energy" not in result.estimates and "correlation_low" not in result.estimates
    np.testing.assert_allclose(result.values["correlation"][0], [1.555852967762907, 1.0386707839], rtol=1e-7)
    assert result.values["compared_chi2"].shape == (1,)


def test_settings_of_the_call_go_before_those_of_the_file(file: Path) -> None:
    neutral = femtoscopy(
        file, "system.charges=[0,0]", "system.spins=null", radii=[1.2], sources={"big": Levy(2.0, 1.7)}
    )
    assert neutral.estimates["correlation"].rows == ("R = 1.2 fm", "big")
    assert "coulomb_scattering_length" not in neutral.estimates
    np.testing.assert_allclose(neutral.values["correlation_k"], [5.0, 10.0])
    # [e_lednicky/n_omega/R=1.2] at 5 MeV/c
    assert neutral.values["correlation_lednicky"][0, 0] == pytest.approx(2.6362846570740217, rel=1e-6)


def test_tables_lie_beside_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    r = np.arange(0.0, 5.0, 0.05)
    np.savetxt(folder / "v.dat", np.stack([r, -60 * np.exp(-0.8 * r**2)], 1))
    s = np.arange(0.0, 15.0, 0.1)
    np.savetxt(folder / "s.dat", np.stack([s, np.exp(-(s**2) / 4) / (4 * np.pi) ** 1.5], 1))
    (folder / "mine.yaml").write_text(
        "potential: {_target_: hadronlab.data.potential_table.potential_table, path: v.dat}\n"
        "mass1: 1000\nradii: [1.0]\n"
        "sources: {mine: {_target_: hadronlab.data.source_table.source_table, path: s.dat}}\n"
    )
    monkeypatch.chdir(tmp_path)
    result = femtoscopy("mine/mine.yaml", points=4)
    np.testing.assert_allclose(*result.values["correlation"], rtol=1e-5)  # the table is R = 1 fm
    (folder / "exact.yaml").write_text(
        "potential: {_target_: hadronlab.physics.forces.local_potentials.Gaussians, strengths: [-60], exponents: [0.8]}\nmass1: 1000\n"
    )
    exact = femtoscopy("mine/exact.yaml", radii=[1.0], points=4)
    np.testing.assert_allclose(result.values["correlation"][0], exact.values["correlation"][0], rtol=1e-4)


@pytest.mark.slow
def test_the_learned_potential_of_a_run(tmp_path: Path) -> None:
    trained = run(
        "system=omega_ccc", "data=synthetic_noisy", "data.lattice.noise.bins=4", "model=hybrid_low_rank", "loss=r_correlator_ridge",
        "optimizer=natural_gradient", "optimizer.natural_gradient.warmup_steps=0", "trainer.max_epochs=3", "quiet=true", "figures=false",
        "observables=[low_energy,femtoscopy]", "observables.femtoscopy.radii=[1.0]", "observables.femtoscopy.points=4",
        directory=tmp_path / "run",
    )  # fmt: skip
    again = femtoscopy(trained.directory, radii=[1.0], points=4)
    np.testing.assert_allclose(again.values["correlation"], trained.array("correlation"), rtol=1e-9)
    np.testing.assert_allclose(
        again.estimates["correlation"].error, trained.array("correlation_error"), rtol=1e-9
    )
    neutral = femtoscopy(trained.directory, "system.charges=[0,0]", radii=[1.0], points=4)
    assert "coulomb_scattering_length" in again.estimates
    assert "coulomb_scattering_length" not in neutral.estimates
    with pytest.raises(HadronlabError, match=r"femtoscopy: no C\(k\) above"):
        femtoscopy(trained.directory, k=[500, 600])


def test_what_is_written(file: Path, tmp_path: Path) -> None:
    result = femtoscopy(file, derivative_at=[20.0])
    write(result, tmp_path / "new" / "c.csv", tmp_path / "c.png")
    with (tmp_path / "new" / "c.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [float(row["k_MeV"]) for row in rows] == [5.0, 10.0]
    for column, name in (("C", ""), ("lednicky", "_lednicky"), ("low", "_low"), ("high", "_high")):
        values = [float(row[f"{column}(R = 0.8 fm)"]) for row in rows]
        np.testing.assert_allclose(values, result.values[f"correlation{name}"][0], rtol=1e-15)
    assert len(table(result)) == 2
    for name in ("c.png", "c_derivative.png"):
        assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mass1: 954.7\n", "potential is missing: a file has a potential and its masses"),
        (N_OMEGA.replace("mass1: 954.7\n", ""), "mass1 is missing"),
        (N_OMEGA.replace("charges", "charge"), "charge is not a setting: did you mean 'charges'"),
        (N_OMEGA.replace("954.7", "-3"), "mass1 must be a positive number"),
        (N_OMEGA.replace("954.7", "heavy"), "system.mass1 must be a number or null, got 'heavy'"),
        (N_OMEGA.replace("[1, -1]", "[1]"), "charges are two numbers"),
        (N_OMEGA.replace("nucleon_omega}", "nucleon_omega, depth: 3}"), "system.potential.depth is not a setting of"),
        (N_OMEGA.replace("hadronlab.physics.forces.local_potentials.nucleon_omega", "os.system"), "'os.system' is not trusted"),
        (N_OMEGA.replace("hadronlab.physics.forces.local_potentials.nucleon_omega", "mine.Force"), "HADRONLAB_TRUST=mine"),
        (N_OMEGA + "sources: {x: {_target_: os.getcwd}}\n", "'os.getcwd' is not trusted"),
        (N_OMEGA + "name: ${oc.env:HOME}\n", "holds the interpolation"),
        (N_OMEGA.replace("k: [5, 10]", "k: [0, 10]"), r"k=\[0, 10\] MeV/c and points=2: give \[first, last\] above zero"),
        (N_OMEGA.replace("[0.8]", "[-0.8]"), "radius=-0.8 must be above 0"),
        (N_OMEGA.replace("spin: 2", "spin: 3"), "spin=3 has no S wave, which there is for 1, 2"),
        (N_OMEGA + "k: [", "not a readable configuration"),
        ("- 1\n", "not a configuration, it holds a list"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text(text)
    with pytest.raises(user_errors()) as caught:
        femtoscopy(tmp_path / "v.yaml")
    line = one_line(caught.value)
    assert re.search(message, line) and "\n" not in line, line


@pytest.mark.parametrize(
    ("what", "overrides", "message"),
    [
        ("n_omega", (), "no such file or run directory; system=n_omega is a shipped system"),
        ("system=tcc", (), "system=tcc is no pair of hadrons"),
        ("system=lattice", (), "system lattice has no potential"),
        ("system=n_omega", ("charges=[1,1]",), r"beside the potential stand system.charges"),
        ("system=n_omega", ("system.charge=[1,1]",), "did you mean 'charges'"),
        (".", (), "is not a run directory"),
    ],
)
def test_bad_requests_are_refused(what: str, overrides: tuple[str, ...], message: str) -> None:
    with pytest.raises(HadronlabError, match=message):
        femtoscopy(what, *overrides)


def test_bad_data_are_refused_first(file: Path, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("k_MeV,C,error\n0.01,1.9,0.1\n0.1,1.5,0.1\n0.3,1.1,0.1\n")
    with pytest.raises(HadronlabError, match=r"probably GeV/c \(unit=GeV\)"):
        femtoscopy(file, data=tmp_path / "c.csv")
