"""Names of mesons and baryons: "D*", "J/psi", "Xi_cc*", as a physicist writes them in ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

MESONS = {  # heavier flavour first: (S = 0, S = 1); light quarkonia by isospin below
    "sq": ("K", "K*"),
    "ss": ("eta_s", "phi"),
    "cq": ("D", "D*"),
    "cs": ("D_s", "D_s*"),
    "cc": ("eta_c", "J/psi"),
    "bq": ("B", "B*"),
    "bs": ("B_s", "B_s*"),
    "bc": ("B_c", "B_c*"),
    "bb": ("eta_b", "Upsilon"),
}
LIGHT_MESONS = {0: ("eta", "omega"), 1: ("pi", "rho")}


def hadron_name(flavors: Sequence[str], spin: Fraction, isospin: Fraction, excitation: str = "") -> str:
    """Name of the ground state of a meson ("c", "q~") or baryon ("c", "c", "q"), with "(2S)" or the like
    appended.

    A heavy-light meson has one name for both signs of its heavy quark; an antibaryon ends in "bar".
    """
    bare = sorted((flavor.removesuffix("~") for flavor in flavors), key="qscb".index, reverse=True)
    if len(bare) == 2:
        names = LIGHT_MESONS[int(isospin)] if bare == ["q", "q"] else MESONS["".join(bare)]
        return names[int(spin)] + excitation
    light, heavy = bare.count("q"), "".join(f for f in bare if f in "cb")
    if light == 3:
        name = {(1, 1): "N", (3, 3): "Delta", (1, 3): "N*", (3, 1): "Delta*"}[int(2 * isospin), int(2 * spin)]
    elif len(set(bare)) == 1:  # three identical heavy quarks: the ground state has S = 3/2
        name = "Omega" + (f"_{heavy}" if heavy else "") + ("" if 2 * spin == 3 else "(1/2)")
    else:
        letter = {2: "Sigma" if isospin else "Lambda", 1: "Xi", 0: "Omega"}[light]
        name = letter + (f"_{heavy}" if heavy else "") + ("*" if 2 * spin == 3 else "")
    return name + ("bar" if flavors[0].endswith("~") else "") + excitation
