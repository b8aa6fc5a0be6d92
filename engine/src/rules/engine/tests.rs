//! Who compiles what, and who waits for whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use parking_lot::Mutex;

use super::{RulesEngine, named_number};
use crate::model::content_digest;
use crate::rules::fixtures::honest;

/// The honest module with a custom section that holds a letter.
fn module(letter: u8) -> Vec<u8> {
    [honest().as_slice(), &[0, 2, 1, letter]].concat()
}

#[test]
fn who_asks_for_one_module_does_not_wait_for_the_trial_of_another() {
    let (slow, other) = (module(b'a'), module(b'b'));
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let (done, is_done) = mpsc::channel();
    let (ended, digest) = (Mutex::new(ended), content_digest(&slow));
    let engine = RulesEngine::new().unwrap().with_trial(move |_, tried| {
        if tried == digest {
            begin.send(()).unwrap();
            ended.lock().recv().unwrap();
        }
        Ok(())
    });
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| engine.compile(&slow).is_ok());
        begun.recv().unwrap();
        scope.spawn(|| done.send(engine.compile(&other).is_ok()).unwrap());
        let compiled = is_done.recv_timeout(Duration::from_secs(60));
        end.send(()).unwrap();
        assert_eq!(compiled, Ok(true));
        assert!(slow.join().unwrap());
    });
}

#[test]
fn who_asks_for_one_module_at_once_shares_it_and_nothing_is_kept_of_what_nobody_holds() {
    let tried = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tried);
    let engine = RulesEngine::new().unwrap().with_trial(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let bytes = module(b'a');
    std::thread::scope(|scope| {
        let asked = [(); 4].map(|()| scope.spawn(|| engine.compile(&bytes).unwrap()));
        let [first, others @ ..] = asked.map(|it| it.join().unwrap());
        assert!(others.iter().all(|other| Arc::ptr_eq(&first, other)));
    });
    assert_eq!(tried.load(Ordering::Relaxed), 1);
    let held = engine.compile(&module(b'b')).unwrap();
    let places = engine.compiled.lock();
    let digests: Vec<_> = places.keys().copied().collect();
    assert_eq!(digests, [held.digest]);
}

#[test]
fn a_number_by_its_name_is_finite_and_has_a_name() {
    let cases = [
        ("low=3", Some(("low", 3.0))),
        ("low=-2.5e1", Some(("low", -25.0))),
        ("low=", None),
        ("low", None),
        ("low=x", None),
        ("low=inf", None),
        ("low=NaN", None),
        ("low=1=2", None),
        ("=1", None),
    ];
    for (text, expected) in cases {
        let expected = expected.map(|(name, number): (&str, f64)| (name.to_owned(), number));
        assert_eq!(named_number(text), expected, "{text}");
    }
}
