#!/usr/bin/env python3
"""Writes the reference cases of this folder with real NumPy.

    generate.py OUTDIR              with NumPy 2.4
    generate.py --changed OUTDIR    with a later NumPy: adds its answers to the cases where it differs

The format is that of ../numpy_cases, which runs the cases:

  rng       {"api": "Generator" | "RandomState" | "BitGenerator", "bitgen": name, "seed": SEED}
  SEED      {"kind": "SeedSequence", "entropy": E, "spawn_key": [..], "pool_size": n}
            {"kind": "spawn", "root": SEED, "path": [i, j, ..]}      (spawn(i + 1)[i] again and again)
            {"kind": "legacy_int", "value": n}, {"kind": "legacy_array", "value": [..]}
            {"kind": "philox_key", "key": [2 words], "counter": [4 words]}   (least significant first)
            {"kind": "state", "state": {..}}                         (NumPy's state dict)
  pre       operations before the call: ["jumped", k], ["advance", "delta"], ["random_raw", n],
            ["next32", n], ["call", method, params, size]
  out       the first values in C order: f64 and f32 as the digits of their bits, integers as text
  long      the same call with another size, as the sha256 of its little-endian bytes
  state_after   NumPy's state dict after the call
  numpy25   out and long of NumPy 2.5, where they differ: binomials, and what is made of them
  libm      none: no libm call; tail, always: rarely, often; blas: compared to nine digits

Integers are text wherever they may exceed 53 bits, floats in states are "f64:" and their bits.
"""

import hashlib
import json
import os
import sys

import numpy as np
import numpy.random as npr

BIT_GENERATORS = ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"]
LONG = 3000


# Objects from their descriptions.


def seed_sequence(seed):
    entropy = seed["entropy"]
    entropy = [int(e) for e in entropy] if isinstance(entropy, list) else int(entropy)
    key = tuple(int(k) for k in seed.get("spawn_key", []))
    return npr.SeedSequence(entropy, spawn_key=key, pool_size=seed.get("pool_size", 4))


def bit_generator(name, seed):
    cls = getattr(npr, name)
    if seed["kind"] == "SeedSequence":
        return cls(seed_sequence(seed))
    if seed["kind"] == "spawn":
        bits = bit_generator(name, seed["root"])
        for i in seed["path"]:
            bits = bits.spawn(i + 1)[i]
        return bits
    if seed["kind"] == "philox_key":
        key, counter = (np.array([int(w) for w in seed[k]], np.uint64) for k in ("key", "counter"))
        return cls(key=key, counter=counter)
    raise ValueError(seed["kind"])


def make(rng):
    seed = rng["seed"]
    if rng["api"] == "RandomState":
        if seed["kind"] == "legacy_int":
            return npr.RandomState(int(seed["value"]))
        if seed["kind"] == "legacy_array":
            return npr.RandomState([int(v) for v in seed["value"]])
        return npr.RandomState(bit_generator(rng["bitgen"], seed))
    bits = bit_generator(rng["bitgen"], seed)
    return npr.Generator(bits) if rng["api"] == "Generator" else bits


def bits_of(rng):
    if isinstance(rng, npr.Generator):
        return rng.bit_generator
    return rng._bit_generator if isinstance(rng, npr.RandomState) else rng


def call(rng, method, params, size):
    p = dict(params)
    for name in ("low", "high", "a"):
        if isinstance(p.get(name), str):
            p[name] = int(p[name])
        if isinstance(p.get(name), list) and isinstance(p[name][0], str):
            p[name] = np.array([int(v) for v in p[name]], dtype=object)
    if "dtype" in p:
        p["dtype"] = np.dtype(p["dtype"]).type
    if method == "random_raw":
        return rng.random_raw(size)
    if method == "bytes":
        return np.frombuffer(rng.bytes(size), np.uint8)
    if method in ("shuffle", "permutation", "permuted"):
        x = array(p.pop("x_arange"), p.pop("x_shape", None), p.pop("x_dtype", "int64"))
        if p.pop("as_int", False):
            x = int(x.size)
        y = getattr(rng, method)(x, **p)
        return x if y is None else y
    if "a_arange" in p:
        p["a"] = array(p.pop("a_arange"), p.pop("a_shape", None), "int64")
    return getattr(rng, method)(size=size, **p)


def array(n, shape, dtype):
    x = np.arange(n).astype(dtype)
    return x.reshape(shape) if shape else x


def run(case, size):
    rng = make(case["rng"])
    for op, *args in case["pre"]:
        if op == "jumped":
            bits = bits_of(rng).jumped(args[0])
            rng = bits if isinstance(rng, npr.BitGenerator) else type(rng)(bits)
        elif op == "advance":
            bits_of(rng).advance(int(args[0]))
        elif op == "random_raw":
            bits_of(rng).random_raw(args[0])
        elif op == "next32":
            npr.Generator(bits_of(rng)).integers(0, 2**32, dtype=np.uint32, size=args[0])
        else:
            call(rng, *args)
    values = np.ascontiguousarray(call(rng, case["method"], case["params"], size))
    if isinstance(rng, npr.RandomState):
        return values, rng.get_state(legacy=False)
    return values, bits_of(rng).state


# Values as text.


def encode(values):
    flat = values.ravel()
    if values.dtype == np.float64:
        return [f"{x:016x}" for x in flat.view(np.uint64).tolist()]
    if values.dtype == np.float32:
        return [f"{x:08x}" for x in flat.view(np.uint32).tolist()]
    return [str(int(x)) for x in flat.tolist()]


def encode_state(value):
    if isinstance(value, dict):
        return {k: encode_state(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return [str(int(x)) for x in value]
    if isinstance(value, float):
        return f"f64:{np.float64(value).view(np.uint64).item():016x}"
    return value if isinstance(value, str) else str(int(value))


def sha256(values):
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()


# The cases.


def number(tag, bits):
    """A seed that nobody would pick."""
    digest = hashlib.sha256(("multiproc-rng/" + tag).encode()).digest()
    return str(int.from_bytes(digest, "big") >> (256 - bits))


def sequence(tag, bits=70, **rest):
    return dict(kind="SeedSequence", entropy=number(tag, bits), **rest)


def generator(name, tag):
    return dict(api="Generator", bitgen=name, seed=sequence(tag))


def legacy(tag):
    seed = dict(kind="legacy_int", value=number(tag, 32))
    return dict(api="RandomState", bitgen="MT19937", seed=seed)


def case(id, rng, method, params=None, size=8, long=LONG, pre=(), libm="always", state=False):
    c = dict(id=id, rng=rng, pre=list(pre), method=method, params=params or {}, size=size, libm=libm)
    values, after = run(c, size)
    c.update(dtype=str(values.dtype), shape=list(values.shape), out=encode(values)[:64])
    if state:
        c["state_after"] = encode_state(after)
    if long:
        values, after = run(c, long)
        c["long"] = dict(size=long, sha256=sha256(values))
        if after["bit_generator"] == "MT19937":
            key = hashlib.sha256(after["state"]["key"].astype("<u4").tobytes()).hexdigest()
            c["long"].update(state_after_key_sha256=key, pos=int(after["state"]["pos"]))
        else:
            c["long"]["state_after"] = encode_state(after)
    return c


def seed_tree():
    for i, spec in enumerate([
        dict(entropy="0"),
        dict(entropy=number("a", 32)),
        dict(entropy=number("b", 129)),
        dict(entropy=number("c", 250), pool_size=7),
        dict(entropy=[number("d", 64), "0", number("e", 12)]),
        dict(entropy=number("f", 40), spawn_key=[3, 2**32]),
        dict(entropy=number("g", 200), spawn_key=[0], pool_size=5),
    ]):
        ss = seed_sequence(spec)
        c = dict(id=f"seed-{i}", spec=spec, pool=[str(x) for x in ss.pool.tolist()])
        for bits in (32, 64):
            dtype = getattr(np, f"uint{bits}")
            c[f"generate_state_u{bits}"] = {
                str(n): [str(x) for x in ss.generate_state(n, dtype).tolist()] for n in (1, 5, 9)}
        c["generate_state_u32_624_sha256"] = sha256(ss.generate_state(624))
        nodes = ss.spawn(2)
        later = ss.spawn(3)
        nodes += later + later[1].spawn(4)
        c["spawn_2_then_3_then_child3_spawn_4"] = dict(
            keys=[[str(k) for k in node.spawn_key] for node in nodes],
            state=[[str(x) for x in node.generate_state(2, np.uint64).tolist()] for node in nodes],
            n_children_spawned=ss.n_children_spawned)
        yield c


def bit_generators():
    none = dict(libm="none")
    for name in BIT_GENERATORS:
        raw = lambda tag, **seed: dict(api="BitGenerator", bitgen=name, seed=sequence(name + tag, **seed))
        yield case(f"{name}/seeded", raw("s"), "random_raw", state=name != "MT19937", **none)
        path = dict(kind="spawn", root=sequence(name + "p"), path=[2, 0])
        yield case(f"{name}/spawned", dict(api="BitGenerator", bitgen=name, seed=path), "random_raw", **none)
        if name != "SFC64":
            for pre in ([["random_raw", 100], ["jumped", 1]], [["next32", 1], ["jumped", 3]]):
                yield case(f"{name}/jumped{pre[1][1]}", raw("j"), "random_raw", pre=pre, **none)
        if name in ("PCG64", "PCG64DXSM", "Philox"):
            for delta in (1, 2**70 + 3, 2**128 - 5) + (() if name == "Philox" else (-20,)):
                pre = [["next32", 3], ["advance", str(delta)]]
                yield case(f"{name}/advance{delta}", raw("a"), "random_raw", pre=pre, state=True, **none)
        u32 = dict(low="0", high=str(2**32), dtype="uint32")
        u64 = dict(low="0", high=str(2**64), dtype="uint64")
        yield case(f"{name}/u32", generator(name, name + "w"), "integers", u32, long=LONG + 1, **none)
        yield case(f"{name}/u64", generator(name, name + "x"), "integers", u64, **none)
        for dtype in ("float64", "float32"):
            pre = [["next32", 1]]
            yield case(f"{name}/half-then-{dtype}", generator(name, name + dtype), "random",
                       dict(dtype=dtype), pre=pre, long=LONG + 1, **none)
    carry = dict(kind="philox_key", key=["7", str(2**64 - 1)], counter=[str(2**64 - 2)] * 4)
    yield case("Philox/carry", dict(api="BitGenerator", bitgen="Philox", seed=carry), "random_raw",
               size=24, state=True, **none)


RANGES = [
    ("int64", 0, 1000), ("int64", -5, 2**32 - 5), ("int64", 0, 2**32 + 1), ("int64", -2**63, 2**63),
    ("int64", 3, 4), ("uint64", 7, 2**63 + 99), ("int32", -2**31, 2**31), ("uint32", 9, 3 * 2**30),
    ("int16", -300, 401), ("uint16", 0, 2**16), ("int8", -128, 128), ("uint8", 17, 201), ("bool", 0, 2),
]

# Parameters, and how much libm they involve; the same for both classes.
SHARED = [
    ("standard_exponential", {}), ("exponential", dict(scale=0.3)), ("uniform", dict(low=-3.5, high=9.25)),
    ("standard_normal", {}), ("normal", dict(loc=1.5, scale=2.5)), ("lognormal", dict(mean=0.1, sigma=0.7)),
    ("standard_gamma", dict(shape=0.4)), ("standard_gamma", dict(shape=1.0)), ("standard_gamma", dict(shape=4.2)),
    ("gamma", dict(shape=0.9, scale=3.0)), ("beta", dict(a=0.5, b=0.6)), ("beta", dict(a=2.5, b=7.0)),
    ("chisquare", dict(df=2.7)), ("noncentral_chisquare", dict(df=3.1, nonc=0.8)),
    ("noncentral_chisquare", dict(df=0.9, nonc=2.0)), ("f", dict(dfnum=3.0, dfden=7.0)),
    ("noncentral_f", dict(dfnum=3.0, dfden=7.0, nonc=1.5)), ("standard_t", dict(df=5.5)), ("standard_cauchy", {}),
    ("vonmises", dict(mu=0.3, kappa=1.7)), ("vonmises", dict(mu=0.3, kappa=2e-6)), ("vonmises", dict(mu=1.0, kappa=3e6)),
    ("pareto", dict(a=2.2)), ("weibull", dict(a=1.4)), ("power", dict(a=2.6)), ("laplace", dict(loc=0.5, scale=1.5)),
    ("gumbel", dict(loc=-1.0, scale=0.4)), ("logistic", dict(loc=2.0, scale=0.6)), ("rayleigh", dict(scale=1.1)),
    ("wald", dict(mean=1.3, scale=0.9)), ("triangular", dict(left=-1.0, mode=0.5, right=2.0)),
    ("poisson", dict(lam=3.3)), ("poisson", dict(lam=45.0)), ("binomial", dict(n=20, p=0.3)),
    ("binomial", dict(n=700, p=0.45)), ("binomial", dict(n=700, p=0.9)), ("negative_binomial", dict(n=2.5, p=0.4)),
    ("geometric", dict(p=0.6)), ("geometric", dict(p=0.02)), ("hypergeometric", dict(ngood=15, nbad=20, nsample=7)),
    ("hypergeometric", dict(ngood=700, nbad=900, nsample=320)), ("logseries", dict(p=0.75)), ("zipf", dict(a=1.9)),
    ("dirichlet", dict(alpha=[0.6, 2.0, 3.5])), ("multinomial", dict(n=30, pvals=[0.2, 0.3, 0.5])),
    ("multinomial", dict(n=900, pvals=[0.2, 0.3, 0.5])),
]

# Where NumPy 2.5 draws others, and often enough to show.
CHANGED = [
    ("binomial", dict(n=977, p=0.42), 200_000), ("binomial", dict(n=80_000, p=0.997), 200_000),
    ("multinomial", dict(n=5003, pvals=[0.31, 0.29, 0.4]), 60_000),
]


def generator_draws():
    for i, (dtype, low, high) in enumerate(RANGES):
        name = BIT_GENERATORS[i % 5]
        params = dict(low=str(low), high=str(high), dtype=dtype)
        yield case(f"{name}/integers-{dtype}[{low},{high})", generator(name, f"i{i}"), "integers", params,
                   size=13, long=LONG + 1, libm="none")
    spread = dict(low=["0", "5", "250"], high=["3", "6", "256"], dtype="uint8")
    yield case("PCG64/integers-broadcast", generator("PCG64", "ib"), "integers", spread, size=[5, 3],
               long=[1000, 3], libm="none")
    more = [("standard_normal", dict(dtype="float32")), ("standard_exponential", dict(dtype="float32")),
            ("standard_exponential", dict(method="inv")), ("standard_gamma", dict(shape=2.5, dtype="float32")),
            ("standard_gamma", dict(shape=0.5, dtype="float32")), ("dirichlet", dict(alpha=[0.02, 0.05, 0.01])),
            ("normal", dict(loc=[0.0, 10.0], scale=[[1.0], [2.0]]))]
    for i, (method, params) in enumerate(SHARED + more):
        name = BIT_GENERATORS[i % 5]
        size, long = ([2, 2], [500, 2, 2]) if isinstance(params.get("loc"), list) else (8, LONG)
        yield case(f"{name}/{method}-{i}", generator(name, f"g{i}"), method, params, size=size, long=long)
    for method in ("count", "marginals"):
        params = dict(colors=[30, 12, 55], nsample=20, method=method)
        yield case(f"PCG64/multivariate_hypergeometric-{method}", generator("PCG64", method),
                   "multivariate_hypergeometric", params)
    for method in ("svd", "eigh", "cholesky"):
        params = dict(mean=[1.0, -2.0], cov=[[2.0, 0.3], [0.3, 1.0]], method=method)
        yield case(f"PCG64/multivariate_normal-{method}", generator("PCG64", method + "n"),
                   "multivariate_normal", params, long=None, libm="blas")
    for method, params, long in CHANGED:
        yield case(f"PCG64DXSM/{method}-many-{params['n']}", generator("PCG64DXSM", method + "m"), method, params, long=long)


def generator_samples():
    none = dict(libm="none", long=None)
    weights = [0.1, 0.25, 0.05, 0.4, 0.2]
    for name in BIT_GENERATORS:
        yield case(f"{name}/shuffle", generator(name, name + "sh"), "shuffle", dict(x_arange=700), size=None, **none)
        yield case(f"{name}/bytes", generator(name, name + "by"), "bytes", size=31, **none)
    g = lambda tag: generator("PCG64", tag)
    yield case("shuffle-axis1", g("s1"), "shuffle", dict(x_arange=24, x_shape=[4, 6], axis=1), size=None, **none)
    yield case("permutation-int", g("pi"), "permutation", dict(x_arange=50, as_int=True), size=None, **none)
    yield case("permutation-rows", g("pr"), "permutation", dict(x_arange=24, x_shape=[8, 3]), size=None, **none)
    for axis in (None, 0, 2):
        params = dict(x_arange=60, x_shape=[3, 4, 5], **({} if axis is None else dict(axis=axis)))
        yield case(f"permuted-{axis}", g(f"pd{axis}"), "permuted", params, size=None, **none)
    for id, size, params in [
        ("replace", 20, dict(a="77")), ("floyd", 20, dict(a="777", replace=False)),
        ("floyd-unordered", 20, dict(a="777", replace=False, shuffle=False)),
        ("tail", 300, dict(a="12000", replace=False)),
        ("tail-unordered", 700, dict(a="12000", replace=False, shuffle=False)),
        ("p", 20, dict(a="5", p=weights)), ("p-distinct", 4, dict(a="5", p=weights, replace=False)),
        ("axis1", 3, dict(a_arange=20, a_shape=[4, 5], axis=1, replace=False)),
    ]:
        yield case(f"choice-{id}", g("c" + id), "choice", params, size=size, **none)


def random_state():
    none = dict(libm="none")
    array_seed = dict(kind="legacy_array", value=[number(f"la{i}", 32) for i in range(5)])
    yield case("seed-array", dict(api="RandomState", bitgen="MT19937", seed=array_seed), "random_sample", **none)
    over = dict(api="RandomState", bitgen="PCG64", seed=sequence("over"))
    yield case("over-pcg64", over, "standard_normal")
    for i, (dtype, low, high) in enumerate(RANGES):
        params = dict(low=str(low), high=str(high), dtype=dtype)
        yield case(f"randint-{dtype}[{low},{high})", legacy(f"ri{i}"), "randint", params, size=13,
                   long=LONG + 1, **none)
    yield case("odd-normals", legacy("odd"), "standard_normal", pre=[["call", "standard_normal", {}, 3],
               ["call", "random_sample", {}, 2]], state=True)
    for i, (method, params) in enumerate(SHARED):
        yield case(f"{method}-{i}", legacy(f"l{i}"), method, params)
    for method in ("random_sample", "tomaxint"):
        yield case(method, legacy(method), method, **none)
    yield case("shuffle", legacy("sh"), "shuffle", dict(x_arange=300), size=None, long=None, **none)
    yield case("shuffle-rows", legacy("sr"), "shuffle", dict(x_arange=30, x_shape=[10, 3]), size=None, long=None, **none)
    yield case("permutation", legacy("pe"), "permutation", dict(x_arange=30, as_int=True), size=None, long=None, **none)
    for id, params in [("replace", {}), ("distinct", dict(replace=False))]:
        yield case(f"choice-{id}", legacy("c" + id), "choice", dict(a="66", **params), size=12, long=None, **none)
    params = dict(n=8, pvals=[0.0, 0.4, 0.6])
    yield case("multinomial-impossible", legacy("mi"), "multinomial", params)
    params = dict(mean=[0.0, 1.0], cov=[[1.0, 0.2], [0.2, 3.0]])
    yield case("multivariate_normal", legacy("mn"), "multivariate_normal", params, long=None, libm="blas")


BUILDERS = (seed_tree, bit_generators, generator_draws, generator_samples, random_state)


def write(path, numpy, cases):
    with open(path, "w") as file:
        lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
        file.write('{"numpy":"%s","cases":[\n%s\n]}\n' % (numpy, lines))
    print(f"{os.path.getsize(path):8d} bytes  {path}")


def add_changed(outdir):
    for build in BUILDERS[1:]:
        path = os.path.join(outdir, build.__name__ + ".json")
        kept = json.load(open(path))
        for old, new in zip(kept["cases"], build(), strict=True):
            assert old["id"] == new["id"], (old["id"], new["id"])
            hashes = [c["long"]["sha256"] if c.get("long") else None for c in (old, new)]
            if old["libm"] != "blas" and (old["out"] != new["out"] or hashes[0] != hashes[1]):
                print(f"{new['id']} is another in NumPy {np.__version__}")
                old["numpy25"] = dict(out=new["out"], long_sha256=hashes[1])
        write(path, kept["numpy"], kept["cases"])


def main(outdir):
    for build in BUILDERS:
        write(os.path.join(outdir, build.__name__ + ".json"), np.__version__, build())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--changed", outdir]:
            add_changed(outdir)
        case [outdir] if not outdir.startswith("-"):
            main(outdir)
        case _:
            sys.exit(__doc__)
