"""What NumPy says of views of a buffer: for each line of a file, shape, strides and offset as JSON.

The strides are in elements of eight bytes, the offset in bytes. The second argument is the buffer's length.
"""

import json
import sys

import numpy as np
from numpy.lib.array_utils import byte_bounds

try:
    from numpy._core._multiarray_tests import internal_overlap
except ImportError:
    internal_overlap = None


def has_overlap(view):
    if internal_overlap is not None:
        return internal_overlap(view) == 1
    places = np.zeros(view.shape, "i8")
    for axis, stride in enumerate(view.strides):
        steps = np.arange(view.shape[axis]) * stride
        places += steps.reshape([-1 if a == axis else 1 for a in range(view.ndim)])
    return len(np.unique(places)) < places.size


buffer = bytearray(int(sys.argv[2]))
with open(sys.argv[1]) as lines:
    for line in lines:
        shape, strides, offset = json.loads(line)
        try:
            view = np.ndarray(shape, "u8", buffer, offset, [8 * stride for stride in strides])
            byte_bounds(view)
        except ValueError:
            print("refused")
            continue
        print("overlapping" if has_overlap(view) else "distinct")
