# SPDX-License-Identifier: GPL-2.0
"""The benchmark module of list_sort() in User-Mode Linux.

UML runs at the speed of the machine, so its times mean something, on an
otherwise idle machine and against each other. It has no retpolines of its own;
the kernel is compiled with the compiler's inline thunks instead, so that a call
of a comparison function costs what it costs in a distribution's kernel.
"""
import re
from typing import NamedTuple

import guest
import repo
from ui import Problem, Progress

KCFLAGS = "-mindirect-branch=thunk-inline -mindirect-branch-register"
MODULE = "list_sort_bench"
MEMORY = "768M"         # 2^20 elements of 64 bytes, and pointers to them

_FIELD = re.compile(r"(\w+)=(\S+)")
_KINDS = {"n": int, "cmps": float, "cmps_ratio": float, "ns_per_elem": float, "time_ratio": float,
          "time_spread": float, "stack": int}


class Load(NamedTuple):
    """One load of the module: every variant, class and layout at one size."""
    n: int
    variants: tuple
    classes: tuple
    layouts: tuple
    rounds: int

    def order(self):
        return (f"modprobe {MODULE} sizes={self.n} rounds={self.rounds} variants={','.join(self.variants)} "
                f"classes={','.join(self.classes)} layouts={','.join(self.layouts)} && rmmod {MODULE} || exit 1\n")

    def cells(self):
        return len(self.classes) * len(self.layouts)


def measure(build, loads, log):
    """The records of all loads, as the module prints them."""
    progress = Progress("list_sort() in UML", sum(load.cells() for load in loads), "cells")
    records = []

    def on_line(line):
        if record := parse_line(line):
            records.append(record)
            progress.update(sum(r["variant"] == "mainline" for r in records))

    # level 7 has the lines of the module on the console
    result = guest.boot(build, "".join(load.order() for load in loads), timeout=120 + sum(map(_limit, loads)),
                        mem=MEMORY, append="loglevel=7", programs=(), modules=(MODULE,), on_line=on_line, log=log)
    progress.done(f"{len(records)} measurements")
    if result.status == guest.TIMED_OUT:
        raise Problem(f"the guest was not done in time; console in {log}")
    if result.exit_status:
        reason = refusal(result.output) or (result.splats or ["the guest died"])[0]
        raise Problem(f"the benchmark module failed: {reason}; console in {log}")
    return records


def _limit(load):
    """Seconds that are more than enough: 10 us for an element in every sort of it."""
    batch = max(load.n, 4096)
    return 5 + load.cells() * (load.rounds + 1) * len(load.variants) * batch * 10 // 1000000


def parse_line(line):
    """The record in a line of the console, or None."""
    _, found, rest = line.partition(f"{MODULE}: variant=")
    if not found:
        return None
    fields = dict(_FIELD.findall("variant=" + rest))
    try:
        return {key: _KINDS.get(key, str)(value) for key, value in fields.items()}
    except ValueError:
        raise Problem(f"a line of {MODULE} that makes no sense: {line.strip()}") from None


def refusal(console):
    """Why the module did not load, in its own words."""
    said = re.findall(rf"{MODULE}: (.*)", console)
    return next((s for s in said if not s.startswith(("variant=", "class ", "relative to"))), "")


def text_bytes(build, names, run):
    """variant -> bytes of code in its object file; run: proc.run"""
    out = {}
    for name in names:
        path = build.out / f"lib/list_sort_{name}.o"
        if path.is_file():
            _, symbols = run(["nm", "-S", "-t", "d", path], timeout=30)
            out[name] = sum(int(size) for size in re.findall(r"^\d+ (\d+) [tT] ", symbols, re.M))
    return out
