"""Streamed stochastic reconfiguration against the dense formulas."""

import threading
from functools import partial

import pytest
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.span import Span, states_of
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.reach import REACH, within_reach
from hadronlab.optim.sr_statistics import (
    Processes,
    SRStatistics,
    accumulate,
    energy_gradient,
    kernel_rows,
    reconfigure,
)
from hadronlab.optim.state_rows import ORTHOGONALISATION, followed, residual, row_cotangents
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.ritz import overlaps, ritz
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system


def scalar_case(batch=200):
    torch.manual_seed(0)
    psi = InvariantWaveFunction(lepton_system("ps_minus", "e- e- e+"), widths=(4, 3))
    return psi, 3 * torch.randn(3, 3, batch, dtype=torch.float64)


def vector_case(batch=60):
    torch.manual_seed(0)
    psi = InvariantWaveFunction(quark_system("tcc", "c c u~ d~", 1, 0), widths=(4, 3))
    return psi, 0.5 * torch.randn(4, 3, batch, dtype=torch.float64)


def test_scalar_step_equals_the_dense_formula():
    """δ = (Cov(O) + ε)⁻¹ 2 Cov(O, E_L), O = ∂ ln ψ from autograd   [DeepQuark, Eq. 17, 18]."""
    psi, r = scalar_case()
    local = local_energy(psi, r)
    o = []
    for b in range(r.shape[-1]):
        grads = torch.autograd.grad(psi(r[..., b : b + 1])[0, 0].abs().log(), list(psi.parameters()))
        o.append(torch.cat([g.flatten() for g in grads]))
    o = torch.stack(o)
    centred = o - o.mean(0)
    fisher = centred.T @ centred / len(o)
    force = 2 * centred.T @ (local.energy - local.energy.mean()) / len(o)
    expected = torch.linalg.solve(fisher + 1e-3 * torch.eye(len(fisher)), force)
    delta = reconfigure(DampedSolver(1e-3), psi, r, None, local, step=0.1)
    torch.testing.assert_close(delta, expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("chunk", [7, 1000])
def test_streaming_does_not_change_the_sums(chunk):
    psi, r = scalar_case()
    local = local_energy(psi, r)
    whole = SRStatistics.zeros(psi.n_parameters, r)
    accumulate(whole, psi, r, None, local.psi, residual(local))
    parts = SRStatistics.zeros(psi.n_parameters, r)
    accumulate(parts, psi, r, None, local.psi, residual(local), chunk=chunk)
    torch.testing.assert_close(parts.fisher, whole.fisher)
    torch.testing.assert_close(parts.gradient, whole.gradient)
    torch.testing.assert_close(whole.gram, whole.gram.T)


def test_two_processes_reduce_to_one():
    psi, r = scalar_case()
    local = local_energy(psi, r)
    whole = SRStatistics.zeros(psi.n_parameters, r)
    accumulate(whole, psi, r, None, local.psi, residual(local))
    halves = []
    for part in (slice(0, 80), slice(80, 200)):
        half = SRStatistics.zeros(psi.n_parameters, r)
        accumulate(half, psi, r[..., part], None, local.psi[:, part], residual(local)[:, part])
        halves.append(half)
    messages = []
    halves[1].reduce(lambda message: messages.append(message) or message)
    total = halves[0].reduce(lambda message: message + messages[0])
    torch.testing.assert_close(total.fisher, whole.fisher)
    torch.testing.assert_close(total.gradient, whole.gradient)


@pytest.mark.parametrize("batch", [20, 200])
def test_two_processes_make_the_step_of_one(batch):
    """Kernel form (20 samples) and P × P form (200): two threads that exchange sums and rows, and one process."""
    psi, r = scalar_case(batch)
    expected = reconfigure(DampedSolver(1e-3), psi, r, None, local_energy(psi, r), step=0.1, clip=3.0)
    barrier, box, found = threading.Barrier(2), [None, None], [None, None]

    def run(rank):
        def exchange(x):
            box[rank] = x
            barrier.wait()
            both = list(box)
            barrier.wait()
            return both

        two = Processes(lambda x: sum(exchange(x)), lambda x: torch.cat(exchange(x)), rank, 2)
        half = r[..., rank::2]
        found[rank] = reconfigure(
            DampedSolver(1e-3), psi, half, None, local_energy(psi, half), 0.1, clip=3.0, processes=two
        )

    threads = [threading.Thread(target=run, args=(rank,)) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for delta in found:  # with a shift of 1e-3 the metric's condition number is 1e6 or less
        torch.testing.assert_close(delta, expected, rtol=1e-7, atol=1e-10)


def test_vector_gradient_is_the_derivative_of_the_energy():
    """F against autograd of 2 Σ ψ·(Hψ − Eψ)/ρ on fixed weights: exact before any average over z."""
    psi, r = vector_case()
    local = local_energy(psi, r)
    mean = local.energy.mean()
    statistics = SRStatistics.zeros(psi.n_parameters, r)
    accumulate(statistics, psi, r, None, local.psi, residual(local))
    weight = (local.h_psi - mean * local.psi) / local.density
    surrogate = 2 * (psi(r) * weight).sum() / r.shape[-1]
    grads = torch.autograd.grad(surrogate, list(psi.parameters()))
    expected = torch.cat([g.flatten() for g in grads])
    torch.testing.assert_close(statistics.gradient, expected, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(energy_gradient(psi, r, None, local), expected, rtol=1e-8, atol=1e-10)


def test_rows_give_the_full_metric_in_the_mean():
    """Ō Ōᵀ + ⟨z-row outer products⟩ = Σ_α ∂ψ_α ∂ψ_αᵀ/ρ: the cotangents average to the identity over ρ."""
    psi = torch.randn(4, 3, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    total = torch.zeros(4, 4, 3, dtype=torch.float64)
    repeats = 20000
    wide = row_cotangents(psi.repeat(1, repeats), generator).unflatten(2, (repeats, 3))
    total = torch.einsum("rakb,rckb->acb", wide, wide) / repeats
    expected = torch.eye(4, dtype=torch.float64)[:, :, None] / psi.square().sum(0)
    assert (total - expected).abs().max() < 0.05 * expected.max()
    along, across = row_cotangents(psi, generator)
    assert float((across * psi).sum(0).abs().max()) < 1e-12
    torch.testing.assert_close((along * psi).sum(0), torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("case", [scalar_case, vector_case])
def test_kernel_rows_make_the_same_sums(case):
    """OᵀO and 2Oᵀe against the P × P sums; the gradient of a vector agrees in the mean over z."""
    psi, r = case()
    local = local_energy(psi, r)
    rows, e = kernel_rows(
        psi, r, None, local.psi, residual(local), generator=torch.Generator().manual_seed(3)
    )
    statistics = SRStatistics.zeros(psi.n_parameters, r)
    accumulate(
        statistics, psi, r, None, local.psi, residual(local), generator=torch.Generator().manual_seed(3)
    )
    torch.testing.assert_close(rows.T @ rows, statistics.fisher)
    if psi.n_channels == 1:
        torch.testing.assert_close(2 * rows.T @ e, statistics.gradient)
        return
    gradients = []
    for seed in range(300):
        some, errors = kernel_rows(
            psi, r, None, local.psi, residual(local), generator=torch.Generator().manual_seed(seed)
        )
        gradients.append(2 * some.T @ errors)
    gradients = torch.stack(gradients)
    pull = (gradients.mean(0) - statistics.gradient) / (gradients.std(0) / 300**0.5 + 1e-9)
    assert float(pull.square().mean()) < 2.0


def test_single_precision_rows_are_close():
    psi, r = vector_case()
    local = local_energy(psi, r)
    generator = torch.Generator()
    sums = []
    for dtype in (torch.float64, torch.float32):
        statistics = SRStatistics.zeros(psi.n_parameters, r)
        accumulate(
            statistics,
            psi,
            r,
            None,
            local.psi,
            residual(local),
            dtype=dtype,
            generator=generator.manual_seed(1),
        )
        sums.append(statistics.fisher)
    assert (sums[1] - sums[0]).abs().max() < 1e-5 * sums[0].abs().max()


def test_step_lowers_the_energy_of_sampled_channels():
    """One small step of the paper's network on a fixed sample lowers the reweighted energy."""
    system = quark_system("nucleon", "u u d", 0.5, 0.5)
    torch.manual_seed(0)
    psi = DeepQuarkWaveFunction(system, widths=(5, 4), boundary=1.5)
    from hadronlab.sampling.metropolis import MetropolisSampler

    sampler = MetropolisSampler(psi, n_walkers=400)
    sampler.sample(100)
    r, channel = sampler.sample()
    local = local_energy(psi, r, channel)
    before, log_density = float(local.energy.mean()), psi.log_density(r, channel).detach()
    delta = reconfigure(DampedSolver(1e-3, cap=0.1), psi, r, channel, local, step=0.05)
    theta = torch.nn.utils.parameters_to_vector(psi.parameters()).detach()
    torch.nn.utils.vector_to_parameters(theta - 0.05 * delta, psi.parameters())
    weight = (psi.log_density(r, channel).detach() - log_density).exp()
    after = float((weight * local_energy(psi, r, channel).energy).sum() / weight.sum())
    assert after < before


@pytest.mark.parametrize("batch", [40, 400])
def test_tangent_coordinates_give_the_step_of_all_parameters(batch):
    """Two SPRING steps, kernel form (40 samples) and P × P form (400), against dense sums over all parameters."""
    torch.manual_seed(0)
    psi = DeepQuarkWaveFunction(quark_system("tcc", "c c u~ d~", 1, 0), widths=(5, 4), boundary=2.0)
    assert (
        psi.n_tangent == psi.n_parameters - 6 * 5
    )  # 3 of the centre of mass and 3 of the labels, for every node
    # a shift that lets the rounding of S through no more than 1e-10: nodes of ψ make some rows very long
    solver, dense = DampedSolver(1.0, momentum=0.9), DampedSolver(1.0, momentum=0.9)
    for _ in range(2):
        r = 0.5 * torch.randn(4, 3, batch, dtype=torch.float64)
        channel = torch.randint(0, psi.n_channels, (batch,))
        local = local_energy(psi, r, channel)
        delta = reconfigure(solver, psi, r, channel, local, step=0.1)
        rows = psi.parameter_rows(r, row_cotangents(local.psi), channel)[:, 0]
        centred = rows - rows.mean(1, keepdim=True)
        gradient = 2 * centred @ (local.energy - local.energy.mean()) / batch
        expected = dense.solve_gram(centred @ centred.T / batch, gradient, 0.1)
        assert delta.shape == (psi.n_parameters,)
        assert (delta - expected).norm() < 1e-10 * expected.norm()
        assert dense.fisher_norm == pytest.approx(solver.fisher_norm, rel=1e-10)
    assert (solver.previous - dense.previous).norm() < 1e-10 * dense.previous.norm()


@pytest.mark.parametrize("system", ["tcc", "ps2", "D"])
def test_tangent_coordinates_are_orthonormal(system):
    systems = {
        "tcc": lambda: quark_system("tcc", "c c u~ d~", 1, 0),
        "ps2": lambda: lepton_system("ps2", "e- e- e+ e+"),
        "D": lambda: quark_system("D", "c q~", 0, 0.5),
    }
    torch.manual_seed(0)
    psi = DeepQuarkWaveFunction(systems[system](), widths=(5, 4), boundary=20.0)
    vectors = torch.randn(psi.n_tangent, 3, dtype=torch.float64)
    parameters = psi.from_tangent(vectors)
    torch.testing.assert_close(parameters.T @ parameters, vectors.T @ vectors)
    torch.testing.assert_close(psi.to_tangent(parameters[:, 0]), vectors[:, 0])


@pytest.mark.parametrize("case", [scalar_case, vector_case])
def test_one_state_of_a_span_makes_the_step_of_two_rows_a_sample(case):
    """S = ⟨ŌŌᵀ + rows of z⟩ − ⟨Ō⟩⟨Ō⟩ᵀ and F written out; the sums differ by rounding alone."""
    psi, r = case()
    span, local = Span([psi]), local_energy(psi, r)
    n, density = r.shape[-1], local.density
    signs = torch.randint(0, 2, local.psi.shape, generator=torch.Generator().manual_seed(3)).double() * 2 - 1
    along = local.psi / density
    across = (signs - along * (signs * local.psi).sum(0)) / density.sqrt()
    cotangents = torch.stack([along, across])[: len(local.psi)]
    rows = psi.parameter_rows(r, cotangents)
    mean = rows[:, 0].mean(1)
    fisher = torch.einsum("prb,qrb->pq", rows, rows) / n - torch.outer(mean, mean)
    gradient = energy_gradient(psi, r, None, local)
    for wavefunction in (psi, span):
        assert wavefunction.n_states == 1
        local = local_energy(wavefunction, r)
        found = SRStatistics.zeros(psi.n_parameters, r)
        accumulate(
            found,
            wavefunction,
            r,
            None,
            local.psi,
            residual(local),
            generator=torch.Generator().manual_seed(3),
        )
        assert (found.fisher - fisher).abs().max() < 1e-12 * fisher.abs().max()
        assert (found.gradient - gradient).abs().max() < 1e-12 * gradient.abs().max()
    one, other = (
        reconfigure(
            DampedSolver(1e-3, 0.8, 0.05),
            w,
            r,
            None,
            local_energy(w, r),
            0.2,
            40.0,
            generator=torch.Generator().manual_seed(1),
        )
        for w in (psi, span)
    )
    assert (one - other).norm() < 1e-12 * one.norm()


def span_case(batch=150):
    torch.manual_seed(0)
    psi = states_of(partial(InvariantWaveFunction, widths=(4, 3)), quark_system("D", "c u~", 0, 0.5), 2)
    psi.rotate(torch.tensor([[1.0, 0.4], [-2.0, 1.5]], dtype=torch.float64))
    return psi, 0.4 * torch.randn(2, 3, batch, dtype=torch.float64)


def test_the_step_of_a_member_equals_the_dense_formula():
    """S = K ⟨∂ψ_k (1 − 0.9 P) ∂ψ_k/ρ⟩ and F = 2K ⟨∂ψ_k (1 − P) Hψ_k/ρ⟩ with P of the sample, ψ_k of the norm of a state, from
    autograd: one channel has complete rows."""
    psi, r = span_case()
    local, batch = local_energy(psi, r), r.shape[-1]
    root, norms, shares = local.density.sqrt(), psi.member_norms(), psi.shares()
    torch.testing.assert_close(shares.square().sum(1), torch.ones(2).double())
    span = local.psi / root
    beyond = torch.eye(batch).double() - span.T @ torch.linalg.solve(span @ span.T, span)
    h = residual(local, states=2)
    for k, member in enumerate(psi.spanning()):
        size = member.n_parameters
        tangents = torch.zeros(size, batch, dtype=torch.float64)
        for b in range(batch):
            grads = torch.autograd.grad(member(r[..., b : b + 1])[0, 0], list(member.parameters()))
            tangents[:, b] = torch.cat([g.flatten() for g in grads])
        o, own, h_k = tangents / root / norms[k], shares[k] @ local.psi, shares[k] @ h
        torch.testing.assert_close(own, member(r).detach()[0] / norms[k])
        fisher = 2 * o @ (beyond + 0.1 * (torch.eye(batch).double() - beyond)) @ o.T / batch
        gradient = 4 * o @ beyond @ (shares[k] @ local.h_psi / root) / batch
        found = SRStatistics.zeros(size, r, 2)
        more = {"span": local.psi, "norm": float(norms[k])}
        accumulate(found, member, r, None, own[None], h_k[None], **more)
        tolerance = 1e-10 * float(fisher.abs().max())
        torch.testing.assert_close(found.fisher, fisher, rtol=1e-8, atol=tolerance)
        torch.testing.assert_close(
            found.gradient, gradient, rtol=1e-8, atol=1e-10 * float(gradient.abs().max())
        )
        rows, e = kernel_rows(member, r, None, own[None], h_k[None], **more)
        torch.testing.assert_close(rows.T @ rows, fisher, rtol=1e-7, atol=10 * tolerance)
        torch.testing.assert_close(2 * rows.T @ e, gradient, rtol=1e-7, atol=1e-9)
        pull = (torch.tensor([0.3, -0.2]).double() @ span)[None]  # within the span
        rows, e = kernel_rows(member, r, None, own[None], h_k[None] + pull, **more)
        torch.testing.assert_close(2 * rows.T @ e, gradient + 4 * o @ pull[0] / batch, rtol=1e-7, atol=1e-9)


def test_the_step_of_a_span_is_that_of_its_members():
    """With the own momentum of each, and the hardest solve told."""
    psi, r = span_case()
    local, solver = local_energy(psi, r), DampedSolver(1e-3, 0.8)
    previous, norms = [None, None], psi.member_norms().tolist()
    for _ in range(2):
        delta, found = reconfigure(solver, psi, r, None, local, 1e-4), []
        for k, (member, own, h) in enumerate(zip(psi.spanning(), *followed(psi, local), strict=True)):
            statistics = SRStatistics.zeros(member.n_parameters, r, 2)
            accumulate(statistics, member, r, None, own, h, span=local.psi, norm=norms[k])
            alone = DampedSolver(1e-3, 0.8)
            alone.previous = previous[k]
            found.append(alone.solve_gram(statistics.fisher, statistics.gradient, 1e-4))
            previous[k] = alone.previous
        assert (delta - torch.cat(found)).norm() < 1e-8 * delta.norm()
    assert (solver.previous - torch.cat(previous)).norm() < 1e-8 * delta.norm()
    assert solver.rung == "cholesky"


def test_members_go_to_the_nearest_orthonormal_set():
    """What they follow but for (1 − P)Hψ, as one step of all members, makes them orthonormal."""
    psi, r = span_case()
    for _ in range(60):
        psi.rotate(ritz(overlaps(local_energy(psi, r), 2)).vectors)
    local = local_energy(psi, r)
    own, moves = (x[:, 0] for x in followed(psi, local))
    root = local.density.sqrt()
    inward = moves - psi.shares() @ residual(local, states=2)
    members, step = own / root, inward / (0.1 * ORTHOGONALISATION * psi.energy_scale)

    def overlap(x):
        return 2 * x @ x.T / r.shape[-1]  # states have the norm ½ on the sample

    assert float(overlap(members)[0, 1].abs()) > 0.5
    torch.testing.assert_close(overlap(members - step), torch.eye(2).double(), rtol=0, atol=1e-8)


def test_no_member_goes_beyond_its_reach():
    psi, r = span_case()
    local, theta = local_energy(psi, r), parameters_to_vector(psi.parameters()).detach().clone()
    move = torch.randn(len(theta), generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def changes(share):
        before = [member(r).detach() / local.density.sqrt() for member in psi.spanning()]
        vector_to_parameters(theta - share * move, psi.parameters())
        after = [member(r).detach() / local.density.sqrt() for member in psi.spanning()]
        vector_to_parameters(theta, psi.parameters())
        return max(float((x - y).norm() / x.norm()) for x, y in zip(before, after, strict=True))

    share = within_reach(psi, r, None, local.psi, move)
    assert share < 1 and changes(share) <= REACH * (1 + 1e-9) < changes(2 * share)
    assert (parameters_to_vector(psi.parameters()) - theta).abs().max() == 0  # nothing moved
    assert within_reach(psi, r, None, local.psi, 1e-3 * move) == 1
    assert within_reach(psi.members[0], r, None, local.psi[:1], 1e3 * move) == 1


def test_the_gradient_of_two_states_is_that_of_the_sum_of_their_levels():
    """The levels tr S⁻¹H of fixed weights 1/ρ by finite differences, for states that are orthonormal on the sample."""
    psi, r = span_case()
    for _ in range(60):  # for ρ follows them
        psi.rotate(ritz(overlaps(local_energy(psi, r), 2)).vectors)
    local = local_energy(psi, r)
    torch.testing.assert_close(overlaps(local, 2)[0], 0.5 * torch.eye(2).double(), rtol=0, atol=1e-9)
    weights, theta = 1 / local.density, parameters_to_vector(psi.parameters()).detach()
    direction = torch.randn(len(theta), generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def matrix(theta):
        vector_to_parameters(theta, psi.parameters())
        found = local_energy(psi, r)
        return found.psi, found.h_psi

    (before, h), steps = matrix(theta), []
    for s in (1e-5, -1e-5):
        after, _ = matrix(theta + s * direction)
        # ⟨δψ|(1 − P)H|ψ⟩ is half the derivative where H is taken as it is, from the right: Hψ of the unmoved states
        s_matrix, h_matrix = ((after * weights) @ x.T for x in (before, h))
        steps.append(float(torch.linalg.solve(s_matrix, h_matrix).trace()))
    vector_to_parameters(theta, psi.parameters())
    derivative = 2 * (steps[0] - steps[1]) / 2e-5
    assert float(energy_gradient(psi, r, None, local) @ direction) == pytest.approx(derivative, rel=1e-5)
