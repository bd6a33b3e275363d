//! What the page says about the tasks that read monitoring histograms.

use sct_id::RunNumber;

use crate::{
    demo::{TaskResult, tasks::Layers},
    page::Block,
};

/// Comparison with the truth, values by layer with those of earlier runs, and pictures.
pub(super) fn blocks(
    run: RunNumber,
    task: &TaskResult,
    earlier: &[(RunNumber, &TaskResult)],
) -> Vec<(String, Block)> {
    let mut blocks = vec![(task.title.to_owned(), checks(task))];
    for (index, layers) in task.found.layers.iter().enumerate() {
        let history: Vec<(RunNumber, &Layers)> = earlier
            .iter()
            .filter_map(|(run, task)| Some((*run, task.found.layers.get(index)?)))
            .chain([(run, layers)])
            .collect();
        blocks.push((layers.heading.to_owned(), table(&history)));
    }
    if !task.pictures.is_empty() {
        let heading = format!("{}, plots", task.title);
        blocks.push((heading, Block::Folded(task.pictures.clone())));
    }
    blocks
}

fn checks(task: &TaskResult) -> Block {
    let row = |check: &crate::demo::tasks::Check| {
        let verdict = if check.wrong == 0 { "as simulated" } else { "differs" };
        let numbers = [check.compared.to_string(), check.wrong.to_string(), verdict.to_owned()];
        [vec![check.what.to_owned()], numbers.to_vec()].concat()
    };
    Block::Table {
        header: ["", "compared with the truth", "different", ""].map(str::to_owned).to_vec(),
        rows: task.found.checks.iter().map(row).collect(),
    }
}

/// One column a run, the newest last, and how it differs from the one before.
fn table(history: &[(RunNumber, &Layers)]) -> Block {
    let mut header = vec!["layer or ring".to_owned()];
    header.extend(history.iter().map(|(run, _)| format!("run {run}")));
    let changes = history.len() > 1;
    if changes {
        header.push("change".to_owned());
    }
    let names = history.last().map_or(&[][..], |(_, layers)| &*layers.values);
    let row = |(index, (name, _)): (usize, &(String, f64))| {
        let values: Vec<f64> = history
            .iter()
            .map(|(_, layers)| layers.values.get(index).map_or(f64::NAN, |(_, value)| *value))
            .collect();
        let mut row = vec![name.clone()];
        row.extend(values.iter().map(|&value| number(value)));
        if let ([.., before, now], true) = (&*values, changes) {
            row.push(change(*before, *now));
        }
        row
    };
    Block::Table { header, rows: names.iter().enumerate().map(row).collect() }
}

/// Whole numbers as they are, others with five digits.
fn number(value: f64) -> String {
    if value.fract().abs() < f64::EPSILON && value.abs() < 1e6 && value >= 1.0 {
        format!("{value:.0}")
    } else if value == 0.0 {
        "0".to_owned()
    } else if value.abs() < 0.01 {
        format!("{value:.3e}")
    } else {
        format!("{value:.5}")
    }
}

fn change(before: f64, now: f64) -> String {
    if before != 0.0 && before.is_finite() && now.is_finite() {
        format!("{:+.2} %", 100.0 * (now / before - 1.0))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::tasks::{Check, Found};

    fn task(values: &[f64]) -> TaskResult {
        let values = values.iter().map(|&value| ("barrel layer 0".to_owned(), value)).collect();
        let checks = vec![Check { what: "wafers", compared: 8176, wrong: 1 }];
        let found = Found { checks, layers: vec![Layers { heading: "Mean", values }] };
        TaskResult { title: "Noise", found, pictures: Vec::new() }
    }

    #[test]
    fn earlier_runs_stand_before_the_newest() {
        let runs = [1, 2].map(|run| RunNumber::new(run).unwrap());
        let (first, second) = (task(&[2e-5]), task(&[3e-5]));
        let blocks = blocks(runs[1], &second, &[(runs[0], &first)]);
        let Block::Table { header, rows } = &blocks[1].1 else { panic!("{blocks:?}") };
        assert_eq!(header[1..], ["run 1", "run 2", "change"]);
        assert_eq!(rows[0], ["barrel layer 0", "2.000e-5", "3.000e-5", "+50.00 %"]);
        let Block::Table { rows, .. } = &blocks[0].1 else { panic!("{blocks:?}") };
        assert_eq!(rows[0], ["wafers", "8176", "1", "differs"]);
        assert!(!second.is_exact());
    }

    #[test]
    fn a_first_run_has_no_history() {
        let blocks = blocks(RunNumber::new(1).unwrap(), &task(&[0.0, 3.0, 0.98765]), &[]);
        let Block::Table { header, rows } = &blocks[1].1 else { panic!("{blocks:?}") };
        assert_eq!(header.len(), 2);
        let shown: Vec<&str> = rows.iter().map(|row| &*row[1]).collect();
        assert_eq!(shown, ["0", "3", "0.98765"]);
    }
}
