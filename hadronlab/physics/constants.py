"""Units: energies and masses in MeV, lengths in fm, nonlocal potentials U(r, r') in MeV fm^-3."""

from __future__ import annotations

HBAR_C = 197.3269804  # MeV fm
HBAR_C_GEV = HBAR_C / 1000  # GeV fm, the unit of quark models
FINE_STRUCTURE = 1.0 / 137.035999084  # α = e²/ħc


def kinetic_constant(reduced_mass: float, hbar_c: float = HBAR_C) -> float:
    """ħ²/(2m) in MeV fm², m the reduced mass in MeV: the factor in H0 = −ħ²∇²/(2m) [Wang, Eq. 1]."""
    return hbar_c**2 / (2.0 * reduced_mass)
