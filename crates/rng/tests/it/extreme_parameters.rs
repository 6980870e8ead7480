//! Draws for parameters at the ends of their domains: the literals are NumPy 2.4.6's.

use std::fmt::Debug;

use multiproc_rng::{Generator, Pcg64, RandomState, RngError, default_rng};

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

/// Three draws of `default_rng(7)`, and a uniform after them that tells how many words they took.
#[track_caller]
fn generator<T: Debug>(
    draw: impl Fn(&mut Generator<Pcg64>) -> Result<T, RngError>,
    expected: ([T; 3], f64),
) {
    let mut rng = default_rng(7);
    let drawn = [(); 3].map(|()| draw(&mut rng).expect("parameters that NumPy takes"));
    // As text, so that NaN equals NaN and 0 differs from -0.
    assert_eq!(format!("{drawn:?}"), format!("{:?}", expected.0));
    assert_eq!(rng.random(), expected.1);
}

/// Three draws of `RandomState(7)`, and a uniform after them.
#[track_caller]
fn random_state<T: Debug>(
    draw: impl Fn(&mut RandomState) -> Result<T, RngError>,
    expected: ([T; 3], f64),
) {
    let mut rng = RandomState::new(7);
    let drawn = [(); 3].map(|()| draw(&mut rng).expect("parameters that NumPy takes"));
    assert_eq!(format!("{drawn:?}"), format!("{:?}", expected.0));
    assert_eq!(rng.random_sample(), expected.1);
}

#[test]
#[rustfmt::skip]
fn extreme_parameters_of_generator_draw_as_in_numpy() {
    generator(|rng| rng.standard_gamma(NAN), ([NAN, NAN, NAN], 0.005265304565574724));
    generator(|rng| rng.standard_gamma(INFINITY), ([INFINITY, INFINITY, INFINITY], 0.005265304565574724));
    generator(|rng| rng.standard_gamma(1e+308), ([1e+308, 1e+308, 1e+308], 0.005265304565574724));
    generator(|rng| rng.standard_gamma(5e-324), ([0.0, 0.0, 0.0], 0.005265304565574724));
    generator(|rng| rng.standard_gamma(0.0), ([0.0, 0.0, 0.0], 0.625095466604667));
    generator(|rng| rng.gamma(NAN, 1.0), ([NAN, NAN, NAN], 0.005265304565574724));
    generator(|rng| rng.gamma(1.0, NAN), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.gamma(0.0, INFINITY), ([NAN, NAN, NAN], 0.625095466604667));
    generator(|rng| rng.beta(NAN, 0.5), ([NAN, NAN, NAN], 0.2548695876541246));
    generator(|rng| rng.beta(INFINITY, 1.0), ([NAN, NAN, NAN], 0.4679349528437208));
    generator(|rng| rng.beta(5e-324, 5e-324), ([0.0, 0.0, 0.0], 0.22520718999059186));
    generator(|rng| rng.beta(1e-103, 1e-104), ([1.0, 1.0, 1.0], 0.22520718999059186));
    generator(|rng| rng.beta(1e-103, 1e-09), ([0.0, 0.0, 0.0], 0.005265304565574724));
    generator(|rng| rng.beta(1e-300, 0.5), ([0.0, 0.0, 0.0], 0.005265304565574724));
    generator(|rng| rng.beta(0.002, 0.0015), ([2.3761714461434955e-71, 1.0, 6.626757410416702e-223], 0.005265304565574724));
    generator(|rng| rng.chisquare(NAN), ([NAN, NAN, NAN], 0.005265304565574724));
    generator(|rng| rng.chisquare(INFINITY), ([INFINITY, INFINITY, INFINITY], 0.005265304565574724));
    generator(|rng| rng.noncentral_chisquare(NAN, 1.0), ([NAN, NAN, NAN], 0.2548695876541246));
    generator(|rng| rng.noncentral_chisquare(3.0, NAN), ([NAN, NAN, NAN], 0.625095466604667));
    generator(|rng| rng.noncentral_chisquare(0.3, NAN), ([NAN, NAN, NAN], 0.625095466604667));
    generator(|rng| rng.noncentral_chisquare(3.0, INFINITY), ([INFINITY, INFINITY, INFINITY], 0.005265304565574724));
    generator(|rng| rng.noncentral_chisquare(0.3, INFINITY), ([0.3677916459171898, 1.2897928917156414e-15, 0.0006986999112726178], 0.2548695876541246));
    generator(|rng| rng.noncentral_chisquare(0.3, 1e+19), ([2.0, 2.0, 2.0], 0.6221792294411627));
    generator(|rng| rng.f(INFINITY, 2.0), ([NAN, NAN, NAN], 0.4679349528437208));
    generator(|rng| rng.noncentral_f(3.0, 2.0, NAN), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.noncentral_f(0.5, 2.0, NAN), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.standard_t(NAN), ([NAN, NAN, NAN], 0.4679349528437208));
    generator(|rng| rng.standard_t(INFINITY), ([NAN, NAN, NAN], 0.4679349528437208));
    generator(|rng| rng.vonmises(NAN, 1.0), ([NAN, NAN, NAN], 0.4679349528437208));
    generator(|rng| rng.vonmises(1.0, NAN), ([NAN, NAN, NAN], 0.625095466604667));
    generator(|rng| rng.vonmises(INFINITY, 1.0), ([NAN, NAN, NAN], 0.4679349528437208));
    generator(|rng| rng.vonmises(1.0, 1e-09), ([0.7859979977652182, 2.4957679180609933, 1.7321842783482624], 0.22520718999059186));
    generator(|rng| rng.vonmises(1.0, 3e-06), ([2.9637925543817607, 1.7075073037836752, 1.0165413925201348], 0.4679349528437208));
    generator(|rng| rng.vonmises(3.1, 1000000.0), ([3.099490145506498, 3.099095982163954, 3.100423203729177], 0.5534973520744925));
    generator(|rng| rng.vonmises(3.125, 1000001.0), ([3.1250012301527423, 3.125298745388136, 3.1247258622817067], 0.22520718999059186));
    generator(|rng| rng.vonmises(40.0, 2.0), ([-3.0149708509424933, 2.558593103201364, 2.3066920713905326], 0.4679349528437208));
    generator(|rng| rng.vonmises(-40.0, 2.0), ([-1.3335618576078794, -2.043183210643594, -2.2950842424544255], 0.4679349528437208));
    generator(|rng| rng.pareto(NAN), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.pareto(INFINITY), ([0.0, 0.0, 0.0], 0.22520718999059186));
    generator(|rng| rng.pareto(0.001), ([1.8882155747558206e+307, INFINITY, 8.270744314311457e+246], 0.22520718999059186));
    generator(|rng| rng.weibull(NAN), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.weibull(INFINITY), ([1.0, 1.0, 1.0], 0.22520718999059186));
    generator(|rng| rng.weibull(0.0), ([0.0, 0.0, 0.0], 0.625095466604667));
    generator(|rng| rng.power(1e-300), ([0.0, 0.0, 0.0], 0.22520718999059186));
    generator(|rng| rng.laplace(NAN, 1.0), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.gumbel(1.0, INFINITY), ([INFINITY, -INFINITY, -INFINITY], 0.22520718999059186));
    generator(|rng| rng.logistic(1.0, INFINITY), ([INFINITY, INFINITY, INFINITY], 0.22520718999059186));
    generator(|rng| rng.lognormal(800.0, 1.0), ([INFINITY, INFINITY, INFINITY], 0.22520718999059186));
    generator(|rng| rng.rayleigh(NAN), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.wald(NAN, 1.0), ([NAN, NAN, NAN], 0.005265304565574724));
    generator(|rng| rng.wald(INFINITY, 1.0), ([NAN, NAN, NAN], 0.005265304565574724));
    generator(|rng| rng.wald(1.0, INFINITY), ([1.0, 1.0, 1.0], 0.005265304565574724));
    generator(|rng| rng.wald(10000000000.0, 1.0), ([660730.1051997361, 13.30644261443581, 4.837330536133777], 0.005265304565574724));
    generator(|rng| rng.wald(1e-300, 1.0), ([0.0, 1e-300, 0.0], 0.005265304565574724));
    generator(|rng| rng.triangular(NAN, 1.0, 2.0), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.triangular(-INFINITY, 1.0, 2.0), ([-INFINITY, -INFINITY, -INFINITY], 0.22520718999059186));
    generator(|rng| rng.normal(1.0, NAN), ([NAN, NAN, NAN], 0.22520718999059186));
    generator(|rng| rng.normal(0.0, 0.0), ([0.0, 0.0, 0.0], 0.22520718999059186));
    generator(|rng| rng.uniform(1.0, 1.0), ([1.0, 1.0, 1.0], 0.22520718999059186));
    generator(|rng| rng.poisson(9.2e+18), ([9200000001087123456, 9200000002583934976, 9199999998212797440], 0.005265304565574724));
    generator(|rng| rng.poisson(5e-324), ([0, 0, 0], 0.22520718999059186));
    generator(|rng| rng.negative_binomial(5.0, 1.0), ([0, 0, 0], 0.005265304565574724));
    generator(|rng| rng.negative_binomial(1e-09, 0.5), ([0, 0, 0], 0.005265304565574724));
    generator(|rng| rng.geometric(1.0), ([1, 1, 1], 0.22520718999059186));
    generator(|rng| rng.geometric(5e-324), ([9223372036854775807, 9223372036854775807, 9223372036854775807], 0.22520718999059186));
    generator(|rng| rng.zipf(INFINITY), ([1, 1, 1], 0.625095466604667));
    generator(|rng| rng.zipf(1024.5), ([1, 1, 1], 0.005265304565574724));
    generator(|rng| rng.zipf(1.000000000000001), ([718190003631, 527938016631641, 488942], 0.005265304565574724));
    generator(|rng| rng.logseries(0.0), ([1, 1, 1], 0.22520718999059186));
    generator(|rng| rng.logseries(0.9999999999999999), ([96182741485550, 996, 104225305684806], 0.005265304565574724));
    generator(|rng| rng.hypergeometric(0, 0, 0), ([0, 0, 0], 0.625095466604667));
    generator(|rng| rng.hypergeometric(5, 5, 0), ([0, 0, 0], 0.625095466604667));
    generator(|rng| rng.hypergeometric(5, 5, 10), ([5, 5, 5], 0.625095466604667));
    generator(|rng| rng.hypergeometric(999999999, 999999999, 999999999), ([500012188, 499993204, 500023870], 0.005265304565574724));
    generator(|rng| rng.hypergeometric(0, 50, 25), ([0, 0, 0], 0.9955002834343927));
    generator(|rng| rng.hypergeometric(50, 0, 25), ([25, 25, 25], 0.9955002834343927));
    generator(|rng| rng.hypergeometric(999999999, 1, 11), ([11, 11, 11], 0.9955002834343927));
    generator(|rng| rng.binomial(9223372036854775807, 0.5), ([4611686018194662912, 4611686016840008192, 4611686015713374208], 0.7970694287520462));
    generator(|rng| rng.binomial(9223372036854775807, 1e-18), ([10, 13, 11], 0.22520718999059186));
    generator(|rng| rng.binomial(4611686018427387904, 0.9999999), ([4611685557258890381, 4611685557259496199, 4611685557260000044], 0.7970694287520462));
    generator(|rng| rng.binomial(0, 0.5), ([0, 0, 0], 0.625095466604667));
    generator(|rng| rng.binomial(5, 0.0), ([0, 0, 0], 0.625095466604667));
    generator(|rng| rng.binomial(5, 1.0), ([5, 5, 5], 0.22520718999059186));
    generator(|rng| rng.binomial(1000000000000000000, 1e-17), ([11, 14, 12], 0.22520718999059186));
    generator(|rng| rng.binomial(61, 0.5), ([36, 30, 26], 0.7970694287520462));
    generator(|rng| rng.binomial(60, 0.5), ([31, 35, 33], 0.22520718999059186));
    generator(|rng| rng.poisson(10.0), ([13, 8, 13], 0.3030324268193135));
    generator(|rng| rng.poisson(9.999999999999998), ([9, 11, 8], 0.24751492202733083));
    generator(|rng| rng.geometric(0.3333333333333333), ([3, 6, 4], 0.22520718999059186));
    generator(|rng| rng.geometric(0.33333333333333326), ([2, 3, 2], 0.22520718999059186));
    generator(|rng| rng.standard_gamma(1.0), ([0.7075292557919215, 1.025203348294905, 0.5685486573832514], 0.22520718999059186));
    generator(|rng| rng.standard_gamma(0.9999999999999999), ([0.9810838630345525, 1.4947070420999184, 0.35691252203135165], 0.005265304565574724));
    generator(|rng| rng.beta(1.0, 1.0), ([0.006370652818501594, 0.5211595790852261, 0.364127556154789], 0.5045482589579533));
    generator(|rng| rng.beta(1.0, 1.0000000000000002), ([0.4290449101433472, 0.7131302089401578, 0.003935099234343355], 0.4679349528437208));
}

#[test]
#[rustfmt::skip]
fn extreme_parameters_of_random_state_draw_as_in_numpy() {
    random_state(|rng| rng.standard_gamma(NAN), ([NAN, NAN, NAN], 0.6792299961209405));
    random_state(|rng| rng.standard_gamma(INFINITY), ([INFINITY, INFINITY, INFINITY], 0.6792299961209405));
    random_state(|rng| rng.standard_gamma(1e+308), ([1e+308, 1e+308, 1e+308], 0.49988250082555996));
    random_state(|rng| rng.standard_gamma(5e-324), ([0.0, 0.0, 0.0], 0.5011204636599379));
    random_state(|rng| rng.standard_gamma(0.0), ([0.0, 0.0, 0.0], 0.07630828937395717));
    random_state(|rng| rng.gamma(NAN, 1.0), ([NAN, NAN, NAN], 0.6792299961209405));
    random_state(|rng| rng.gamma(1.0, NAN), ([NAN, NAN, NAN], 0.7234651778309412));
    random_state(|rng| rng.gamma(0.0, INFINITY), ([NAN, NAN, NAN], 0.07630828937395717));
    random_state(|rng| rng.beta(NAN, 0.5), ([NAN, NAN, NAN], 0.9312060196890217));
    random_state(|rng| rng.beta(INFINITY, 1.0), ([NAN, NAN, NAN], 0.06593634690590511));
    random_state(|rng| rng.beta(5e-324, 5e-324), ([NAN, NAN, NAN], 0.5011204636599379));
    random_state(|rng| rng.beta(1e-103, 1e-104), ([0.0, 1.0, 1.0], 0.5011204636599379));
    random_state(|rng| rng.beta(1e-103, 1e-09), ([0.0, 0.0, 0.0], 0.5011204636599379));
    random_state(|rng| rng.beta(1e-300, 0.5), ([0.0, 0.0, 0.0], 0.5011204636599379));
    random_state(|rng| rng.beta(0.002, 0.0015), ([0.0, 4.585890266638042e-86, 1.0], 0.5011204636599379));
    random_state(|rng| rng.chisquare(NAN), ([NAN, NAN, NAN], 0.6792299961209405));
    random_state(|rng| rng.chisquare(INFINITY), ([INFINITY, INFINITY, INFINITY], 0.6792299961209405));
    random_state(|rng| rng.noncentral_chisquare(NAN, 1.0), ([NAN, NAN, NAN], 0.8037390361043755));
    random_state(|rng| rng.noncentral_chisquare(3.0, NAN), ([NAN, NAN, NAN], 0.07205113335976154));
    random_state(|rng| rng.noncentral_chisquare(0.3, NAN), ([NAN, NAN, NAN], 0.49988250082555996));
    random_state(|rng| rng.noncentral_chisquare(3.0, INFINITY), ([INFINITY, INFINITY, INFINITY], 0.07205113335976154));
    random_state(|rng| rng.noncentral_chisquare(0.3, INFINITY), ([0.00819523223050921, 0.0003114109382562831, 0.003211804663964472], 0.28814559930799355));
    random_state(|rng| rng.noncentral_chisquare(0.3, 1e+19), ([2.0, 2.0, 2.0], 0.2133853535799155));
    random_state(|rng| rng.f(INFINITY, 2.0), ([NAN, NAN, NAN], 0.06593634690590511));
    random_state(|rng| rng.noncentral_f(3.0, 2.0, NAN), ([NAN, NAN, NAN], 0.6792299961209405));
    random_state(|rng| rng.noncentral_f(0.5, 2.0, NAN), ([NAN, NAN, NAN], 0.3809411331485384));
    random_state(|rng| rng.standard_t(NAN), ([NAN, NAN, NAN], 0.28814559930799355));
    random_state(|rng| rng.standard_t(INFINITY), ([NAN, NAN, NAN], 0.28814559930799355));
    random_state(|rng| rng.vonmises(NAN, 1.0), ([NAN, NAN, NAN], 0.8037390361043755));
    random_state(|rng| rng.vonmises(1.0, NAN), ([NAN, NAN, NAN], 0.07630828937395717));
    random_state(|rng| rng.vonmises(INFINITY, 1.0), ([NAN, NAN, NAN], 0.8037390361043755));
    random_state(|rng| rng.vonmises(1.0, 1e-09), ([-2.6621335309793372, 1.7587816426065435, -0.3869862120684764], 0.7234651778309412));
    random_state(|rng| rng.vonmises(1.0, 3e-06), ([0.7602711510135256, -3.0103547099659274, -0.574313367216142], 0.49988250082555996));
    random_state(|rng| rng.vonmises(3.1, 1000000.0), ([3.099879557846287, 3.0988711108126896, 3.1004485686270904], 0.8037390361043755));
    random_state(|rng| rng.vonmises(40.0, 2.0), ([2.2164207548044637, 1.5466314848207823, 2.613100349906265], 0.8037390361043755));
    random_state(|rng| rng.vonmises(-40.0, 2.0), ([-2.3853555590404945, -3.05514482902419, -1.988675963938693], 0.8037390361043755));
    random_state(|rng| rng.pareto(NAN), ([NAN, NAN, NAN], 0.7234651778309412));
    random_state(|rng| rng.pareto(INFINITY), ([0.0, 0.0, 0.0], 0.7234651778309412));
    random_state(|rng| rng.pareto(0.001), ([2.9713498949695753e+34, INFINITY, 3.802242057997581e+250], 0.7234651778309412));
    random_state(|rng| rng.weibull(NAN), ([NAN, NAN, NAN], 0.7234651778309412));
    random_state(|rng| rng.weibull(INFINITY), ([1.0, 1.0, 1.0], 0.7234651778309412));
    random_state(|rng| rng.weibull(0.0), ([0.0, 0.0, 0.0], 0.07630828937395717));
    random_state(|rng| rng.power(1e-300), ([0.0, 0.0, 0.0], 0.7234651778309412));
    random_state(|rng| rng.laplace(NAN, 1.0), ([NAN, NAN, NAN], 0.7234651778309412));
    random_state(|rng| rng.gumbel(1.0, INFINITY), ([INFINITY, -INFINITY, INFINITY], 0.7234651778309412));
    random_state(|rng| rng.logistic(1.0, INFINITY), ([-INFINITY, INFINITY, -INFINITY], 0.7234651778309412));
    random_state(|rng| rng.lognormal(800.0, 1.0), ([INFINITY, INFINITY, INFINITY], 0.5011204636599379));
    random_state(|rng| rng.rayleigh(NAN), ([NAN, NAN, NAN], 0.7234651778309412));
    random_state(|rng| rng.wald(NAN, 1.0), ([NAN, NAN, NAN], 0.49988250082555996));
    random_state(|rng| rng.wald(INFINITY, 1.0), ([NAN, NAN, NAN], 0.49988250082555996));
    random_state(|rng| rng.wald(1.0, INFINITY), ([NAN, NAN, NAN], 0.49988250082555996));
    random_state(|rng| rng.wald(10000000000.0, 1.0), ([0.0, 0.0, 0.0], 0.49988250082555996));
    random_state(|rng| rng.wald(1e-300, 1.0), ([0.0, 0.0, 1e-300], 0.49988250082555996));
    random_state(|rng| rng.triangular(NAN, 1.0, 2.0), ([NAN, NAN, NAN], 0.7234651778309412));
    random_state(|rng| rng.triangular(-INFINITY, 1.0, 2.0), ([-INFINITY, -INFINITY, -INFINITY], 0.7234651778309412));
    random_state(|rng| rng.normal(1.0, NAN), ([NAN, NAN, NAN], 0.5011204636599379));
    random_state(|rng| rng.normal(0.0, 0.0), ([0.0, 0.0, 0.0], 0.5011204636599379));
    random_state(|rng| rng.uniform(1.0, 1.0), ([1.0, 1.0, 1.0], 0.7234651778309412));
    random_state(|rng| rng.poisson(9.2e+18), ([9199999994632724480, 9199999999473822720, 9200000000009454592], 0.26843898010187117));
    random_state(|rng| rng.poisson(5e-324), ([0, 0, 0], 0.7234651778309412));
    random_state(|rng| rng.negative_binomial(5.0, 1.0), ([0, 0, 0], 0.49988250082555996));
    random_state(|rng| rng.negative_binomial(1e-09, 0.5), ([0, 0, 0], 0.5011204636599379));
    random_state(|rng| rng.geometric(1.0), ([1, 1, 1], 0.7234651778309412));
    random_state(|rng| rng.geometric(5e-324), ([-9223372036854775808, -9223372036854775808, -9223372036854775808], 0.7234651778309412));
    random_state(|rng| rng.zipf(1024.5), ([1, 1, 1], 0.5011204636599379));
    random_state(|rng| rng.logseries(0.0), ([1, 1, 1], 0.7234651778309412));
    random_state(|rng| rng.logseries(0.9999999999999999), ([7139644742985, 287625717439, 8688290], 0.5011204636599379));
    random_state(|rng| rng.hypergeometric(5, 5, 10), ([5, 5, 5], 0.6690132408839138));
    random_state(|rng| rng.hypergeometric(999999999, 999999999, 999999999), ([500009776, 500000755, 499983619], 0.26843898010187117));
    random_state(|rng| rng.hypergeometric(0, 50, 25), ([0, 0, 0], 0.9312060196890217));
    random_state(|rng| rng.hypergeometric(50, 0, 25), ([25, 25, 25], 0.9312060196890217));
    random_state(|rng| rng.hypergeometric(999999999, 1, 11), ([11, 11, 11], 0.9312060196890217));
    random_state(|rng| rng.binomial(9223372036854775807, 0.5), ([4611686016164490240, 4611686017950167040, 4611686014666072576], 0.5011204636599379));
    random_state(|rng| rng.binomial(9223372036854775807, 1e-18), ([0, 0, 0], 0.7234651778309412));
    random_state(|rng| rng.binomial(4611686018427387904, 0.9999999), ([4611685557259798299, 4611685557258999723, 4611685557257904991], 0.26843898010187117));
    random_state(|rng| rng.binomial(0, 0.5), ([0, 0, 0], 0.7234651778309412));
    random_state(|rng| rng.binomial(5, 0.0), ([0, 0, 0], 0.7234651778309412));
    random_state(|rng| rng.binomial(5, 1.0), ([5, 5, 5], 0.7234651778309412));
    random_state(|rng| rng.binomial(1000000000000000000, 1e-17), ([0, 0, 0], 0.7234651778309412));
    random_state(|rng| rng.binomial(61, 0.5), ([27, 28, 32], 0.6792299961209405));
    random_state(|rng| rng.binomial(60, 0.5), ([24, 33, 29], 0.7234651778309412));
    random_state(|rng| rng.poisson(10.0), ([9, 10, 8], 0.6792299961209405));
    random_state(|rng| rng.poisson(9.999999999999998), ([10, 8, 12], 0.4774011548515884));
    random_state(|rng| rng.geometric(0.3333333333333333), ([1, 4, 2], 0.7234651778309412));
    random_state(|rng| rng.geometric(0.33333333333333326), ([1, 4, 2], 0.7234651778309412));
    random_state(|rng| rng.standard_gamma(1.0), ([0.07937690952144451, 1.5137586745587868, 0.5769818641565158], 0.7234651778309412));
    random_state(|rng| rng.standard_gamma(0.9999999999999999), ([0.07937690952144445, 0.5769818641565154, 3.816236211795088], 0.5011204636599379));
    random_state(|rng| rng.beta(1.0, 1.0), ([0.08912155549916569, 0.8742939571074294, 0.349383671764379], 0.6792299961209405));
    random_state(|rng| rng.beta(1.0, 1.0000000000000002), ([0.15352195807679636, 0.5852558865666248, 0.5599335984752498], 0.6792299961209405));
    random_state(|rng| rng.vonmises(1.0, 1e+16), ([0.9999999789265761, 1.0, 1.0], 0.024899227550348013));
    random_state(|rng| rng.uniform(1.0, -2.0), ([0.7710751318781285, -1.3397563767203438, -0.3152276943226804], 0.7234651778309412));
    random_state(|rng| rng.negative_binomial(5.0, 0.0), ([-9223372036854775808, -9223372036854775808, -9223372036854775808], 0.4521239618176831));
    random_state(|rng| rng.negative_binomial(INFINITY, 0.5), ([-9223372036854775808, -9223372036854775808, -9223372036854775808], 0.2133853535799155));
    random_state(|rng| rng.negative_binomial(NAN, 0.5), ([0, 0, 0], 0.06593634690590511));
    random_state(|rng| rng.hypergeometric(4611686018427387904, 2305843009213693952, 1152921504606846976), ([768614336724410752, 768614336714579968, 768614336560893952], 0.45909297789143144));
    random_state(|rng| rng.hypergeometric(4611686018427387909, 3, 11), ([10, 11, 11], 0.6792299961209405));
    random_state(|rng| rng.hypergeometric(4611686018427387909, 3, 9), ([9, 9, 9], 0.7504098591020348));
    random_state(|rng| rng.hypergeometric(90, 60, 131), ([79, 79, 76], 0.9312060196890217));
    random_state(|rng| rng.hypergeometric(500, 700, 1100), ([457, 458, 465], 0.9312060196890217));
    random_state(|rng| rng.hypergeometric(700, 500, 1100), ([643, 642, 635], 0.9312060196890217));
}
