//! Small symmetric systems of equations.

/// Solves `matrix x = right` for a symmetric positive matrix, keeping only rows and columns that are `free`; the other
/// unknowns are 0. `None` when the matrix is not positive within rounding.
///
/// The unknowns are scaled to a unit diagonal first, so that units do not matter. Method: Cholesky.
pub(crate) fn solve<const N: usize>(
    matrix: &[[f64; N]; N],
    right: &[f64; N],
    free: [bool; N],
) -> Option<[f64; N]> {
    let mut scale = [1.0; N];
    for i in (0..N).filter(|&i| free[i]) {
        scale[i] = matrix[i][i].sqrt();
        if !(scale[i] > 0.0 && scale[i].is_finite()) {
            return None;
        }
    }
    let mut factor = [[0.0; N]; N];
    let mut x = [0.0; N];
    for i in 0..N {
        if !free[i] {
            factor[i][i] = 1.0;
            continue;
        }
        for j in 0..=i {
            let products: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            let rest = matrix[i][j] / (scale[i] * scale[j]) - products;
            if i == j {
                // What is left of 1 after the rows above; below this it is rounding.
                if rest.is_nan() || rest <= 1e-13 {
                    return None;
                }
                factor[i][i] = rest.sqrt();
            } else if free[j] {
                factor[i][j] = rest / factor[j][j];
            }
        }
        let products: f64 = (0..i).map(|k| factor[i][k] * x[k]).sum();
        x[i] = (right[i] / scale[i] - products) / factor[i][i];
    }
    for i in (0..N).rev() {
        let products: f64 = (i + 1..N).map(|k| factor[k][i] * x[k]).sum();
        x[i] = (x[i] - products) / factor[i][i];
    }
    for i in 0..N {
        x[i] = if free[i] { x[i] / scale[i] } else { 0.0 };
    }
    Some(x)
}

/// Inverse of a symmetric positive matrix; `None` when it is not.
pub(crate) fn invert<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut inverse = [[0.0; N]; N];
    for (i, row) in inverse.iter_mut().enumerate() {
        let mut unit = [0.0; N];
        unit[i] = 1.0;
        *row = solve(matrix, &unit, [true; N])?;
    }
    Some(inverse)
}

/// Scalar product.
pub(crate) fn dot<const N: usize>(left: &[f64; N], right: &[f64; N]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATRIX: [[f64; 3]; 3] = [[4.0, 2.0, 0.6], [2.0, 5.0, -1.0], [0.6, -1.0, 3.0]];

    #[test]
    fn the_solution_solves() {
        let x = solve(&MATRIX, &[1.0, -2.0, 3.0], [true; 3]).unwrap();
        for (row, right) in MATRIX.iter().zip([1.0, -2.0, 3.0]) {
            assert!((dot(row, &x) - right).abs() < 1e-14);
        }
    }

    #[test]
    fn what_is_not_free_stays() {
        let x = solve(&MATRIX, &[1.0, -2.0, 3.0], [true, false, true]).unwrap();
        assert_eq!(x[1].to_bits(), 0);
        assert!((4.0 * x[0] + 0.6 * x[2] - 1.0).abs() < 1e-14);
        assert!((0.6 * x[0] + 3.0 * x[2] - 3.0).abs() < 1e-14);
        let x = solve(&MATRIX, &[1.0, -2.0, 3.0], [false, true, true]).unwrap();
        assert!((5.0 * x[1] - x[2] + 2.0).abs() < 1e-14);
    }

    #[test]
    fn scales_do_not_matter() {
        let scaled = [[4e-20, 2.0], [2.0, 5e20]];
        let x = solve(&scaled, &[1e-10, 1e10], [true; 2]).unwrap();
        assert!((dot(&scaled[0], &x) / 1e-10 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn matrices_that_are_not_positive_are_refused() {
        assert_eq!(solve(&[[1.0, 1.0], [1.0, 1.0]], &[1.0; 2], [true; 2]), None);
        assert_eq!(solve(&[[1.0, 2.0], [2.0, 1.0]], &[1.0; 2], [true; 2]), None);
        assert_eq!(solve(&[[0.0]], &[1.0], [true]), None);
        assert_eq!(solve(&[[f64::NAN]], &[1.0], [true]), None);
        assert_eq!(invert(&[[f64::INFINITY]]), None);
    }

    #[test]
    fn the_inverse_inverts() {
        let inverse = invert(&MATRIX).unwrap();
        for (i, row) in MATRIX.iter().enumerate() {
            for (j, column) in inverse.iter().enumerate() {
                let unit = if i == j { 1.0 } else { 0.0 };
                assert!((dot(row, column) - unit).abs() < 1e-14);
            }
        }
    }
}
