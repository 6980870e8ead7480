//! Typed n-dimensional arrays in shared memory, each a live .npy file that NumPy opens.
