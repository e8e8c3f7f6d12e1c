"""Settings of the Trainer that would never end, or ask for what is not here, are told before anything is built."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from hadronlab.api import composed
from hadronlab.errors import ConfigError
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.trainer_settings import check_trainer


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainer.max_epochs=-1"], "the training would never end"),
        (["trainer.max_steps=0"], "at least one step is needed"),
        (["trainer.max_time=60"], "write DD:HH:MM:SS"),
        (["trainer.max_time=00:10:00"], "max_time=00:10:00: write DD:HH:MM:SS"),
        (["trainer.log_every_n_steps=0"], "give 1 or more"),
        (
            ["trainer.num_nodes=2"],
            "trainer.num_nodes=2, but this strategy runs one process: choose strategy=ddp",
        ),
        (
            ["optimizer=adam_cosine", "trainer.max_epochs=-1", "trainer.max_steps=9"],
            "T_max=-1: .* choose optimizer=adam",
        ),
        (
            ["optimizer=adam_cosine", "optimizer.scheduler.T_max=50", "trainer.max_epochs=400"],
            "T_max=50: the learning rate would rise again .* give T_max=400",
        ),
        (["trainer.precision=16"], "precision=16 with a model of float64"),
        (["trainer.precision=32"], "model.dtype=float32 trainer.precision=32-true"),
        (["model.dtype=float32"], "precision=64-true with a model of float32"),
        (["strategy=gpu"], "no GPU .* choose strategy=cpu"),
        (
            ["trainer.devices=2"],
            "trainer.devices=2, but this strategy runs one process: choose strategy=ddp_cpu",
        ),
        (["trainer.devices='3'"], "choose strategy=ddp_cpu"),
        (["trainer.devices=[0,1]"], "choose strategy=ddp_cpu"),
    ],
)
def test_what_cannot_work_is_told(
    overrides: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=message):
        check_trainer(composed("system=separable", *overrides))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.accelerator=gpuu", "invalid accelerator name"),
        ("trainer.devices=abc", "should be an int > 0"),
    ],
)
def test_what_lightning_refuses_is_told(override: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"trainer: .*{message}"):
        build_trainer(composed("system=separable", override, directory=tmp_path), tmp_path)


@pytest.mark.parametrize("system", ["separable", "D"])
def test_what_the_optimizer_refuses_is_told(system: str) -> None:
    with pytest.raises(ConfigError, match=r"optimizer\.optimizer: Invalid learning rate: -1"):
        build_task(composed(f"system={system}", "optimizer.optimizer.lr=-1"))


@pytest.mark.slow
def test_refits_too_large_for_the_machine_are_told_before_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sysconf", lambda name: 2**16)  # 4 GB
    noisy = ["system=omega_ccc", "data=synthetic_noisy", "model=hybrid", "loss=r_correlator_ridge"]
    wide = [*noisy, "model.nonlocal_part.widths=[200,100]", "model.nonlocal_part.head=[60]"]
    with pytest.raises(
        ConfigError, match=r"26\d\d\d parameters to the bins takes \d+ GB.* has 4: .*model=hybrid"
    ):
        build_task(composed(*wide))
    build_task(composed(*wide, "task.refit_steps=0"))
    build_task(composed(*noisy))
    build_task(composed(*noisy[:2], "model=sdnn_deep"))  # many parameters, few features


def test_several_gpus_need_a_strategy_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    config = composed("system=separable", "strategy=gpu")
    for devices in (-1, "auto", 2, "2"):
        config.trainer.devices = devices
        with pytest.raises(ConfigError, match="choose strategy=ddp"):
            check_trainer(config)
    for devices in (1, [3], "slot"):
        config.trainer.devices = devices
        check_trainer(config)
    check_trainer(composed("system=separable", "strategy=ddp"))
