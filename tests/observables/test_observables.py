"""How a number with its error is written."""

import pytest

from hadronlab.observables.observables import Quantity


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(1.57123, 0.0123, "fm"), "1.571(12) fm"),
        (Quantity(1.57123, 0.0996, "fm"), "1.57(10) fm"),  # two digits of the error, rounded up to a third
        (Quantity(-15.3, 9.96, "MeV"), "-15(10) MeV"),
        (Quantity(1234.0, 56.0), "1234(56)"),
        (Quantity(0.5, None, "deg"), "0.5 deg"),
        (Quantity(0.5, 0.0), "0.5"),
        (Quantity(3.0), "3"),
        (Quantity(float("nan"), 0.1, "MeV"), "none MeV"),
    ],
)
def test_two_digits_of_the_error(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text
