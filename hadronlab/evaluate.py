"""Entry point: `python -m hadronlab.evaluate RUN_DIR` recomputes observables and figures of a finished run."""

from __future__ import annotations

from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
def main() -> None:
    """Rebuild the task from the run's own configuration and newest checkpoint, and write its results again."""
    parser = Arguments(
        prog="hadronlab-evaluate", description="Compute the observables and figures of a run again."
    )
    parser.add_argument("run_directory", type=Path, metavar="RUN_DIR")
    parser.add_argument(
        "--samples", type=int, help="vmc: samples of the evaluation (more of them, smaller errors)"
    )
    parser.add_argument(
        "--max-time", metavar="DD:HH:MM:SS", help="vmc: time of the evaluation (default: trainer.max_time)"
    )
    parser.add_argument(
        "--config-dir", type=Path, metavar="DIR", help="with choices of observables of your own"
    )
    parser.add_argument(
        "observables", nargs="*", default=[], metavar="OBSERVABLES",
        help="other ones than the run's: observables=[default,…], observables.NAME.key=value, ~observables.NAME",
    )  # fmt: skip
    options = parser.parse_intermixed_args()

    from hadronlab.run.evaluate import evaluate

    evaluate(
        options.run_directory, options.samples, options.max_time, options.observables, options.config_dir
    )


if __name__ == "__main__":
    main()
