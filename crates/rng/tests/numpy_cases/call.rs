//! [`call_generator`] and [`call_random_state`]: a case's method, by its name in NumPy.

use multiproc_rng::{BitGenerator, Draw, Generator, Integer, RandomState, RngError};
use ndarray::{ArrayD, Axis, IxDyn};
use serde_json::Value;

use super::Result;
use super::bits::Bits;
use super::distributions::{draw_generator, draw_random_state};
use super::params::{Params, integer, shape};
use super::values::Values;

/// Calls `method` of NumPy's `Generator`.
pub(crate) fn call_generator(
    rng: &mut Generator<Bits>,
    method: &str,
    params: Params<'_>,
    size: &Value,
) -> Result<Values> {
    let dims = shape(size)?;
    let n = dims.iter().product();
    match method {
        "random" if params.text_or("dtype", "float64")? == "float32" => {
            let mut out = vec![0.0; n];
            rng.fill_random_f32(&mut out);
            Ok(Values::F32(out))
        }
        "random" => {
            let mut out = vec![0.0; n];
            rng.fill_random(&mut out);
            Ok(Values::F64(out))
        }
        "integers" => integers(rng, params, &dims),
        "bytes" => {
            let mut out = vec![0; n];
            rng.bytes(&mut out);
            Ok(Values::U8(out))
        }
        "shuffle" => {
            let mut x = array(params)?;
            match axis(params, &x)? {
                axis if axis.index() == 0 && x.ndim() == 1 => {
                    rng.shuffle(x.as_slice_mut().ok_or("an array in C order is a slice")?);
                }
                axis => rng.shuffle_axis(&mut x, axis),
            }
            cast(x, params.text_or("x_dtype", "int64")?)
        }
        "permutation" => {
            let x = array(params)?;
            if params.flag("as_int", false)? {
                return Ok(Values::I64(
                    rng.permutation(x.len())
                        .into_iter()
                        .map(|i| i as i64)
                        .collect(),
                ));
            }
            let axis = axis(params, &x)?;
            cast(
                rng.permutation_axis(&x, axis),
                params.text_or("x_dtype", "int64")?,
            )
        }
        "permuted" => {
            let mut x = array(params)?;
            if params.has("axis") {
                let axis = axis(params, &x)?;
                rng.permute_lines(&mut x, axis);
            } else {
                rng.permute(&mut x);
            }
            cast(x, params.text_or("x_dtype", "int64")?)
        }
        "choice" => choice(params, n, |population, draw| {
            rng.choice(population, n, draw)
        }),
        _ => draw_generator(rng, method, params, &dims),
    }
}

/// Calls `method` of NumPy's `RandomState`.
pub(crate) fn call_random_state(
    rng: &mut RandomState<Bits>,
    method: &str,
    params: Params<'_>,
    size: &Value,
) -> Result<Values> {
    let dims = shape(size)?;
    let n = dims.iter().product();
    match method {
        "random_sample" | "rand" | "random" => {
            let mut out = vec![0.0; n];
            rng.fill_random_sample(&mut out);
            Ok(Values::F64(out))
        }
        "randint" => integers(rng, params, &dims),
        "random_integers" => {
            let (low, high) = (
                params.integer("low")? as i64,
                params.integer("high")? as i64,
            );
            let mut out = vec![0; n];
            rng.fill_randint(low..=high, &mut out)?;
            Ok(Values::I64(out))
        }
        "tomaxint" => Ok(Values::I64((0..n).map(|_| rng.tomaxint()).collect())),
        "bytes" => {
            let mut out = vec![0; n];
            rng.bytes(&mut out);
            Ok(Values::U8(out))
        }
        "shuffle" => {
            let mut x = array(params)?;
            match x.as_slice_mut() {
                Some(slice) if params.value("x_arange").is_ok() && !params.has("x_shape") => {
                    rng.shuffle(slice);
                }
                _ => rng.shuffle_rows(&mut x),
            }
            cast(x, params.text_or("x_dtype", "int64")?)
        }
        "permutation" => {
            let x = array(params)?;
            if params.flag("as_int", false)? {
                return Ok(Values::I64(
                    rng.permutation(x.len())
                        .into_iter()
                        .map(|i| i as i64)
                        .collect(),
                ));
            }
            cast(
                rng.permutation_rows(&x),
                params.text_or("x_dtype", "int64")?,
            )
        }
        "choice" => choice(params, n, |population, draw| {
            rng.choice(population, n, draw)
        }),
        _ => draw_random_state(rng, method, params, &dims),
    }
}

/// `numpy.arange(x_arange).reshape(x_shape)`.
fn array(params: Params<'_>) -> Result<ArrayD<i64>> {
    arange(params, "x_arange", "x_shape")
}

fn arange(params: Params<'_>, length: &str, dims: &str) -> Result<ArrayD<i64>> {
    let n = i64::try_from(params.integer(length)?)?;
    let dims = if params.has(dims) {
        params.integers(dims)?
    } else {
        vec![usize::try_from(n)?]
    };
    Ok(ArrayD::from_shape_vec(IxDyn(&dims), (0..n).collect())?)
}

fn axis(params: Params<'_>, x: &ArrayD<i64>) -> Result<Axis> {
    let axis = params.integer_or("axis", 0)?;
    let n_axes = x.ndim() as i128;
    let index = if axis < 0 { axis + n_axes } else { axis };
    if (0..n_axes).contains(&index) {
        Ok(Axis(index as usize))
    } else {
        Err("no such axis".into())
    }
}

/// The numbers of `0..n` that an array of a dtype holds, wrapped as NumPy's `astype` wraps them.
fn cast(x: ArrayD<i64>, dtype: &str) -> Result<Values> {
    let x = x.into_iter();
    Ok(match dtype {
        "int64" => Values::I64(x.collect()),
        "uint64" => Values::U64(x.map(|x| x as u64).collect()),
        "int32" => Values::I32(x.map(|x| x as i32).collect()),
        "uint32" => Values::U32(x.map(|x| x as u32).collect()),
        "int16" => Values::I16(x.map(|x| x as i16).collect()),
        "uint16" => Values::U16(x.map(|x| x as u16).collect()),
        "int8" => Values::I8(x.map(|x| x as i8).collect()),
        "uint8" => Values::U8(x.map(|x| x as u8).collect()),
        "float64" => Values::F64(x.map(|x| x as f64).collect()),
        "float32" => Values::F32(x.map(|x| x as f32).collect()),
        _ => return Err(format!("no arrays of dtype {dtype}").into()),
    })
}

fn choice(
    params: Params<'_>,
    size: usize,
    draw: impl FnOnce(usize, Draw<'_>) -> std::result::Result<Vec<usize>, RngError>,
) -> Result<Values> {
    let p = if params.has("p") {
        Some(params.reals("p")?)
    } else {
        None
    };
    let replace = params.flag("replace", true)?;
    let kind = match (&p, replace) {
        (Some(p), true) => Draw::ReplaceWeighted(p),
        (Some(p), false) => Draw::DistinctWeighted(p),
        (None, true) => Draw::Replace,
        (None, false) if params.flag("shuffle", true)? => Draw::Distinct,
        (None, false) => Draw::DistinctUnordered,
    };
    if params.has("a") {
        let indices = draw(usize::try_from(params.integer("a")?)?, kind)?;
        return Ok(Values::I64(
            indices.into_iter().map(|index| index as i64).collect(),
        ));
    }
    let a = arange(params, "a_arange", "a_shape")?;
    let axis = axis(params, &a)?;
    let indices = draw(a.len_of(axis), kind)?;
    debug_assert_eq!(indices.len(), size);
    cast(a.select(axis, &indices), "int64")
}

/// The two classes' bounded integers.
trait Integers {
    fn fill<T: Integer>(&mut self, low: T, highest: T, out: &mut [T]) -> Result<()>;
    fn broadcast<T: Integer>(
        &mut self,
        shape: &[usize],
        low: &ArrayD<T>,
        highest: &ArrayD<T>,
    ) -> Result<ArrayD<T>>;
}

impl<B: BitGenerator> Integers for Generator<B> {
    fn fill<T: Integer>(&mut self, low: T, highest: T, out: &mut [T]) -> Result<()> {
        Ok(self.fill_integers(low..=highest, out)?)
    }

    fn broadcast<T: Integer>(
        &mut self,
        shape: &[usize],
        low: &ArrayD<T>,
        highest: &ArrayD<T>,
    ) -> Result<ArrayD<T>> {
        Ok(self.broadcast_integers(shape, low.view(), highest.view())?)
    }
}

impl<B: BitGenerator> Integers for RandomState<B> {
    fn fill<T: Integer>(&mut self, low: T, highest: T, out: &mut [T]) -> Result<()> {
        Ok(self.fill_randint(low..=highest, out)?)
    }

    fn broadcast<T: Integer>(
        &mut self,
        shape: &[usize],
        low: &ArrayD<T>,
        highest: &ArrayD<T>,
    ) -> Result<ArrayD<T>> {
        Ok(self.broadcast_randint(shape, low.view(), highest.view())?)
    }
}

fn integers(rng: &mut impl Integers, params: Params<'_>, dims: &[usize]) -> Result<Values> {
    match params.text_or("dtype", "int64")? {
        "int64" => typed(rng, params, dims, |x| i64::try_from(x).ok()).map(Values::I64),
        "uint64" => typed(rng, params, dims, |x| u64::try_from(x).ok()).map(Values::U64),
        "int32" => typed(rng, params, dims, |x| i32::try_from(x).ok()).map(Values::I32),
        "uint32" => typed(rng, params, dims, |x| u32::try_from(x).ok()).map(Values::U32),
        "int16" => typed(rng, params, dims, |x| i16::try_from(x).ok()).map(Values::I16),
        "uint16" => typed(rng, params, dims, |x| u16::try_from(x).ok()).map(Values::U16),
        "int8" => typed(rng, params, dims, |x| i8::try_from(x).ok()).map(Values::I8),
        "uint8" => typed(rng, params, dims, |x| u8::try_from(x).ok()).map(Values::U8),
        "bool" => typed(rng, params, dims, |x| {
            [false, true].get(x as usize).copied()
        })
        .map(Values::Bool),
        dtype => Err(format!("no integers of dtype {dtype}").into()),
    }
}

fn typed<T: Integer>(
    rng: &mut impl Integers,
    params: Params<'_>,
    dims: &[usize],
    narrow: impl Fn(i128) -> Option<T>,
) -> Result<Vec<T>> {
    let beyond = i128::from(!params.flag("endpoint", false)?);
    let bound = |name: &str, beyond: i128| -> Result<ArrayD<T>> {
        let (axes, wide) = match params.value(name)? {
            Value::Array(items) => (
                vec![items.len()],
                items.iter().map(integer).collect::<Result<Vec<_>>>()?,
            ),
            one => (Vec::new(), vec![integer(one)?]),
        };
        let narrow = wide
            .into_iter()
            .map(|x| narrow(x - beyond).ok_or_else(|| format!("`{name}`: {x} is out of range")))
            .collect::<std::result::Result<Vec<T>, _>>()?;
        Ok(ArrayD::from_shape_vec(IxDyn(&axes), narrow)?)
    };
    let (low, highest) = (bound("low", 0)?, bound("high", beyond)?);
    if low.ndim() > 0 || highest.ndim() > 0 {
        return Ok(rng.broadcast(dims, &low, &highest)?.into_iter().collect());
    }
    let mut out = vec![low[IxDyn(&[])]; dims.iter().product()];
    rng.fill(low[IxDyn(&[])], highest[IxDyn(&[])], &mut out)?;
    Ok(out)
}
