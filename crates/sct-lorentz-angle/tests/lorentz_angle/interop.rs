//! The same profiles fitted by programs of other origin: ROOT and `iminuit`, where Python has them.

use std::{path::Path, process::Command};

use sct_lorentz_angle::{Config, Estimate, Parameters, Profile};
use sct_roothist::{Axis, Class, Contents, FileWriter, Histogram, WriteOptions};

use crate::{fit_one, samples::drawn};

/// Profiles on which MINUIT converges as well.
fn profiles() -> Vec<Profile> {
    [(1.1, -4.2, 1.15, 2.0), (0.95, -3.4, 1.18, 1.6), (1.25, -4.6, 1.12, 2.2)]
        .into_iter()
        .zip(41..)
        .map(|((a, angle, b, sigma), seed)| {
            let mut bins = drawn(Parameters { a, angle, b, sigma }, 2e6, seed).bins().to_vec();
            // Bins without an error: one entry, equal values, no entry.
            for (bin, entries) in [(170, 1.0), (175, 50.0), (180, 0.0)] {
                bins[bin].entries = entries;
                bins[bin].sum = 2.0 * entries;
                bins[bin].sum_of_squares = 4.0 * entries;
            }
            Profile::uniform(-90.0, 90.0, bins)
        })
        .collect()
}

/// Whether Python has a package; says so when a test cannot run.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn python_has(package: &str) -> bool {
    let found = Command::new("python3").args(["-c", &format!("import {package}")]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: Python has no package {package}");
    }
    found
}

/// Runs a script on a file; the numbers of each line it prints.
fn python(script: &str, path: &Path) -> Vec<Vec<f64>> {
    let output = Command::new("python3").arg("-c").arg(script).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers = |line: &str| line.split_whitespace().map(|word| word.parse().unwrap()).collect();
    text.lines().map(numbers).collect()
}

fn write(profiles: &[Profile], path: &Path) {
    let mut writer = FileWriter::create(path, WriteOptions::default()).unwrap();
    for (number, profile) in profiles.iter().enumerate() {
        let axis = Axis::uniform(0, 360, -90.0, 90.0);
        let mut histogram = Histogram::new(Class::Profile, &format!("p{number}"), "", axis, None);
        let inner = |f: fn(&sct_lorentz_angle::Bin) -> f64| -> Vec<f64> {
            let bins = profile.bins().iter().map(f);
            std::iter::once(0.0).chain(bins).chain(std::iter::once(0.0)).collect()
        };
        histogram.contents = Contents::F64(inner(|bin| bin.sum));
        histogram.sumw2 = inner(|bin| bin.sum_of_squares);
        let entries = inner(|bin| bin.entries);
        histogram.entries = entries.iter().sum();
        histogram.profile.as_mut().unwrap().bin_entries = entries;
        writer.write(&histogram).unwrap();
    }
    writer.finish().unwrap();
}

/// Prints the errors of the bins of the range, then status, number of points, chi-square, parameters.
const ROOT: &str = r#"
import sys, ROOT
ROOT.gErrorIgnoreLevel = ROOT.kError
ROOT.gInterpreter.Declare("""
double width(double* x, double* p) {
  const double radian = M_PI / 180, step = 10 * p[3] / 999;
  double sum = 0, angle = x[0] - 5 * p[3];
  for (int node = 0; node < 999; ++node, angle += step) {
    const double u = (angle - x[0]) / p[3];
    const double gauss = 0.017455 * step * std::exp(-0.5 * u * u) / (std::sqrt(2 * M_PI) * p[3] * radian);
    sum += gauss * (p[0] * std::abs(std::tan(angle * radian) - std::tan(p[1] * radian)) + p[2]);
  }
  return sum;
}""")
f = ROOT.TFile.Open(sys.argv[1])
for number in range(3):
    p = f.Get(f"p{number}")
    print(*(f"{p.GetBinError(bin):.17g}" for bin in range(163, 185)))
    t = ROOT.TF1("t", ROOT.width, -9., 2., 4)
    t.SetParLimits(3, 0.1, 50.)
    t.SetParameters(1., -5., 1.13, 2.)
    r = p.Fit(t, "ESQN0", "", -9., 2.)
    print(r.Status(), r.Ndf() + 4, r.Chi2(), *(t.GetParameter(i) for i in range(4)))
"#;

#[test]
fn root_finds_the_same_minimum() {
    if !python_has("ROOT") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profiles.root");
    let profiles = profiles();
    write(&profiles, &path);
    let lines = python(ROOT, &path);
    assert_eq!(lines.len(), 6);
    for (profile, theirs) in profiles.into_iter().zip(lines.chunks(2)) {
        for (bin, error) in profile.bins()[162..184].iter().zip(&theirs[0]) {
            assert!((bin.error() - error).abs() <= 1e-15 * error, "{bin:?} {error}");
        }
        let ours = good(profile);
        let [status, points, chi_square, values @ ..] = &theirs[1][..] else { panic!() };
        assert_eq!((status.to_bits(), ours.points), (0, 19));
        assert_eq!(points.to_bits(), 19.0_f64.to_bits());
        assert!((ours.chi_square / chi_square - 1.0).abs() < 1e-4, "{ours:?} {theirs:?}");
        check_values(&ours, values, 0.05);
    }
}

/// Prints parameters, lower and upper errors for points in lines of angle, width, error; an empty line ends a profile.
const IMINUIT: &str = r#"
import sys, math, numpy
from iminuit import Minuit
radian = math.pi / 180
u = -5 + 10 * numpy.arange(999) / 999
weights = 0.017455 * 10 / 999 * numpy.exp(-0.5 * u * u) / (math.sqrt(2 * math.pi) * radian)
for block in open(sys.argv[1]).read().split("\n\n"):
    x, y, e = numpy.array([[float(word) for word in line.split()] for line in block.strip().split("\n")]).T
    def chi_square(a, angle, b, sigma):
        tangents = numpy.tan((x[:, None] + sigma * u) * radian)
        width = a * numpy.abs(tangents - math.tan(angle * radian)) @ weights + b * weights.sum()
        return float((((y - width) / e) ** 2).sum())
    m = Minuit(chi_square, a=1, angle=-5, b=1.13, sigma=2)
    m.errordef, m.strategy = 1, 2
    m.limits["sigma"] = (0.1, 50)
    m.migrad().minos()
    assert m.valid and all(error.is_valid for error in m.merrors.values())
    print(*m.values, *(-error.lower for error in m.merrors.values()), *(error.upper for error in m.merrors.values()))
"#;

#[test]
fn iminuit_finds_the_same_errors() {
    if !python_has("iminuit") || !python_has("numpy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.txt");
    let profiles = profiles();
    let range = Config::PRODUCTION.low..=Config::PRODUCTION.high;
    let blocks = profiles.iter().map(|profile| {
        let points = profile.iter().filter(|(x, bin)| range.contains(x) && bin.error() > 0.0);
        points.map(|(x, bin)| format!("{x} {} {}\n", bin.mean(), bin.error())).collect()
    });
    std::fs::write(&path, blocks.collect::<Vec<String>>().join("\n")).unwrap();
    let lines = python(IMINUIT, &path);
    assert_eq!(lines.len(), 3);
    for (profile, theirs) in profiles.into_iter().zip(lines) {
        let ours = good(profile);
        check_values(&ours, &theirs[..4], 0.05);
        let errors = [ours.errors.a, ours.errors.angle, ours.errors.b, ours.errors.sigma];
        for (i, error) in errors.into_iter().enumerate() {
            assert!((error.lower / theirs[4 + i] - 1.0).abs() < 0.05, "{i} {ours:?} {theirs:?}");
            assert!((error.upper / theirs[8 + i] - 1.0).abs() < 0.05, "{i} {ours:?} {theirs:?}");
        }
    }
}

fn good(profile: Profile) -> Estimate {
    let fit = fit_one(profile);
    assert!(fit.is_good(), "{}", fit.status);
    fit.estimate.unwrap()
}

/// Parameters agree within a part of their error.
fn check_values(ours: &Estimate, theirs: &[f64], part: f64) {
    let Parameters { a, angle, b, sigma } = ours.parameters;
    let errors = [ours.errors.a, ours.errors.angle, ours.errors.b, ours.errors.sigma];
    for ((value, error), theirs) in [a, angle, b, sigma].into_iter().zip(errors).zip(theirs) {
        assert!((value - theirs).abs() < part * error.mean(), "{ours:?} {theirs:?}");
    }
}
