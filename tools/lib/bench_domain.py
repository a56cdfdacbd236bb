# SPDX-License-Identifier: GPL-2.0
"""tools/bench domain: what a call of a domain costs, and what callers see of an update."""
import re
from dataclasses import dataclass

import domain_report
import guest
import kbuild
import repo
from benchkit import Outcome, Verdict
from ui import Problem, Progress

TITLE = "calls of domains beside direct and indirect ones (QEMU), updates under load (QEMU, UML)"
KEYS = {"context": ["x86_64-icount", "x86_64-smp4", "um-smp2"]}
KINDS = ("rcu", "srcu", "ref", "ref_atomic")

# what issue 5 asks for: instructions over an indirect call
LIMITS = {"rcu": 60, "srcu": 60, "ref": 90, "ref_atomic": 90}
# issue 6: ns of the guest's time, which are instructions; an idle host is no matter then
PAUSE_LIMIT = 200000
MUST_BE_ZERO = ("errors", "lost", "twice", "disordered", "miscounted", "rollbacks")


@dataclass(frozen=True)
class Boot:
    """One guest. On one CPU with icount nobody else calls, and times are instructions."""
    context: str
    target: str
    smp: int
    callers: int
    rounds: int
    quick: int
    icount: bool = False

    def append(self, quick):
        return f"{'COST=1 BLOCK=1 ' if self.icount else ''}KINDS={','.join(KINDS)} CALLERS={self.callers} " \
               f"ROUNDS={self.quick if quick else self.rounds}"


# 2000 updates in each guest with callers; each takes a few grace periods of RCU
BOOTS = (Boot("x86_64-icount", "x86_64", 1, 0, 200, 50, icount=True),
         Boot("x86_64-smp4", "x86_64", 4, 6, 500, 100),
         Boot("um-smp2", "um", 2, 4, 500, 100))


def run(select, quick):
    records, failed = [], []
    asked = [boot for boot in BOOTS if select({"context": boot.context})]
    for boot in asked:
        # with others, the kernel of the guest tests: what it has for tests alone is in the allocators
        build = kbuild.build(boot.target, config=["bench", "icount"] if boot.icount else [])
        log = repo.build_dir() / "log" / f"bench-domain-{boot.context}.log"
        output = _boot(boot, build, quick, log)
        records += parse(boot, output)
    if not records:
        raise Problem("--only leaves nothing to measure; tools/bench --help lists what there is")
    verdicts = judge(records, {boot.context for boot in asked})
    return Outcome(records, domain_report.markdown(records, verdicts), domain_report.svg(records), verdicts,
                   failed=failed)


def _boot(boot, build, quick, log):
    progress = Progress(f"domains on {boot.context}", len(KINDS), "kinds")
    done = 0

    def on_line(line):
        nonlocal done
        if re.match(r"update \w+ retire", line):
            done += 1
            progress.update(done)

    r = guest.boot(build, repo.GUEST / "bench_domain.sh", icount=boot.icount, smp=boot.smp, mem="1G",
                   append=boot.append(quick), modules=("domain_bench", "cnull"),
                   programs=("fio",) if boot.icount else (), timeout=1800,
                   on_line=on_line, log=log)
    progress.done(f"{done} kinds")
    if r.exit_status:
        what = r.splats[0] if r.splats else (r.script_output.splitlines() or ["no output"])[-1]
        raise Problem(f"the guest of {boot.context} ended with status {r.exit_status}: {what}; console in {log}")
    return r.script_output


def parse(boot, output):
    """The guest's lines as records."""
    unit = "instructions" if boot.icount else "ns"
    out, results = [], {}

    def add(what, value, unit):
        out.append({"what": what, "value": value, "unit": unit, "context": boot.context})

    for line in output.splitlines():
        if m := re.match(r"cost (\w+) ([\d.]+)$", line):
            add(m[1], float(m[2]), unit)
        elif m := re.match(r"update (\w+) updates (\d+)$", line):
            add(f"updates_{m[1]}", int(m[2]), "updates")
        elif m := re.match(r"update (\w+) (\w+) p50 (\d+) p99 (\d+) p99.9 (\d+) max (\d+)$", line):
            for name, value in zip(("p50", "p99", "p99.9", "max"), m.groups()[2:]):
                add(f"{m[2]}_{m[1]}_{name}", int(value), unit)
        elif m := re.match(r"result (\w+) (\w+) (\d+)$", line):
            results.setdefault(m[1], {})[m[2]] = int(m[3])
    for kind, r in results.items():
        if "calls" in r:
            # the kernel's count of calls, and the domain's own over all its versions
            counts = [r["slot_calls"]] + ([r["total"]] if "total" in r else [])
            r["miscounted"] = max(abs(n - r["calls"]) for n in counts)
        for what in ("calls", "busy", "waited", *MUST_BE_ZERO):
            if what in r:
                add(f"{what}_{kind}", r[what], "calls" if what != "rollbacks" else "updates")
    return out


def judge(records, asked=()):
    """The targets: cost over an indirect call, and nothing lost under updates. asked: the contexts that were."""
    by = {(r["context"], r["what"]): r["value"] for r in records}
    out = []
    for kind, limit in LIMITS.items():
        v = Verdict(f"call of kind {kind}", f"at most {limit} instructions over an indirect call",
                    asked="x86_64-icount" in asked)
        call, base = by.get(("x86_64-icount", f"call_{kind}")), by.get(("x86_64-icount", "indirect"))
        if call is not None and base is not None:
            v.found = f"{call - base:.1f}"
            # instructions repeat exactly
            v.met = round(call - base, 1) <= limit
            v.beyond_noise = not v.met
        out.append(v)
    v = Verdict("pause of a disk's domain under I/O, p99", f"at most {PAUSE_LIMIT} instructions",
                asked="x86_64-icount" in asked)
    pause = by.get(("x86_64-icount", "pause_block_busy_p99"))
    if pause is not None:
        v.found, v.met = str(pause), pause <= PAUSE_LIMIT
        v.beyond_noise = not v.met
    out.append(v)
    for boot in BOOTS:
        if not boot.callers:
            continue
        v = Verdict(f"calls lost, repeated or failed, {boot.context}", "0", asked=boot.context in asked)
        found = [by.get((boot.context, f"{what}_{kind}")) for kind in KINDS for what in MUST_BE_ZERO]
        # a figure that is missing is not 0
        if any(found) or None not in found:
            v.found = str(sum(filter(None, found)))
            v.met = not any(found)
            v.beyond_noise = not v.met
        out.append(v)
    return out
