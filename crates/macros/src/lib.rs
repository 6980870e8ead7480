//! The task attribute of multiproc.
