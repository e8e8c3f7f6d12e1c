"""Factors that fix how the wave function falls off, and its slope where two particles meet."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hadronlab.models.jets import Derivatives, compose_


class ExponentialEnvelope(nn.Module):
    """exp(−Σ_p a_tp q_p), one trainable decay a_tp = softplus(·) > 0 for every output t and length q_p.

    The lengths are the pair distances. Then ln of the envelope is linear in the lengths, and its jet one
    matrix product. With a contact slope c_p the exponent is −Σ_p [a_tp (r_p − g_p) + c_p g_p], g(r) = s (1
    − e^{−r/s}), of slope −c_p at r = 0 for every output (Kato's cusp) and −a_tp at infinity.

    Args:
        decay: (T, n_lengths) initial a, inverse fm.
        order: (C, n_lengths), length p of copy c is q[order[c, p]].
        scale: (n_lengths,) s of g, fm; used with `slope` only.
        slope: (n_lengths,) c, inverse fm, or None for a = c.
    """

    order: Tensor
    inverse_order: Tensor
    scale: Tensor
    slope: Tensor | None

    def __init__(self, decay: Tensor, order: Tensor, scale: Tensor, slope: Tensor | None = None):
        super().__init__()
        self.raw_decay = nn.Parameter(decay + torch.log(-torch.expm1(-decay)))  # the inverse of softplus
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("inverse_order", order.argsort(1), persistent=False)
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("slope", slope, persistent=False)

    @property
    def decay(self) -> Tensor:
        return nn.functional.softplus(self.raw_decay)

    def _exponent(self, lengths: Tensor, contact: Tensor | None) -> Tensor:
        """ln of the envelopes, (C, T, columns), linear in lengths and contact (n_lengths, columns)."""
        decay = self.decay.to(lengths.dtype)
        folded = (
            decay[None]
            .expand(len(self.order), -1, -1)
            .gather(2, self.inverse_order[:, None].expand(-1, len(decay), -1))
        )
        exponent = (folded.reshape(-1, decay.shape[1]) @ lengths).neg_().view(*folded.shape[:2], -1)
        if contact is not None and self.slope is not None:
            exponent -= self.slope.to(lengths.dtype) @ contact
        return exponent

    def _contact(self, r: Tensor) -> Derivatives:
        """g(r) and its first two derivatives."""
        scale = self.scale.to(r.dtype)[:, None]
        fall = torch.exp(-r / scale)
        return scale * (1 - fall), fall, -fall / scale

    def lengths(self, r: Tensor) -> tuple[Tensor, Tensor | None]:
        """What decays and slopes multiply, (n_lengths, batch) each, from distances r."""
        if self.slope is None:
            return r, None
        contact = self._contact(r)[0]
        return r - contact, contact

    def values(self, r: Tensor) -> Tensor:
        """Exponents (C, T, batch) at distances r (n_lengths, batch)."""
        return self._exponent(*self.lengths(r))

    def jets(self, jet: Tensor) -> Tensor:
        """Jets of the exponents, (C, T, D + 2, batch), from those of the distances."""
        contact = None
        lengths = jet
        if self.slope is not None:
            contact = compose_(jet.clone(), self._contact(jet[:, 0]))
            lengths = (jet - contact).flatten(1)
            contact = contact.flatten(1)
        return self._exponent(lengths.reshape(len(jet), -1), contact).unflatten(-1, jet.shape[1:])

    def backward(self, r: Tensor, cotangent: Tensor, out: Tensor) -> None:
        """Add Σ_{c,t} cotangent · ∂exponent/∂θ to out, (P, R, batch) or (P,); cotangent (C, T, R, batch)."""
        lengths = self.lengths(r)[0][self.order]  # (C, n_lengths, batch)
        chain = -torch.sigmoid(self.raw_decay).to(r.dtype)  # softplus' with the sign of the exponent
        if out.dim() == 1:
            rows = (cotangent.sum(2) @ lengths.transpose(1, 2)).sum(0)
            out.view(chain.shape).addcmul_(chain, rows)
            return
        rows = out.new_zeros(*chain.shape, *out.shape[1:])
        for c, q in zip(cotangent, lengths, strict=True):
            rows.addcmul_(c[:, None], q[None, :, None])
        out.view(rows.shape).addcmul_(chain[..., None, None], rows)
