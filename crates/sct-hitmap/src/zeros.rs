//! Memory for counts.

/// Counts of zero whose memory is there.
///
/// Memory that was never written is one shared page of zeros: to count in it is to read first, which maps that page, and
/// then to write, which takes a page of one's own and makes every other thread forget the first. That costs more than the
/// counting. Here every page is written at once.
pub(crate) fn written(count: usize) -> Vec<u32> {
    let mut zeros = vec![0; count];
    // The compiler knows that the memory is zero already and would leave this out.
    std::hint::black_box(zeros.as_mut_slice()).fill(0);
    zeros
}
