//! Any bytes as the data of a ROD.

#![no_main]

#[path = "../exercise.rs"]
#[allow(dead_code, reason = "each target runs one half of it")]
mod exercise;

use std::cell::RefCell;

use exercise::Exercise;

thread_local! {
    static EXERCISE: RefCell<Exercise> = RefCell::default();
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    EXERCISE.with_borrow_mut(|exercise| {
        exercise.rod_data(bytes);
    });
});
