# SPDX-License-Identifier: GPL-2.0
"""Contention without system calls: bioloop/bioloop.c on two CPUs of User-Mode Linux.

As in umlio.py, time is the host's. A system call costs some 50 us there, so that
this is what shows whether a driver itself scales.
"""
import shutil
from pathlib import Path

import guest
import ioplan
import kbuild
import proc
import repo
import umlio
from ui import Problem, Progress

SOURCE = Path(__file__).resolve().parent / "bioloop"
CELLS = [("randread", 4096)]
JOBS = [1, 2]
SECONDS = 2
CPUS = 2


def compile(build, work):
    """The module for a built kernel."""
    folder = work / "bioloop"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder)
    try:
        proc.run(["make", "-s", "-C", repo.kernel_tree(), *kbuild.make_vars(build.target, build.out, build.llvm),
                  f"M={folder}", "modules"], timeout=300, what="compiling bioloop")
    except proc.Failed as e:
        raise Problem(f"{e}: {e.tail.strip()}")
    return folder / "bioloop.ko"


def measure(build, disks, cells, work, log, rounds=5):
    """{(disk, rw, bs, jobs): [bios per second, ...]}, Answers; the disks take turns in every round."""
    work.mkdir(parents=True, exist_ok=True)
    module = compile(build, work)
    orders = ioplan.plan(disks, umlio.MIB, queues=CPUS)
    runs = {}
    for n in range(rounds):
        for cell in cells if n % 2 == 0 else reversed(cells):
            disk, rw, bs, jobs = cell
            run = f"{n}:{rw}:{bs}:{jobs}:{disk.name}"
            runs[run] = cell
            orders.append(f"loop {run} {disk.name} dev=/dev/{disk.name} threads={jobs} bs={bs} "
                          f"random={int(rw == 'randread')} seconds={SECONDS}")
    progress = Progress("contention inside the kernel", len(runs), "runs")
    done = 0

    def on_line(line):
        nonlocal done
        if line.startswith("end "):
            done += 1
            progress.update(done)

    memory = sum(umlio.MIB for d in disks if d.has_memory) + 512
    result = guest.boot(build, repo.GUEST / "bench_io.sh", smp=CPUS, mem=f"{memory}M", on_line=on_line,
                        files=ioplan.guest_files(work, orders) | {"/run/bioloop.ko": module},
                        modules=ioplan.modules(disks), timeout=120 + len(runs) * (SECONDS + 10), log=log)
    progress.done(f"{done} runs")
    ioplan.guest_failed(result, log)
    answers = ioplan.parse(result.output)
    return collect(answers, runs), answers


def collect(answers, runs):
    found = {}
    for run, cell in runs.items():
        disk = cell[0]
        if disk.name in answers.refused or disk.driver in answers.refused:
            continue
        status, lines = answers.runs.get(run, (1, []))
        bios = [int(s) for s in lines if s.isdigit()]
        if status or len(bios) != 1 or not bios[0]:
            last = next((s for s in reversed(lines) if s.strip()), "no output")
            raise Problem(f"bioloop {run} ended with status {status}: {last}")
        found.setdefault(cell, []).append(bios[0] / SECONDS)
    return found
