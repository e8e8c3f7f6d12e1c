"""The lowest levels of a system in correlated Gaussians, which begin as the clusters of its lowest threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.candidates import Cluster
from hadronlab.physics.few_body.gaussians.expectations import energy_parts
from hadronlab.physics.few_body.gaussians.solve import Solver, solve
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum, Stage
from hadronlab.physics.forces.interaction import Term
from hadronlab.physics.quantum_numbers.spin_orbit import rank, with_orbit
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.threshold import members

CLUSTER_SIZE = {2: 6, 3: 12}  # Gaussians of a meson or atom, and of a baryon, in its ground state
MORE = 3  # Gaussians for another state


def system_solver(
    system: FewBodySystem,
    states: int = 1,
    accuracy: float = 0.0,
    seconds: float = 60.0,
    size: int | None = None,
    seed: int = 0,
) -> Solver:
    """A `Solver` of the system; `accuracy` in its unit.

    Raises ConfigError for an unnatural parity too.
    """
    if system.parity not in (None, (-1) ** system.L):
        raise ConfigError(
            f"correlated Gaussians have the parity (−1)^L, and system {system.name!r} has L={system.L}, parity={system.parity}: "
            f"leave out system.parity, or choose system.L={1 - system.L}"
        )
    return Solver(system, states, accuracy / system.to_unit, seconds, size, seed, clusters(system))


def solve_system(system: FewBodySystem, states: int = 1, **settings: Any) -> Spectrum:
    """The lowest levels in the unit of the system, masses included where it counts them; settings: of `system_solver`.

    Coefficients are those of the system of `split`.
    """
    solver = system_solver(system, states, **settings)
    while solver.ended is None:
        solver.step()
    return in_unit(*split(system, solver.spectrum()))


def split(system: FewBodySystem, found: Spectrum) -> tuple[FewBodySystem, Spectrum]:
    """The lowest of the members J of every level, split by spin–orbit and tensor forces of first order, and the system with channels
    of these J; the same where there are no such forces. Energies in the unit of the masses.
    """
    if not (system.L and system.has_fine_structure and system.interaction.first_order):
        return system, found
    channels, J = system.channels, system.members
    fine = replace(system, channels=replace(channels, spin=with_orbit([channels.spin], J)))
    count, states = len(found.exponents), len(found.energies)
    before = found.coefficients.reshape(count, -1, channels.spin.n, channels.isospin.n, states)
    after = np.zeros((*before.shape[:2], len(J), *before.shape[2:], len(J)))
    for member in range(len(J)):
        after[:, :, member, ..., member] = before
    every = replace(found, coefficients=after.reshape(count, -1, states * len(J)))
    every = replace(every, energies=np.repeat(found.energies, len(J)))
    force = system.interaction
    parts = energy_parts(fine, every, {name: Term(force, name) for name in force.operators if rank(name)})
    shift = np.sum([parts[name] for name in parts if name != "kinetic"], axis=0)
    chosen = np.argsort(every.energies + shift)[:states]
    of = chosen // len(J)
    return fine, replace(
        found,
        energies=(every.energies + shift)[chosen],
        remaining=found.remaining[of],
        coefficients=every.coefficients[..., chosen],
        stages=tuple(replace(s, energies=s.energies[of] + shift[chosen]) for s in found.stages),
    )


def in_unit(system: FewBodySystem, found: Spectrum) -> Spectrum:
    """A spectrum in the unit of the masses with energies, `remaining` and `rounding` in the unit of the system."""

    def energy(values: np.ndarray) -> np.ndarray:
        return values * system.to_unit + system.mass_sum

    return replace(
        found,
        energies=energy(found.energies),
        remaining=found.remaining * system.to_unit,
        rounding=found.rounding * system.to_unit,
        stages=tuple(Stage(stage.size, energy(stage.energies), stage.seconds) for stage in found.stages),
    )


def clusters(system: FewBodySystem, states: int = 1) -> list[Cluster]:
    """The parts of the lowest threshold with exponents of their lowest levels; none where there is none or it is not known."""
    try:
        threshold = system.lowest_threshold() if system.n_particles > 2 else None
    except ConfigError:
        threshold = None
    within = threshold.clusters if threshold else ()
    parts = [system.cluster_system(cluster) for cluster in within]
    if any(part is None and len(cluster.flavors) > 1 for part, cluster in zip(parts, within, strict=True)):
        return []
    kinds = [part.flavors if part else cluster.flavors for part, cluster in zip(parts, within, strict=True)]
    return [
        Cluster(
            place,
            solve(part, states, size=CLUSTER_SIZE.get(part.n_particles, 20) + MORE * (states - 1)).exponents
            if part
            else np.zeros((1, 0, 0)),
        )
        for part, place in zip(parts, members(system.flavors, kinds), strict=True)
    ]
