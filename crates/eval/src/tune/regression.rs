//! Logistic regression with weights that keep their sign.

use unecho_pipeline::Features;

/// A feature without effect is held at 0 by this much: a ridge on standardized features, beside
/// samples that weigh some hundreds together.
const RIDGE: f64 = 0.3;

/// A round goes through all features once.
const ROUNDS_MAX: usize = 2000;

/// Steps below this end the search.
const STEP_MIN: f64 = 1e-7;

/// A measured pair with its label.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// Whether it is a copy.
    pub(crate) is_copy: bool,
    /// How much it counts.
    pub(crate) weight: f64,
    /// Its features.
    pub(crate) features: Features,
}

/// Fitted weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    pub(crate) intercept: f64,
    pub(crate) weights: Features,
}

impl Fit {
    /// The probability of a copy.
    pub(crate) fn probability(&self, features: &Features) -> f64 {
        let products = features.to_array().into_iter().zip(self.weights.to_array());
        logistic(self.intercept + products.map(|(feature, weight)| feature * weight).sum::<f64>())
    }
}

/// One feature over all samples, standardized.
struct Column {
    values: Vec<f64>,
    mean: f64,
    deviation: f64,
    sign: f64,
}

/// Maximizes the weighted likelihood, less the ridge, by coordinates: each weight in turn takes a
/// Newton step and is put back to 0 when it would speak against its meaning. `held` are weights that
/// are given and stay; they belong to features named in it.
pub(crate) fn fit(samples: &[Sample], held: &[(&str, f64)]) -> Fit {
    let held_weight = |name: &str| held.iter().find(|(held, _)| *held == name).map(|&(_, weight)| weight);
    let mut log_odds = vec![0.0; samples.len()];
    let mut columns = Vec::new();
    for (at, name) in Features::NAMES.iter().enumerate() {
        let values = samples.iter().map(|sample| sample.features.to_array()[at]);
        match held_weight(name) {
            Some(weight) => log_odds.iter_mut().zip(values).for_each(|(odds, value)| *odds += weight * value),
            None => columns.push((at, Column::of(values.collect(), samples, Features::SIGNS[at]))),
        }
    }
    let mut intercept = 0.0;
    let mut weights = vec![0.0; columns.len()];
    for _ in 0..ROUNDS_MAX {
        let ones = vec![1.0; samples.len()];
        let mut longest = step(samples, &ones, &mut log_odds, &|newton| newton, &mut intercept, 0.0);
        for ((_, column), weight) in columns.iter().zip(&mut weights) {
            let keep_sign = |next: f64| if next * column.sign < 0.0 { 0.0 } else { next };
            let length = step(samples, &column.values, &mut log_odds, &keep_sign, weight, RIDGE);
            longest = longest.max(length);
        }
        if longest < STEP_MIN {
            break;
        }
    }
    let mut found = Features::default().to_array();
    for ((at, column), weight) in columns.iter().zip(&weights) {
        found[*at] = weight / column.deviation;
        intercept -= weight * column.mean / column.deviation;
    }
    for (at, name) in Features::NAMES.iter().enumerate() {
        found[at] = held_weight(name).unwrap_or(found[at]);
    }
    Fit { intercept, weights: Features::from_array(found) }
}

impl Column {
    fn of(mut values: Vec<f64>, samples: &[Sample], sign: f64) -> Self {
        let total: f64 = samples.iter().map(|sample| sample.weight).sum();
        let mean_of = |of: &dyn Fn(f64) -> f64| {
            values.iter().zip(samples).map(|(&value, sample)| sample.weight * of(value)).sum::<f64>() / total
        };
        let mean = mean_of(&|value| value);
        let deviation = mean_of(&|value| (value - mean).powi(2)).sqrt().max(1e-9);
        for value in &mut values {
            *value = (*value - mean) / deviation;
        }
        Self { values, mean, deviation, sign }
    }
}

/// One Newton step of `weight`, bounded by `allowed`; its length.
fn step(
    samples: &[Sample],
    values: &[f64],
    log_odds: &mut [f64],
    allowed: &dyn Fn(f64) -> f64,
    weight: &mut f64,
    ridge: f64,
) -> f64 {
    let (mut slope, mut curvature) = (-ridge * *weight, ridge + 1e-9);
    for ((sample, value), odds) in samples.iter().zip(values).zip(&*log_odds) {
        let probability = logistic(*odds);
        slope += sample.weight * (f64::from(u8::from(sample.is_copy)) - probability) * value;
        curvature += sample.weight * probability * (1.0 - probability) * value * value;
    }
    // Newton steps far from the maximum overshoot.
    let next = allowed(*weight + (slope / curvature).clamp(-1.0, 1.0));
    let change = next - *weight;
    *weight = next;
    for (odds, value) in log_odds.iter_mut().zip(values) {
        *odds += change * value;
    }
    change.abs()
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(is_copy: bool, narration: f64, quotes: f64) -> Sample {
        Sample { is_copy, weight: 1.0, features: Features { narration, quotes, ..Features::default() } }
    }

    #[test]
    fn what_tells_copies_gets_weight_and_what_misleads_none() {
        let samples: Vec<Sample> = (0..200)
            .map(|at| {
                let (narration, quotes) = (f64::from(at % 20) / 20.0, f64::from(at % 7) / 7.0);
                sample(narration + 0.1 * f64::from(at % 3) > 0.6, narration, -quotes)
            })
            .chain((0..50).map(|_| sample(false, 0.5, 1.0)))
            .collect();
        let fit = fit(&samples, &[("same_origin", 1.5)]);
        assert!(fit.weights.narration > 1.0, "{fit:?}");
        assert_eq!((fit.weights.quotes, fit.weights.same_origin), (0.0, 1.5));
        assert!(fit.probability(&samples[19].features) > 0.9 && fit.probability(&samples[0].features) < 0.1);
    }

    #[test]
    fn the_mean_probability_is_the_share_of_copies() {
        let samples: Vec<Sample> =
            (0..100).map(|at| sample(at % 4 == 0, f64::from(at % 10) / 10.0, 0.0)).collect();
        let fit = fit(&samples, &[]);
        let sum: f64 = samples.iter().map(|sample| fit.probability(&sample.features)).sum();
        assert!((sum - 25.0).abs() < 1e-3, "{sum}");
    }
}
