"""The potential energy by its terms, and the virial."""

import pytest
import torch

from hadronlab.observables.energy_parts import expectation, potential_parts, virial
from hadronlab.physics.forces.quark_models import quark_model
from hadronlab.physics.forces.strings import StringModel, string_model
from hadronlab.systems.quarks import quark_system


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "interaction"),
    [
        ("c c u~ d~", 1, 0, quark_model("AL1")),
        ("c c u~ d~", 1, 0, quark_model("AP2")),
        ("u u d", 0.5, 0.5, quark_model("AL1", three_body=True)),
        ("u u d", 0.5, 0.5, string_model(three_body=True)),
        ("c c u~ d~", 1, 0, string_model("BD", trees=True)),
    ],
)
def test_parts_add_up_to_the_potential(quarks, spin, isospin, interaction):
    system = quark_system("x", quarks, spin, isospin, interaction=interaction)
    generator = torch.Generator().manual_seed(0)
    r = torch.randn(system.n_particles, 3, 20, dtype=torch.float64, generator=generator)
    distances, psi = (
        system.distances(r),
        torch.randn(system.n_channels, 20, dtype=torch.float64, generator=generator),
    )
    model = interaction.model if isinstance(interaction, StringModel) else interaction
    parts = {name: expectation(part, distances, psi) for name, part in potential_parts(system).items()}
    assert ("three_body" in parts) == model.three_body
    torch.testing.assert_close(sum(parts.values()), expectation(system, distances, psi))
    # r·∇ of c/r is −c/r, that of the linear part itself
    torch.testing.assert_close(
        virial(potential_parts(system)["linear"], distances, psi),
        model.p * parts["linear"],
        rtol=1e-6,
        atol=1e-8,
    )
    if model.r_c == 0:
        torch.testing.assert_close(
            virial(potential_parts(system)["coulomb"], distances, psi),
            -parts["coulomb"],
            rtol=1e-6,
            atol=1e-8,
        )
    constant = 1.5 * model.constant if len(distances) == 3 else 2 * model.constant
    torch.testing.assert_close(parts["constant"], torch.full((20,), -constant, dtype=torch.float64))
