# SPDX-License-Identifier: GPL-2.0
"""The records of tools/bench domain as Markdown tables and as a plot."""
import mdtable
import plot

ABOUT = """\
x86_64-icount: QEMU counts instructions, one CPU; retpolines and return thunks are
compiled in, and the kernel patches out what this CPU does not need, as the one instruction
between a direct and an indirect call shows. The kernel reads instructions as nanoseconds,
and figures repeat to 0.1. x86_64-smp4: QEMU emulates four CPUs, which shows that nothing
is lost; its times are those of an emulator. um-smp2: User-Mode Linux on two CPUs of this
machine; a pause there is real time, with whatever else the machine did.
"""
CALLS = """\
Least of 30 batches of 1000 calls of a method that returns its argument, the loop
included; `lend` passes it a shared object, whose ownership moves to the domain and back.
`over indirect`: what the proxy adds to a call through a pointer.
"""
CHECKED = """\
A call as above, and what a store takes: in a loop that makes one per round and little
else, to the image's data, its stack, one piece of private memory, eight pieces in turns,
of which four are remembered, and a shared object; in a loop that copies private memory
byte by byte, and in the SDK's memcpy(), for each byte.
"""
UPDATES = """\
`pause`: from the close of a slot until it is open again, so stateless kinds have none.
`drain`: until the last caller had left. `transfer`: export and import of the state.
`swap`: publish and reopen. `retire`: until the predecessor had left, with a grace period
of RCU. Nearest-rank percentiles over all updates (of less than 1000, p99.9 is the longest). `block idle`, `block busy`: the domain of
a memory-backed cnull disk, without I/O and under one job that reads and writes 4 KiB at random;
`wait`: the rest of the update, nearly all of it the grace period of RCU before the slot is
closed, in which callers go on; `first io`: one direct read of 4 KiB after the update; `total`:
from before the load until that read has ended.
"""
LOST = """\
Callers run in a loop on all CPUs, half of them in interrupts where the kind allows, while
their domain is replaced. `busy`: atomic calls that were refused during an update, to be
tried again; `waited`: calls that waited for one.
"""
PHASES = ("validate", "load", "init", "drain", "transfer", "swap", "pause", "retire", "wait", "first_io", "total")
RANKS = ("p50", "p99", "p99.9", "max")
KINDS = ("rcu", "srcu", "ref", "ref_atomic")
WORKS = ("call", "data", "stack", "heap", "heaps", "shared", "copy", "memcpy")


def markdown(records, verdicts):
    by = {(r["context"], r["what"]): r for r in records}
    parts = ["# Domains: calls and updates\n", ABOUT]
    measured = [v for v in verdicts if v.met is not None]
    if measured:
        parts += ["## Targets\n", mdtable.table(["measure", "found", "target", ""], [
            (v.what, v.found, v.target, "met" if v.met else "**missed**") for v in measured])]
    contexts = list(dict.fromkeys(r["context"] for r in records))
    for context in contexts:
        parts += _calls(context, by)
    for context in contexts:
        parts += _checked(context, by)
    for context in contexts:
        parts += _updates(context, by)
    rows = _lost(contexts, by)
    if rows:
        parts += ["## Nothing lost\n", LOST,
                  mdtable.table(["where", "kind", "updates", "calls", "busy", "waited", "lost", "repeated", "failed",
                                 "miscounted"], rows)]
    return "\n".join(parts)


def _value(by, context, what):
    r = by.get((context, what))
    return r and r["value"]


def _calls(context, by):
    base = _value(by, context, "indirect")
    if base is None:
        return []
    rows = []
    for what in ("loop", "direct", "indirect", *(f"call_{k}" for k in KINDS), *(f"lend_{k}" for k in KINDS)):
        value = _value(by, context, what)
        over = None if value is None or "_" not in what else f"{value - base:.1f}"
        rows.append([what.replace("_", " ", 1), None if value is None else f"{value:.1f}", over])
    return [f"## Calls: {context}\n", CALLS, mdtable.table(["call", by[context, "indirect"]["unit"], "over indirect"], rows)]


def _checked(context, by):
    rows = []
    for what in WORKS:
        plain, checked = (_value(by, context, f"{image}_{what}") for image in ("plain", "checked"))
        if plain is not None and checked is not None:
            rows.append([what, f"{plain:.1f}", f"{checked:.1f}", f"{checked - plain:.1f}"])
    if not rows:
        return []
    unit = by[context, f"plain_{rows[0][0]}"]["unit"]
    return [f"## Checked images: {context}\n", CHECKED,
            mdtable.table([unit, "not checked", "checked", "difference"], rows)]


def _updates(context, by):
    rows = []
    for kind in (*KINDS, "block_idle", "block_busy"):
        for phase in PHASES:
            values = [_value(by, context, f"{phase}_{kind}_{rank}") for rank in RANKS]
            if any(values):
                rows.append([kind.replace("_", " ") if kind not in KINDS else kind, phase.replace("_", " "), *values])
    if not rows:
        return []
    n = _value(by, context, f"updates_{rows[0][0]}")
    unit = by[context, f"{rows[0][1]}_{rows[0][0]}_p50"]["unit"]
    return [f"## Updates: {context}\n", UPDATES, f"{n} updates of each kind, {unit}:\n",
            mdtable.table(["kind", "phase", *RANKS], rows)]


def _lost(contexts, by):
    rows = []
    for context in contexts:
        for kind in KINDS:
            if (context, f"lost_{kind}") in by:
                rows.append([context, kind, *(_value(by, context, f"{what}_{kind}") for what in (
                    "updates", "calls", "busy", "waited", "lost", "twice", "errors", "miscounted"))])
    return rows


def svg(records):
    """Cost of a call, and the pause of an update, by kind."""
    by = {(r["context"], r["what"]): r for r in records}
    contexts = list(dict.fromkeys(r["context"] for r in records))
    rows = []
    for context in contexts:
        panels = []
        if (context, "indirect") in by:
            panels.append(plot.Panel(f"call, {context}", list(KINDS), "kind", by[context, "indirect"]["unit"], {
                name: [_value(by, context, f"{name}_{k}") for k in KINDS] for name in ("call", "lend")}, zero=True))
        stateful = [k for k in KINDS if (context, f"pause_{k}_p50") in by and by[context, f"pause_{k}_max"]["value"]]
        if stateful:
            panels.append(plot.Panel(f"pause, {context}", list(RANKS), "percentile", by[
                context, f"pause_{stateful[0]}_p50"]["unit"], {
                    f"pause {k}": [_value(by, context, f"pause_{k}_{rank}") for rank in RANKS] for k in stateful}))
        if panels:
            rows.append(panels)
    return plot.figure("Domains: calls and updates", rows)
