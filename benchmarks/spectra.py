"""Levels in correlated Gaussians beside converged references: how far above, and the CPU time of one core.

    OMP_NUM_THREADS=1 python benchmarks/spectra.py [T_bb nucleon …]

The table of docs/spectra.md. References: AL1, AP1, AL2, AP2 and BD from a radial solver (mesons) and from other correlated-Gaussian
calculations, upper bounds within the error that is given of the exact level; Ps⁻ and Ps₂ published. MeV; leptons: Hartree.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from measure import Figure, processor_line

from hadronlab.physics.forces.quark_models import quark_model
from hadronlab.physics.forces.strings import string_model
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.spectra import solve_system

Solved = tuple[list[float], list[float], int, float]
"""Levels, what remains of each, Gaussians, CPU seconds."""


@dataclass(frozen=True)
class Case:
    """make: the system. levels: references, with `error` of each; accuracy: asked for; seconds: by the clock, far more than needed."""

    make: Callable[[], FewBodySystem]
    levels: tuple[float, ...]
    error: float
    accuracy: float
    seconds: float


def quarks(
    content: str, spin: float, isospin: float, *levels: float, error: float = 0.01, accuracy: float = 3e-3,
    seconds: float = 100.0, model: str = "AL1",
) -> Case:  # fmt: skip
    def make() -> FewBodySystem:
        return quark_system("x", content, spin, isospin, interaction=quark_model(model))

    return Case(make, levels, error, accuracy, seconds)


def meson(content: str, spin: float, isospin: float, *levels: float, model: str = "AL1") -> Case:
    return quarks(content, spin, isospin, *levels, error=1e-4, accuracy=3e-4, seconds=60.0, model=model)


def leptons(content: str, level: float, error: float, accuracy: float, seconds: float) -> Case:
    return Case(lambda: lepton_system("x", content), (level,), error, accuracy, seconds)


def multiquark(
    content: str, spin: float, isospin: float, level: float, error: float, model: str = "AL1"
) -> Case:
    return quarks(content, spin, isospin, level, error=error, accuracy=0.02, seconds=500.0, model=model)


CASES = {
    "pi": meson("u d~", 0, 1, 138.1627, 1302.7717, 2016.5022, 2616.7110),
    "K": meson("s u~", 0, 0.5, 490.9214, 1464.9376, 2111.3236, 2658.5467),
    "D": meson("c u~", 0, 0.5, 1862.3712, 2643.2107, 3217.1451, 3709.4642),
    "D*": meson("c u~", 1, 0.5, 2016.1364, 2715.2638, 3267.5910, 3749.4571),
    "eta_c": meson("c c~", 0, 0, 3005.2501, 3608.2294, 4013.3772, 4353.3072),
    "J/psi": meson("c c~", 1, 0, 3101.2573, 3641.1494, 4035.4971, 4370.6805),
    "eta_b": meson("b b~", 0, 0, 9423.6855, 10003.2550, 10328.9500, 10588.8187),
    "B": quarks("b u~", 0, 0.5, 5293.457, error=1e-3, accuracy=3e-4, seconds=60.0),
    "B*": quarks("b u~", 1, 0.5, 5350.488, error=1e-3, accuracy=3e-4, seconds=60.0),
    "Upsilon": quarks("b b~", 1, 0, 9461.479, error=1e-3, accuracy=3e-4, seconds=60.0),
    "D AP1": meson("c u~", 0, 0.5, 1881.3168, 2629.7384, 3126.5745, 3526.9234, model="AP1"),
    "D* AP1": meson("c u~", 1, 0.5, 2033.1206, 2694.3643, 3169.5879, 3559.8580, model="AP1"),
    "B AP1": meson("b u~", 0, 0.5, 5311.1926, 6002.4191, 6479.8580, 6867.6479, model="AP1"),
    "eta_c AP1": meson("c c~", 0, 0, 2982.4168, 3605.2407, 3985.5629, 4285.1740, model="AP1"),
    "J/psi AP1": meson("c c~", 1, 0, 3102.5046, 3645.5198, 4011.2218, 4304.5444, model="AP1"),
    "D AL2": meson("c u~", 0, 0.5, 1864.1894, 2662.1016, 3242.2960, 3738.5867, model="AL2"),
    "J/psi AL2": meson("c c~", 1, 0, 3100.5013, 3663.3452, 4066.4187, 4406.9044, model="AL2"),
    "D AP2": meson("c u~", 0, 0.5, 1878.1097, 2662.5802, 3173.2599, 3582.5994, model="AP2"),
    "J/psi AP2": meson("c c~", 1, 0, 3096.4430, 3676.6217, 4057.6896, 4360.4256, model="AP2"),
    "D BD": meson("c u~", 0, 0.5, 1885.5586, 2695.4445, 3300.7598, 3821.3251, model="BD"),
    "D* BD": meson("c u~", 1, 0.5, 2019.9553, 2765.9116, 3353.1326, 3864.6562, model="BD"),
    "J/psi BD": meson("c c~", 1, 0, 3097.0124, 3684.5581, 4109.1468, 4469.5362, model="BD"),
    "nucleon": quarks("u u d", 0.5, 0.5, 995.111),
    "Delta": quarks("u u u", 1.5, 1.5, 1306.615),
    "Lambda_c": quarks("u d c", 0.5, 0, 2290.124),
    "Lambda_b": quarks("u d b", 0.5, 0, 5635.355),
    "Xi_cc*": quarks("c c u", 1.5, 0.5, 3701.804),
    "Xi_bb*": quarks("b b u", 1.5, 0.5, 10232.428),
    "Omega_ccc": quarks("c c c", 1.5, 0, 4798.724, error=0.02),
    "nucleon, 3 levels": quarks("u u d", 0.5, 0.5, 995.112, 1721.858, 1879.323, error=0.002),
    "Lambda_c, 3 levels": quarks("u d c", 0.5, 0, 2290.155, 2859.108, 3106.123, error=0.08),
    "Omega_ccc, 3 levels": quarks("c c c", 1.5, 0, 4798.724, 5233.912, 5590.626, error=0.02),
    "nucleon AP1, 3 levels": quarks("u u d", 0.5, 0.5, 993.503, 1658.610, 1821.140, error=0.04, model="AP1"),
    "nucleon BD, 3 levels": quarks("u u d", 0.5, 0.5, 1020.639, 1782.229, 1936.031, error=0.07, model="BD"),
    "nucleon, flux tube": Case(lambda: quark_system("x", "u u d", 0.5, 0.5, interaction=string_model()), (1000.64,), 0.06, 0.02, 100.0),
    "T_cc": multiquark("c c u~ d~", 1, 0, 3863.097, 0.03),
    "T_bb": multiquark("b b u~ d~", 1, 0, 10490.696, 0.02),
    "T_cs0": multiquark("c s u~ d~", 0, 0, 2349.460, 0.05),
    "T_bc2": multiquark("b c u~ d~", 2, 0, 7362.131, 0.01),
    "T_bb BD": multiquark("b b u~ d~", 1, 0, 10504.474, 0.56, model="BD"),
    "T_cc AP1": multiquark("c c u~ d~", 1, 0, 3891.042, 0.21, model="AP1"),
    "P_cc 5/2-": multiquark("c c u d c~", 2.5, 0, 5713.814, 0.05),
    "P_bb 5/2-": multiquark("b b u d b~", 2.5, 0, 15568.169, 0.1),
    "Ps": leptons("e- e+", -0.25, 0.0, 1e-8, 60.0),
    "Ps-": leptons("e- e- e+", -0.262005070, 1e-9, 3e-7, 200.0),
    "Ps2": leptons("e- e- e+ e+", -0.516003790, 1e-9, 1e-6, 2000.0),
}  # fmt: skip


def solved(case: Case) -> Solved:
    started = time.process_time()
    found = solve_system(case.make(), len(case.levels), accuracy=case.accuracy, seconds=case.seconds)
    spent = time.process_time() - started
    return found.energies.tolist(), found.remaining.tolist(), len(found.exponents), spent


def short() -> list[Figure]:
    """One of every kind."""
    figures = []
    for name in ("J/psi", "nucleon", "T_bb", "Ps-"):
        levels, _, size, spent = solved(CASES[name])
        above = levels[0] - CASES[name].levels[0]
        figures.append(
            Figure(
                f"{name}, one core",
                spent,
                None,
                "",
                "s",
                note=f"E − reference {above:+.2g}, {size} Gaussians",
            )
        )
    return figures


if __name__ == "__main__":
    print(processor_line())
    print(
        "| state | reference | Gaussians − reference | expected to remain | basis | CPU, s |\n|---|---|---|---|---|---|"
    )
    for name in sys.argv[1:] or CASES:
        case = CASES[name]
        energies, remaining, size, spent = solved(case)
        digits = ".9f" if abs(case.levels[0]) < 1 else ".4f" if case.error < 1e-3 else ".3f"
        cells = [
            name,
            ", ".join(f"{level:{digits}}" for level in case.levels)
            + (f" ± {case.error:g}" if case.error else ""),
            ", ".join(f"{e - level:+.2g}" for e, level in zip(energies, case.levels, strict=True)),
            ", ".join(f"{rest:.1g}" for rest in remaining),
            str(size),
            f"{spent:.1f}",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)
