# SPDX-License-Identifier: GPL-2.0
"""Contention: io_uring batches on two CPUs of User-Mode Linux.

Time here is the host's, so the figures mean something on an otherwise idle
machine only, and only against each other. A system call costs some 50 us in
UML; batches of 64 make the block layer and the driver visible all the same.
"""
import time

import guest
import ioplan
import repo
from ui import Problem, Progress

MIB = 128
SECONDS = 2
CPUS = 2
CELLS = [("randread", 4096), ("read", 131072)]
JOBS = [1, 2]
# fields of fio's terse format, version 3
READ_IOPS, WRITE_IOPS = 7, 48


def idle_percent(seconds=2):
    """How much of the machine is free for us."""
    def cpu():
        with open("/proc/stat") as f:
            return [int(n) for n in f.readline().split()[1:9]]

    before = cpu()
    time.sleep(seconds)
    spent = [b - a for a, b in zip(before, cpu())]
    return 100 * (spent[3] + spent[4]) // max(1, sum(spent))


def measure(build, disks, cells, work, log, rounds=5):
    """{(disk, rw, bs, jobs): [iops, ...]}, Answers; the disks take turns in every round."""
    work.mkdir(parents=True, exist_ok=True)
    orders = ioplan.plan(disks, MIB, queues=CPUS)
    runs = {}
    for n in range(rounds):
        for cell in cells if n % 2 == 0 else reversed(cells):
            disk, rw, bs, jobs = cell
            run = f"{n}:{rw}:{bs}:{jobs}:{disk.name}"
            runs[run] = cell
            orders.append(f"run {run} {disk.name} {fio_options(rw, bs, jobs)}")
    progress = Progress("contention in UML", len(runs), "runs")
    done = 0

    def on_line(line):
        nonlocal done
        if line.startswith("end "):
            done += 1
            progress.update(done)

    memory = sum(MIB for d in disks if d.has_memory) + 512
    result = guest.boot(build, repo.GUEST / "bench_io.sh", smp=CPUS, mem=f"{memory}M", on_line=on_line,
                        files=ioplan.guest_files(work, orders), modules=ioplan.modules(disks),
                        timeout=120 + len(runs) * (SECONDS + 10), log=log)
    progress.done(f"{done} runs")
    ioplan.guest_failed(result, log)
    answers = ioplan.parse(result.output)
    return collect(answers, runs), answers


def fio_options(rw, bs, jobs):
    return (f"--ioengine=io_uring --iodepth=128 --iodepth_batch_submit=64 --iodepth_batch_complete_min=64 "
            f"--direct=1 --rw={rw} --bs={bs} --size={MIB}m --time_based --runtime={SECONDS} --numjobs={jobs} "
            "--group_reporting --randrepeat=1 --norandommap --gtod_reduce=1 --invalidate=0")


def collect(answers, runs):
    found = {}
    for run, cell in runs.items():
        disk = cell[0]
        if disk.name in answers.refused or disk.driver in answers.refused:
            continue
        status, lines = answers.runs.get(run, (1, []))
        iops = [terse_iops(s) for s in lines if s.startswith("3;fio-")]
        if status or len(iops) != 1:
            last = next((s for s in reversed(lines) if s.strip()), "no output")
            raise Problem(f"fio run {run} ended with status {status} and {len(iops)} results: {last}")
        found.setdefault(cell, []).append(iops[0])
    return found


def terse_iops(line):
    fields = line.split(";")
    return int(fields[READ_IOPS]) + int(fields[WRITE_IOPS])
