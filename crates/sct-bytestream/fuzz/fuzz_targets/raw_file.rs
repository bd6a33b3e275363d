//! Any bytes as a RAW file.

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
        exercise.raw_file(bytes);
    });
});
