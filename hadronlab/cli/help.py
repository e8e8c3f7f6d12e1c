"""What `hadronlab-train --help` says: the groups with their choices, in words for a physicist.

Hydra's own help composes a run and copies its search path for every group it lists: two seconds for a list of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from hadronlab.cli.arguments import parsed, split
from hadronlab.config.groups import choices_of_folders
from hadronlab.errors import ConfigError

TEXT = """\
hadronlab: learn how hadrons interact and what quarks bind into.

  python -m hadronlab.train system=NAME [group=choice …] [key=value …]

Choose first the system; it brings a fitting task, model, loss, data and optimizer.
Everything else has a default, and each line below may be added to the command to change it.

{choices}

What the groups are
  system      what is studied; it decides the task: inverse (a potential from lattice data) or vmc (quark ground states)
  model       the network: a potential U(r,r') (sdnn, sdnn_deep, sdnn_joint, low_rank, local, hybrid, …) or a wave function;
              gaussians: levels in correlated Gaussians instead of a network, task.states=3 of them
  loss        what is minimised in the inverse problem, as a sum of weighted terms
  data        where R(t,r) comes from: separable, synthetic (a simulated lattice), lattice (an HDF5 file: data.path=…); radii: none
  measurement of momentum correlations C(k), of loss=correlation: loss.correlation.data.path=FILE.csv, or made up:
              measurement@loss.correlation.data=synthetic
  source      the distances at which pairs are emitted: source@loss.correlation.source=levy loss.correlation.source.radius=1.1
  interaction of the quarks: al1, al2, ap1, ap2, bd, chiral, flux_tube, flip_flop, flip_flop_steiner, bgs, yhhos;
              interaction.kappa=0.52 changes one of its numbers
  sampler     walkers and moves of the variational runs; schedule: their stages (fast, anneal, or paper as published)
  optimizer   adam; natural_gradient (Gauss–Newton) of the inverse problem; sr (stochastic reconfiguration) of quarks
  trainer     how long: trainer.max_epochs=…, trainer.max_time=00:00:10:00
  strategy    where: cpu, gpu, auto; ddp, ddp_cpu, slurm for several processes
  logger      csv, wandb (offline unless a key is present), tensorboard
  experiment  a tuned set of all of the above

Four examples
  hadronlab-train system=omega_ccc model=sdnn_deep
  hadronlab-train system=lattice data.path=my_correlator.h5 experiment=xixi_best
  hadronlab-train system=pair system.mass1=938.3 system.charges=[1,-1] loss.correlation.data.path=my_correlation.csv
  hadronlab-train -m system=separable model=sdnn seed=1,2,3,4

A run writes outputs/<system>/<time>/: result.json (every number with unit and error), result.h5, figures/, metrics.csv.
hadronlab-train --cfg job shows the whole configuration; hadronlab-evaluate RUN_DIR recomputes the observables.
"""


def help_asked_for(arguments: Sequence[str]) -> str | None:
    """The help, where `arguments` ask for it, with the choices of a --config-dir among them; else None.

    Raises ConfigError for an option that does not exist, and for a --config-dir that is no directory.
    """
    options = parsed(split(arguments)[0])
    if not options.help:
        return None
    folders: list[Traversable] = [files("hadronlab.conf")]
    if options.config_dir is not None:
        own = Path(options.config_dir).absolute()
        if not own.is_dir():
            raise ConfigError(f"--config-dir {options.config_dir}: there is no directory {own}")
        folders.append(own)
    found = choices_of_folders(folders)
    return TEXT.format(choices="\n".join(f"{group}: {', '.join(names)}" for group, names in found.items()))
