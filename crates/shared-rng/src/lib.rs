//! One random stream among many processes: split by item, replicated, or shared.
