"""Local potentials of coupled channels: a symmetric matrix, or V_C + V_T S12 + V_LS L·S of two waves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.potential import Potential


def _checked(parts: Sequence[Potential], what: str) -> None:
    wrong = [part for part in parts if part.channels != 1 or not part.has_local or part.has_nonlocal]
    if wrong:
        raise ConfigError(f"{what} is made of local potentials of one channel, got {type(wrong[0]).__name__}")


class LocalMatrix(Potential):
    """V_ab(r) = V_ba(r), C(C+1)/2 local potentials: the upper triangle, the rows one after the other.

    orbital: l of each channel; V_ab begins like r^{|l_a − l_b|}, by a factor [r²/(r² + 1 fm²)]^{|l_a − l_b|/2}.
    """

    has_local, has_nonlocal = True, False

    def __init__(self, parts: Sequence[Potential], orbital: Sequence[int] | None = None) -> None:
        super().__init__()
        self.channels = self.sources_needed = channels_of(len(parts), "LocalMatrix")
        _checked(parts, "LocalMatrix")
        self.linear = all(part.linear for part in parts)
        self.parts: Iterable[Any] = nn.ModuleList(parts)
        self.orbital = checked_orbital(orbital, self.channels)
        self.index = nn.Buffer(triangle(self.channels), persistent=False)

    def local(self, r: Tensor) -> Tensor:
        """(C, C, *r.shape), MeV."""
        i, j = torch.triu_indices(self.channels, self.channels)
        barrier = [rise(r, abs(self.orbital[a] - self.orbital[b])) for a, b in zip(i, j, strict=True)]
        V = torch.stack([part.local(r) * x for part, x in zip(self.parts, barrier, strict=True)])
        return V[self.index]


class TensorLocal(Potential):
    """V_C(r) + V_T(r) S12 + V_LS(r) L·S in the waves l = J − 1, J + 1 of two spin-½ hadrons, as `physics.forces.tensor_force`.

    V_T is its part times r²/(r² + length²), regular at the origin. spin_orbit may be None. One source determines V_C and V_T;
    V_LS beside them takes two.
    """

    has_local, has_nonlocal, channels = True, False, 2

    def __init__(
        self,
        central: Potential,
        tensor: Potential,
        spin_orbit: Potential | None = None,
        J: int = 1,
        length: float = 1.0,
    ) -> None:
        super().__init__()
        parts = [part for part in (central, tensor, spin_orbit) if part is not None]
        _checked(parts, "TensorLocal")
        if J < 1 or not length > 0:
            raise ConfigError(
                f"J = {J}, length = {length} fm of TensorLocal: J is 1 or more, length positive"
            )
        self.central, self.tensor, self.spin_orbit = central, tensor, spin_orbit
        self.linear = all(part.linear for part in parts)
        self.length, self.sources_needed = float(length), 1 if spin_orbit is None else 2
        mixed = 6.0 * (J * (J + 1)) ** 0.5
        s12 = [[-2.0 * (J - 1), mixed], [mixed, -2.0 * (J + 2)]]
        self.s12 = nn.Buffer(torch.tensor(s12, dtype=torch.float64) / (2 * J + 1), persistent=False)
        self.ls = nn.Buffer(
            torch.diag(torch.tensor([J - 1.0, -(J + 2.0)], dtype=torch.float64)), persistent=False
        )

    def functions(self, r: Tensor) -> dict[str, Tensor]:
        """V_C, V_T and, where it has one, V_LS, MeV, in the shape of r."""
        near = r**2 / (r**2 + self.length**2)
        found = {"V_C": self.central.local(r), "V_T": near * self.tensor.local(r)}
        return found if self.spin_orbit is None else found | {"V_LS": self.spin_orbit.local(r)}

    def local(self, r: Tensor) -> Tensor:
        """(2, 2, *r.shape), MeV."""
        found, one = self.functions(r), torch.eye(2).to(self.s12)
        V = torch.einsum("ab,...->ab...", one, found["V_C"])
        V = V + torch.einsum("ab,...->ab...", self.s12, found["V_T"])
        return V + torch.einsum("ab,...->ab...", self.ls, found["V_LS"]) if "V_LS" in found else V


def channels_of(parts: int, what: str) -> int:
    """C of C(C+1)/2 parts. Raises ConfigError for another number."""
    channels = int((2 * parts) ** 0.5)
    if parts < 3 or channels * (channels + 1) // 2 != parts:
        raise ConfigError(
            f"{what} of {parts} parts: two channels have three, V_11, V_12, V_22; three have six"
        )
    return channels


def triangle(channels: int) -> Tensor:
    """(C, C): where element a, b of a symmetric matrix stands among those of its upper triangle."""
    i, j = torch.triu_indices(channels, channels)
    index = torch.zeros(channels, channels, dtype=torch.long)
    index[i, j] = index[j, i] = torch.arange(len(i))
    return index


def checked_orbital(orbital: Sequence[int] | None, channels: int) -> tuple[int, ...]:
    """l of each channel, S waves by default. Raises ConfigError for another number of them."""
    found = (0,) * channels if orbital is None else tuple(int(wave) for wave in orbital)
    if len(found) != channels or min(found) < 0:
        raise ConfigError(f"orbital = {list(found)}: give l of each of {channels} channels")
    return found


def rise(r: Tensor, power: int) -> Tensor:
    """[r²/(r² + 1 fm²)]^{power/2}: like r^power at the origin, 1 far out."""
    return (r**2 / (r**2 + 1.0)) ** (power / 2) if power else torch.ones_like(r)
