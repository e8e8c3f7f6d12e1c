"""The page and the figure of the AL1 spectrum, from the results of its sweep.

hadronlab-train experiment=atlas hydra.sweep.dir=outputs/atlas
python docs/atlas.py outputs/atlas
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hadronlab.plotting.few_body import hadrons
from hadronlab.plotting.style import COLORS, figure, save, style
from hadronlab.systems.named_hadrons import MULTIQUARKS, named_hadron, named_hadrons

HERE = Path(__file__).parent
HEAD = """# Atlas of the AL1 quark model

All S-wave mesons and baryons, three levels each, and the multiquarks that are bound, from one sweep:

```bash
hadronlab-train experiment=atlas
```

{jobs} jobs one after the other, {minutes:.0f} minutes on one core of a busy machine (the column s: from the beginning of a job to its
result); with `hydra/launcher=joblib` two at a time. Another model: `interaction=ap1`. This page is made from its results by
`python docs/atlas.py SWEEP`. Energies in MeV, without V_C; in parentheses what is expected to remain, extrapolated (see
[Spectra](spectra.md)). Size: rms distance of a quark from the centre of mass. AL1 has no annihilation: η is π, and ω is ρ. Of two
states of one content and spin, as Ξ_c and Ξ_c′, the second is the next level.

![Levels of mesons and baryons by their heaviest quark](atlas.png)
"""
SECTORS = (("light and strange", "qs"), ("charm", "c"), ("beauty", "b"))


@dataclass(frozen=True)
class Row:
    """A hadron, and result.json."""

    name: str
    result: dict[str, Any]

    @property
    def heaviest(self) -> str:
        return min((q.removesuffix("~") for q in named_hadrons()[self.name][0].split()), key="bcsq".index)

    def levels(self) -> list[tuple[float, float]]:
        """Energies below the lowest threshold, and what remains."""
        found = self.result["observables"]
        top = found["threshold"]["value"] if "threshold" in found else float("inf")
        names = [f".{k}" for k in range(9) if f"energy.{k}" in found]
        pairs = [(found[f"energy{k}"]["value"], found[f"remaining{k}"]["value"]) for k in names]
        return [(e, rest) for e, rest in pairs if e < top]


def rows(sweep: Path) -> list[Row]:
    found = []
    for config in sorted(sweep.glob("*/config.yaml"), key=lambda path: int(path.parent.name)):
        name = yaml.safe_load(config.read_text(encoding="utf-8"))["system"]["hadron"]
        if (result := config.parent / "result.json").is_file():
            found.append(Row(name, json.loads(result.read_text(encoding="utf-8"))))
    return found


def quoted(energy: float, rest: float | None) -> str:
    """2015.14(2): in the last digit shown, at least a thousandth of an MeV."""
    if rest is None:
        return f"{energy:.1f}"
    digits = next(d for d in (3, 2, 1, 0) if rest * 10**d < 10 or d == 0)
    return f"{energy:.{digits}f}({max(1, round(rest * 10**digits))})"


def table(chosen: list[Row]) -> str:
    lines = [
        "| hadron | quarks | I(J^P) | levels | size of the lowest, fm | s |",
        "|---|---|---|---|---|---|",
    ]
    for row in chosen:
        system, found = named_hadron("x", row.name), row.result["observables"]
        energies = ", ".join(quoted(*level) for level in row.levels())
        numbers = system.quantum_numbers.replace("+)", "⁺)").replace("-)", "⁻)")
        lines.append(
            f"| {hadrons(row.name)} | {' '.join(system.labels)} | {numbers} | {energies} | {found['size']['value']:.3f} | "
            f"{row.result['wall_seconds']:.1f} |"
        )
    return "\n".join(lines)


def bound_table(chosen: list[Row]) -> str:
    lines = [
        "| state | quarks | I(J^P) | energy | threshold | binding | size, fm | s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in chosen:
        system, found = named_hadron("x", row.name), row.result["observables"]
        threshold = found["threshold"]
        numbers = system.quantum_numbers.replace("+)", "⁺)").replace("-)", "⁻)")
        for k, (energy, rest) in enumerate(row.levels()):
            lines.append(
                f"| {hadrons(row.name)}{'′' * k} | {' '.join(system.labels)} | {numbers} | {quoted(energy, rest)} | "
                f"{hadrons(threshold['name'])} {threshold['value']:.2f} | {threshold['value'] - energy:.2f} | "
                f"{found[f'size.{k}']['value']:.3f} | {row.result['wall_seconds']:.1f} |"
            )
        if not row.levels():
            lines.append(
                f"| {hadrons(row.name)} | {' '.join(system.labels)} | {numbers} | none found below | {hadrons(threshold['name'])} "
                f"{threshold['value']:.2f} | | | {row.result['wall_seconds']:.1f} |"
            )
    return "\n".join(lines)


def draw(found: list[Row], path: Path) -> None:
    sectors = [[row for row in found if row.heaviest in flavors] for _, flavors in SECTORS]
    with style():
        fig, axes = figure(3, 1, figsize=(11, 13))
        for ax, (title, _), members in zip(axes, SECTORS, sectors, strict=True):
            for x, row in enumerate(members):
                for k, (energy, _) in enumerate(row.levels()):
                    color = COLORS["local"] if row.name in MULTIQUARKS else COLORS["network"]
                    ax.plot(
                        [x - 0.38, x + 0.38],
                        [energy / 1000] * 2,
                        color=color,
                        lw=3,
                        alpha=1 if k == 0 else 0.5,
                    )
                threshold = row.result["observables"].get("threshold")
                if threshold is not None:
                    ax.plot(
                        [x - 0.45, x + 0.45],
                        [threshold["value"] / 1000] * 2,
                        color=COLORS["truth"],
                        lw=1.2,
                        ls=":",
                    )
            ax.set_xticks(
                range(len(members)),
                [hadrons(row.name) for row in members],
                rotation=60,
                ha="right",
                rotation_mode="anchor",
            )
            ax.set(title=title, ylabel="mass [GeV]", xlim=(-0.8, len(members) - 0.2))
        save(fig, path)


if __name__ == "__main__":
    found = rows(Path(sys.argv[1]))
    minutes = sum(row.result["wall_seconds"] for row in found) / 60
    hadronic = [row for row in found if row.name not in MULTIQUARKS]
    mesons = [row for row in hadronic if "~" in named_hadrons()[row.name][0]]
    baryons = [row for row in hadronic if row not in mesons]
    bound = [row for row in found if row.name in MULTIQUARKS]
    parts = [HEAD.format(jobs=len(found), minutes=minutes)]
    parts += [
        "## Mesons\n",
        table(mesons),
        "\n## Baryons\n",
        table(baryons),
        "\n## Bound multiquarks\n",
        bound_table(bound),
    ]
    parts.append(
        "\nLevels above the lowest threshold are not listed: they belong to the box that the basis makes."
    )
    (HERE / "atlas.md").write_text("\n".join(parts) + "\n", encoding="utf-8")
    draw(found, HERE / "atlas.png")
