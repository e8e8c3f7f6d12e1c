"""One stochastic-reconfiguration step of a wave function by NetKet, with or without folx.

NetKet's own parts do the work: MCState with given samples, KineticEnergy's kernel (forward over reverse) or folx's
forward Laplacian, and the driver VMC_SR with the dense Jacobian and Cholesky, P × P or by the kernel of the rows.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import netket as nk
import netket.experimental as nkx
import numpy as np
import optax
from jax_wave_functions import JaxWaveFunction, jax_twin
from torch import Tensor

from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.physics.few_body.jacobi import jacobi_matrix


class Hamiltonian(nk.operator.ContinuousOperator):
    """H of a `JaxWaveFunction`; the kinetic part by NetKet's KineticEnergy or by folx."""

    _wave_function: JaxWaveFunction = nk.utils.struct.static_field()
    _use_folx: bool = nk.utils.struct.static_field()
    _kinetic: Any = nk.utils.struct.field()

    def __init__(self, hilbert: Any, wave_function: JaxWaveFunction, use_folx: bool):
        self._wave_function, self._use_folx = wave_function, use_folx
        coordinates = nkx.hilbert.Particle(wave_function.n_x, geometry=nkx.geometry.FreeSpace(d=1))
        self._kinetic = nk.operator.KineticEnergy(coordinates, np.ones(coordinates.size))
        super().__init__(hilbert, float)

    @property
    def is_hermitian(self) -> bool:
        return True

    @property
    def _attrs(self) -> tuple[Any, ...]:
        return self.hilbert, self._wave_function, self._use_folx

    def _expect_kernel(self, logpsi: Any, params: Any, x: jax.Array) -> jax.Array:
        n, kernel = self._wave_function.n_x, None if self._use_folx else self._kinetic._expect_kernel_single
        return jax.vmap(lambda s: self._wave_function.local_energy(params["params"], s[:n], s[n:], kernel))(x)


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
    """Local energies, Jacobian, S and solve at positions r (N, 3, batch) with labels (k, batch), `chunk` at a time."""

    def __init__(
        self,
        psi: WaveFunction,
        r: Tensor,
        label: Tensor,
        shift: float,
        use_folx: bool,
        chunk: int | None,
    ):
        twin, system = jax_twin(psi), psi.system
        x = np.einsum("ki,ixb->bkx", jacobi_matrix(system.masses, system.hbar_c).numpy(), r.numpy())
        samples = jnp.asarray(np.concatenate([x.reshape(len(x), -1), label.numpy().T], 1))
        hilbert = nkx.hilbert.Particle(samples.shape[1], geometry=nkx.geometry.FreeSpace(d=1))
        self.state = nk.vqs.MCState(
            GivenSamples(hilbert, samples),
            apply_fun=twin.apply,
            variables={"params": twin.parameters},
            n_samples=len(samples),
            n_discard_per_chain=0,
            chunk_size=chunk,
        )
        self.names = list(twin.parameters)
        self.hamiltonian = Hamiltonian(hilbert, twin, use_folx)
        rows = len(samples) * (2 if twin.mode == "complex" else 1)
        self.driver = nk.driver.VMC_SR(
            self.hamiltonian,
            optax.sgd(0.0),
            diag_shift=shift,
            variational_state=self.state,
            use_ntk=rows < psi.n_parameters,  # as the program chooses
            on_the_fly=False,
            mode=twin.mode,
            linear_solver=nk.optimizer.solver.cholesky,
        )

    def energies(self) -> np.ndarray:
        """E_L, (batch,), GeV without rest masses."""
        return np.array(self.state.local_estimators(self.hamiltonian).data.real).ravel()

    def step(self) -> np.ndarray:
        """δ (P,), in the order of the program's parameters."""
        self.state.reset()
        delta = jax.block_until_ready(self.driver.compute_loss_and_update()[1])
        return np.concatenate([np.ravel(d) for name in self.names for d in delta[name]])
