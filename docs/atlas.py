"""The page and the figure of the AL1 spectrum, from the results of its sweeps.

hadronlab-train experiment=atlas hydra.sweep.dir=outputs/atlas
hadronlab-train experiment=atlas_p_waves hydra.sweep.dir=outputs/atlas_p_waves
python docs/atlas.py outputs/atlas outputs/atlas_p_waves
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from matplotlib.lines import Line2D

from hadronlab.plotting.few_body import hadrons
from hadronlab.plotting.style import COLORS, figure, save, style
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.named_hadrons import MULTIQUARKS, named_hadron, named_hadrons

HERE = Path(__file__).parent
HEAD = """# Atlas of the AL1 quark model

All S- and P-wave mesons and baryons, three levels each, and the multiquarks that are bound, from two sweeps:

```bash
hadronlab-train experiment=atlas
hadronlab-train experiment=atlas_p_waves     # baryons of negative parity, mesons of positive
```

{jobs} jobs one after the other, {minutes:.0f} minutes on one core of a busy machine (the column s: from the beginning of a job to its
result); with `hydra/launcher=joblib` two at a time. Another model: `interaction=ap1`. This page is made from their results by
`python docs/atlas.py SWEEP SWEEP`. Energies in MeV, without V_C; in parentheses what is expected to remain, extrapolated (see
[Spectra](spectra.md)). Size: rms distance of a quark from the centre of mass. AL1 has no annihilation: η is π, and ω is ρ. Of two
states of one content and spin, as Ξ_c and Ξ_c′, the second is the next level. Forces are central: of a P wave all J in parentheses
have one energy, and S is the spin of the quarks. N*, Δ*, Λ* and Ω(1/2) are the names of spins whose lowest state is a P wave.

![Levels of mesons and baryons by their heaviest quark](atlas.png)
"""
SECTORS = (("light and strange", "qs"), ("charm", "c"), ("beauty", "b"))


@dataclass(frozen=True)
class Row:
    """A hadron, and result.json."""

    name: str
    L: int
    result: dict[str, Any]

    @property
    def system(self) -> FewBodySystem:
        return named_hadron("x", self.name, L=self.L)

    @property
    def numbers(self) -> str:
        """I(J^P), of a P wave with the spin of the quarks."""
        numbers = self.system.quantum_numbers.translate({ord("+"): "⁺", ord("-"): "⁻"})
        return f"{numbers}, S = {self.system.spin}" if self.L else numbers

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
        system = yaml.safe_load(config.read_text(encoding="utf-8"))["system"]
        if (result := config.parent / "result.json").is_file():
            found.append(
                Row(system["hadron"], system.get("L", 0), json.loads(result.read_text(encoding="utf-8")))
            )
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
        found, energies = row.result["observables"], ", ".join(quoted(*level) for level in row.levels())
        lines.append(
            f"| {hadrons(row.name)} | {' '.join(row.system.labels)} | {row.numbers} | {energies} | {found['size']['value']:.3f} | "
            f"{row.result['wall_seconds']:.1f} |"
        )
    return "\n".join(lines)


def bound_table(chosen: list[Row]) -> str:
    lines = [
        "| state | quarks | I(J^P) | energy | threshold | binding | size, fm | s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in chosen:
        found, labels = row.result["observables"], " ".join(row.system.labels)
        threshold = found["threshold"]
        for k, (energy, rest) in enumerate(row.levels()):
            lines.append(
                f"| {hadrons(row.name)}{'′' * k} | {labels} | {row.numbers} | {quoted(energy, rest)} | "
                f"{hadrons(threshold['name'])} {threshold['value']:.2f} | {threshold['value'] - energy:.2f} | "
                f"{found[f'size.{k}']['value']:.3f} | {row.result['wall_seconds']:.1f} |"
            )
        if not row.levels():
            lines.append(
                f"| {hadrons(row.name)} | {labels} | {row.numbers} | none found below | {hadrons(threshold['name'])} "
                f"{threshold['value']:.2f} | | | {row.result['wall_seconds']:.1f} |"
            )
    return "\n".join(lines)


def draw(found: list[Row], path: Path) -> None:
    """A column a name: S waves on its left, P waves on its right."""
    with style():
        fig, axes = figure(3, 1, figsize=(13, 14))
        for ax, (title, flavors) in zip(axes, SECTORS, strict=True):
            members = [row for row in found if row.heaviest in flavors]
            names = list(dict.fromkeys(row.name for row in sorted(members, key=lambda row: -row.L)))
            for row in members:
                x = names.index(row.name) + (0.0 if row.name in MULTIQUARKS else (-0.2, 0.2)[row.L])
                color = "local" if row.name in MULTIQUARKS else ("network", "reference")[row.L]
                for k, (energy, _) in enumerate(row.levels()):
                    ax.hlines(
                        energy / 1000, x - 0.18, x + 0.18, COLORS[color], lw=3, alpha=1 if k == 0 else 0.5
                    )
                threshold = row.result["observables"].get("threshold")
                if threshold is not None:
                    ax.hlines(threshold["value"] / 1000, x - 0.4, x + 0.4, COLORS["truth"], lw=1.2, ls=":")
            ax.set_xticks(
                range(len(names)),
                [hadrons(name) for name in names],
                rotation=60,
                ha="right",
                rotation_mode="anchor",
            )
            ax.set(title=title, ylabel="mass [GeV]", xlim=(-0.8, len(names) - 0.2))
        handles = [Line2D([], [], color=COLORS[color], lw=3) for color in ("network", "reference", "local")]
        axes[0].legend(handles, ["S wave", "P wave", "bound multiquark"], loc="upper left")
        save(fig, path)


if __name__ == "__main__":
    found = [row for sweep in sys.argv[1:] for row in rows(Path(sweep))]
    minutes = sum(row.result["wall_seconds"] for row in found) / 60
    parts = [HEAD.format(jobs=len(found), minutes=minutes)]
    for L, wave in enumerate(("S", "P")):
        hadronic = [row for row in found if row.L == L and row.name not in MULTIQUARKS]
        mesons = [row for row in hadronic if "~" in named_hadrons()[row.name][0]]
        baryons = [row for row in hadronic if row not in mesons]
        parts += [
            f"## {wave}-wave mesons\n",
            table(mesons),
            f"\n## {wave}-wave baryons\n",
            table(baryons) + "\n",
        ]
    parts += ["## Bound multiquarks\n", bound_table([row for row in found if row.name in MULTIQUARKS])]
    parts.append(
        "\nLevels above the lowest threshold are not listed: they belong to the box that the basis makes."
    )
    (HERE / "atlas.md").write_text("\n".join(parts) + "\n", encoding="utf-8")
    draw(found, HERE / "atlas.png")
