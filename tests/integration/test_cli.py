"""The commands as a user gives them: from another directory, with a config directory, with typos."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.utils import instantiate
from processes import SEPARABLE, last_step, run

from hadronlab import __version__, evaluate
from hadronlab.api import composed
from hadronlab.data.cache import synthetic_correlator
from hadronlab.data.r_correlator import write


def command(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-P", "-m", module, *arguments],  # -P: as the console script
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_help_is_written_for_a_physicist(tmp_path: Path) -> None:
    done = command("hadronlab.train", "--help", cwd=tmp_path)
    assert done.returncode == 0
    for text in ("system=", "omega_ccc", "Four examples", "result.json", "separable_best"):
        assert text in done.stdout
    assert "torch" not in done.stderr
    assert command("hadronlab.train", "--version", cwd=tmp_path).stdout == f"hadronlab {__version__}\n"


@pytest.mark.slow
def test_a_run_from_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    done = command("hadronlab.train", "system=separable", "trainer.max_epochs=3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip().splitlines()[-1])
    assert path.is_relative_to(tmp_path / "outputs" / "separable")
    result = json.loads(path.read_text())
    assert {
        "system",
        "task",
        "status",
        "model",
        "seed",
        "version",
        "wall_seconds",
        "observables",
        "reference",
        "warnings",
    } <= result.keys()
    assert all("unit" in quantity for quantity in result["observables"].values())
    for name in (
        "config.yaml",
        "metrics.csv",
        "result.h5",
        "train.log",
        "checkpoints/last.ckpt",
        ".hydra/config.yaml",
    ):
        assert (path.parent / name).exists()
    monkeypatch.setattr(sys, "argv", ["hadronlab-evaluate", str(path.parent)])
    evaluate.main()
    assert capsys.readouterr().out.strip().splitlines()[-1] == str(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["system=omega_cc"], "did you mean 'omega_ccc'"),
        (["system=lattice", "data.path=nowhere.h5"], "no such file"),
        (["system=lattice", "data.path=."], "not a regular file"),
        (
            ["system=separable", "loss.asymptotic.cutoff=99"],
            "cutoff = 99 1/μ of asymptotic lies outside the grid",
        ),
        (["system=omega_ccc", "data.lattice.times=[26,27]"], "three"),
        (["system=positronium", "model=sdnn_deep"], "choose model="),
        (["strategy=gpu"], "no GPU"),
        (["strategy=slurm"], "SLURM_JOB_ID is not set: strategy=slurm is for a job of SLURM"),
        (["trainer.devices=2"], "choose strategy=ddp_cpu"),
        (["seed=1,2"], "add -m for a sweep over them, or write a list as seed=[1,2]"),
        (["resume=nowhere"], "no such directory"),
        (["resume=."], "is not a run directory"),
        (["--cfg", "jobs"], "invalid choice: 'jobs'"),
        (["+experiment=separable_best"], "experiment is chosen already: leave out the plus, experiment=…"),
    ],
)
def test_a_mistake_is_one_line_and_status_one(arguments: list[str], message: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run(arguments, log, os.chdir, str(tmp_path)) == 1
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: ") and message in lines[0], lines


GOOD = "k_MeV,C,error\n10,1.9,0.1\n20,1.5,0.1\n30,1.3,0.05\n40,1.1,0.05\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("k_MeV,C,error\n0.01,1.9,0.1\n0.1,1.5,0.1\n0.3,1.1,0.1\n", "probably GeV/c (unit=GeV)"),
        ("k_GeV,C,error\n10,1.9,0.1\n100,1.5,0.1\n300,1.1,0.1\n", "probably MeV/c (unit=MeV)"),
        (GOOD.replace("10,1.9", "0,1.9"), "k* of point 1 is 0: it must be above zero"),
        (GOOD.replace("10,1.9", "-10,1.9"), "k* of point 1 is -10: it must be above zero"),
        (GOOD.replace("1.5,0.1", "1.5,-0.1"), "error of point 2 is -0.1: it must be above zero"),
        (GOOD.replace(",0.1\n20", ",0.1\n5"), "it must increase"),
        (GOOD.replace("1.5,0.1", "1.5,abc"), "c.csv"),
        ("<html>no table</html>", "c.csv"),
    ],
)
def test_a_bad_measurement_is_one_line_and_status_one(content: str, message: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    (tmp_path / "c.csv").write_text(content)
    arguments = ["system=pair", "system.mass1=938.3", "loss.correlation.data.path=c.csv"]
    assert run(arguments, log, os.chdir, str(tmp_path)) == 1
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: ") and message in lines[0], lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.yaml"], "none.yaml: no such file or run directory"),
        (["system=n_omeg"], "did you mean 'n_omega'"),
        (["system=n_omega", "--k", "0", "100"], "give [first, last] above zero"),
        (["system=n_omega", "--radii", "-1"], "radius=-1.0 must be above 0"),
        (["system=n_omega", "--radii", "wide"], "invalid float value: 'wide'"),
        (["system=n_omega", "--data", "c.csv"], "c.csv"),
        ([], "the following arguments are required: POTENTIAL"),
    ],
)
def test_femto_tells_a_mistake_in_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run(arguments, log, os.chdir, str(tmp_path), command="femto") == 1
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: ") and message in lines[0], lines


@pytest.mark.slow
def test_femto_prints_and_writes(tmp_path: Path) -> None:
    done = command("hadronlab.femto", "system=n_phi", "--radii", "1", "--points", "3", "--out", "c.csv", "--figure", "c.png",
                   cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for text in ("scattering_length", "-1.44053 fm", "no bound state", "C, R = 1 fm"):
        assert text in done.stdout
    assert len((tmp_path / "c.csv").read_text().splitlines()) == 4 and (tmp_path / "c.png").exists()


@pytest.mark.slow
def test_a_run_finds_its_data_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained beside its data, evaluated and continued in another directory; also where a job changes into its own."""
    project, log = tmp_path / "project", tmp_path / "log"
    project.mkdir()
    pair = composed("system=omega_ccc", directory=tmp_path)
    correlator = synthetic_correlator(
        instantiate(pair.system, _convert_="all"), instantiate(pair.data.lattice, _convert_="all")
    )
    write(correlator, project / "mine.h5")
    settings = [
        "system=lattice",
        "system.mass1=4796",
        "data.path=mine.h5",
        "model=local",
        "trainer.max_steps=3",
        "quiet=true",
        "figures=false",
    ]
    for number, chdir in enumerate(("false", "true")):
        directory = f"run{number}"
        assert (
            run(
                [*settings, f"hydra.job.chdir={chdir}", f"hydra.run.dir={directory}"],
                log,
                os.chdir,
                str(project),
            )
            == 0
        ), log.read_text()
        assert f"path: {project}/mine.h5" in (project / directory / "config.yaml").read_text()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["hadronlab-evaluate", "project/run0"])
    evaluate.main()
    assert capsys.readouterr().out.strip().splitlines()[-1].endswith("project/run0/result.json")
    assert run(["resume=project/run0", "trainer.max_steps=6"], log, os.chdir, str(tmp_path)) == 0, (
        log.read_text()
    )


@pytest.mark.slow
@pytest.mark.parametrize("choice", ["disabled", "none", "train_log", "default", "stdout"])
def test_a_run_needs_no_logging(choice: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arguments = [
        *SEPARABLE,
        "trainer.max_steps=3",
        f"hydra/job_logging={choice}",
        "hydra.run.dir=beta=1.95/run",
    ]
    assert run(arguments, log, os.chdir, str(tmp_path)) == 0, log.read_text()
    longer = ["resume=beta=1.95/run", "trainer.max_steps=6", f"hydra/job_logging={choice}"]
    assert run(longer, log, os.chdir, str(tmp_path)) == 0, log.read_text()
    directory = tmp_path / "beta=1.95" / "run"
    assert log.read_text().splitlines()[-1] == str(directory / "result.json")
    assert last_step(directory) == 3
    assert (directory / "train.log").exists() == (choice in ("train_log", "default"))


@pytest.mark.slow
def test_a_mistake_in_an_interpreter_of_its_own(tmp_path: Path) -> None:
    done = command("hadronlab.train", "system=separable", "seed=-1", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: seed=-1: a seed lies between 0 and 4294967295\n"


def test_evaluate_refuses_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["hadronlab-evaluate", str(tmp_path)])
    with pytest.raises(SystemExit, match="1"):
        evaluate.main()
    assert capsys.readouterr().err == f"error: {tmp_path} is not a run directory: it has no config.yaml\n"


@pytest.mark.parametrize(
    ("arguments", "message"), [(["--samples", "few"], "invalid int value"), ([], "required")]
)
def test_evaluate_tells_a_mistake_in_one_line(arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["hadronlab-evaluate", *arguments])
    with pytest.raises(SystemExit, match="1"):
        evaluate.main()
    line = capsys.readouterr().err
    assert line.startswith("error: ") and message in line and line.count("\n") == 1


@pytest.mark.slow
def test_a_class_and_a_config_directory_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from hadronlab.models.potentials.sdnn import SDNN\n\n\n"
        "class Mine(SDNN):\n    def __init__(self, units: int = 4) -> None:\n"
        "        super().__init__((units,), (units,), 'tanh', 'linear', scale=-0.01)\n"
    )
    (tmp_path / "cfg" / "model").mkdir(parents=True)
    (tmp_path / "cfg" / "model" / "mine.yaml").write_text("_target_: mine.Mine\nunits: 5\n")
    log = tmp_path / "log"
    arguments = [
        "--config-dir",
        "cfg",
        "system=separable",
        "quiet=true",
        "figures=false",
        "model=mine",
        "trainer.max_epochs=2",
    ]
    assert run(arguments, log, os.chdir, str(tmp_path)) == 0, log.read_text()
    assert json.loads(Path(log.read_text().splitlines()[-1]).read_text())["model"] == "Mine"
