//! Work that is done in any order and taken in its own: what comes out does not depend on the number of threads, and no
//! thread waits for the slowest of a portion.

use std::{
    collections::VecDeque,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Results for each thread that may wait to be taken: a bound for the memory.
const AHEAD: usize = 4;

/// Does `work` for the numbers below `count` in all threads, and hands the results to `take` in the order of the numbers,
/// one at a time, in whichever thread has time.
///
/// Neither `work` nor `take` may wait for other threads of the pool, as rayon's joins and parallel iterators do: a thread
/// that is far ahead waits here, for a number that may lie below it on the same stack.
///
/// # Errors
///
/// The first error in the order of the numbers, of `work` or `take`; what comes after is not taken.
pub(crate) fn in_order<T: Send, E: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
    take: impl FnMut(T) -> Result<(), E> + Send,
) -> Result<(), E> {
    let threads = rayon::current_num_threads().min(count).max(1);
    let queue = Queue {
        count,
        ahead: AHEAD * threads,
        next: AtomicUsize::new(0),
        state: Mutex::new(State {
            waiting: VecDeque::new(),
            taken: 0,
            is_taking: false,
            error: None,
            is_over: false,
        }),
        moved: Condvar::new(),
        take: Mutex::new(take),
    };
    rayon::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|_| queue.run(&work));
        }
    });
    let state = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.error.map_or(Ok(()), Err)
}

struct Queue<T, E, F> {
    count: usize,
    /// Results that may wait.
    ahead: usize,
    /// The first number that nobody works on.
    next: AtomicUsize,
    state: Mutex<State<T, E>>,
    /// Something was taken, or all is over.
    moved: Condvar,
    take: Mutex<F>,
}

struct State<T, E> {
    /// Results from number `taken` on; nothing where the work is not done.
    waiting: VecDeque<Option<Result<T, E>>>,
    taken: usize,
    /// Whether a thread is taking results. It goes on as long as the next one is there.
    is_taking: bool,
    error: Option<E>,
    /// After an error or a panic.
    is_over: bool,
}

impl<T, E, F: FnMut(T) -> Result<(), E>> Queue<T, E, F> {
    fn run(&self, work: impl Fn(usize) -> Result<T, E>) {
        let _guard = EndOnPanic(self);
        loop {
            // Numbers are given out in order, so that the next one to be taken is always being worked on.
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count || !self.may_begin(number) {
                return;
            }
            let result = work(number);
            self.put(number, result);
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a number is not too far ahead; false when all is over.
    fn may_begin(&self, number: usize) -> bool {
        let too_far = |state: &mut State<T, E>| {
            !state.is_over && number >= state.taken.saturating_add(self.ahead)
        };
        let state = self.moved.wait_while(self.state(), too_far);
        !state.unwrap_or_else(PoisonError::into_inner).is_over
    }

    /// Keeps a result, and takes all that can be taken unless another thread does so.
    fn put(&self, number: usize, result: Result<T, E>) {
        let mut state = self.state();
        let place = number - state.taken;
        if state.waiting.len() <= place {
            state.waiting.resize_with(place + 1, || None);
        }
        state.waiting[place] = Some(result);
        if state.is_taking {
            return;
        }
        state.is_taking = true;
        while let Some(Some(_)) = state.waiting.front().filter(|_| !state.is_over) {
            let Some(Some(result)) = state.waiting.pop_front() else { break };
            state.taken += 1;
            drop(state);
            // Only one thread is here at a time.
            let mut take = self.take.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = result.and_then(&mut *take);
            drop(take);
            state = self.state();
            if let Err(error) = taken {
                state.error = Some(error);
                state.is_over = true;
            }
            self.moved.notify_all();
        }
        state.is_taking = false;
    }
}

/// Lets the others go when a thread panics, so that the panic is seen.
struct EndOnPanic<'a, T, E, F: FnMut(T) -> Result<(), E>>(&'a Queue<T, E, F>);

impl<T, E, F: FnMut(T) -> Result<(), E>> Drop for EndOnPanic<'_, T, E, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.state().is_over = true;
            self.0.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn in_threads<R: Send>(threads: usize, test: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(test)
    }

    /// Work of very different length.
    fn slow(number: usize) -> usize {
        let rounds = if number.is_multiple_of(7) { 20_000 } else { 10 };
        (0..rounds).fold(number, |sum, round| std::hint::black_box(sum ^ round));
        number
    }

    #[test]
    fn results_are_taken_in_order() {
        for threads in [1, 2, 3, 8] {
            for count in [0, 1, 2, 500] {
                let mut taken = Vec::new();
                let take = |number| {
                    taken.push(number);
                    Ok::<_, ()>(())
                };
                in_threads(threads, || in_order(count, |number| Ok(slow(number)), take)).unwrap();
                assert!(taken.iter().copied().eq(0..count), "{threads} threads, {count}");
            }
        }
    }

    #[test]
    fn few_results_wait() {
        let (begun, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut taken = 0;
        let work = |number| {
            begun.fetch_add(1, Ordering::SeqCst);
            Ok::<_, ()>(slow(number))
        };
        let take = |_| {
            most.fetch_max(begun.load(Ordering::SeqCst) - taken, Ordering::SeqCst);
            taken += 1;
            Ok(())
        };
        in_threads(4, || in_order(1000, work, take)).unwrap();
        assert!(most.into_inner() <= 4 * AHEAD + 4);
    }

    #[test]
    fn the_first_error_in_order_is_told() {
        for threads in [1, 2, 4] {
            let mut taken = 0;
            let work = |number| if number % 10 == 7 { Err(number) } else { Ok(slow(number)) };
            let take = |_| {
                taken += 1;
                Ok(())
            };
            assert_eq!(in_threads(threads, || in_order(100, work, take)), Err(7));
            assert_eq!(taken, 7);
            let take = |number| if number == 5 { Err(500) } else { Ok(()) };
            assert_eq!(in_threads(threads, || in_order(100, work, take)), Err(500));
        }
    }

    #[test]
    fn a_panic_is_passed_on() {
        let work = |number| {
            assert!(number != 20, "at twenty");
            Ok::<_, ()>(number)
        };
        let run = || in_threads(3, || in_order(1000, work, |_| Ok(())));
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    }
}
