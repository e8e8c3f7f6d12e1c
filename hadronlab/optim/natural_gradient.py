"""The one damped natural-gradient solver behind Gauss–Newton and stochastic reconfiguration.

Both papers minimise a square in function space. With rows O (N, P) = ∂(what is measured)/∂θ and residuals
e (N,),

    δ = argmin |O δ − e|² + λ |δ − μ δ_prev|²,     θ ← θ − η δ,

    P × P:   (G + λ I) δ = F + λ μ δ_prev,                       G = OᵀO,  F = Oᵀe
    N × N:   δ = μ δ_prev + Oᵀ (O Oᵀ + λ I)⁻¹ (e − μ O δ_prev)   the same δ, cheaper when N < P

Gauss–Newton: O = ∂residual/∂θ, e = residual. Stochastic reconfiguration: G = S = Cov(∂ ln ψ), F the energy
gradient. μ = 0 is plain damping, μ = 0.9 SPRING. The step is capped in its own metric: η √(δᵀ G δ) ≤ cap.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.optim.cholesky import solve_definite_
from hadronlab.optim.gram import symmetric_product


class DampedSolver:
    """Solves for δ in float64, with momentum, a cap, and a fallback ladder.

    shift: λ; with `relative` a multiple of the mean diagonal of G. momentum: μ in [0, 1). cap: largest
    Fisher norm of a step (None: none). raises: how many times the Cholesky factorisation may raise λ tenfold
    before small eigenvalues are cut away instead. After a solve, `rung` ('cholesky', 'shift x10', …, 'eigh') and
    `shift_used` tell what it took, `fisher_norm` the norm of the step before the cap.
    """

    def __init__(
        self,
        shift: float = 1e-3,
        momentum: float = 0.0,
        cap: float | None = None,
        relative: bool = False,
        raises: int = 3,
    ) -> None:
        if not shift >= 0 or not 0.0 <= momentum < 1.0 or (cap is not None and not cap > 0) or raises < 0:
            raise ConfigError(
                f"shift = {shift}, momentum = {momentum}, cap = {cap}, raises = {raises}: need shift ≥ 0, "
                "0 ≤ momentum < 1, cap > 0, raises ≥ 0"
            )
        self.shift, self.momentum, self.cap, self.relative, self.raises = (
            shift,
            momentum,
            cap,
            relative,
            raises,
        )
        self.previous: Tensor | None = None
        self.rung, self.shift_used = "none", float("nan")
        self._fisher_norm = torch.tensor(float("nan"))  # not read back from the device before it is asked for

    @property
    def fisher_norm(self) -> float:
        """Of the last step, before the cap."""
        return float(self._fisher_norm)

    def solve_gram(self, gram: Tensor, force: Tensor, step: float = 1.0, size: int | None = None) -> Tensor:
        """δ (P,) from G (P, P) and F (P,); `step` is the learning rate the cap counts.

        size: the number of parameters, where G is that of fewer coordinates which hold its whole trace.
        """
        G, F = gram.double(), force.double()
        shift = self._shift(G, size)
        if self.momentum and self.previous is not None:
            F = F + shift * self.momentum * self.previous.to(F)
        delta = self._ladder(G, F, shift)
        self._remember(delta)
        return self._capped(delta, (delta @ (G @ delta)).clamp(min=0.0).sqrt(), step).to(force.dtype)

    def solve_kernel(self, rows: Tensor, residual: Tensor, step: float = 1.0) -> Tensor:
        """δ (P,) from O (N, P) and e (N,), through the N × N matrix O Oᵀ.

        O is multiplied in its own precision: float32 rows halve the work and suffice while λ ≫ 1e-7 |O|²; the
        system is solved in float64.
        """
        J, e = rows, residual.double()
        kernel = symmetric_product(J)
        drift = torch.zeros(J.shape[1], dtype=e.dtype, device=e.device)
        if self.momentum and self.previous is not None:
            drift = self.momentum * self.previous.to(e)
        # the mean diagonal of OᵀO is trace/P, and the two matrices share their trace
        shift = self._shift(kernel, J.shape[1])
        weights = self._ladder(kernel, e - (J @ drift.to(J)).to(e), shift)
        delta = drift + (J.T @ weights.to(J)).to(e)
        self._remember(delta)
        return self._capped(delta, (J @ delta.to(J)).norm(), step).to(residual.dtype)

    def _shift(self, matrix: Tensor, size: int | None = None) -> float:
        if not self.relative:
            return self.shift
        return self.shift * float(matrix.diagonal().sum()) / (size or len(matrix))

    def _ladder(self, matrix: Tensor, right: Tensor, shift: float) -> Tensor:
        """Cholesky; then λ × 10 up to `raises` times; then the eigenvectors with eigenvalues above λ alone."""
        # one pass: whatever is not finite ends up in the sum
        finite = torch.isfinite(matrix.sum() + right.sum())
        floor = 0.0
        for attempt in range(self.raises + 1):
            # from λ = 0 there is nothing to multiply: rise from the rounding floor instead
            used = shift if attempt == 0 else max(shift, floor) * 10.0**attempt
            shifted = matrix.clone()
            shifted.diagonal().add_(used)
            solution, definite = solve_definite_(shifted, right)
            if bool(finite & definite & torch.isfinite(solution).all()):  # all that is read from the device
                self.rung = "cholesky" if attempt == 0 else f"shift x{10**attempt}"
                self.shift_used = used
                return solution
            if not bool(finite):
                raise HadronlabError(
                    "natural gradient: matrix or force not finite; lower the learning rate or raise the shift"
                )
            floor = torch.finfo(torch.float64).eps * float(matrix.diagonal().abs().max())
        values, vectors = torch.linalg.eigh(0.5 * (matrix + matrix.T))
        cut = max(shift, floor * len(matrix))
        self.rung, self.shift_used = "eigh", cut
        inverse = torch.where(values > cut, 1.0 / (values + shift), 0.0)
        return vectors @ (inverse * (vectors.T @ right))

    def _remember(self, delta: Tensor) -> None:
        # a step from before a stretch without momentum is none to go on with
        self.previous = delta.detach().clone() if self.momentum else None

    def _capped(self, delta: Tensor, fisher_norm: Tensor, step: float) -> Tensor:
        self._fisher_norm = step * fisher_norm.detach().double()
        return delta if self.cap is None else delta * (self.cap / self._fisher_norm).clamp(max=1.0)

    def split(self, sizes: Sequence[int]) -> list[DampedSolver]:
        """Solvers alike, one for each block of so many parameters, with what this one remembers of it."""
        parts = [copy.copy(self) for _ in sizes]
        if self.previous is not None:
            for part, previous in zip(parts, self.previous.split(list(sizes)), strict=True):
                part.previous = previous
        return parts

    def join(self, parts: Sequence[DampedSolver], share: float = 1.0) -> None:
        """Remember so much of the steps of `parts`, and what the hardest of them took."""
        previous = [part.previous for part in parts if part.previous is not None]
        self.previous = share * torch.cat(previous) if previous else None
        hardest = max(parts, key=lambda part: part.shift_used)
        self.rung, self.shift_used = hardest.rung, hardest.shift_used
        self._fisher_norm = torch.stack([part._fisher_norm for part in parts]).max()

    def state_dict(self) -> dict[str, Any]:
        """Plain containers and tensors: loads with weights_only=True."""
        return {"shift": self.shift, "previous": self.previous}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.shift, self.previous = state["shift"], state["previous"]
