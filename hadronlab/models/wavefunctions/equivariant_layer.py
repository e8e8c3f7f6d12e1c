"""Linear layers from numbers of pairs to numbers of groups of particles that commute with all permutations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.orbits import Clusters


def pools(members: Sequence[Clusters], pairs: Sequence[tuple[int, int]]) -> Tensor:
    """P (K, n_members, n_pairs) of the members of an orbit, or of all pairs as sets of one cluster; pairs in the order of the system."""
    shared = [
        [sorted((len(cluster), len({*pair} & {*cluster})) for cluster in clusters) for pair in pairs]
        for clusters in members
    ]
    kinds = sorted({str(kind) for row in shared for kind in row})
    number = torch.tensor([[kinds.index(str(kind)) for kind in row] for row in shared])
    found = torch.stack([(number == k).double() for k in range(len(kinds))])
    return found / found.sum(-1, keepdim=True).clamp(min=1).sqrt()


class EquivariantLayer(nn.Module):
    """z_os = Σ_c Σ_k W_ock Σ_p P_ksp x_cp + b_o of members s: sums over the pairs p that share as many particles with s.

    Kinds k of pairs are the numbers of particles that they share with the clusters of s. Every sum is over the root of its number of
    terms. Arrays are (features, pairs or members, columns): the columns, samples or slots of jets, are contiguous.

    Args:
        n_in, n_out: features.
        pools: (K, n_members, n_pairs), of `pools`; None: z_os = Σ_c W_oc x_cs + b_o.
    """

    pools: Tensor | None

    def __init__(self, n_in: int, n_out: int, pools: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("pools", pools, persistent=False)
        size = n_in * (1 if pools is None else len(pools))
        self.weight = nn.Parameter(torch.randn(n_out, size, dtype=torch.float64) / size**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out, dtype=torch.float64))

    def pooled(self, x: Tensor) -> Tensor:
        """The sums (n_in · K, n_members, columns) of x (n_in, n_pairs, columns)."""
        if self.pools is None:
            return x
        k, members, pairs = self.pools.shape
        return (self.pools.to(x.dtype).view(k * members, pairs) @ x).view(len(x) * k, members, -1)

    def forward(self, pooled: Tensor) -> Tensor:
        """z without b, (n_out, n_members, columns)."""
        return (self.weight.to(pooled.dtype) @ pooled.flatten(1)).view(-1, *pooled.shape[1:])

    def values(self, x: Tensor) -> Tensor:
        """z (n_out, n_members, batch) of values x."""
        return self(self.pooled(x)).add_(self.bias.to(x.dtype)[:, None, None])

    def jets(self, x: Tensor) -> Tensor:
        """Jets of z (n_out, n_members, D + 2, batch)."""
        z = self(self.pooled(x.flatten(2))).unflatten(2, x.shape[2:])
        z[:, :, 0] += self.bias[:, None, None]
        return z

    def backward(self, x: Tensor, cotangent: Tensor, out: Tensor) -> Tensor:
        """Σ c ∂z/∂(W, b) to `out`, and Σ c ∂z/∂x, (n_in, n_pairs, R, batch).

        x (n_in, n_pairs, batch); cotangent c (n_out, n_members, R, batch); out: (P, R, batch), to be overwritten with the rows of every
        sample, or (P,), to which their sum is added.
        """
        n_out, members, r, batch = cotangent.shape
        of_weight, of_bias = out.split([self.weight.numel(), n_out])
        pooled = self.pooled(x)
        if out.dim() == 1:
            of_weight.view(n_out, -1).addmm_(cotangent.sum(2).flatten(1), pooled.flatten(1).T)
            of_bias += cotangent.sum((1, 2, 3))
        else:
            left = cotangent.permute(3, 2, 0, 1).reshape(batch, r * n_out, members)
            products = left @ pooled.permute(2, 1, 0).contiguous()  # (batch, R · n_out, n_in · K)
            of_weight.copy_(products.view(batch, r, -1).permute(2, 1, 0))
            of_bias.copy_(cotangent.sum(1))
        of_pooled = self.weight.to(x.dtype).T @ cotangent.flatten(1)
        if self.pools is None:
            return of_pooled.view(len(x), members, r, batch)
        k, _, pairs = self.pools.shape
        of_pooled = of_pooled.view(len(x), k * members, -1)
        pools = self.pools.to(x.dtype).view(k * members, pairs)
        return (pools.T @ of_pooled).view(len(x), pairs, r, batch)
