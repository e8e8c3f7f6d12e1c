"""The floor plan of hadronlab as a drawing: who stands on whom."""

from __future__ import annotations

import textwrap
from html import escape
from pathlib import Path

from generators.rooms import floors, place, purpose

WIDTH, HEIGHT, GAP = 860, 50, 6
ENTRY = "entry points"


def write(folder: Path) -> None:
    """generated/floor_plan.svg: the highest floor above; a room imports only what lies below it."""
    storeys = list(reversed(floors()))
    height = len(storeys) * (HEIGHT + GAP) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<style>rect{fill:#eef3f8;stroke:#5b7fa6}.name{font-size:15px;font-weight:600;fill:#1d3c5f}"
        ".text{font-size:13px;fill:#333}</style>",
    ]
    for level, rooms in enumerate(storeys):
        y = GAP + level * (HEIGHT + GAP)
        named = (
            [(ENTRY, _commands(rooms))]
            if len(rooms) > 2
            else [(room, purpose(place(room))) for room in rooms]
        )
        width = (WIDTH - GAP) / len(named) - GAP
        for column, (name, text) in enumerate(named):
            parts += _room(GAP + column * (width + GAP), y, width, name, text)
    (folder / "floor_plan.svg").write_text("\n".join([*parts, "</svg>"]), encoding="utf-8")


def _commands(rooms: tuple[str, ...]) -> str:
    return ", ".join(room for room in rooms if room != "__init__")


def _room(x: float, y: float, width: float, name: str, text: str) -> list[str]:
    room_for_text = width - 130
    lines = textwrap.wrap(text, max(20, int(room_for_text / 6.4)))[:3]
    first = y + HEIGHT / 2 + 4 - 7.5 * (len(lines) - 1)
    return [
        f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{HEIGHT}" rx="4"/>',
        f'<text class="name" x="{x + 10:.0f}" y="{y + HEIGHT / 2 + 5}">{escape(name)}</text>',
        *(
            f'<text class="text" x="{x + 122:.0f}" y="{first + 15 * k:.0f}">{escape(line)}</text>'
            for k, line in enumerate(lines)
        ),
    ]
