"""Factors that fix how the wave function falls off, and its slope where two particles meet."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hadronlab.models.wavefunctions.jets import Derivatives, compose_


class ExponentialEnvelope(nn.Module):
    """exp(−Σ_l a_tl q_l), one trainable decay a_tl = softplus(·) > 0 for every output t and length q_l.

    The lengths are the pair distances r_p and, with `confining`, as many q(r) = s [(1 + r²/s²)^{3/4} − 1] that grow
    as r^{3/2}, the exponent of the Airy function to which a linear potential leads. The exponent is linear in the
    lengths, and its jet one matrix product.

    With contact slopes c_p, r_p is replaced by r_p − g_p and −Σ_p c_p g_p is added, g(r) = s (1 − e^{−r/s}): then the
    exponent has the slope −c_p at r_p = 0 for every output (Kato's cusp) and −a_tp far away.

    Args:
        decay: (T, n_pairs) or, confining, (T, 2 n_pairs): initial a, inverse fm.
        order: (C, n_pairs), distance p of copy c is r[order[c, p]].
        scale: (n_pairs,) s, fm.
        slope: (n_pairs,) c, inverse fm, or None for no constraint.
        alike: like `decay`, the index of the parameter of each, 0 … n − 1, for those that stay alike, as they begin; None: all differ.
    """

    order: Tensor
    inverse_order: Tensor
    scale: Tensor
    slope: Tensor | None
    alike: Tensor | None

    def __init__(
        self,
        decay: Tensor,
        order: Tensor,
        scale: Tensor,
        slope: Tensor | None = None,
        alike: Tensor | None = None,
    ):
        super().__init__()
        first = decay
        if alike is not None:
            first = decay.new_empty(int(alike.max()) + 1).scatter(0, alike.flatten(), decay.flatten())
        self.raw_decay = nn.Parameter(first + torch.log(-torch.expm1(-first)))  # the inverse of softplus
        self.register_buffer("alike", alike, persistent=False)
        n_pairs = order.shape[1]
        self.confining = decay.shape[1] == 2 * n_pairs
        if self.confining:
            order = torch.cat([order, order + n_pairs], 1)
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("inverse_order", order.argsort(1), persistent=False)
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("slope", slope, persistent=False)

    @property
    def decay(self) -> Tensor:
        own = nn.functional.softplus(self.raw_decay)
        return own if self.alike is None else own[self.alike]

    def folded_decay(self, dtype: torch.dtype, copies: slice = slice(None)) -> Tensor:
        """Decays of all or some of the copies, (C, T, n_lengths): they are permuted in place of the lengths."""
        decay = self.decay.to(dtype)
        index = self.inverse_order[copies, None].expand(-1, len(decay), -1)
        return decay[None].expand(len(index), -1, -1).gather(2, index)

    def values(self, r: Tensor) -> Tensor:
        """Exponents (C, T, batch) at distances r (n_pairs, batch)."""
        contact = None if self.slope is None else self._contact(r)[0]
        return self._exponent(self._lengths(r, contact), contact)

    def jets(self, jet: Tensor, copies: slice = slice(None)) -> Tensor:
        """Jets of the exponents, (C, T, D + 2, batch), from those of the distances, for all or some of the copies."""
        r, contact = jet[:, 0], None
        lengths = [jet]
        if self.slope is not None:
            contact = compose_(jet.clone(), self._contact(r))
            lengths = [jet - contact]
            contact = contact.flatten(1)
        if self.confining:
            lengths.append(compose_(jet.clone(), self._airy(r)))
        return self._exponent(torch.cat(lengths).flatten(1), contact, copies).unflatten(-1, jet.shape[1:])

    def backward(self, r: Tensor, cotangent: Tensor, out: Tensor) -> None:
        """Σ_{c,t} cotangent · ∂exponent/∂θ; cotangent (C, T, R, batch).

        out: (P, R, batch), to be overwritten with the rows of every sample, or (P,), to which their sum is added.
        """
        contact = None if self.slope is None else self._contact(r)[0]
        lengths = self._lengths(r, contact)[self.order]  # (C, n_lengths, batch)
        chain = -torch.sigmoid(self.raw_decay).to(r.dtype)  # softplus' with the sign of the exponent
        if self.alike is not None:
            chain = chain[self.alike]
        if out.dim() == 1:
            total = (cotangent.sum(2) @ lengths.transpose(1, 2)).sum(0).mul_(chain).flatten()
            if self.alike is None:
                out += total
            else:
                out.index_add_(0, self.alike.flatten(), total)
            return
        rows = cotangent.permute(3, 2, 1, 0).flatten(1, 2) @ lengths.permute(
            2, 0, 1
        )  # (batch, R · T, n_lengths)
        rows = rows.unflatten(1, (-1, len(chain))).mul_(chain).permute(2, 3, 1, 0)
        if self.alike is None:
            out.unflatten(0, chain.shape).copy_(rows)
        else:
            out.zero_().index_add_(0, self.alike.flatten(), rows.flatten(0, 1))

    def _lengths(self, r: Tensor, contact: Tensor | None) -> Tensor:
        """What the decays multiply, (n_lengths, batch)."""
        linear = r if contact is None else r - contact
        return torch.cat([linear, self._airy(r)[0]]) if self.confining else linear

    def _exponent(self, lengths: Tensor, contact: Tensor | None, copies: slice = slice(None)) -> Tensor:
        """ln of the envelopes, (C, T, columns), linear in lengths and contact (·, columns)."""
        folded = self.folded_decay(lengths.dtype, copies)
        exponent = (folded.flatten(0, 1) @ lengths).neg_().unflatten(0, folded.shape[:2])
        if contact is not None and self.slope is not None:
            exponent -= self.slope.to(lengths.dtype) @ contact
        return exponent

    def _contact(self, r: Tensor) -> Derivatives:
        """g(r) and its first two derivatives."""
        scale = self.scale.to(r.dtype)[:, None]
        fall = torch.exp(-r / scale)
        return scale * (1 - fall), fall, -fall / scale

    def _airy(self, r: Tensor) -> Derivatives:
        """q(r) = s [(1 + t²)^{3/4} − 1], t = r/s, and its first two derivatives."""
        scale = self.scale.to(r.dtype)[:, None]
        t = r / scale
        w = 1 + t * t
        quarter = w.sqrt().rsqrt()
        return scale * (w * quarter - 1), 1.5 * t * quarter, (1.5 + 0.75 * t * t) * quarter / (w * scale)


class TiedEnvelope(ExponentialEnvelope):
    """One exponential for each of C groups of particles, with equal decays where `ties` are.

    Args:
        decay: (k, n_ties), initial a, inverse fm: of the distances, and with k = 2 of the lengths that grow as r^{3/2}.
        ties: (C, n_pairs), the decay of each group and pair.
        scale, slope: as above.
    """

    ties: Tensor

    def __init__(self, decay: Tensor, ties: Tensor, scale: Tensor, slope: Tensor | None = None):
        n_pairs = ties.shape[1]
        super().__init__(decay.new_ones(1, len(decay) * n_pairs), torch.arange(n_pairs)[None], scale, slope)
        self.raw_decay = nn.Parameter(decay + torch.log(-torch.expm1(-decay)))
        ties = torch.cat([ties, ties + decay.shape[1]], 1) if self.confining else ties
        self.register_buffer("ties", ties, persistent=False)

    def folded_decay(self, dtype: torch.dtype, copies: slice = slice(None)) -> Tensor:
        return self.decay.to(dtype).flatten()[self.ties[copies, None]]

    def backward(self, r: Tensor, cotangent: Tensor, out: Tensor) -> None:
        """As above, with cotangents (C, 1, R, batch)."""
        contact = None if self.slope is None else self._contact(r)[0]
        products = (cotangent * self._lengths(r, contact)[:, None]).flatten(0, 1)  # (C · n_lengths, R, batch)
        rows = products.new_zeros(self.raw_decay.numel(), *products.shape[1:])
        rows.index_add_(0, self.ties.flatten(), products)
        rows *= -torch.sigmoid(self.raw_decay).to(r.dtype).view(-1, 1, 1)
        if out.dim() == 1:
            out += rows.sum((1, 2))
        else:
            out.copy_(rows)
