"""Energy against time of the bare kernels: sampler, local energy, stochastic reconfiguration; no Lightning, no Hydra.

    python benchmarks/vmc_bare.py tcc --seconds 60
    python benchmarks/vmc_bare.py ps2 nucleon tbb --seconds 30 --seeds 1 2 3

Every line is one training from a fresh seed in the given CPU seconds of one thread, then an unclipped evaluation
by fresh walkers: energy minus reference with its error (MeV; leptons: microhartree), radii and colour shares over
their references. CPU seconds, for they hardly depend on who else uses the machine; on an idle core they are wall
seconds.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.estimates.streams import stream_seed
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.observables.evaluation import evaluate
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import reconfigure
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.references import references

LEPTONS = {"ps": "e- e+", "ps_minus": "e- e- e+", "ps2": "e- e- e+ e+"}
QUARKS = {  # content, spin, isospin
    "D": ("c q~", 0, 0.5),
    "B": ("b q~", 0, 0.5),
    "eta_c": ("c c~", 0, 0),
    "eta_b": ("b b~", 0, 0),
    "Dstar": ("c q~", 1, 0.5),
    "Bstar": ("b q~", 1, 0.5),
    "jpsi": ("c c~", 1, 0),
    "upsilon": ("b b~", 1, 0),
    "nucleon": ("u u d", 0.5, 0.5),
    "delta": ("u u d", 1.5, 1.5),
    "lambda_c": ("u d c", 0.5, 0),
    "lambda_b": ("u d b", 0.5, 0),
    "xi_cc_star": ("c c u", 1.5, 0.5),
    "xi_bb_star": ("b b u", 1.5, 0.5),
    "tcc": ("c c u~ d~", 1, 0),
    "tbb": ("b b u~ d~", 1, 0),
    "t4c": ("c c c~ c~", 0, 0),
    "pcc_12": ("c c u d c~", 0.5, 0),
    "pcc_32": ("c c u d c~", 1.5, 0),
    "pcc_52": ("c c u d c~", 2.5, 0),
    "pbb_52": ("b b u d b~", 2.5, 0),
}


def build(name: str) -> FewBodySystem:
    if name in LEPTONS:
        return lepton_system(name, LEPTONS[name])
    return quark_system(name, *QUARKS[name])


def anneal(done: float) -> float:
    """Full learning rate for half of the training, then linearly down to a fiftieth."""
    return max(0.02, min(1.0, 2 * (1 - done)))


def train(psi: WaveFunction, options: argparse.Namespace, seed: int) -> tuple[int, list[float]]:
    """Stochastic reconfiguration for options.seconds of CPU time; steps done and seconds by part."""
    sampler = MetropolisSampler(psi, options.walkers, options.sweeps, seed=seed)
    solver = DampedSolver(options.shift, options.momentum, options.cap)
    generator = torch.Generator().manual_seed(seed)
    sampler.sample(200)
    start, step, parts = time.process_time(), 0, [0.0, 0.0, 0.0]
    while time.process_time() - start < options.seconds:
        rate = options.rate / psi.energy_scale * anneal((time.process_time() - start) / options.seconds)
        marks = [time.process_time()]
        r, channel = sampler.sample()
        marks.append(time.process_time())
        local = local_energy(psi, r, channel)
        marks.append(time.process_time())
        delta = reconfigure(solver, psi, r, channel, local, rate, options.clip, torch.float32, generator)
        theta = parameters_to_vector(psi.parameters()).detach()
        vector_to_parameters(theta - rate * delta, psi.parameters())
        marks.append(time.process_time())
        parts = [p + b - a for p, a, b in zip(parts, marks, marks[1:], strict=False)]
        step += 1
        if options.every and step % options.every == 0:
            energy = local.energy * psi.system.to_unit + psi.system.mass_sum
            print(
                f"  {step:5d} {time.process_time() - start:6.1f} s  E {energy.mean():.4f}  σ {energy.std():.3g}  "
                f"acceptance {sampler.acceptance:.2f}  |δ| {solver.fisher_norm:.2g}",
                flush=True,
            )
            sampler.reset_acceptance()
    return step, parts


def report(
    name: str, seed: int, psi: WaveFunction, options: argparse.Namespace, steps: int, parts: list[float]
) -> str:
    system = psi.system
    start = time.process_time()
    found = evaluate(psi, n_samples=options.samples, seed=stream_seed(seed, "evaluation"))
    known = references(system)["reference"]
    scale, unit = (1.0, "MeV") if system.energy_unit == "MeV" else (1e6, "μHa")
    energy = found.energy
    excess = (energy.mean - known["energy"]["value"]) * scale if "energy" in known else float("nan")
    words = [
        f"{name} seed {seed}: E − reference = {excess:.3f} ± {energy.error * scale:.3f} {unit}",
        f"σ(E_L) {energy.std * scale:.3g}, τ {energy.tau_corr:.2g}, R̂ {energy.r_hat:.3f}",
        f"{steps} steps, ms a step: " + " + ".join(f"{1e3 * p / steps:.0f}" for p in parts),
        f"evaluation {time.process_time() - start:.0f} s",
    ]
    ratios = []
    for pair, radius in found.rms_radius.items():
        value = known.get(f"rms_radius.{pair}", {}).get("value")
        ratios.append(f"r({pair}) {radius.mean:.4f}" + (f" (×{radius.mean / value:.3f})" if value else ""))
    for label, share in found.fractions.get("color_fraction", {}).items():
        value = known.get(f"color_fraction.{label}", {}).get("value")
        ratios.append(f"{label} {share.mean:.4f}" + (f" ({share.mean - value:+.4f})" if value else ""))
    return "; ".join(words) + "\n    " + ", ".join(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("systems", nargs="+", choices=[*LEPTONS, *QUARKS], metavar="system")
    parser.add_argument("--seconds", type=float, default=30.0, help="CPU seconds of training")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--model", choices=["invariant", "deepquark"], default="invariant")
    parser.add_argument("--widths", type=int, nargs="+", default=None)
    parser.add_argument("--activation", default=None)
    parser.add_argument("--features", nargs="+", default=None)
    parser.add_argument("--kato", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--confining", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--walkers", type=int, default=400)
    parser.add_argument("--sweeps", type=int, default=10)
    parser.add_argument(
        "--rate", type=float, default=0.2, help="learning rate in units of the inverse energy scale"
    )
    parser.add_argument("--momentum", type=float, default=0.8)
    parser.add_argument("--shift", type=float, default=1e-3)
    parser.add_argument("--cap", type=float, default=0.05)
    parser.add_argument("--clip", type=float, default=40.0)
    parser.add_argument("--samples", type=int, default=200_000)
    parser.add_argument("--every", type=int, default=0, help="print every so many steps")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    given = {
        k: getattr(options, k)
        for k in ("widths", "activation", "features")
        if getattr(options, k) is not None
    }
    for name in options.systems:
        for seed in options.seeds:
            torch.manual_seed(seed)
            system = build(name)
            model = InvariantWaveFunction if options.model == "invariant" else DeepQuarkWaveFunction
            psi = model(system, **given)
            steps, parts = train(psi, options, seed)
            print(report(name, seed, psi, options, steps, parts), flush=True)


if __name__ == "__main__":
    main()
