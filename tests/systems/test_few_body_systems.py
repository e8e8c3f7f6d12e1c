"""Building few-body systems: order, labels, fast paths, refusals, shipped configurations and references."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import pytest
import torch
import yaml
from hydra.utils import instantiate

from hadronlab.api import composed
from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.quark_models import quark_model
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.references import references

CONF = Path(__file__).parents[2] / "conf"


def test_tcc():
    system = quark_system("tcc", "c c u~ d~", spin=1, isospin=0)
    assert system.labels == ("c", "c", "u~", "d~")
    assert system.color_labels == ("3bar-3", "6-6bar")
    assert system.spin_labels == ("0-1", "1-0", "1-1")
    assert system.quantum_numbers == "0(1+)"
    assert system.pair_classes == {"c-c": [0], "c-q~": [1, 2, 3, 4], "q~-q~": [5]}
    assert system.mass_sum == pytest.approx(4302.0)
    assert system.masses.tolist() == [1.836, 1.836, 0.315, 0.315]
    assert system.channel_indices.tolist() == [[c, s, 0] for c in (0, 1) for s in (0, 1, 2)]


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "parity", "expected"),
    [
        ("c u~", 0, 0.5, 1, "1/2(0-)"),
        ("c c u d c~", 2.5, 0, 1, "0(5/2-)"),
        ("c c c c~ c~ c~", 1, 0, 1, "0(1-)"),
        ("c u~", 0, 0.5, -1, "I = 1/2, S = 0, P = +"),  # a P wave: J is not S
        ("u u d", 0.5, 0.5, None, "I = 1/2, S = 1/2, P = any"),
    ],
)
def test_quantum_numbers_of_a_parity(quarks, spin, isospin, parity, expected):
    assert quark_system("x", quarks, spin, isospin, parity).quantum_numbers == expected


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "J", "expected"),
    [
        ("c c~", 1, 0, None, "0(0+,1+,2+)"),
        ("c c~", 1, 0, 2, "0(2+)"),
        ("c c~", 0, 0, None, "0(1+)"),
        ("u d c", 0.5, 0, None, "0(1/2-,3/2-)"),
        ("c c u~ d~", 1, 0, "0", "0(0-)"),
    ],
)
def test_quantum_numbers_of_a_p_wave(quarks, spin, isospin, J, expected):
    system = quark_system("x", quarks, spin, isospin, L=1, J=J)
    assert (system.quantum_numbers, system.parity) == (expected, -1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"L": 2}, "L = 0 and 1 are known"),
        ({"L": 1, "parity": 1}, r"unnatural parity \+ are not known"),
        ({"L": 1, "parity": None}, r"unnatural parity \+ are not known"),
        ({"L": 1, "J": 3}, "J=3 is impossible for L=1 and S=1"),
        ({"J": 0.25}, "J"),
        ({"parity": "odd"}, "use natural, 1, -1, or null"),
    ],
)
def test_impossible_orbits_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        quark_system("x", "c c~", 1, 0, **wrong)


def test_quantum_numbers_of_leptons():
    assert lepton_system("x", "e- e+").quantum_numbers == "P = -"
    assert lepton_system("x", "e- e- e+ e+").quantum_numbers == "P = +"


def test_order_and_spelling_do_not_matter():
    """Identical quarks are put together, and pairs of them first, whatever the order typed."""
    expected = quark_system("a", "c c q~ q~", 1, 0)
    other = quark_system("b", ["d~", "c", "u~", "c"], "1", "0")
    assert other.flavors == expected.flavors and other.channel_labels == expected.channel_labels
    assert quark_system("x", "c u c c~ d", 0.5, 0).labels == ("c", "c", "u", "d", "c~")
    assert quark_system("x", "c u d", Fraction(1, 2), 0).labels == ("u", "d", "c")
    assert lepton_system("x", "e+ e- e+ e-").labels == ("e-", "e-", "e+", "e+")


@pytest.mark.parametrize("arguments", [("c c u~ d~", 1, 0), ("c c u d c~", 0.5, 0), ("u u d", 0.5, 0.5)])
def test_fast_path_equals_matrix(arguments):
    system = quark_system("x", *arguments, interaction=quark_model("AL2", three_body=True))
    generator = torch.Generator().manual_seed(0)
    r = torch.randn(system.n_particles, 3, 9, generator=generator, dtype=torch.float64)
    psi = torch.randn(system.n_channels, 9, generator=generator, dtype=torch.float64)
    distances = system.distances(r)
    for p, (i, j) in enumerate(system.pairs):
        torch.testing.assert_close(distances[p], (r[i] - r[j]).square().sum(0).sqrt())
    expected = torch.einsum("kab,bk->ak", system.potential(distances.T), psi)
    torch.testing.assert_close(system.potential_apply(distances, psi), expected, rtol=1e-13, atol=1e-13)
    single = system.potential_apply(distances.float(), psi.float())
    torch.testing.assert_close(single.double(), expected, rtol=1e-4, atol=1e-4)


@dataclass(frozen=True)
class Mixing(Interaction):
    """All three parts: a pair operator, a number, and a matrix of the channels that is no sum over pairs."""

    operators: ClassVar[tuple[str, ...]] = ("color",)

    def mass(self, flavor):
        return {"q": 0.3, "c": 1.8}[flavor]

    def radial(self, r, mass_i, mass_j):
        return (-0.2 * r,)

    def many_body(self, distances, masses):
        return 0.1 * distances.prod(0)

    def matrix(self, distances, masses, channels):
        color = torch.from_numpy(channels.operator("color").sum(0)).to(distances)
        return distances.sum(0)[:, None, None] * (color @ color)


def test_an_interaction_is_the_sum_of_its_terms_and_need_not_separate():
    system = quark_system("x", "c c u~ d~", 1, 0, interaction=Mixing())
    torch.manual_seed(0)
    distances, psi = torch.rand(6, 5).double(), torch.randn(system.n_channels, 5).double()
    expected = torch.einsum("kab,bk->ak", system.potential(distances.T), psi)
    torch.testing.assert_close(system.potential_apply(distances, psi), expected, rtol=1e-12, atol=1e-12)
    parts = {name: replace(system, interaction=term) for name, term in system.interaction.terms().items()}
    assert list(parts) == ["color", "many_body", "matrix"]
    total = sum(part.potential(distances.T) for part in parts.values())
    torch.testing.assert_close(total, system.potential(distances.T), rtol=1e-12, atol=1e-12)
    with pytest.raises(ConfigError, match="does not say into what nuclei falls apart"):
        FewBodySystem.thresholds(replace(system, name="nuclei"))


def test_leptons():
    system = lepton_system("ps2", "e- e- e+ e+")
    assert system.n_channels == 1 and system.color_labels == () and system.mass_sum == 0
    assert all(g.sign * g.matrix[0, 0] == 1 for g in system.group) and len(system.group) == 4
    r = torch.tensor([1.0, 2.0, 4.0, 5.0, 8.0, 10.0], dtype=torch.float64)
    attraction = 1 / 2 + 1 / 4 + 1 / 5 + 1 / 8
    assert system.potential(r).item() == pytest.approx(1 / 1 + 1 / 10 - attraction, rel=1e-14)
    triplet = lepton_system("ps_minus", "e- e- e+", spins={"e-": 1})
    assert [g.sign * g.matrix[0, 0] for g in triplet.group] == [1, -1]
    assert lepton_system("mu", "mu+ e-").masses.tolist() == [1.0, 206.7682830]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("c c u~ d~", 1.5, 0), "spin may be 0, 1, 2 and isospin 0, 1"),
        (("c c u~ d~", 1, 2), "spin may be 0, 1, 2 and isospin 0, 1"),
        (("c c u~ d~", 1, 0.5), "isospin=0.5 is impossible"),
        (("c c u~ u~", 1, 0), "isospin 1"),  # |I_z| = 1
        (("c c c", 1.5, 0.5), "isospin 0"),
        (("c c u~ d~", "one", 0), "spin=one"),
        (("c c u~ d~", 0.7, 0), "multiple of 1/2"),
        (("u u u d d d s", 0.5, 0), "7 quarks"),
        (("ccu~d~", 1, 0), "1 quarks"),
        (("c t~", 0, 0), "unknown quark 't~'"),
        (("c c u~", 0.5, 0.5), "no colour singlet"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ConfigError, match=message) as caught:
        quark_system("x", *arguments)
    assert "\n" not in str(caught.value)


@dataclass
class Mutable(Interaction):
    """Not frozen, hence not hashable."""

    operators: ClassVar[tuple[str, ...]] = ("one",)

    def mass(self, flavor: str) -> float:
        return 1.0

    def radial(self, r, mass_i, mass_j):
        return (r,)


def test_more_refusals():
    with pytest.raises(ConfigError, match="parity=2"):
        quark_system("x", "c c~", 0, 0, parity=2)
    with pytest.raises(ConfigError, match="parity=0"):
        lepton_system("x", "e- e- e+", parity=0)
    with pytest.raises(ConfigError, match="frozen dataclass"):
        quark_system("x", "c c~", 0, 0, interaction=Mutable())
    for leptons, spins, message in [
        ("e- tau+", None, "unknown lepton 'tau'"),
        ("e- x", None, "unknown lepton 'x'"),
        ("e-", None, "1 leptons"),
        ("e- e- e+", {"e-": 0.5}, "choose 0, 1"),
        ("e- e+", {"mu-": 0}, "names no particle"),
        ("e- e-", {"e-": 1}, "impossible for 'e- e-' with parity=1: choose 0"),  # an S wave is symmetric
    ]:
        with pytest.raises(ConfigError, match=message):
            lepton_system("x", leptons, spins)


def shipped():
    """Names of the files whose system is one of quarks or leptons, but for the one that leaves open which."""
    contents = {
        path.stem: yaml.safe_load(path.read_text()) for path in sorted((CONF / "system").glob("*.yaml"))
    }
    few_body = [name for name, content in contents.items() if {"quarks", "leptons"} & set(content["system"])]
    return [name for name in few_body if name != "multiquark"]


def test_all_systems_of_the_paper_are_shipped():
    tables = (CONF / "experiment" / "deepquark").glob("*.yaml")
    swept = [yaml.safe_load(path.read_text()).get("hydra", {}).get("sweeper") for path in tables]
    names = {name for sweep in swept if sweep for name in sweep["params"]["system"].split(",")}
    assert len(names) == 25 and names <= set(shipped())


@pytest.mark.parametrize("name", shipped())
def test_shipped_systems_and_their_references(name):
    system = instantiate(composed(f"system={name}").system)
    known = references(system)
    assert known["reference"]
    for column in known.values():
        for observable, entry in column.items():
            kind, _, label = observable.partition(".")
            assert {"value", "unit", "source"} <= set(entry)
            if kind == "rms_radius":
                assert label in system.pair_classes
            elif kind == "color_fraction":
                assert label in system.color_labels
            else:
                assert kind in {"energy", "threshold", "binding_energy"} and not label


def test_references_follow_content_and_interaction():
    tcc = references(quark_system("any", "d~ c u~ c", 1, 0))
    assert tcc["reference"]["energy"]["value"] == 3863.097
    assert tcc["paper"]["binding_energy"]["value"] == 15
    assert references(quark_system("tcc", "c c u~ d~", 1, 1)) == {"reference": {}, "paper": {}}
    other = quark_system("tcc", "c c u~ d~", 1, 0, interaction=quark_model("AP1"))
    assert references(other)["reference"] == {}
    odd = quark_system("D", "c u~", 0, 0.5, parity=-1)  # the P wave, not the D
    assert references(odd) == {"reference": {}, "paper": {}}
    total = sum(v["value"] for k, v in tcc["reference"].items() if k.startswith("color_fraction"))
    assert total == pytest.approx(1)
