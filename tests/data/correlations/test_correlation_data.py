"""What a fit asks of a measurement: covariance, whitening, cuts, pseudo-experiments; and back to a file."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from hadronlab.data.correlations.correlation_data import CorrelationData, total_covariance
from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.data.correlations.synthetic import CorrelationNoise
from hadronlab.data.correlations.write import write_csv
from hadronlab.errors import ConfigError, DataError
from hadronlab.physics.constants import HBAR_C

from .conftest import EDGES, ERROR, SYSTEMATIC, C, K

MATRIX = np.diag(ERROR**2) + 0.25 * np.outer(SYSTEMATIC, SYSTEMATIC)


def measurement(**changes: Any) -> CorrelationData:
    arrays = {"k": K / HBAR_C, "value": C, "error": ERROR, "systematic": SYSTEMATIC, "covariance": MATRIX,
              "edges": EDGES / HBAR_C} | changes  # fmt: skip
    return CorrelationData(
        **{n: torch.as_tensor(a) if isinstance(a, np.ndarray) else a for n, a in arrays.items()}
    )


def test_whitening_makes_residuals_independent() -> None:
    data = measurement()
    unit = data.whitening @ data.covariance @ data.whitening.T
    torch.testing.assert_close(unit, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-14)
    residual = torch.ones(4, dtype=torch.float64)
    chi2 = float((data.whitening @ residual).square().sum())
    assert chi2 == pytest.approx(float(residual @ torch.linalg.solve(data.covariance, residual)), rel=1e-13)


def test_tiny_values_have_a_whitening() -> None:
    """C of two Ω_ccc⁺⁺ at 5 MeV/c is 2.5e-35."""
    scale = np.array([1e-90, 1e-35, 1.0, 1.0])
    data = measurement(value=C * scale, error=ERROR * scale, covariance=MATRIX * np.outer(scale, scale))
    assert data.whitening.isfinite().all()


def test_systematic_errors_enter_in_three_ways() -> None:
    error, systematic = torch.from_numpy(ERROR), torch.from_numpy(SYSTEMATIC)
    known = {"ignored": np.diag(ERROR**2), "uncorrelated": np.diag(ERROR**2 + SYSTEMATIC**2),
             "correlated": np.diag(ERROR**2) + np.outer(SYSTEMATIC, SYSTEMATIC)}  # fmt: skip
    for how, matrix in known.items():
        np.testing.assert_array_equal(total_covariance(error, systematic, how), matrix)  # type: ignore[arg-type]
    with pytest.raises(
        DataError, match="systematic must be one of uncorrelated, correlated, ignored, got 'both'"
    ):
        total_covariance(error, systematic, "both")  # type: ignore[arg-type]


def test_a_cut_keeps_what_belongs_to_its_points() -> None:
    data = measurement().cut(15.0, 40.0)
    assert data.edges is not None and data.edges.shape == (3, 2)
    np.testing.assert_array_equal(data.covariance, MATRIX[1:, 1:])
    np.testing.assert_array_equal(data.systematic, SYSTEMATIC[1:])
    with pytest.raises(DataError, match=r"2 points with k\* from 20 to None MeV/c.*reach from 5 to 40 MeV/c"):
        measurement().cut(20)


@pytest.mark.parametrize(("changes", "why"), [
    ({"k": np.array([0.0, 0.1, 0.2, 0.3])}, "k* of point 1 is 0: it must be above zero"),
    ({"k": np.array([-0.1, 0.1, 0.2, 0.3])}, "k* of point 1 is -19.7327: it must be above zero"),
    ({"k": np.array([0.1, 0.1, 0.2, 0.3])}, "k* of point 2 is 19.7327: it must increase"),
    ({"k": np.array([0.1, np.nan, 0.2, 0.3])}, "k of point 2 is nan: it must be a finite number"),
    ({"value": np.array([1.0, 1.0, np.inf, 1.0])}, "value of point 3 is inf: it must be a finite number"),
    ({"value": np.ones(3)}, "value must have shape (4,), got (3,)"),
    ({"error": np.array([0.1, 0.1, 0.0, 0.1])}, "error of point 3 is 0: it must be above zero"),
    ({"error": np.array([0.1, 0.1, 0.1, -0.1])}, "error of point 4 is -0.1: it must be above zero"),
    ({"systematic": np.array([0.1, -0.1, 0.0, 0.1])}, "systematic of point 2 is -0.1: it must not be negative"),
    ({"edges": EDGES[:, ::-1] / HBAR_C}, "point 1 has a lower edge above the upper one"),
    ({"edges": (EDGES - [[5, 0], [0, 0], [0, 0], [0, 0]]) / HBAR_C}, "point 1 has a lower edge below zero"),
    ({"edges": (EDGES + 10) / HBAR_C}, "point 1 has a bin that does not hold its k*"),
    ({"edges": (EDGES - [[0, 0], [0, 0], [4, 0], [0, 0]]) / HBAR_C}, "point 3 has a bin that overlaps the one before"),
    ({"covariance": np.eye(3)}, "covariance must have shape (4, 4), got (3, 3)"),
    ({"covariance": np.diag([1.0, 1.0, 0.0, 1.0])}, "variance of point 3 is 0: it must be above zero"),
    ({"covariance": MATRIX + np.triu(MATRIX, 1)}, "the covariance is not symmetric"),
    ({"covariance": np.outer(ERROR, ERROR)}, "the covariance is not positive definite"),
    ({"covariance": MATRIX - 0.9 * np.diag(ERROR**2) * [1, 1, 1, 1.2]}, "the covariance is not positive definite"),
])  # fmt: skip
def test_bad_measurements(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(DataError) as error:
        measurement(label="STAR", **changes)
    assert why in str(error.value) and str(error.value).startswith("STAR: "), error.value


def test_a_written_file_gives_the_measurement_back(tmp_path: Path) -> None:
    data = measurement(label="mine", source="a paper\ndoi: 1")
    write_csv(data, tmp_path / "c.csv", tmp_path / "covariance.csv")
    back = CorrelationFile(
        str(tmp_path / "c.csv"), covariance=tmp_path / "covariance.csv", label="mine"
    ).load()
    for name in ("value", "error", "systematic", "covariance"):
        np.testing.assert_array_equal(getattr(back, name), getattr(data, name))
    torch.testing.assert_close(back.k, data.k, rtol=1e-15, atol=0)
    torch.testing.assert_close(back.edges, data.edges, rtol=1e-15, atol=1e-17)
    assert back.source == "mine\na paper\ndoi: 1"
    with pytest.raises(DataError, match="cannot be written"):
        write_csv(data, tmp_path)


TABLE = "k,C,error,sys\n" + "\n".join(
    f"{k},{c},{e},{s}" for k, c, e, s in zip(K, C, ERROR, SYSTEMATIC, strict=True)
)
LINES = "bin,bin,value\n" + "\n".join(f"{i},{j},{MATRIX[i, j]}" for i in range(4) for j in range(i, 4))
HEPDATA = yaml.safe_dump({
    "independent_variables": [
        {"header": {"name": "k*", "units": "MeV"}, "values": [{"low": float(EDGES[i, 0]), "high": float(EDGES[i, 1])} for i in side.ravel()]}
        for side in np.indices((4, 4))
    ],
    "dependent_variables": [{"header": {"name": "covariance"}, "values": [{"value": v} for v in MATRIX.ravel().tolist()]}],
})  # fmt: skip


@pytest.mark.parametrize("name", ["lines.csv", "square.csv", "m.yaml"])
def test_a_matrix_from_a_file(tmp_path: Path, name: str) -> None:
    """A triangle of lines, a square, and a table of HEPData."""
    square = "\n".join(",".join(map(repr, row)) for row in MATRIX.tolist())
    content = {"lines.csv": LINES, "square.csv": square, "m.yaml": HEPDATA}[name]
    (tmp_path / name).write_text(content)
    (tmp_path / "c.csv").write_text(TABLE)

    def covariance(**settings: Any) -> np.ndarray:
        return (
            CorrelationFile(str(tmp_path / "c.csv"), covariance=tmp_path / name, **settings)
            .load()
            .covariance.numpy()
        )

    np.testing.assert_allclose(covariance(), MATRIX, rtol=1e-15)
    np.testing.assert_allclose(
        covariance(covariance_holds="systematic"), MATRIX + np.diag(ERROR**2), rtol=1e-15
    )
    for how, added in (
        ("uncorrelated", np.diag(SYSTEMATIC**2)),
        ("correlated", np.outer(SYSTEMATIC, SYSTEMATIC)),
        ("ignored", 0),
    ):
        np.testing.assert_allclose(
            covariance(covariance_holds="statistical", systematic=how), MATRIX + added, rtol=1e-15
        )
    np.testing.assert_allclose(covariance(k_min=10.0), MATRIX[1:, 1:], rtol=1e-15)


@pytest.mark.parametrize(("content", "why"), [
    ("1,2,3\n4,5,6\n7,8,9", "is a matrix of 3 points, the data have 4"),
    ("1,2\n3,4\n5,6", "holds neither n lines of n numbers nor lines of (bin, bin, covariance)"),
    ("\n".join(["2,0.1,0.2,0.3", "0.4,2,0.1,0.1", "0.1,0.1,2,0.1", "0.1,0.1,0.1,2"]), "not symmetric"),
    ("\n".join(",".join("1" if i == j else "0.1" for j in range(4)) for i in range(4)), "is a matrix of correlations; multiply"),
    (LINES[: LINES.rindex("\n", 0, -30)], "an element is missing"),
    ("a,b,c,d\n" + "\n".join(["1,x,1,1"] * 4), "is not a finite number"),
    ("", "is empty"),
])  # fmt: skip
def test_bad_matrices(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "m.csv").write_text(content)
    (tmp_path / "c.csv").write_text(TABLE)
    with pytest.raises(DataError) as error:
        CorrelationFile(str(tmp_path / "c.csv"), covariance=tmp_path / "m.csv").load()
    assert why in str(error.value) and "\n" not in str(error.value), error.value


def test_a_matrix_far_from_the_errors_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "m.csv").write_text("\n".join(",".join(map(repr, row)) for row in (1e4 * MATRIX).tolist()))
    (tmp_path / "c.csv").write_text(TABLE)
    with caplog.at_level(logging.WARNING):
        CorrelationFile(str(tmp_path / "c.csv"), covariance=tmp_path / "m.csv").load()
    assert "its errors are" in caplog.text and "times those of the table" in caplog.text


def test_synthetic_measurements() -> None:
    k, true = torch.linspace(10, 290, 15) / HBAR_C, torch.full((15,), 2.0)
    noise = CorrelationNoise(seed=5)
    data, again, second = noise.measure(k, true), noise.measure(k, true), noise.measure(k, true, which=1)
    expected = 2 * (0.02 + 0.02 * np.exp(-np.linspace(10, 290, 15) / 100))
    np.testing.assert_allclose(data.error, expected, rtol=1e-6)  # k was given in single precision
    assert data.k.dtype == torch.float64 and torch.equal(data.value, again.value)
    assert not torch.equal(data.value, second.value)
    pulls = torch.stack(
        [(CorrelationNoise(seed=s).measure(k, true).value - 2) / data.error for s in range(200)]
    )
    # 3000 pulls: mean known to .018, width to .013; four of these
    assert abs(float(pulls.mean())) < 0.073 and abs(float(pulls.std()) - 1) < 0.052
    with pytest.raises(ConfigError, match="relative, range and least must be positive"):
        CorrelationNoise(relative=0.0)
