"""The pictures of README and of the first page of the site, made by runs of the program.

    python docs/figures.py [omega_ccc] [tcc]

Each takes a few minutes on one core and replaces docs/NAME.png.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from hadronlab.api import run

PICTURES = {
    "omega_ccc": (("system=omega_ccc", "model=sdnn_deep"), ("localised", "phase_shifts")),
    "tcc": (("system=tcc",), ("convergence", "pair_distances")),
}
HEIGHT = 560  # pixels


def draw(name: str) -> Path:
    """Run, and set the figures of the run side by side."""
    overrides, figures = PICTURES[name]
    with tempfile.TemporaryDirectory() as directory:
        result = run(*overrides, directory=directory)
        panels = [Image.open(result.figure(figure)).convert("RGB") for figure in figures]
    panels = [panel.resize((panel.width * HEIGHT // panel.height, HEIGHT)) for panel in panels]
    picture = Image.new("RGB", (sum(panel.width for panel in panels), HEIGHT), "white")
    left = 0
    for panel in panels:
        picture.paste(panel, (left, 0))
        left += panel.width
    path = Path(__file__).parent / f"{name}.png"
    picture.save(path, optimize=True)
    return path


if __name__ == "__main__":
    for chosen in sys.argv[1:] or PICTURES:
        print(draw(chosen))
