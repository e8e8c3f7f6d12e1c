"""The tuned experiments on the public Ξ–Ξ data: phase shifts with errors, and another volume predicted."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from hadronlab.api import run
from hadronlab.data.sources import LatticeFile
from hadronlab.run.restore import restore
from hadronlab.systems.hadrons import HadronPair

DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[2] / "../shared/data")).resolve()
FILE = DATA / "xixi_1s0_L64.h5"
needs_data = pytest.mark.skipif(not FILE.exists(), reason="the public lattice files are not here")


def relative_residual(model: torch.nn.Module, path: Path, source: str) -> float:
    """|K R − V0 R − ∫U R| / |K R| of one source within the support of U."""
    data = LatticeFile(str(path), sources=[source], times=[13]).load(HadronPair("xixi", None, None))
    with torch.no_grad():
        R, KR = data.amplitude[0, 0], data.lhs[0, 0]
        left = model.local(data.r) * R + model.on_grid(data.r, data.r) @ (data.weight * R)  # type: ignore[operator]
    use = data.equation & (data.r < 2.0)
    return float((left - KR)[use].norm() / KR[use].norm())


@needs_data
@pytest.mark.data
@pytest.mark.slow
def test_the_network_agrees_with_the_convex_baseline_and_predicts_another_volume(tmp_path: Path) -> None:
    best = run(
        "experiment=xixi_best",
        f"data.path={FILE}",
        "quiet=true",
        "figures=false",
        directory=tmp_path / "best",
    )
    convex = run(
        "experiment=xixi_convex",
        f"data.path={FILE}",
        "quiet=true",
        "figures=false",
        directory=tmp_path / "convex",
    )
    assert np.allclose(best.array("k"), convex.array("k"))
    others = [
        run("experiment=xixi_best", f"data.path={FILE}", "task.refit_steps=0", f"seed={seed}", "quiet=true", "figures=false",
            directory=tmp_path / str(seed))
        for seed in (2, 3)
    ]  # fmt: skip
    off = [
        np.abs(np.deg2rad(one.array("phase_shift_nonlocal") - convex.array("phase_shift_nonlocal"))).max()
        for one in (best, *others)
    ]
    assert max(off) < 0.010, off  # 10 mrad, of every seed
    error = np.deg2rad(best.array("phase_shift_nonlocal_error"))
    assert (error > 0.002).all() and (error < 0.05).all()
    assert best["effective_rank"] == 2
    hermiticity = best.result["observables"]["hermiticity"]
    assert abs(hermiticity["value"]) < 3 * hermiticity["error"]
    _, task, _ = restore(best.directory)
    assert relative_residual(task.model, DATA / "xixi_1s0_L48.h5", "smeared") < 0.05
