//! Functions in worker processes: maps and in-place fills whose results do not depend on the workers.
