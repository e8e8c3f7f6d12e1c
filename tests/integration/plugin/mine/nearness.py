"""An observable of a few-body state: a number for every sample; means and their errors are made of them."""

from collections.abc import Mapping

from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples


class Nearness(SampleObservable):
    """`nearness`: the probability that two particles are nearer to each other than `radius`."""

    def __init__(self, radius: float = 1.0) -> None:
        self.radius = radius

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        return {"nearness": (samples.local.distances < self.radius).double().mean(0)}

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        return Results({"nearness": means["nearness"]})
