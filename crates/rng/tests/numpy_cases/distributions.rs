//! [`draw_generator`] and [`draw_random_state`]: the distributions, by their names in NumPy.

use multiproc_rng::distributions::{Factorization, InverseExponential, UrnMethod};
use multiproc_rng::{Generator, RandomState};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::Result;
use super::bits::Bits;
use super::params::Params;
use super::values::Values;

/// Calls of this many values and fewer are drawn one by one, so that fills and single draws are
/// both held against NumPy.
const SHORT: usize = 64;

/// A parameter of any shape, or a number.
fn parameter(params: Params<'_>, name: &str) -> Result<ArrayD<f64>> {
    fn flatten(
        value: &Value,
        axes: &mut Vec<usize>,
        depth: usize,
        flat: &mut Vec<f64>,
    ) -> Result<()> {
        let Some(items) = value.as_array() else {
            flat.push(
                value
                    .as_f64()
                    .ok_or_else(|| format!("{value} is no number"))?,
            );
            return Ok(());
        };
        if axes.len() == depth {
            axes.push(items.len());
        }
        items
            .iter()
            .try_for_each(|item| flatten(item, axes, depth + 1, flat))
    }
    let (mut axes, mut flat) = (Vec::new(), Vec::new());
    flatten(params.value(name)?, &mut axes, 0, &mut flat)?;
    Ok(ArrayD::from_shape_vec(IxDyn(&axes), flat)?)
}

/// Draws from a distribution with parameters: those of the table, and `$row`s of one class alone.
macro_rules! draw {
    ($rng:expr, $method:expr, $params:expr, $dims:expr; {$($rows:tt)*}) => {
        draw!(@ $rng, $method, $params, $dims; {
            "dirichlet" => fill_dirichlet(&$params.reals("alpha")?) -> F64,
            "multinomial" => fill_multinomial(
                $params.integer("n")? as i64, &$params.reals("pvals")?) -> I64,
            $($rows)*
        } {
            "uniform" => uniform / fill_uniform(low, high) -> F64,
            "normal" => normal / fill_normal(loc, scale) -> F64,
            "lognormal" => lognormal / fill_lognormal(mean, sigma) -> F64,
            "exponential" => exponential / fill_exponential(scale) -> F64,
            "standard_gamma" => standard_gamma / fill_standard_gamma(shape) -> F64,
            "gamma" => gamma / fill_gamma(shape, scale) -> F64,
            "beta" => beta / fill_beta(a, b) -> F64,
            "chisquare" => chisquare / fill_chisquare(df) -> F64,
            "noncentral_chisquare" => noncentral_chisquare / fill_noncentral_chisquare(df, nonc) -> F64,
            "f" => f / fill_f(dfnum, dfden) -> F64,
            "noncentral_f" => noncentral_f / fill_noncentral_f(dfnum, dfden, nonc) -> F64,
            "standard_t" => standard_t / fill_standard_t(df) -> F64,
            "pareto" => pareto / fill_pareto(a) -> F64,
            "weibull" => weibull / fill_weibull(a) -> F64,
            "power" => power / fill_power(a) -> F64,
            "rayleigh" => rayleigh / fill_rayleigh(scale) -> F64,
            "laplace" => laplace / fill_laplace(loc, scale) -> F64,
            "gumbel" => gumbel / fill_gumbel(loc, scale) -> F64,
            "logistic" => logistic / fill_logistic(loc, scale) -> F64,
            "vonmises" => vonmises / fill_vonmises(mu, kappa) -> F64,
            "wald" => wald / fill_wald(mean, scale) -> F64,
            "triangular" => triangular / fill_triangular(left, mode, right) -> F64,
            "poisson" => poisson / fill_poisson(lam) -> I64,
            "binomial" => binomial / fill_binomial(n as i64, p) -> I64,
            "negative_binomial" => negative_binomial / fill_negative_binomial(n, p) -> I64,
            "geometric" => geometric / fill_geometric(p) -> I64,
            "hypergeometric" => hypergeometric / fill_hypergeometric(
                ngood as i64, nbad as i64, nsample as i64) -> I64,
            "logseries" => logseries / fill_logseries(p) -> I64,
            "zipf" => zipf / fill_zipf(a) -> I64,
        })
    };
    (@ $rng:expr, $method:expr, $params:expr, $dims:expr; {
        $($row:literal => $fill_rows:ident($($argument:expr),*) -> $row_values:ident,)*
    } {
        $($name:literal => $one:ident / $fill:ident($($parameter:ident $(as $t:ty)?),*)
            -> $values:ident,)*
    }) => {{
        let n: usize = $dims.iter().product();
        match $method {
            $($row => {
                let mut out = vec![Default::default(); n * $params.row_len()?];
                $rng.$fill_rows($($argument),*, &mut out)?;
                Ok(Values::$row_values(out))
            })*
            $($name => {
                $(let $parameter = parameter($params, stringify!($parameter))?;)*
                let is_scalar = [$($parameter.ndim()),*].iter().all(|&n_axes| n_axes == 0);
                if is_scalar && n > SHORT {
                    let mut out = vec![Default::default(); n];
                    $rng.$fill($($parameter[IxDyn(&[])] $(as $t)?,)* &mut out)?;
                    return Ok(Values::$values(out));
                }
                let views = [$($parameter.view()),*];
                let drawn = $rng.broadcast($dims, views, |rng, [$($parameter),*]| {
                    rng.$one($($parameter $(as $t)?),*)
                })?;
                Ok(Values::$values(drawn.into_iter().collect()))
            })*
            _ => Err(format!("no such method: {}", $method).into()),
        }
    }};
}

impl Params<'_> {
    /// The elements of an array in C order.
    fn flat(self, name: &str) -> Result<Vec<f64>> {
        Ok(parameter(self, name)?.into_iter().collect())
    }

    /// How many values a draw of a row distribution has.
    fn row_len(self) -> Result<usize> {
        let names = ["alpha", "pvals", "colors", "mean"];
        let name = names.into_iter().find(|name| self.has(name));
        Ok(self.reals(name.ok_or("the parameters have no row")?)?.len())
    }
}

/// Calls `method` of NumPy's `Generator`.
pub(crate) fn draw_generator(
    rng: &mut Generator<Bits>,
    method: &str,
    params: Params<'_>,
    dims: &[usize],
) -> Result<Values> {
    let n: usize = dims.iter().product();
    let is_f32 = params.text_or("dtype", "float64")? == "float32";
    let is_inverse = params.text_or("method", "zig")? == "inv";
    match method {
        "standard_normal" | "standard_exponential" if is_f32 => {
            let mut out = vec![0.0; n];
            match (method, n <= SHORT) {
                ("standard_normal", true) => out.fill_with(|| rng.standard_normal_f32()),
                ("standard_normal", false) => rng.fill_standard_normal_f32(&mut out),
                _ if is_inverse => rng.fill(&InverseExponential, &mut out),
                (_, true) => out.fill_with(|| rng.standard_exponential_f32()),
                (_, false) => rng.fill_standard_exponential_f32(&mut out),
            }
            return Ok(Values::F32(out));
        }
        "standard_gamma" if is_f32 => {
            let mut out = vec![0.0; n];
            rng.fill_standard_gamma_f32(params.real("shape")? as f32, &mut out)?;
            return Ok(Values::F32(out));
        }
        "standard_normal" | "standard_exponential" | "standard_cauchy" => {
            let mut out = vec![0.0; n];
            match (method, n <= SHORT) {
                ("standard_normal", true) => out.fill_with(|| rng.standard_normal()),
                ("standard_normal", false) => rng.fill_standard_normal(&mut out),
                ("standard_cauchy", true) => out.fill_with(|| rng.standard_cauchy()),
                ("standard_cauchy", false) => rng.fill_standard_cauchy(&mut out),
                _ if is_inverse => rng.fill(&InverseExponential, &mut out),
                (_, true) => out.fill_with(|| rng.standard_exponential()),
                (_, false) => rng.fill_standard_exponential(&mut out),
            }
            return Ok(Values::F64(out));
        }
        _ => {}
    }
    let factorization = match params.text_or("method", "svd")? {
        "eigh" => Factorization::Eigh,
        "cholesky" => Factorization::Cholesky,
        _ => Factorization::Svd,
    };
    let urn = match params.text_or("method", "marginals")? {
        "count" => UrnMethod::Count,
        _ => UrnMethod::Marginals,
    };
    draw!(rng, method, params, dims; {
        "multivariate_normal" => fill_multivariate_normal(
            &params.reals("mean")?, &params.flat("cov")?, factorization) -> F64,
        "multivariate_hypergeometric" => fill_multivariate_hypergeometric(
            &params.integers::<i64>("colors")?, params.integer("nsample")? as i64, urn
        ) -> I64,
    })
}

/// Calls `method` of NumPy's `RandomState`.
pub(crate) fn draw_random_state(
    rng: &mut RandomState<Bits>,
    method: &str,
    params: Params<'_>,
    dims: &[usize],
) -> Result<Values> {
    let mut out = vec![0.0; dims.iter().product()];
    let is_short = out.len() <= SHORT;
    match method {
        "standard_normal" | "randn" if is_short => out.fill_with(|| rng.standard_normal()),
        "standard_normal" | "randn" => rng.fill_standard_normal(&mut out),
        "standard_exponential" if is_short => out.fill_with(|| rng.standard_exponential()),
        "standard_exponential" => rng.fill_standard_exponential(&mut out),
        "standard_cauchy" if is_short => out.fill_with(|| rng.standard_cauchy()),
        "standard_cauchy" => rng.fill_standard_cauchy(&mut out),
        _ => {
            return draw!(rng, method, params, dims; {
                "multivariate_normal" => fill_multivariate_normal(
                    &params.reals("mean")?, &params.flat("cov")?) -> F64,
            });
        }
    }
    Ok(Values::F64(out))
}
