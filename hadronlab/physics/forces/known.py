"""What a potential known in closed form may offer; a user's own needs no base class."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class LocalPart(Protocol):
    """A local potential, or one with a local part."""

    def local(self, r: Tensor) -> Tensor:
        """V0(r), MeV, in the shape of r, fm."""
        ...


@runtime_checkable
class NonlocalPart(Protocol):
    """A potential with a symmetric kernel."""

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U(r, r'), MeV fm⁻³, broadcast."""
        ...


@runtime_checkable
class ClosedForm(Protocol):
    """A potential whose scattering is known in closed form."""

    def phase_shift(self, k: Tensor) -> Tensor:
        """δ(k), rad."""
        ...

    @property
    def low_energy(self) -> dict[str, float]:
        """Those of scattering_length, effective_range, binding_energy, rms_radius that it has."""
        ...
