"""What a potential is asked to fulfil: the equations of the data, and regularisers."""

from hadronlab.losses.equations import RCorrelator, Schrodinger
from hadronlab.losses.loss import LinearLoss, Loss, collapsed, reference_scale
from hadronlab.losses.regularisers import Asymptotic, Ridge

__all__ = [
    "Asymptotic",
    "LinearLoss",
    "Loss",
    "RCorrelator",
    "Ridge",
    "Schrodinger",
    "collapsed",
    "reference_scale",
]
