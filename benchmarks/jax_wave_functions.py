"""The project's wave functions in JAX, with the same parameters, for NetKet: one sample at a time.

They see mass-scaled Jacobi coordinates x (3(N − 1),): nine directions for four quarks, where the particles' own
coordinates would cost twelve. A sample is x and what else the state of NetKet needs, its label.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import folx
import jax
import jax.numpy as jnp
import numpy as np

from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.physics.few_body.jacobi import from_jacobi_matrix

jax.config.update("jax_enable_x64", True)

Kernel = Callable[[Callable[[Any, jax.Array], jax.Array], Any, jax.Array], jax.Array]
"""NetKet's kinetic energy of ln ψ(parameters, x) at x, −½ (Δ ln ψ + (∇ ln ψ)²)."""


class JaxWaveFunction:
    """Coordinates and AL1-like potential; a subclass adds ln ψ at x, given a label, and the local energy.

    `parameters` are those of ψ, their names in the order of the program's parameters.
    """

    mode = "real"  # of NetKet's Jacobian
    parameters: dict[str, Any]

    def __init__(self, psi: WaveFunction):
        system = psi.system
        pairs = np.array(system.pairs)
        self.i, self.j = pairs[:, 0], pairs[:, 1]
        self.back = from_jacobi_matrix(system.masses, system.hbar_c).numpy()
        self.masses, self.hbar_c = system.masses.numpy(), system.hbar_c
        self.model, self.couplings = system.interaction, system.couplings.numpy()
        self.n_x = 3 * (len(self.masses) - 1)

    def geometry(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Positions (N, 3), centre of mass at the origin, and distances (n_pairs,)."""
        r = self.back @ x.reshape(-1, 3)
        return r, jnp.sqrt(((r[self.i] - r[self.j]) ** 2).sum(-1))

    def radial(self, x: jax.Array) -> jax.Array:
        """What multiplies the couplings, (n_operators · n_pairs,): V of [DeepQuark, Eq. 2] with p = 1 and r_c = 0."""
        q, y = self.model, self.geometry(x)[1] / self.hbar_c
        m_i, m_j = self.masses[self.i], self.masses[self.j]
        r0 = q.A * (2 * m_i * m_j / (m_i + m_j)) ** -q.B
        central = -q.kappa / y + q.string * y - q.constant
        contact = 8 * math.pi * q.kappa_spin / (3 * m_i * m_j) / (math.pi**1.5 * r0**3)
        return -3 / 16 * jnp.concatenate([central, contact * jnp.exp(-((y / r0) ** 2))])

    def log_psi(self, parameters: Any, x: jax.Array, label: jax.Array) -> jax.Array:
        raise NotImplementedError

    def apply(self, variables: Any, samples: jax.Array) -> jax.Array:
        """ln ψ of samples (batch, 3(N − 1) + label)."""
        return jax.vmap(lambda s: self.log_psi(variables["params"], s[: self.n_x], s[self.n_x :]))(samples)

    def local_energy(
        self, parameters: Any, x: jax.Array, label: jax.Array, kernel: Kernel | None
    ) -> jax.Array:
        """E_L by NetKet's kernel, or by folx's forward Laplacian."""
        raise NotImplementedError


class JaxDeepQuark(JaxWaveFunction):
    """`DeepQuarkWaveFunction`; the label is the sampled channel α."""

    def __init__(self, psi: DeepQuarkWaveFunction):
        super().__init__(psi)
        network = psi.network
        self.parameters = {"weights": arrays(network.weights), "biases": arrays(network.biases)}
        self.order, self.sign, self.n_in = network.order.numpy(), network.sign.numpy(), network.n_in
        self.labels, self.weights = psi.one_hot[psi.partners].numpy(), psi.partner_weights.numpy()
        self.boundary, self.n_channels = psi.boundary, psi.n_channels

    def antisymmetric(self, parameters: Any, x: jax.Array, alpha: jax.Array) -> jax.Array:
        """ψ_α without its boundary factor."""
        weights, biases = parameters["weights"], parameters["biases"]
        r, distances = self.geometry(x)
        copies = jnp.concatenate([r.ravel(), distances])[self.order] * self.sign  # (C, n_in)
        shares = jnp.asarray(self.labels)[alpha] @ weights[0][:, self.n_in :].T  # (M, width)
        a = jnp.tanh((copies @ weights[0][:, : self.n_in].T)[None] + shares[:, None] + biases[0])
        f = hidden(jnp.tanh, weights, biases, a)[..., 0]  # (M, C)
        return (jnp.asarray(self.weights)[alpha].T * f).sum()

    def log_psi(self, parameters: Any, x: jax.Array, label: jax.Array) -> jax.Array:
        exponent = -(self.geometry(x)[1] ** 2).sum() / self.boundary**2
        return jnp.log(jnp.abs(self.antisymmetric(parameters, x, label[0].astype(int)))) + exponent

    def local_energy(
        self, parameters: Any, x: jax.Array, label: jax.Array, kernel: Kernel | None
    ) -> jax.Array:
        alpha = label[0].astype(int)
        every = jax.vmap(lambda beta: self.antisymmetric(parameters, x, beta))(jnp.arange(self.n_channels))
        potential = self.radial(x) @ (jnp.asarray(self.couplings)[:, alpha] @ every) / every[alpha]
        if kernel is not None:
            return potential + kernel(lambda p, y: self.log_psi(p, y, label), parameters, x)
        jet = folx.forward_laplacian(lambda y: self.log_psi(parameters, y, label))(x)
        return potential - 0.5 * (jet.laplacian + (jet.jacobian.dense_array**2).sum())


class JaxInvariant(JaxWaveFunction):
    """`InvariantWaveFunction`, its channels summed exactly; the label is z (n_channels,), random signs.

    NetKet knows scalar wave functions. The program takes two rows of ∂ψ a sample, along ψ and along z where that is
    orthogonal to ψ. With the complex vector w that holds both, and is held fixed, they are the real and the imaginary
    part of the gradient of ln w·ψ, and E_L is the real part of (w·Hψ)/(w·ψ): NetKet's complex wave functions do both.
    """

    mode = "complex"

    def __init__(self, psi: InvariantWaveFunction):
        super().__init__(psi)
        network, envelope = psi.network, psi.envelope
        self.parameters = {
            "decay": arrays([envelope.raw_decay]),
            "weights": arrays(network.weights),
            "biases": arrays(network.biases),
        }
        self.order, self.lengths = network.order.numpy(), envelope.order.numpy()
        self.scale, self.confining = psi.scale.numpy(), envelope.confining
        self.slope = np.zeros(len(self.i)) if envelope.slope is None else envelope.slope.numpy()
        self.kato = envelope.slope is not None
        self.coefficients = psi.coefficients.numpy()

    def psi(self, parameters: Any, x: jax.Array) -> jax.Array:
        """ψ_α, (n_channels,)."""
        weights, biases, distance = parameters["weights"], parameters["biases"], self.geometry(x)[1]
        t = distance / self.scale
        features = jnp.concatenate([jnp.sqrt(1 + t * t), 2 * t / (1 + t)])[
            self.order
        ]  # smooth, saturating: (C, n_in)
        y = hidden(jax.nn.silu, weights, biases, jax.nn.silu(features @ weights[0].T + biases[0]))  # (C, T)
        contact = self.scale * (1 - jnp.exp(-t)) if self.kato else jnp.zeros_like(t)
        linear, airy = distance - contact, self.scale * ((1 + t * t) ** 0.75 - 1)
        lengths = jnp.concatenate([linear, airy]) if self.confining else linear
        exponent = -lengths[self.lengths] @ jax.nn.softplus(parameters["decay"][0]).T - self.slope @ contact
        return self.coefficients @ (jnp.exp(exponent) * y).ravel()

    def direction(self, psi: jax.Array, z: jax.Array) -> jax.Array:
        """w = ψ + i √ρ (z − ψ (z·ψ)/ρ), (n_channels,)."""
        density = (psi**2).sum()
        return jax.lax.stop_gradient(psi + 1j * jnp.sqrt(density) * (z - psi * (psi @ z) / density))

    def log_psi(self, parameters: Any, x: jax.Array, label: jax.Array) -> jax.Array:
        psi = self.psi(parameters, x)
        return jnp.log(self.direction(psi, label) @ psi)

    def local_energy(
        self, parameters: Any, x: jax.Array, label: jax.Array, kernel: Kernel | None
    ) -> jax.Array:
        psi = self.psi(parameters, x)
        w, density = self.direction(psi, label), (psi**2).sum()
        potential = jnp.tensordot(self.radial(x), self.couplings, 1) @ psi
        if kernel is not None:
            return w @ potential / density + kernel(lambda p, y: jnp.log(w @ self.psi(p, y)), parameters, x)
        jet = folx.forward_laplacian(lambda y: self.psi(parameters, y))(x)
        return w @ (potential - 0.5 * jet.laplacian) / density


def hidden(activate: Callable[[jax.Array], jax.Array], weights: Any, biases: Any, a: jax.Array) -> jax.Array:
    """Outputs from the activations of the first layer, (…, width)."""
    for weight, bias in zip(weights[1:-1], biases[1:-1], strict=True):
        a = activate(a @ weight.T + bias)
    return a @ weights[-1].T + biases[-1]


def arrays(parameters: Any) -> list[jax.Array]:
    return [jnp.asarray(p.detach().numpy()) for p in parameters]


def jax_twin(psi: WaveFunction) -> JaxWaveFunction:
    if isinstance(psi, DeepQuarkWaveFunction):
        return JaxDeepQuark(psi)
    assert isinstance(psi, InvariantWaveFunction)
    return JaxInvariant(psi)
