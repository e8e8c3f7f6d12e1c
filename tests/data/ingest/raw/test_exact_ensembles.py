"""Ensembles of which R and the potentials are known at every site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadronlab.api import convert_raw, write_raw
from hadronlab.data import channel_correlator, r_correlator
from hadronlab.data.channel_correlator import tensor_potentials
from hadronlab.data.lattice import kinetic

L, TIMES, MASS, INVERSE_SPACING, ETA = 6, (4, 5, 6), 0.6, 2000.0, 0.3  # as in conftest
WEIGHTS = np.array([0.7, 1.4, 1.0, 0.9, 1.6])
AXES = "measurement t z y x sink source"
SPINS: dict[str, Any] = {
    "length": L,
    "inverse_spacing": INVERSE_SPACING,
    "hadrons": ("N", "N"),
    "t": TIMES,
    "axes": AXES,
}


@pytest.mark.parametrize("bin_size", [1, 2])
def test_scalar(scalar_file: Path, tmp_path: Path, bin_size: int) -> None:
    """R_b = 3 base / ((1.7 (1 + η/2))² w̄_b), whatever the dirt and the order of the axes."""
    conversion = convert_raw(scalar_file, tmp_path / "out.h5", bin_size=bin_size)
    found = r_correlator.read(tmp_path / "out.h5")
    blocks = np.array_split(WEIGHTS, len(WEIGHTS) // bin_size)
    means = [WEIGHTS.mean()] + [(WEIGHTS.sum() - b.sum()) / (len(WEIGHTS) - len(b)) for b in blocks]
    assert found.site is not None
    for k, t in enumerate(TIMES):
        base = 1 + 0.5 * np.cos(2 * np.pi * found.site / L).sum(1) * np.exp(-0.1 * t)
        expected = 3 * base / (1.7 * (1 + ETA / 2)) ** 2 / np.array(means)[:, None]
        np.testing.assert_allclose(found.values["wall"][:, k], expected, rtol=1e-12)
    assert found.mass == pytest.approx(MASS, rel=1e-12) and found.mass == found.mass2
    assert found.inverse_spacing == INVERSE_SPACING and found.length == L
    text = "\n".join(conversion.lines())
    assert "measurements of each label: 3, C4 forward and backward, C2 forward and backward" in text
    assert "48 elements of the cubic group" in text and "mass of Xi: 0.60000 ± 0.00000" in text


def expected(site: np.ndarray) -> dict[str, np.ndarray]:
    """The potentials of conftest, MeV; V_T only where S12 has a direction."""
    square = (site**2).sum(1)
    directed = ~((2 * site == L).any(1) & ((site != 0).sum(1) > 1)) & (square > 0)
    return {
        "V_C": INVERSE_SPACING * (0.5 * np.exp(-square / 3) - 0.05 * np.exp(-square / 8)),
        "V_T": INVERSE_SPACING * np.where(directed, 0.03 * square * np.exp(-square / 5), 0),
        "V_S": INVERSE_SPACING * (0.6 * np.exp(-square / 4) - 0.1 * np.exp(-square / 9)),
    }


def potentials_of(source: Path, out: Path, **settings: Any) -> dict[str, np.ndarray]:
    """V_S, V_C, V_T in MeV of a converted ensemble, (1+B, S) each, and the sites."""
    settings = {"mass": MASS * INVERSE_SPACING, "force": True, **settings}
    convert_raw(source, out, spin="1s0", **settings)
    singlet = r_correlator.read(out, trusted=True)
    R, KR = kinetic(singlet, "wall", TIMES[1])
    convert_raw(source, out, spin="3s1", **settings)
    triplet = channel_correlator.read(out, trusted=True)
    assert triplet.channels == ("S", "D") and triplet.thresholds.tolist() == pytest.approx([2 * MASS] * 2)
    central, tensor = tensor_potentials(triplet, "wall", TIMES[1])
    return {"V_S": KR / R, "V_C": central, "V_T": tensor, "site": triplet.site}


def compare(found: dict[str, np.ndarray]) -> None:
    """To 1e-10 of the largest potential, at every site: K R is a difference of terms up to 1e3 times as large."""
    for name, values in expected(found["site"]).items():
        np.testing.assert_allclose(
            found[name], np.broadcast_to(values, found[name].shape), atol=1e-10 * 1000, rtol=0
        )


def test_spins_in_boxes(tmp_path: Path, spin_configurations: Callable[..., Any]) -> None:
    """Three-point derivatives return V_C and V_T of the lattice at every site, from two measurements full of dirt."""
    write_raw(tmp_path / "raw.h5", spin_configurations(), **SPINS)
    compare(potentials_of(tmp_path / "raw.h5", tmp_path / "out.h5", resampling="bootstrap", bins=5))


def test_spins_in_wedges(tmp_path: Path, hal_tree: Path) -> None:
    compare(potentials_of(hal_tree, tmp_path / "out.h5", spacing=197.3269804 / INVERSE_SPACING))
    conversion = convert_raw(f"smeared={hal_tree}", tmp_path / "named.h5", spin="3s1", spacing=0.1)
    assert list(conversion.correlator.values) == ["smeared"]
    assert "stabilisers leave ψ as it is to" in "\n".join(conversion.lines())


def test_a_box_and_its_wedge_are_the_same(tmp_path: Path, spin_configurations: Callable[..., Any]) -> None:
    """The neutral layout with `site`, at representatives of the orbits outside of our wedge."""
    x = np.arange(L // 2 + 1)
    site = np.array([(-b, c, -a) for c in x for a in x[: c + 1] for b in x[: a + 1]])[::-1]

    def wedges() -> Any:
        for label, arrays in spin_configurations(dirty=False):
            psi = arrays["wall/C4"][:, :, site[:, 2], site[:, 1], site[:, 0]]
            # source and sink as two axes of two spins each, real and imaginary parts apart
            psi = psi.reshape(*psi.shape[:3], 2, 2, 2, 2)
            yield label, {**arrays, "wall/C4": np.stack([psi.real, psi.imag], axis=-1)}

    axes = "measurement t site sink1 sink2 source1 source2 reim"
    write_raw(tmp_path / "raw.h5", wedges(), **SPINS | {"axes": axes}, site=site)
    compare(potentials_of(tmp_path / "raw.h5", tmp_path / "out.h5"))


def test_scalar_channels_that_are_coupled(tmp_path: Path) -> None:
    """Each channel is divided by the two-point functions of its own hadrons, and has their threshold."""
    r = (np.arange(4) + 1) % 4 - 1
    square = (np.stack(np.meshgrid(r, r, r, indexing="ij")) ** 2).sum(0)
    t = np.arange(20)
    m = {"A": 0.4, "B": 0.5, "C": 0.7}

    def configurations() -> Any:
        for n in range(3):
            c2 = {f"wall/C2/{name}": (1 + 0.1 * n) * np.exp(-mass * t) for name, mass in m.items()}
            fields = [
                (2 + k) * np.exp(-square / 5) * np.exp(-1.1 * time) for k in range(2) for time in (3, 4, 5)
            ]
            yield f"c{n}", {"wall/C4": np.reshape(fields, (2, 3, 4, 4, 4)), **c2}

    write_raw(
        tmp_path / "raw.h5", configurations(), length=4, inverse_spacing=2000.0, hadrons=("A", "A"), t=(3, 4, 5),
        axes="channel t z y x", channels=("A A", "B C"),
    )  # fmt: skip
    convert_raw(tmp_path / "raw.h5", tmp_path / "out.h5")
    found = channel_correlator.read(tmp_path / "out.h5")
    assert found.channels == ("A A", "B C")
    np.testing.assert_allclose(found.thresholds, [0.8, 1.2], rtol=1e-12)
    weight = np.array([1.1, 1.15, 1.1, 1.05])  # of all, and without each
    profile = np.exp(-(found.site**2).sum(1) / 5)
    for c, threshold in enumerate(found.thresholds):
        R = (2 + c) * profile * np.exp((threshold - 1.1) * 4) / weight[:, None] ** 2
        np.testing.assert_allclose(found.values["wall"][:, 1, c], R, rtol=1e-12)
        product = weight**2 * np.exp(-threshold * 4)
        np.testing.assert_allclose(found.two_point["wall"][:, 1, c], product, rtol=1e-12)
