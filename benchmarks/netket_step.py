"""The paper's wave function in JAX, and one stochastic-reconfiguration step of it by NetKet, with or without folx.

NetKet's own parts do the work: MCState with given samples, KineticEnergy's kernel (forward over reverse) or folx's
forward Laplacian, and the driver VMC_SR with the dense Jacobian and Cholesky. The wave function sees mass-scaled
Jacobi coordinates: nine directions for four quarks, where the particles' own coordinates would cost twelve.
"""

from __future__ import annotations

import math
from typing import Any

import folx
import jax
import jax.numpy as jnp
import netket as nk
import netket.experimental as nkx
import numpy as np
import optax
from torch import Tensor

from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.physics.few_body.jacobi import from_jacobi_matrix, jacobi_matrix

jax.config.update("jax_enable_x64", True)


class JaxDeepQuark:
    """ψ_α and V of a `DeepQuarkWaveFunction` with an AL1-like potential, at one point x (3(N − 1),)."""

    def __init__(self, psi: DeepQuarkWaveFunction):
        system, network = psi.system, psi.network
        pairs = np.array(system.pairs)
        self.i, self.j = pairs[:, 0], pairs[:, 1]
        self.back = from_jacobi_matrix(system.masses, system.hbar_c).numpy()
        self.order, self.sign = network.order.numpy(), network.sign.numpy()
        self.labels, self.weights = psi.one_hot[psi.partners].numpy(), psi.partner_weights.numpy()
        self.boundary, self.n_channels = psi.boundary, psi.n_channels
        self.masses, self.hbar_c = system.masses.numpy(), system.hbar_c
        self.model, self.couplings = system.interaction, system.couplings.numpy()
        self.n_in = network.n_in

    def geometry(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Positions (N, 3), centre of mass at the origin, and distances (n_pairs,)."""
        r = self.back @ x.reshape(-1, 3)
        return r, jnp.sqrt(((r[self.i] - r[self.j]) ** 2).sum(-1))

    def antisymmetric(self, parameters: Any, x: jax.Array, alpha: jax.Array) -> jax.Array:
        """ψ_α without its boundary factor."""
        weights, biases = parameters["weights"], parameters["biases"]
        r, distances = self.geometry(x)
        copies = jnp.concatenate([r.ravel(), distances])[self.order] * self.sign  # (C, n_in)
        shares = jnp.asarray(self.labels)[alpha] @ weights[0][:, self.n_in :].T  # (M, width)
        a = jnp.tanh((copies @ weights[0][:, : self.n_in].T)[None] + shares[:, None] + biases[0])
        for weight, bias in zip(weights[1:-1], biases[1:-1], strict=True):
            a = jnp.tanh(a @ weight.T + bias)
        f = (a @ weights[-1].T + biases[-1])[..., 0]  # (M, C)
        return (jnp.asarray(self.weights)[alpha].T * f).sum()

    def log_psi(self, parameters: Any, x: jax.Array, alpha: jax.Array) -> jax.Array:
        exponent = -(self.geometry(x)[1] ** 2).sum() / self.boundary**2
        return jnp.log(jnp.abs(self.antisymmetric(parameters, x, alpha))) + exponent

    def apply(self, variables: Any, samples: jax.Array) -> jax.Array:
        """ln |ψ| of samples (batch, 3(N − 1) + 1), the last column the channel."""
        one = lambda s: self.log_psi(variables["params"], s[:-1], s[-1].astype(int))  # noqa: E731
        return jax.vmap(one)(samples)

    def potential(self, parameters: Any, x: jax.Array, alpha: jax.Array) -> jax.Array:
        """Σ_β V_αβ ψ_β/ψ_α, V of [DeepQuark, Eq. 2] with p = 1 and r_c = 0."""
        every = jax.vmap(lambda beta: self.antisymmetric(parameters, x, beta))(jnp.arange(self.n_channels))
        q, y = self.model, self.geometry(x)[1] / self.hbar_c
        m_i, m_j = self.masses[self.i], self.masses[self.j]
        r0 = q.A * (2 * m_i * m_j / (m_i + m_j)) ** -q.B
        central = -q.kappa / y + q.string * y - q.constant
        contact = 8 * math.pi * q.kappa_spin / (3 * m_i * m_j) / (math.pi**1.5 * r0**3)
        radial = -3 / 16 * jnp.concatenate([central, contact * jnp.exp(-((y / r0) ** 2))])
        return radial @ (jnp.asarray(self.couplings)[:, alpha] @ every) / every[alpha]


class Hamiltonian(nk.operator.ContinuousOperator):
    """H of `JaxDeepQuark`; the kinetic part by NetKet's KineticEnergy or by folx."""

    _network: JaxDeepQuark = nk.utils.struct.static_field()
    _use_folx: bool = nk.utils.struct.static_field()
    _kinetic: Any = nk.utils.struct.field()

    def __init__(self, hilbert: Any, network: JaxDeepQuark, use_folx: bool):
        self._network, self._use_folx = network, use_folx
        coordinates = nkx.hilbert.Particle(hilbert.size - 1, geometry=nkx.geometry.FreeSpace(d=1))
        self._kinetic = nk.operator.KineticEnergy(coordinates, np.ones(coordinates.size))
        super().__init__(hilbert, float)

    @property
    def is_hermitian(self) -> bool:
        return True

    @property
    def _attrs(self) -> tuple[Any, ...]:
        return self.hilbert, self._network, self._use_folx

    def _expect_kernel(self, logpsi: Any, params: Any, x: jax.Array) -> jax.Array:
        def one(sample: jax.Array) -> jax.Array:
            point, alpha, parameters = sample[:-1], sample[-1].astype(int), params["params"]
            potential = self._network.potential(parameters, point, alpha)
            if not self._use_folx:
                log_psi = lambda p, y: self._network.log_psi(p, y, alpha)  # noqa: E731
                return potential + self._kinetic._expect_kernel_single(log_psi, parameters, point)
            log_psi = folx.forward_laplacian(lambda y: self._network.log_psi(parameters, y, alpha))
            jet = log_psi(point)
            return potential - 0.5 * (jet.laplacian + (jet.jacobian.dense_array**2).sum())

        return jax.vmap(one)(x)


class GivenSamples(nk.sampler.Sampler):
    """Hands out the samples it was given, so that sampling costs nothing."""

    given: jax.Array = nk.utils.struct.field()

    def __init__(self, hilbert: Any, given: jax.Array):
        self.given = given
        super().__init__(hilbert, dtype=float)

    @property
    def is_exact(self) -> bool:
        return True

    def _init_state(self, machine: Any, params: Any, seed: Any) -> Any:
        return nk.sampler.SamplerState()

    def _reset(self, machine: Any, parameters: Any, state: Any) -> Any:
        return state

    def _sample_chain(
        self,
        machine: Any,
        parameters: Any,
        state: Any,
        chain_length: int,
        return_log_probabilities: bool = False,
    ) -> Any:
        return self.given[None], state


class NetKetStep:
    """Local energies, Jacobian, S and solve at positions r (N, 3, batch) and channels (batch,), `chunk` at a time."""

    def __init__(
        self,
        psi: DeepQuarkWaveFunction,
        r: Tensor,
        channel: Tensor,
        shift: float,
        use_folx: bool,
        chunk: int | None,
    ):
        network, system = JaxDeepQuark(psi), psi.system
        x = np.einsum("ki,ixb->bkx", jacobi_matrix(system.masses, system.hbar_c).numpy(), r.numpy())
        samples = jnp.asarray(np.concatenate([x.reshape(len(x), -1), channel.numpy()[:, None]], 1))
        hilbert = nkx.hilbert.Particle(samples.shape[1], geometry=nkx.geometry.FreeSpace(d=1))
        parameters = {
            "weights": [jnp.asarray(w.detach().numpy()) for w in psi.network.weights],
            "biases": [jnp.asarray(b.detach().numpy()) for b in psi.network.biases],
        }
        self.state = nk.vqs.MCState(
            GivenSamples(hilbert, samples),
            apply_fun=network.apply,
            variables={"params": parameters},
            n_samples=len(samples),
            n_discard_per_chain=0,
            chunk_size=chunk,
        )
        self.hamiltonian = Hamiltonian(hilbert, network, use_folx)
        self.driver = nk.driver.VMC_SR(
            self.hamiltonian,
            optax.sgd(0.0),
            diag_shift=shift,
            variational_state=self.state,
            use_ntk=False,
            on_the_fly=False,
            mode="real",
            linear_solver=nk.optimizer.solver.cholesky,
        )

    def energies(self) -> np.ndarray:
        """E_L, (batch,), GeV without rest masses."""
        return np.asarray(self.state.local_estimators(self.hamiltonian).data).ravel()

    def step(self) -> np.ndarray:
        """δ (P,), weights then biases, as `reconfigure` orders them."""
        self.state.reset()
        delta = jax.block_until_ready(self.driver.compute_loss_and_update()[1])
        return np.concatenate([np.ravel(d) for d in (*delta["weights"], *delta["biases"])])
