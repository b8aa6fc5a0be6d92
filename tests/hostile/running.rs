//! Modules that pass the checks and misbehave when they are called.

use puls_wire::Header;
use wasm_encoder::{BlockType, InstructionSink};

use super::assembly::{
    Assembly, HEADER, HIDDEN, ROW, VALUE, address, at, body, eval, layout, rows,
};
use super::{Expected, Hostile, TRIGGER};

pub(super) fn modules() -> Vec<Hostile> {
    let mut all = calls();
    all.extend(answers());
    all.extend(memories_of_the_past());
    all.extend(harmless());
    all
}

/// Does something where the feature is [`TRIGGER`].
fn when(it: &mut InstructionSink<'_>, act: impl Fn(&mut InstructionSink<'_>)) {
    it.local_get(VALUE).f64_const(TRIGGER.into()).f64_eq();
    it.if_(BlockType::Empty);
    act(it);
    it.end();
}

fn fails(
    does: &'static str,
    kind: &'static str,
    message: &'static str,
    act: impl Fn(&mut InstructionSink<'_>),
) -> Hostile {
    Hostile {
        does,
        bytes: Assembly::with_row(|it| when(it, &act)),
        expected: Expected::RowFails(kind, message),
    }
}

fn calls() -> Vec<Hostile> {
    let recursion = Hostile {
        does: "recurses without end",
        bytes: Assembly::with(|it| {
            it.functions.push((
                0,
                body(|it| {
                    it.call(3);
                }),
            ));
            it.set(
                2,
                eval(|it| {
                    when(it, |it| {
                        it.call(3);
                    })
                }),
            );
        }),
        expected: Expected::RowFails("trap", "call stack exhausted"),
    };
    vec![
        recursion,
        fails("traps", "trap", "unreachable", |it| {
            it.unreachable();
        }),
        fails("loops without end", "fuel", "units of fuel", |it| {
            it.loop_(BlockType::Empty).br(0).end();
        }),
        fails(
            "fills its memory without end",
            "fuel",
            "units of fuel",
            |it| {
                it.loop_(BlockType::Empty);
                it.i32_const(64 * 1024).i32_const(7).i32_const(64 * 1024);
                it.memory_fill(0).br(0).end();
            },
        ),
        fails(
            "grows its memory and writes there",
            "trap",
            "out of bounds",
            |it| {
                it.i32_const(1).memory_grow(0).drop();
                it.i32_const(2 * 64 * 1024).i32_const(7).i32_store8(at(0));
            },
        ),
        fails(
            "writes to an address of the host",
            "trap",
            "out of bounds",
            |it| {
                it.i32_const(-8).i64_const(7).i64_store(at(u32::MAX));
            },
        ),
        fails("divides by zero", "trap", "divide by zero", |it| {
            it.i32_const(1).i32_const(0).i32_div_s().drop();
        }),
        fails(
            "answers a negative code",
            "code",
            "to answer 0, found -7",
            |it| {
                it.i32_const(-7).return_();
            },
        ),
        fails(
            "answers a positive code",
            "code",
            "to answer 0, found 256",
            |it| {
                it.i32_const(256).return_();
            },
        ),
    ]
}

fn answers() -> Vec<Hostile> {
    let h = layout().header;
    let byte = |column: u32, value: i32| {
        move |it: &mut InstructionSink<'_>| {
            address(it, 1);
            it.i32_const(value).i32_store8(at(column));
        }
    };
    let short = |column: u32, value: i32| {
        move |it: &mut InstructionSink<'_>| {
            address(it, 2);
            it.i32_const(value).i32_store16(at(column));
        }
    };
    let word = |column: u32, value: i32| {
        move |it: &mut InstructionSink<'_>| {
            address(it, 4);
            it.i32_const(value).i32_store(at(column));
        }
    };
    let long = |column: u32, value: i64| {
        move |it: &mut InstructionSink<'_>| {
            address(it, 8);
            it.i64_const(value).i64_store(at(column));
        }
    };
    let range =
        |does, message, act: &dyn Fn(&mut InstructionSink<'_>)| fails(does, "range", message, act);
    let forced = |it: &mut InstructionSink<'_>| {
        long(h.exceptions_at, 1)(it);
        word(h.adjust_at, i32::MAX)(it);
    };
    let absent = |it: &mut InstructionSink<'_>| {
        byte(h.status_at, 2)(it);
        word(h.contribution_at, 0)(it);
        long(h.exceptions_at, 1)(it);
    };
    vec![
        range(
            "scores above 100",
            "score of 0 to 1000000, found 1000001",
            &word(h.contribution_at, 1_000_001),
        ),
        range(
            "scores below 0",
            "score of 0 to 1000000, found -1",
            &word(h.contribution_at, -1),
        ),
        range(
            "adjusts beyond all bounds",
            "score of 0 to 1000000, found 21476",
            &forced,
        ),
        range(
            "adjusts without an exception",
            "without an exception, found 1",
            &word(h.adjust_at, 1),
        ),
        range(
            "raises an exception that it does not have",
            "exceptions: bit 5",
            &long(h.exceptions_at, 32),
        ),
        range(
            "asks for a trigger that it does not have",
            "triggers: bit 63",
            &long(h.triggers_at, i64::MIN),
        ),
        range(
            "covers more than all",
            "coverage: expected at most 10000",
            &short(h.coverage_at, 10_001),
        ),
        range(
            "gives more points than there are",
            "points up to 10000",
            &short(h.points_at, 10_001),
        ),
        range(
            "weighs more than all",
            "weight: expected at most 10000",
            &short(h.weight_at, 10_001),
        ),
        range(
            "gives a reason that it does not have",
            "reason: expected at most 1",
            &short(h.reason_at, 2),
        ),
        range(
            "has a status of its own",
            "status of 0 to 3, found 250",
            &byte(h.status_at, 250),
        ),
        range(
            "has no score and contributes to it",
            "no contribution",
            &byte(h.status_at, 1),
        ),
        range(
            "is outside its population and raises an exception",
            "outside the population",
            &absent,
        ),
        fails(
            "says that it failed",
            "row_error",
            "the rule says",
            byte(h.status_at, 3),
        ),
    ]
}

/// Makes a number what the row contributes, where it has a score.
fn contribute(it: &mut InstructionSink<'_>, number: impl Fn(&mut InstructionSink<'_>)) {
    it.local_get(VALUE).local_get(VALUE).f64_eq();
    it.if_(BlockType::Empty);
    address(it, 4);
    number(it);
    it.i32_store(at(layout().header.contribution_at)).end();
}

/// Modules that keep something between rows.
fn memories_of_the_past() -> Vec<Hostile> {
    let h = layout().header;
    let caught = |does, bytes| Hostile {
        does,
        bytes,
        expected: Expected::Caught,
    };
    let counter = Assembly::with_row(|it| {
        it.i32_const(HIDDEN).i32_const(HIDDEN).i32_load(at(0));
        it.i32_const(1).i32_add().i32_store(at(0));
        contribute(it, |it| {
            it.i32_const(HIDDEN).i32_load(at(0));
        });
    });
    let global = Assembly::with_row(|it| {
        it.global_get(0).i32_const(1).i32_add().global_set(0);
        contribute(it, |it| {
            it.global_get(0);
        });
    });
    let neighbour = Assembly::with_row(|it| {
        // Its score is the feature of the row that stands behind it.
        contribute(it, |it| {
            address(it, 8);
            it.f64_load(at(h.features_at + 8))
                .f64_const(100.0.into())
                .f64_min();
            it.i32_trunc_sat_f64_s().i32_const(0x7f).i32_and();
        });
    });
    let alone = Assembly::with_row(|it| {
        // Honest where it is asked about one row only.
        it.local_get(HEADER).i32_load(at(8)).i32_const(1).i32_ne();
        it.if_(BlockType::Empty);
        contribute(it, |it| {
            it.i32_const(7);
        });
        it.end();
    });
    let lazy = Assembly::with(|it| {
        // Answers for the first row only what it has for the second.
        it.set(
            2,
            rows(|it| {
                address(it, 4);
                it.i32_const(5).i32_store(at(h.contribution_at + 4));
            }),
        );
    });
    vec![
        caught("keeps a counter in its memory", counter),
        caught("keeps a counter in its stack pointer", global),
        caught("looks at the next row", neighbour),
        caught("behaves where it is alone", alone),
        caught("leaves answers unwritten", lazy),
    ]
}

fn harmless() -> Vec<Hostile> {
    let h = layout().header;
    let harmless = |does, bytes| Hostile {
        does,
        bytes,
        expected: Expected::Harmless,
    };
    let payload = Assembly::with_row(|it| {
        // Two kinds of missing would be a channel from the host.
        it.local_get(VALUE).local_get(VALUE).f64_ne();
        it.local_get(VALUE).i64_reinterpret_f64();
        it.i64_const(0x7ff8_0000_0000_0000).i64_ne();
        it.i32_and().if_(BlockType::Empty).unreachable().end();
    });
    let sign = Assembly::with_row(|it| {
        // The sign of a NaN that it makes differs from one processor to the next.
        it.local_get(VALUE).f64_const(0.0.into()).f64_mul();
        it.local_get(VALUE).f64_const(0.0.into()).f64_mul();
        it.f64_div()
            .i64_reinterpret_f64()
            .i64_const(63)
            .i64_shr_u()
            .i32_wrap_i64();
        it.if_(BlockType::Empty).unreachable().end();
    });
    let header = Assembly::with(|it| {
        // Overwrites the header and its own features once it has answered.
        it.set(
            2,
            eval(|it| {
                it.local_get(ROW).i32_const(1).i32_add();
                it.local_get(HEADER).i32_load(at(8)).i32_eq();
                it.if_(BlockType::Empty);
                it.local_get(HEADER).i32_const(1).i32_store(at(8));
                for field in (0..Header::FIELDS).filter(|field| *field != 2) {
                    let place = u32::try_from(field * 4).unwrap_or(0);
                    it.local_get(HEADER).i32_const(-1).i32_store(at(place));
                }
                it.local_get(HEADER)
                    .i64_const(-1)
                    .i64_store(at(h.features_at));
                it.i32_const(0).return_().end();
            }),
        );
    });
    let deep = Assembly::with(|it| {
        it.functions.push((
            0,
            body(|it| {
                for _ in 0..20_000 {
                    it.block(BlockType::Empty);
                }
                for _ in 0..20_000 {
                    it.end();
                }
            }),
        ));
    });
    vec![
        harmless("reads the bits of a missing feature", payload),
        harmless("reads the sign of a NaN", sign),
        harmless("overwrites its header", header),
        harmless("is nested 20,000 blocks deep", deep),
    ]
}
