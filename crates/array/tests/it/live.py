"""What NumPy sees of arrays, and does to them.

live.py reverse FILE    For each path in FILE, a line each, opens the array there in place, prints what
                        it is, and reverses its elements.
live.py save FILE       For each line of FILE, saves an array of bytes 0, 1, 2 and so on: the line has
                        the path, the dtype, the shape and the order, as JSON.
live.py flip PATH       Opens the array in place and fills it with 0 and its greatest value by turns.
"""

import json
import sys

import numpy as np


def order(array):
    return "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "none"


def reverse(path):
    array = np.load(path, mmap_mode="r+")
    print(array.dtype.descr[0][1], list(array.shape), order(array), array.tobytes("A").hex())
    array[...] = array.reshape(-1)[::-1].reshape(array.shape).copy()


def save(path, descr, shape, wanted):
    dtype = np.dtype(descr)
    size = int(np.prod(shape)) * dtype.itemsize
    elements = (np.arange(size) % (2 if descr == "|b1" else 251)).astype("u1").view(dtype)
    np.save(path, elements.reshape(shape, order=wanted))


def flip(path):
    array = np.load(path, mmap_mode="r+")
    while True:
        array[...] = np.iinfo(array.dtype).max
        array[...] = 0


command, path = sys.argv[1:]
if command == "flip":
    flip(path)
with open(path) as lines:
    for line in lines:
        if command == "reverse":
            reverse(line.rstrip("\n"))
        else:
            save(*json.loads(line))
