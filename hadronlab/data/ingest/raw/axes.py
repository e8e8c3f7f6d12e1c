"""Datasets whose attribute `axes` names their axes, read piece by piece whatever the order is."""

from __future__ import annotations

from collections import Counter

import numpy as np

from hadronlab.data import hdf5

# in the order in which pieces are given; an axis may be left out, and the spins of two hadrons may have one each
NAMES = ("config", "measurement", "channel", "t", "site", "x", "y", "z", "sink", "source")


class NamedAxes:
    """The dataset `name` of `group`, complex, or real with a last axis `reim` = (Re, Im), or real.

    Raises DataError where the attribute `axes` is missing, or does not fit the shape.
    """

    def __init__(self, group: hdf5.Group, name: str, allowed: tuple[str, ...]) -> None:
        self._data = group.dataset(name)
        self.error = lambda what: group.error(name, what)
        axes = str(group.attributes(name).get("axes", "")).split()
        if not axes:
            raise self.error('needs the attribute axes, such as "config measurement t source sink z y x"')
        self._reim = axes[-1] == "reim"
        # source1 source2 of the two hadrons are the slow and the fast half of source
        self._axes = [axis.rstrip("12") for axis in axes[: -1 if self._reim else None]]
        shape = self._data.shape
        if len(axes) != len(shape):
            raise self.error(f"has the shape {shape}, but axes names {len(axes)}: {' '.join(axes)}")
        for axis, count in Counter(self._axes).items():
            if axis not in allowed or count > (2 if axis in ("sink", "source") else 1):
                raise self.error(
                    f"axes: {axis!a} cannot stand there{' twice' if axis in allowed else ''}; allowed are "
                    f"{' '.join(allowed)} and a last reim"
                )
        kinds = "f" if self._reim else "fc"
        if self._data.dtype.kind not in kinds or (self._reim and shape[-1] != 2):
            raise self.error(
                f"must hold complex numbers, or Re and Im along a last axis reim, got {self._data.dtype} {shape}"
            )

    def __contains__(self, axis: str) -> bool:
        return axis in self._axes

    def size(self, axis: str) -> int:
        """Of an axis, or of both that share the name; 1 where it is left out."""
        sizes = [n for name, n in zip(self._axes, self._data.shape, strict=False) if name == axis]
        return int(np.prod(sizes))

    def need(self, **sizes: int) -> None:
        """Raise DataError unless the axes have these sizes."""
        for axis, size in sizes.items():
            if axis not in self or self.size(axis) != size:
                got = f"has {self.size(axis)}" if axis in self else "is missing"
                raise self.error(f"axis {axis} must have {size} entries, and {got}")

    def piece(self, **fixed: int) -> np.ndarray:
        """Complex values at `fixed` places of some axes; the other axes in the order of NAMES."""
        index = tuple(fixed.get(axis, slice(None)) for axis in self._axes)
        values = np.asarray(self._data[index])
        if self._reim:
            values = np.ascontiguousarray(values, dtype=np.float64).view(np.complex128)[..., 0]
        left = [axis for axis in self._axes if axis not in fixed]
        return values.astype(np.complex128).transpose(
            sorted(range(len(left)), key=lambda i: NAMES.index(left[i]))
        )
