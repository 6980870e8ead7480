"""Prints NumPy's reductions of each array in a file, as hexadecimal bytes.

The file holds .npy arrays one behind the other. A second file has one line for each: the slices of
its axes, each then stepped through, and the order of the axes.
"""

import json
import sys
import warnings
import zlib

import numpy as np

warnings.simplefilter("ignore")


def hexadecimal(result):
    parts = [result.real, result.imag] if np.iscomplexobj(result) else [result]
    return "+".join("nan" if part != part else part.tobytes().hex() for part in parts)


def checksum(reduce):
    """Of a result's numbers, in which all NaNs are one, and so are the zeros."""
    try:
        result = reduce()
    except ValueError:
        return "none"
    parts = np.atleast_1d(np.ascontiguousarray(result))
    if np.iscomplexobj(parts):
        parts = parts.view(parts.real.dtype)
    if parts.dtype.kind == "f":
        parts = parts + parts.dtype.type(0)
        parts.view(f"u{parts.itemsize}")[np.isnan(parts)] = -1 % 2 ** (8 * parts.itemsize)
    return f"{zlib.adler32(parts.tobytes()):08x}"


def checksums(array):
    yield checksum(array.min)
    yield checksum(array.max)
    yield checksum(array.cumsum)
    for axis in range(array.ndim):
        yield checksum(lambda: array.sum(axis))
        yield checksum(lambda: array.mean(axis))
        yield checksum(lambda: array.var(axis))
        yield checksum(lambda: array.std(axis, ddof=1))
        yield checksum(lambda: array.min(axis))
        yield checksum(lambda: array.max(axis))
        yield checksum(lambda: array.cumsum(axis))


with open(sys.argv[1], "rb") as arrays, open(sys.argv[2]) as views:
    for line in views:
        array = np.load(arrays)
        view = json.loads(line)
        ranges = tuple(slice(start, stop) for start, stop, _ in view["slices"])
        steps = tuple(slice(None, None, step) for _, _, step in view["slices"])
        array = array[ranges][steps].transpose(view["axes"])
        results = [array.sum(), array.mean(), array.var(), array.var(ddof=1), array.std()]
        print(results[0].dtype, *map(hexadecimal, results), *checksums(array))
