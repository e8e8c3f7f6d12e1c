"""Entry point: `python -m hadronlab.dashboard` makes the W&B workspace of the project, or writes it as JSON."""

from __future__ import annotations

import sys
from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
def main() -> None:
    """Save the workspace at the server where there is a key and wandb-workspaces; else write FILE."""
    parser = Arguments(
        prog="hadronlab-dashboard", description="Make the W&B workspace of the project, or write it as JSON."
    )
    parser.add_argument("--entity", help="the W&B user or team")
    parser.add_argument("--project", default="hadronlab")
    parser.add_argument("--file", type=Path, metavar="FILE",
                        help="write JSON here and contact nobody (without a key or an entity: dashboard.json)")  # fmt: skip
    options = parser.parse_args()

    from hadronlab.run.wandb_logger import has_key
    from hadronlab.sweeps.dashboard import save_workspace, write_workspace

    if options.file is None and options.entity and has_key():
        print(save_workspace(options.entity, options.project))
        return
    if options.file is None:
        missing = "--entity" if has_key() else "a key of W&B (wandb login)"
        print(f"written to a file: the server needs {missing}", file=sys.stderr)
    print(write_workspace(options.file or Path("dashboard.json"), options.entity or "", options.project))


if __name__ == "__main__":
    main()
