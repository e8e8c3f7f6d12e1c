"""Raw ensembles of which everything is known: a scalar, and a pair of spins 1/2 in potentials of the lattice."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pytest

DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[5] / "shared" / "data"))
L, T, TIMES, MASS, INVERSE_SPACING = 6, 16, (4, 5, 6), 0.6, 2000.0
WEIGHTS = np.array([0.7, 1.4, 1.0, 0.9, 1.6])
LABELS = [f"{1000 + 10 * i}" for i in range(5)]
ETA = 0.3  # C2 backward is 1 + η times forward


@pytest.fixture(scope="session")
def xixi_raw() -> Path:
    """HAL QCD's public sample."""
    if not (DATA / "xixi_raw").is_dir():
        pytest.skip("the public sample xixi_raw is not here")
    return DATA / "xixi_raw"


def positions() -> np.ndarray:
    """Nearest images (L, L, L, 3) of all sites."""
    x = (np.arange(L) + L // 2 - 1) % L - L // 2 + 1
    return np.stack(np.meshgrid(x, x, x, indexing="ij"), axis=-1)


def base(t: int, r: np.ndarray) -> np.ndarray:
    """A field (…) of A1+ that depends on t and r (…, 3)."""
    return 1 + 0.5 * np.cos(2 * np.pi * r / L).sum(-1) * np.exp(-0.1 * t)


def two_point(weight: float, backward: bool = False) -> np.ndarray:
    """(T,), with an imaginary part; backward stands at T − t."""
    t = np.arange(T)
    if backward:
        return 1.7 * (1 + ETA) * weight * np.exp(-MASS * (-t % T)) * (1 + 0j)
    return 1.7 * weight * np.exp(-MASS * t) * (1 + 0.01j)


@pytest.fixture
def scalar_file(tmp_path: Path) -> Path:
    """Written without hadronlab: axes in reverse, three measurements, C4_backward, dirt in T1−, E+, T2+, A2−, imaginary parts."""
    random, r = np.random.default_rng(3), positions()
    s, c = np.moveaxis(np.sin(2 * np.pi * r / L), -1, 0), np.moveaxis(np.cos(2 * np.pi * r / L), -1, 0)
    dirt = np.stack(
        [s[0], s[2], c[0] - c[1], 2 * c[2] - c[0] - c[1], s[0] * s[1], s[1] * s[2], s[0] * s[1] * s[2]]
    )
    c4, back = np.zeros((2, len(LABELS), 3, len(TIMES), L, L, L), complex)
    for n, weight in enumerate(WEIGHTS):
        for m, size in enumerate((2, 3, 4)):
            for k, t in enumerate(TIMES):
                for array, sign in ((c4, 1.1), (back, 0.9)):
                    noise = random.normal(size=(2, len(dirt)))
                    field = sign * size * base(t, r) * np.exp(-2 * MASS * t) * (1 + 0.2j * random.normal())
                    array[n, m, k] = weight * (field + np.tensordot([1, 1j], np.tensordot(noise, dirt, 1), 1))
    path = tmp_path / "scalar.h5"
    with h5py.File(path, "w") as f:
        f.attrs.update(layout="hadronlab-raw-1", L=L, a_inv_MeV=INVERSE_SPACING, hadrons=["Xi", "Xi"])
        f["config"], f["t"] = LABELS, TIMES
        for name, values in (("C4", c4), ("C4_backward", back)):
            f[f"wall/{name}"] = values.transpose()
            f[f"wall/{name}"].attrs["axes"] = "x y z t measurement config"
        for name, backward in (("Xi", False), ("Xi_backward", True)):
            values = np.stack([two_point(weight, backward) for weight in WEIGHTS])[:, None]
            f[f"wall/C2/{name}"] = np.stack([values.real, values.imag], axis=-1)
            f[f"wall/C2/{name}"].attrs["axes"] = "config measurement t reim"
    return path


def tensor_cartesian(r: np.ndarray) -> np.ndarray:
    """S12 = 2 δ_ij − 6 r̂_i r̂_j (…, 3, 3) on the triplet states |x⟩, |y⟩, |z⟩; zero at r = 0 and where r̂ has no sign."""
    unclear = (np.abs(r).max(-1) == L // 2) & ((r != 0).sum(-1) > 1) | (r == 0).all(-1)
    unit = r / np.maximum(np.linalg.norm(r, axis=-1), 1e-300)[..., None]
    return np.where(unclear[..., None, None], 0, 2 * np.eye(3) - 6 * unit[..., :, None] * unit[..., None, :])


def evolved(potential: np.ndarray, start: np.ndarray, t: int) -> np.ndarray:
    """Σ_n Ψ_n e^{−E_n t} ⟨Ψ_n|start⟩, H = −∇²/m + V, V (L³, c, c), start (L³ c, rows).

    sinh E + (cosh E − 1)/(2m) = ε, so that three-point derivatives in t give V back exactly.
    """
    size, components = potential.shape[:2]
    number = np.arange(size).reshape(L, L, L)
    H = np.zeros((size, components, size, components))
    H[np.arange(size), :, np.arange(size)] = potential
    for c in range(components):
        H[np.arange(size), c, np.arange(size), c] += 6 / MASS
        for axis in range(3):
            for step in (1, -1):
                H[np.arange(size), c, np.roll(number, step, axis).ravel(), c] -= 1 / MASS
    energy, states = np.linalg.eigh(H.reshape(size * components, -1))
    a, b, d = 0.5 + 0.25 / MASS, energy + 0.5 / MASS, 0.25 / MASS - 0.5
    growth = (b + np.sqrt(b**2 - 4 * a * d)) / (2 * a)  # e^E, lattice units
    return states @ (growth[:, None] ** -t * (states.T @ start))


def potentials(r: np.ndarray) -> dict[str, np.ndarray]:
    """Lattice units."""
    square = (r**2).sum(-1)
    return {
        "V_C": 0.5 * np.exp(-square / 3) - 0.05 * np.exp(-square / 8),
        "V_T": 0.03 * square * np.exp(-square / 5),
        "V_S": 0.6 * np.exp(-square / 4) - 0.1 * np.exp(-square / 9),
    }


# |x⟩, |y⟩, |z⟩, |s⟩ as columns on ↑↑, ↑↓, ↓↑, ↓↓
STATES = np.array([[-1, 1j, 0, 0], [0, 0, 1, 1], [0, 0, 1, -1], [1, 1j, 0, 0]]) / np.sqrt(2)


@dataclass
class SpinEnsemble:
    """ψ (T, L, L, L, 4, 4), sink × source, without dirt."""

    psi: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        r = positions()
        V = {name: values.ravel() for name, values in potentials(r).items()}
        triplet = V["V_C"][:, None, None] * np.eye(3) + V["V_T"][:, None, None] * tensor_cartesian(r).reshape(
            -1, 3, 3
        )
        shape = np.exp(-(r**2).sum(-1).ravel() / 6)
        start = (shape[:, None, None] * np.eye(3)).reshape(-1, 3)
        self.psi = np.zeros((len(TIMES), L**3, 4, 4), complex)
        for k, t in enumerate(TIMES):
            M = np.zeros((L**3, 4, 4))
            M[:, :3, :3] = evolved(triplet, start, t).reshape(-1, 3, 3)
            M[:, 3, 3] = evolved(V["V_S"][:, None, None], shape[:, None], t)[:, 0]
            self.psi[k] = np.exp(-2 * MASS * t) * STATES @ M @ STATES.conj().T
        self.psi = self.psi.reshape(len(TIMES), L, L, L, 4, 4)

    def dirt(self, seed: int) -> np.ndarray:
        """Of the shape of ψ, and zero in the average: odd in r, and X − S† X(R r) S of a turn R about z by π/2."""
        random = np.random.default_rng(seed)
        X, Y = random.normal(size=(2, 2, *self.psi.shape)).transpose(0, *range(2, 8), 1) @ [1, 1j]
        back = -np.arange(L) % L
        odd = X - X[:, back][:, :, back][:, :, :, back]
        S = np.array([-1j, 1, 1, 1j])
        turned = Y[:, back].swapaxes(1, 2)  # at (x, y): Y at (−y, x)
        return 0.1 * np.abs(self.psi).max() * (odd + Y - S.conj()[:, None] * turned * S)


@pytest.fixture(scope="session")
def spins() -> SpinEnsemble:
    return SpinEnsemble()


@pytest.fixture(scope="session")
def spin_configurations(spins: SpinEnsemble) -> Callable[..., list[tuple[str, dict[str, np.ndarray]]]]:
    """Configurations for `write_raw`: C4 (measurement, t, z, y, x, sink, source)."""

    def make(dirty: bool = True, n: int = 4) -> list[tuple[str, dict[str, np.ndarray]]]:
        found = []
        for i in range(n):
            both = [
                WEIGHTS[i] * spins.psi * size + dirty * spins.dirt(10 * i + m)
                for m, size in enumerate((0.8, 1.2))
            ]
            c4 = np.stack(both).transpose(0, 1, 4, 3, 2, 5, 6)
            c2 = {"wall/C2/N": two_point(WEIGHTS[i]), "wall/C2/N_backward": two_point(WEIGHTS[i], True)}
            found.append((LABELS[i], {"wall/C4": c4, **c2}))
        return found

    return make


@pytest.fixture
def hal_tree(spins: SpinEnsemble, tmp_path: Path) -> Path:
    """Four labels in HAL QCD's files."""
    x = np.arange(L // 2 + 1)
    site = np.array([(a, b, c) for c in x for a in x[: c + 1] for b in x[: a + 1]])
    number = site[:, 0] + L * (site[:, 1] + L * site[:, 2])

    def record(values: np.ndarray) -> bytes:
        data = values.tobytes()
        return np.int32(len(data)).tobytes() + data + np.int32(len(data)).tobytes()

    root = tmp_path / "tree"
    for n, weight in enumerate(WEIGHTS[:4]):
        label = f"RC6x16_run_{100 + n:06d}"
        waves, tables = (root / name / label for name in ("BBwave.dir.S4.00", "correlator.PS.dir"))
        waves.mkdir(parents=True)
        tables.mkdir(parents=True)
        for k, t in enumerate(TIMES):
            psi = weight * spins.psi[k][tuple(site.T)].swapaxes(1, 2)  # [site][source][sink]
            records = (
                np.array([L, L, L, len(site)], "<i4"),
                number.astype("<i4"),
                np.array([0, 0, 0, len(site), 256], "<i4"),
            )
            data = b"".join(map(record, (*records, psi.astype("<c16"))))
            (waves / f"NBSwave.+{t:03d}+B00.{label}.NUC_CG05.NUC_CG05").write_bytes(data)
        for name, backward in (("Xi", False), ("antiXi", True)):
            table = np.zeros((T, 11))
            c2 = two_point(weight, backward)
            table[:, 0], table[:, 1], table[:, 2] = np.arange(T), c2.real, c2.imag
            np.savetxt(tables / f"{name}_CG05_CG05_correlator.{label}", table, fmt="%.17e")
    return root
