//! Modules that pass the checks and misbehave when they are called.

use puls_wire::Header;
use wasm_encoder::{BlockType, InstructionSink};

use super::assembly::{
    Assembly, HEADER, HIDDEN, ROW, VALUE, address, at, body, eval, layout, rows,
};
use super::{Expected, Hostile, TRIGGER};

pub(super) fn modules() -> Vec<Hostile> {
    let mut all = calls();
    all.extend(scores());
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

fn recursion() -> Hostile {
    let call = |it: &mut InstructionSink<'_>| {
        it.call(3);
    };
    Hostile {
        does: "recurses without end",
        bytes: Assembly::with(|it| {
            it.functions.push((0, body(call)));
            it.set(2, eval(|it| when(it, call)));
        }),
        expected: Expected::RowFails("trap", "call stack exhausted"),
    }
}

fn calls() -> Vec<Hostile> {
    vec![
        recursion(),
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

fn byte(column: u32, value: i32) -> impl Fn(&mut InstructionSink<'_>) {
    move |it| {
        address(it, 1);
        it.i32_const(value).i32_store8(at(column));
    }
}

fn short(column: u32, value: i32) -> impl Fn(&mut InstructionSink<'_>) {
    move |it| {
        address(it, 2);
        it.i32_const(value).i32_store16(at(column));
    }
}

fn word(column: u32, value: i32) -> impl Fn(&mut InstructionSink<'_>) {
    move |it| {
        address(it, 4);
        it.i32_const(value).i32_store(at(column));
    }
}

fn long(column: u32, value: i64) -> impl Fn(&mut InstructionSink<'_>) {
    move |it| {
        address(it, 8);
        it.i64_const(value).i64_store(at(column));
    }
}

fn out_of_range(
    does: &'static str,
    message: &'static str,
    act: impl Fn(&mut InstructionSink<'_>),
) -> Hostile {
    fails(does, "range", message, act)
}

/// Scores that cannot be.
fn scores() -> Vec<Hostile> {
    let h = layout().header;
    let over = word(h.contribution_at, 1_000_001);
    let under = word(h.contribution_at, -1);
    let adjusted = word(h.adjust_at, 1);
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
        out_of_range("scores above 100", "0 to 1000000, found 1000001", over),
        out_of_range("scores below 0", "0 to 1000000, found -1", under),
        out_of_range(
            "adjusts beyond all bounds",
            "0 to 1000000, found 2147",
            forced,
        ),
        out_of_range(
            "adjusts without cause",
            "without an exception, found 1",
            adjusted,
        ),
        out_of_range(
            "scores without a score",
            "no contribution",
            byte(h.status_at, 1),
        ),
        out_of_range("is absent and alarmed", "outside the population", absent),
        fails(
            "says that it failed",
            "row_error",
            "the rule says",
            byte(h.status_at, 3),
        ),
    ]
}

/// Answers beside the score that cannot be.
fn answers() -> Vec<Hostile> {
    let h = layout().header;
    let exception = long(h.exceptions_at, 32);
    let trigger = long(h.triggers_at, i64::MIN);
    let coverage = short(h.coverage_at, 10_001);
    let points = short(h.points_at, 10_001);
    let weight = short(h.weight_at, 10_001);
    let reason = short(h.reason_at, 2);
    let status = byte(h.status_at, 250);
    vec![
        out_of_range(
            "raises an unknown exception",
            "exceptions: bit 5",
            exception,
        ),
        out_of_range("asks for an unknown trigger", "triggers: bit 63", trigger),
        out_of_range(
            "covers more than all",
            "coverage: expected at most 10000",
            coverage,
        ),
        out_of_range("gives too many points", "points up to 10000", points),
        out_of_range(
            "weighs more than all",
            "weight: expected at most 10000",
            weight,
        ),
        out_of_range("has unknown reasons", "reason: expected at most 1", reason),
        out_of_range("has a status of its own", "0 to 3, found 250", status),
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
