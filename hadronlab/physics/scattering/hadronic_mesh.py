"""A mesh for the force between two hadrons: what learns, fits and observes their potential solves scattering on the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hadronlab.physics.scattering.channels import Channel
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix
from hadronlab.physics.scattering.rmatrix import RMatrix

MESH_DENSITY = 12.0
"""mesh points a unit of length, beside forty: a kernel of the width of a hadron needs about ten"""


def scattering_mesh(
    radius: float, reduced_mass: float, hbar_c: float, k_max: float, charges: int = 0
) -> RMatrix:
    """R-matrix on a mesh fine enough for `k_max` and for a kernel of hadronic width; U ends at `radius`.

    charges: Z1 Z2, whose point Coulomb force goes on beyond it.
    """
    return RMatrix(radius, mesh_points(radius, k_max), reduced_mass, hbar_c, charges=charges)


def coupled_mesh(radius: float, channels: Sequence[Channel], k_max: float) -> CoupledRMatrix:
    """The same for coupled channels; k_max is the largest momentum in any of them."""
    return CoupledRMatrix(radius, mesh_points(radius, k_max), channels)


def mesh_points(radius: float, k_max: float) -> int:
    """How many a channel has."""
    return 40 + int(MESH_DENSITY * min(radius, 5.0) + 2 * radius * k_max / math.pi)
