# SPDX-License-Identifier: GPL-2.0
"""Disks to compare, and the dialogue with tools/guest/bench_io.sh about them."""
import re
from dataclasses import dataclass

import guest
from ui import Problem

# driver -> the parameters that make its module start without disks of its own;
# {kib} is the size of a disk. poll_queues: null_blk's default gives a disk a
# second hardware queue, which the others do not have.
MODULES = {
    "null_blk": "nr_devices=0 poll_queues=0",
    "cnull": "nr_devices=0",
    "cnull-domain": "nr_devices=0",
    "cnull-checked": "nr_devices=0",
    "brd": "rd_nr=1 rd_size={kib} max_part=1",
    "rnull": "",
}


# mode -> the attributes that make it one; {cache} holds all of the disk, {part} a
# quarter, so that most writes evict. The limit of "throttled" is never reached: what
# is measured is the price of having one.
FEATURES = {
    "null": "memory_backed=0 queue_mode=2",
    "memory": "memory_backed=1 queue_mode=2",
    "bio": "memory_backed=0 queue_mode=0",
    "bio-memory": "memory_backed=1 queue_mode=0",
    "zoned": "memory_backed=0 queue_mode=2 zoned=1 zone_size=16",
    "zoned-memory": "memory_backed=1 queue_mode=2 zoned=1 zone_size=16",
    "cache": "memory_backed=1 queue_mode=2 cache_size={cache}",
    "cache-part": "memory_backed=1 queue_mode=2 cache_size={part}",
    "throttled": "memory_backed=0 queue_mode=2 mbps=40000",
}
# the same driver, with an image that decides about requests
IMAGES = {"cnull-domain": "block_v1", "cnull-checked": "block_v1_checked"}
# modes with a feature that others do not have: fewer cells are measured
EXTRA = ("zoned", "zoned-memory", "cache", "cache-part", "throttled")


@dataclass(frozen=True)
class Disk:
    """One driver in one mode of FEATURES."""
    driver: str
    mode: str
    blocksize: int

    @property
    def name(self):
        return "ram0" if self.driver == "brd" else f"{self.driver}-{self.mode}-{self.blocksize}"

    @property
    def domain(self):
        """The image that decides about requests, or None."""
        return IMAGES.get(self.driver)

    @property
    def has_memory(self):
        return "memory_backed=1" in FEATURES[self.mode]

    @property
    def zoned(self):
        return "zoned=1" in FEATURES[self.mode]

    def takes(self, rw, bs):
        """Whether a cell makes sense: zones cannot be written at random."""
        if self.driver == "cnull-checked":
            return bs in (4096, 32768) and rw in ("randread", "randwrite")
        if self.mode not in EXTRA:
            return True
        rws = ("randread", "read", "write") if self.zoned else ("randread", "randwrite", "read", "write")
        if self.mode == "cache-part":
            rws = ("randwrite", "write")
        return bs in (4096, 131072) and rw in rws

    def attributes(self, mib, queues, depth):
        """The same for every driver that has them, so that only the code differs."""
        if self.driver == "brd":
            return ""
        if self.driver == "rnull":
            return f"size={mib} blocksize={self.blocksize} irqmode=0"
        domain = f" domain={self.name}:{self.domain}" if self.domain else ""
        return (f"size={mib} blocksize={self.blocksize} {FEATURES[self.mode].format(cache=2 * mib, part=mib // 4)} "
                f"submit_queues={queues} poll_queues?=0 hw_queue_depth={depth} irqmode=0{domain}")


# brd works on bios and its disk has 512-byte sectors; both are fixed
DISKS = [Disk(d, "null", 4096) for d in ("null_blk", "cnull", "rnull")] + \
        [Disk(d, "memory", b) for b in (4096, 512) for d in ("null_blk", "cnull")] + \
        [Disk("cnull", "bio", 4096), Disk("cnull", "bio-memory", 4096), Disk("brd", "bio-memory", 512)] + \
        [Disk("cnull-domain", mode, 4096) for mode in ("null", "memory")] + [Disk("cnull-checked", "memory", 4096)] + \
        [Disk(d, m, 4096) for m in EXTRA for d in ("null_blk", "cnull")]


def module(driver):
    return "cnull" if driver in IMAGES else {"rnull": "rnull_mod"}.get(driver, driver)


def modules(disks):
    return sorted({module(d.driver) for d in disks})


def plan(disks, mib, queues, depth=64):
    """The orders that load the modules, make the disks and fill those with memory."""
    out = []
    for driver in sorted({d.driver for d in disks}):
        out.append(f"module {module(driver)} " + MODULES[driver].format(kib=mib * 1024))
    for d in disks:
        out.append(f"disk {d.driver} {d.name} {d.attributes(mib, queues, depth)}")
    out += [f"fill {d.name} {mib}" for d in disks if d.has_memory]
    return out


def built(disks, modules):
    """(disks whose driver was built, driver -> why not), from a Build's module folder."""
    have = {p.name.split(".")[0].replace("-", "_") for p in modules.rglob("*.ko*")}
    absent = {}
    for driver in sorted({d.driver for d in disks}):
        if module(driver) not in have:
            absent[driver] = "the kernel was built without it"
    return [d for d in disks if d.driver not in absent], absent


@dataclass
class Answers:
    refused: dict   # driver or disk -> why
    limits: dict    # disk -> {queue limit: value}
    runs: dict      # id -> (status, lines)
    symbols: list   # (address, name, module)


def parse(console):
    """What the guest script answered, out of everything on the console."""
    a = Answers({}, {}, {}, [])
    current, lines = None, []
    for line in console.splitlines():
        line = line.rstrip("\r")
        words = line.split()
        first = words[0] if words else ""
        if first == "begin" and len(words) == 2:
            current, lines = words[1], []
        elif first == "end" and len(words) == 3 and words[1] == current:
            a.runs[current] = (int(words[2]), lines)
            current = None
        elif current is not None:
            lines.append(line)
        elif m := re.match(r"refused (\S+): (.*)", line):
            a.refused[m[1]] = m[2]
        elif first == "limits":
            a.limits[words[1]] = dict(w.split("=", 1) for w in words[2:])
        elif m := re.match(r"symbol ([0-9a-f]+) [tT] (\S+)\s+\[(\w+)\]", line):
            a.symbols.append((int(m[1], 16), m[2], m[3]))
    a.symbols.sort()
    return a


def guest_files(folder, lines):
    """The plan as a file for guest.boot(files=...)."""
    path = folder / "plan"
    path.write_text("\n".join(lines) + "\n")
    return {"/run/plan": path}


def guest_failed(result, log):
    """Raises Problem if the measuring boot did not end well."""
    if result.splats:
        raise Problem(f"the guest's console has: {result.splats[0].strip()} "
                      f"(and {len(result.splats) - 1} more lines); log: {log}")
    if result.status:
        what = {guest.TIMED_OUT: "took longer than its time limit", guest.DIED: "died"}.get(
            result.status, f"ended with status {result.status}")
        raise Problem(f"the guest {what}; log: {log}")
