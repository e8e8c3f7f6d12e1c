"""`hadronlab-export`: the learned potential in files of which other codes, and this one, make the same phase shifts."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from hadronlab import api, export
from hadronlab.api import exported_potential
from hadronlab.data.potential_table import potential_table
from hadronlab.errors import ConfigError, DataError
from hadronlab.models.potentials.known import Known
from hadronlab.physics.scattering.hadronic_mesh import scattering_mesh
from hadronlab.run.restore import restore

BINS = 4


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, api.Run]:
    """A local potential and one with a kernel, with four bins each."""
    folder = tmp_path_factory.mktemp("runs")
    common = ("system=omega_ccc", "data=synthetic_noisy", f"data.lattice.noise.bins={BINS}", "data.lattice.step=0.5", "data.times=[26]",
              "data.r_max=2.0", "optimizer.natural_gradient.warmup_steps=0", "trainer.max_epochs=4", "quiet=true", "figures=false")  # fmt: skip
    models = {"local": ("model=local_gaussians", "loss=r_correlator", "optimizer=natural_gradient"),
              "hybrid": ("model=hybrid_low_rank", "loss=r_correlator_ridge", "optimizer=natural_gradient")}  # fmt: skip
    return {name: api.run(*own, *common, directory=folder / name) for name, own in models.items()}


def phase_shifts(potential: object, run: api.Run) -> np.ndarray:
    """δ (deg) at the momenta of the run, on its mesh."""
    data = restore(run.directory)[1].data
    mesh = scattering_mesh(float(data.r[-1]), data.reduced_mass, data.hbar_c, 2.0)
    known = Known(potential)
    U = known.on_grid(mesh.r, mesh.r) if known.has_nonlocal else None
    solved = mesh.solve(U, known.local(mesh.r) if known.has_local else None)
    return torch.rad2deg(solved.phase_shifts(torch.from_numpy(run.array("k")))).numpy()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["local", "hybrid"])
def test_an_exported_potential_has_the_phase_shifts_of_the_run(
    name: str, runs: dict[str, api.Run], tmp_path: Path
) -> None:
    """Of the mean and of a bin; what is left is the spline between steps of 0.02 fm."""
    run, out = runs[name], tmp_path / "potential.h5"
    assert api.export(run.directory, out) == [out]
    delta = run.estimate("phase_shift_nonlocal")
    (bins,) = (part.bins for part in delta.parts.values())
    for bin, exact in ((0, delta.value), (3, bins[2])):
        assert phase_shifts(exported_potential(out, bin), run) == pytest.approx(exact, abs=2e-3)
    assert np.abs(bins[2] - delta.value).max() > 0.01
    with pytest.raises(DataError, match=f"no bin 5; 0 is the mean, and it holds {BINS} bins"):
        exported_potential(out, 5)


@pytest.mark.slow
def test_tables(
    runs: dict[str, api.Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A local one is read as it stands; of a kernel there is a second file."""
    run, out = runs["local"], tmp_path / "v.csv"
    monkeypatch.setattr("sys.argv", ["hadronlab-export", str(run.directory), str(out)])
    export.main()
    assert capsys.readouterr().out == f"{out}\n"
    delta = run.estimate("phase_shift_nonlocal")
    (bins,) = (part.bins for part in delta.parts.values())
    for bin, exact in ((0, delta.value), (2, bins[1])):
        assert phase_shifts(potential_table(out, bin), run) == pytest.approx(exact, abs=2e-3)
    with pytest.raises(DataError, match="not 6; where the others are resampling bins, choose one by bin="):
        potential_table(out)
    kernel = api.export(runs["hybrid"].directory, tmp_path / "w.dat", step=0.1)
    assert [path.name for path in kernel] == ["w.dat", "w_U.dat"]
    assert (
        kernel[1].read_text().splitlines()[1]
        == f"# r r', the mean in MeV fm⁻³, {BINS} jackknife bins of lattice:L96"
    )
    r, rp, U, *others = np.loadtxt(kernel[1]).T
    whole = exported_potential(api.export(runs["hybrid"].directory, tmp_path / "w.h5", step=0.1)[0])
    assert len(others) == BINS and len(U) == len(np.unique(r)) ** 2
    exact = whole.nonlocal_part(*map(torch.from_numpy, (r, rp))).numpy()
    np.testing.assert_allclose(U, exact, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_mistakes_are_one_line(
    runs: dict[str, api.Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = runs["local"].directory
    (tmp_path / "there.h5").write_text("mine")
    for arguments, said in (
        ([run, tmp_path / "v.xls"], "give a name that ends with .h5, .hdf5, .txt, .dat, .csv"),
        ([run, tmp_path / "there.h5"], "exists already: give another name, or --force"),
        ([run, tmp_path / "v.h5", "--step=0"], "give a positive length"),
        ([run, tmp_path / "v.h5", "--step=1"], "give less than a fifth of it"),
        ([tmp_path, tmp_path / "v.h5"], "is not a run directory"),
    ):
        monkeypatch.setattr("sys.argv", ["hadronlab-export", *map(str, arguments)])
        with pytest.raises(SystemExit, match="1"):
            export.main()
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1
    assert (tmp_path / "there.h5").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there.h5"]


@pytest.mark.slow
def test_of_several_channels_there_is_no_table(tmp_path: Path) -> None:
    run = api.run("system=tensor", "data.sources=[wall]", "data.times=[13]", "data.lattice.n_mesh=60", "data.lattice.step=1.0",
                  "data.lattice.length=70", "trainer.max_epochs=2", "quiet=true", "figures=false", directory=tmp_path / "run")  # fmt: skip
    with pytest.raises(ConfigError, match=r"a table holds one channel, and these are S, D: give v\.h5"):
        api.export(run.directory, tmp_path / "v.txt")
    (out,) = api.export(run.directory, tmp_path / "v.h5", step=0.1)
    with h5py.File(out) as file:
        r, V = file["r"][()], file["V_0"][()]
    assert V.shape == (2, 2, len(r)) and np.array_equal(V[0, 1], V[1, 0])


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["r"] = np.linspace(0.1, 2.0, 20)
    with pytest.raises(DataError, match="holds neither V_0 nor U"):
        exported_potential(tmp_path / "other.h5")
    with h5py.File(tmp_path / "other.h5", "a") as file:
        file["U"] = np.arange(400.0).reshape(20, 20)
    with pytest.raises(DataError, match="give a symmetric matrix"):
        exported_potential(tmp_path / "other.h5")


def test_unconventional_runs_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hadronlab.run.restore.restore", lambda directory: (None, object(), {}))
    with pytest.raises(ConfigError, match="only a run that learns a potential"):
        api.export(tmp_path, tmp_path / "v.h5")
