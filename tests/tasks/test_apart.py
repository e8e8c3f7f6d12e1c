"""Hadrons that nothing binds: tails in colour singlets alone, a second beginning apart, what is said of their energy."""

import math
from pathlib import Path

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.models.wavefunctions.equivariant import EquivariantWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.molecules import free_projector
from hadronlab.observables.results import Results
from hadronlab.run.build import build_task
from hadronlab.systems.quarks import quark_system
from hadronlab.tasks.final_evaluation import warn
from hadronlab.tasks.settling import begin_anew
from tests.tasks.test_vmc import SMALL, configuration, fit


def remember(task, history: list[tuple[float, float]]) -> None:
    """A training of these energies and errors, the same of all states."""
    record, states = task.record, task.model.n_states
    record.history = history
    record.levels, record.level_errors = ([[row[k]] * states for row in history] for k in (0, 1))


TETRAQUARK = ["system=multiquark", "system.quarks='c c s~ s~'", "system.spin=0", "system.isospin=0"]


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "partition"),
    [
        ("c c s~ s~", 0, 0, ((0, 2), (1, 3))),
        ("c s u~ d~", 1, 0, ((0, 2), (1, 3))),
        ("c c u d c~", 0.5, 0, ((0, 4), (1, 2, 3))),
    ],
)
def test_far_apart_there_are_colour_singlets_alone(quarks, spin, isospin, partition) -> None:
    """No parameters give hadrons 30 sizes apart a colour, which would cost a string of that length."""
    torch.manual_seed(1)
    system = quark_system("multiquark", quarks, spin, isospin)
    psi = InvariantWaveFunction(system, (6,), clusters=(partition,), binding=0.1)
    r = psi.length * torch.randn(system.n_particles, 3, 50, dtype=torch.float64)
    for k, cluster in enumerate(partition):
        r[list(cluster), 0] += 30 * psi.length * k
    with torch.no_grad():
        for p in psi.parameters():
            p.add_(0.3 * torch.randn_like(p))
        found = psi(r)
    coloured = found - free_projector(system, psi.scale, partition) @ found
    assert float(found.norm()) > 0 and float(coloured.norm()) < 1e-6 * float(found.norm())


@pytest.mark.slow
def test_what_settles_above_its_threshold_begins_anew_apart(tmp_path: Path) -> None:
    few = ["schedule.pace=0.1", "callbacks.convergence.min_steps=20"]  # of a last stage from step 15 on
    task, trainer = fit(tmp_path, *TETRAQUARK, *few, "trainer.max_steps=100")
    assert 40 <= task.begun <= 60 and trainer.global_step == 100
    assert task.make_anew is None and task.better_binding(True) is None  # once
    apart = [e - task.threshold.energy for e, _ in task.history]
    assert sum(apart[-20:]) < 0.5 * sum(apart[task.begun - 20 : task.begun])
    trainer.save_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    again, _ = fit(tmp_path, *TETRAQUARK, *few, "trainer.max_steps=101", resume=True)
    assert again.begun == task.begun and again.make_anew is None and again.model.binding == task.model.binding


@pytest.mark.parametrize(
    ("overrides", "can"),
    [
        (TETRAQUARK, True),
        ([*TETRAQUARK, "model=unbound"], False),
        ([*TETRAQUARK, "model=invariant"], False),
        ([*TETRAQUARK, "task.states=2"], False),
        (["system=nucleon", "model=molecular"], False),
        ([*TETRAQUARK, "model=equivariant"], True),
    ],
)
def test_who_can_begin_anew(tmp_path: Path, overrides: list[str], can: bool) -> None:
    task = build_task(configuration(tmp_path, *SMALL, *overrides))
    assert (task.make_anew is not None) == can
    if task.threshold is None:
        return
    remember(task, [(task.threshold.energy + 3.0, 0.1)] * 400)
    assert task.better_binding(False) is None and task.better_binding(True) == (
        task.model.apart if can else None
    )
    remember(task, [(task.threshold.energy + 0.5 * task.target_error, 1e-3)] * 400)
    assert task.better_binding(True) is None  # nothing to gain
    remember(task, [(task.threshold.energy + 3.0, 0.1)] * 400)
    assert (task.remaining_descent()[0] > 2.9) == (task.model.n_states == 1)
    remember(task, [(task.threshold.energy - 3.0, 0.1)] * 400)
    assert task.better_binding(True) is None and task.remaining_descent()[0] < 0.1
    remember(task, [(task.threshold.energy - 100.0, 0.1)] * 60)
    assert task.better_binding(False) == (math.inf if can else None)


@pytest.mark.parametrize("kind", [InvariantWaveFunction, EquivariantWaveFunction])
def test_what_has_lost_its_tails_is_one_hadron(kind) -> None:
    """With the hadrons ten sizes apart some 1e-12 of ψ are left, nearby a tenth to a quarter."""
    torch.manual_seed(1)
    system = quark_system("multiquark", "b b u~ d~", 1, 0)
    psi = kind(system, (6,), clusters=(((0, 2), (1, 3)),), binding=0.2)
    r = psi.length * torch.randn(4, 3, 50, dtype=torch.float64)
    far = r.clone()
    far[[1, 3], 0] += 10 * psi.length
    with torch.no_grad():
        before, apart = psi(r).norm(), psi(far).norm()
        psi.lose_tails()
        assert psi(far).norm() < 1e-8 * apart and psi(r).norm() > 0.01 * before
    assert psi.binding == math.inf and not psi.start_clusters


def test_lost_tails_stay_lost(tmp_path: Path) -> None:
    deep = [o.replace("c c s~ s~", "b b u~ d~").replace("spin=0", "spin=1") for o in TETRAQUARK]
    task, again = (build_task(configuration(tmp_path, *SMALL, *deep)) for _ in range(2))
    begin_anew(task, math.inf)
    checkpoint: dict = {}
    task.on_save_checkpoint(checkpoint)
    again.load_state_dict(task.state_dict())
    again.on_load_checkpoint(checkpoint)
    r = task.sampler.r.double()
    with torch.no_grad():
        torch.testing.assert_close(again.model(r), task.model(r))


@pytest.mark.parametrize(
    ("above", "told"),
    [(0.3, "0.3 MeV to come down to the threshold D_s D_s"), (-5.0, "2.5 MeV to come: train")],
)
def test_a_fall_ends_at_the_threshold_of_what_is_not_bound(tmp_path: Path, above: float, told: str) -> None:
    task = build_task(configuration(tmp_path, *SMALL, *TETRAQUARK))
    falling = torch.linspace(8.0, 0.0, 400).tolist()  # by 2.45 × 1 MeV to come: windows of a hundred steps
    last = task.threshold.energy + above - sum(falling[-50:]) / 50
    remember(task, [(last + e, 0.1) for e in falling])
    task.record.variances = [1.0] * 400
    result = Results({"energy": Estimate.quoted(last, 0.01, "MeV")})
    warn(task, result)
    assert any(told in w for w in result.warnings), result.warnings


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["system=nucleon", "model=unbound"], "nucleon does not fall apart; leave it out"),
        (["system=nucleon", "model=equivariant", "model.binding=0.2"], "nucleon does not fall apart"),
        (["system=pcc_12", "model=unbound", "interaction=flip_flop"], "the threshold of pcc_12 is not known"),
    ],
)
def test_a_binding_of_nothing_is_refused(tmp_path: Path, overrides: list[str], told: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"model\.binding=0\.[0-9]+ has no clusters to act between: {told}"
    ):
        build_task(configuration(tmp_path, *SMALL, *overrides))
