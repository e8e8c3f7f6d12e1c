"""A SLURM of one machine for tests: this script under the names sbatch, srun, scontrol and sacct.

FAKE_SLURM names a folder for its state: `job` (the batch script), `requeue` (a wish), `tasks` (the tasks' process ids).
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path


def install(folder: Path) -> dict[str, str]:
    """The environment in which the four commands are found, their state in `folder`."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name in ("sbatch", "srun", "scontrol", "sacct", "batch"):
        file = programs / name
        file.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
        file.chmod(0o755)
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "FAKE_SLURM": str(folder)}


def own_number() -> int:
    """Of a job, from which its ranks make their port: another one for every process that tests at the same time."""
    return 10_000 + os.getpid() % 10_000


def sbatch(state: Path, script: Path) -> None:
    """Queue a batch script: it starts at once, detached."""
    (state / "job").write_text(script.read_text())
    job = str(own_number())
    subprocess.Popen(
        [state / "bin" / "batch", job],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    print(f"Submitted batch job {job}")


def batch(state: Path, job: str) -> None:
    """Run the batch script, and again as often as it is requeued."""
    asked = dict(re.findall(r"#SBATCH --([\w-]+)=(\S+)", (state / "job").read_text()))
    tasks = asked["ntasks-per-node"]
    variables = {"JOB_ID": job, "JOB_NAME": "train", "NTASKS": tasks, "NTASKS_PER_NODE": tasks, "JOB_NUM_NODES": "1", "NNODES": "1",
                 "NODEID": "0", "JOB_NODELIST": "127.0.0.1", "NODELIST": "127.0.0.1"}  # fmt: skip
    environment = {**os.environ, **{f"SLURM_{name}": value for name, value in variables.items()}}
    while True:
        (state / "requeue").unlink(missing_ok=True)
        subprocess.run(["bash", state / "job"], env=environment)
        if not (state / "requeue").exists():
            return


def srun(state: Path, arguments: list[str]) -> int:
    """Start the tasks of a step, and wait for them."""
    command = arguments[arguments.index(sys.executable) :]
    tasks = []
    for rank in range(int(os.environ["SLURM_NTASKS"])):
        variables = {
            "SLURM_PROCID": str(rank),
            "SLURM_LOCALID": str(rank),
            "SLURM_STEP_NUM_TASKS": os.environ["SLURM_NTASKS"],
        }
        with open(state / f"task{rank}.log", "a") as log:
            tasks.append(subprocess.Popen(command, env={**os.environ, **variables}, stdout=log, stderr=log))
    (state / "tasks").write_text(" ".join(str(task.pid) for task in tasks))
    return max(abs(task.wait()) for task in tasks)


def signal_tasks(state: Path, number: signal.Signals) -> None:
    """What SLURM does to the tasks of a job that it pre-empts."""
    for process in (state / "tasks").read_text().split():
        os.kill(int(process), number)


if __name__ == "__main__":
    place, name = Path(os.environ["FAKE_SLURM"]), Path(sys.argv[0]).name
    if name == "sbatch":
        sbatch(place, Path(sys.argv[-1]))
    elif name == "batch":
        batch(place, sys.argv[1])
    elif name == "srun":
        sys.exit(srun(place, sys.argv[1:]))
    elif name == "scontrol":
        (place / sys.argv[1]).write_text(sys.argv[2])
