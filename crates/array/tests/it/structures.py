"""Reads two arrays of structures in place, writes to both, and saves one like the second.

structures.py ALIGNED PACKED PATH: the names of the segments, and where to save.
"""

import sys

import numpy as np

aligned, packed, path = sys.argv[1:]

first = np.load(f"/dev/shm/{aligned}", mmap_mode="r+")
point = np.dtype([("x", "f4"), ("y", "f4")], align=True)
fields = [
    ("kind", "u1"),
    ("is_alive", "?"),
    ("corners", point, 2),
    ("matrix", "f8", (2, 3)),
    ("name of it", "S5"),
]
expected = np.dtype(fields, align=True).fields
for name, (kind, offset, *_) in first.dtype.fields.items():
    assert (kind.base.fields is not None or kind == expected[name][0]), (name, kind)
    assert offset == expected[name][1], (name, offset)
corners = first["corners"][0]
print(
    "aligned",
    first.dtype.itemsize,
    first["kind"],
    [bool(x) for x in first["is_alive"]],
    [float(x) for corner in corners for x in (corner["x"], corner["y"])],
    first["matrix"][3].tolist(),
    first["name of it"][[0, 6]].tolist(),
)
first[:] = first[::-1].copy()

second = np.load(f"/dev/shm/{packed}", mmap_mode="r+")
fields = [("kind", "u1"), ("weight", "f8"), ("spin", "c8"), ("half", "f2"), ("title", "U3")]
assert second.dtype == np.dtype(fields), second.dtype
print(
    "packed",
    second.dtype.itemsize,
    second["weight"].tolist(),
    complex(second["spin"][1, 2]),
    float(second["half"][0, 1]),
    second["title"][0].tolist(),
)
second["weight"][1, 2] = 100.0
second["title"][0, 0] = "new"
second["half"][0, 1] = -2.5

own = np.zeros((2, 3), fields)
own["weight"][1, 1] = 2.5
np.save(path, own)
