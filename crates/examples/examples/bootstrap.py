"""bootstrap.py [DATA.npy] [SEED] [REPLICATES]: the same digest as `bootstrap`, from NumPy alone."""
import hashlib, pathlib, sys
import numpy as np

DEFAULTS = [pathlib.Path(__file__).parent.parent / "data/old_faithful.npy", 42, 10_000]
path, seed, replicates = sys.argv[1:] + DEFAULTS[len(sys.argv) - 1 :]

data, means = np.load(path), np.empty(int(replicates))
for i in range(len(means)):
    stream = np.random.SeedSequence(int(seed), spawn_key=(i,))
    rng = np.random.Generator(np.random.PCG64(stream))
    means[i] = data[rng.integers(0, len(data), len(data))].mean()
print("digest", hashlib.sha256(means.tobytes()).hexdigest())
