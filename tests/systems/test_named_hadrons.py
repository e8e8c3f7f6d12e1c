"""Hadrons by name: every name makes what it says."""

import pytest

from hadronlab.errors import ConfigError
from hadronlab.systems.hadron_names import hadron_name
from hadronlab.systems.named_hadrons import MULTIQUARKS, named_hadron, named_hadrons
from hadronlab.systems.references import references


@pytest.mark.parametrize(
    ("name", "energy"),
    [
        ("D*", 2016.136),
        ("J/psi", 3101.257),
        ("N", 995.111),
        ("Lambda_c", 2290.124),
        ("T_cc", 3863.097),
        ("P_bb", 15568.169),
    ],
)
def test_names_find_what_the_tables_know(name, energy):
    assert references(named_hadron("x", name))["reference"]["energy"]["value"] == energy


def test_names_are_those_of_the_contents():
    known = named_hadrons()
    assert len(known) == 22 + 40 + 8 + len(MULTIQUARKS)
    for name, (quarks, spin, isospin) in known.items():
        if name not in MULTIQUARKS:
            assert hadron_name(quarks.split(), spin, isospin) == name


def test_a_name_that_is_none():
    with pytest.raises(ConfigError, match=r"system.hadron=Lamda_c is not known: did you mean Lambda_c"):
        named_hadron("x", "Lamda_c")
