"""Prints NumPy's reductions of each array in a file, as hexadecimal bytes.

The file holds .npy arrays one behind the other. A second file has one line for each: the slices of
its axes, each then stepped through, and the order of the axes.
"""

import json
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")


def hexadecimal(result):
    parts = [result.real, result.imag] if np.iscomplexobj(result) else [result]
    return "+".join("nan" if part != part else part.tobytes().hex() for part in parts)


with open(sys.argv[1], "rb") as arrays, open(sys.argv[2]) as views:
    for line in views:
        array = np.load(arrays)
        view = json.loads(line)
        ranges = tuple(slice(start, stop) for start, stop, _ in view["slices"])
        steps = tuple(slice(None, None, step) for _, _, step in view["slices"])
        array = array[ranges][steps].transpose(view["axes"])
        results = [array.sum(), array.mean(), array.var(), array.var(ddof=1), array.std()]
        print(results[0].dtype, *map(hexadecimal, results))
