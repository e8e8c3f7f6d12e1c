"""Several R-correlator files in one fit: each has its own equation, mass and bins; their errors are independent."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadronlab.api import run
from hadronlab.data.cache import synthetic_correlator
from hadronlab.data.noise import Noise
from hadronlab.data.r_correlator import write
from hadronlab.data.synthetic import SyntheticLattice
from hadronlab.physics.forces.local_potentials import omega_ccc
from hadronlab.systems.hadrons import HadronPair

PAIR = HadronPair("omega_ccc", 4796.0, 4796.0, potential=omega_ccc())
SETTINGS = ("system=lattice", "model=local", "model._target_=hadronlab.models.potentials.local.LocalGaussians",
            "~model.widths", "~model.hidden", "~model.length", "+model.exponents=[3.4,7.8,49.7]", "loss=r_correlator",
            "optimizer=natural_gradient", "optimizer.natural_gradient.warmup_steps=0", "trainer.max_epochs=6",
            "data.times=[26]", "data.r_max=2.0", "quiet=true", "figures=false")  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two volumes, and one of them measured once more, with other noise."""
    folder, found = tmp_path_factory.mktemp("lattices"), []
    for name, length, seed in (("a", 48, 1), ("b", 64, 2), ("again", 64, 3)):
        noise = Noise(relative=3e-3, bins=12, seed=seed)
        lattice = SyntheticLattice(
            length=length, times=(25, 26, 27), step=0.5, noise=noise, n_states=30, n_mesh=120
        )
        found.append(folder / f"{name}.h5")
        write(synthetic_correlator(PAIR, lattice), found[-1])
    return found


@pytest.mark.slow
def test_two_ensembles_are_two_parts_of_the_error(files: list[Path], tmp_path: Path) -> None:
    one, two = (
        run(
            *SETTINGS, f"data.path=[{','.join(map(str, some))}]", directory=tmp_path / f"run{len(some)}"
        ).result
        for some in (files[1:2], files[1:])
    )
    alone, both = (found["observables"]["inverse_scattering_length"] for found in (one, two))
    assert set(both["parts"]) == {"lattice:L64:b", "lattice:L64:again"}
    assert 0.5 < both["error"] / alone["error"] < 0.95  # √½, known to 1/√(2·11) each
    assert both["error"] == pytest.approx(sum(e**2 for e in both["parts"].values()) ** 0.5, rel=1e-9)


@pytest.mark.slow
def test_two_volumes_are_named_by_their_boxes(files: list[Path], tmp_path: Path) -> None:
    found = run(*SETTINGS, f"data.path=[{files[0]},{files[1]}]", directory=tmp_path / "run").result
    inverse = found["observables"]["inverse_scattering_length"]
    assert set(inverse["parts"]) == {"lattice:L48", "lattice:L64"}
    assert abs(inverse["value"] - 1 / 1.5718554) < 5 * inverse["error"]
