# SPDX-License-Identifier: GPL-2.0
"""Boots a built kernel, runs a shell script in it, and says how that ended."""
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import initramfs
import proc
import repo
from ui import die, say

TIMED_OUT, DIED = 124, 125

# What no healthy kernel prints. Only lines of the kernel itself count, so a
# script may print what it likes; its words are judged by its exit status. It is
# /run/splats in the guest, for grep -E.
SPLAT = re.compile(
    r"WARNING:|\bBUG:|\bOops\b|Kernel panic|INFO: task .* blocked|INFO: rcu\w* |self-detected stall|"
    r"possible (circular|recursive) locking|inconsistent lock state|suspicious RCU usage|"
    r"INFO: trying to register non-static key|scheduling while atomic|"
    r"UBSAN: |KASAN: |KCSAN: |KFENCE: |kmemleak: unreferenced object|kmemleak: [0-9]+ new suspected|"
    r"refcount_t: |Unable to handle kernel|general protection fault|Internal error")
_TRACE = re.compile(r"Call [Tt]race:")
_KERNEL_LINE = re.compile(r"\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? (.*)")
_TRACE_LINES = 60       # a trace this close below a message belongs to it
# OpenSBI 1.1, which QEMU 7.2 brings, says that a hart may start before it says where
# (sbi_hsm_hart_start(), mended later). One that wakes in between runs the kernel's entry as if it
# were the first, and clears the memory of the one that is: one boot of 60 on a busy machine.
_FIRMWARE_ENDS = "Boot HART MEDELEG"
_FIRMWARE_SECONDS = 120


@dataclass
class Result:
    status: int             # of the script; TIMED_OUT, or DIED if the guest ended without one
    output: str             # the whole console
    script_output: str      # what is between the markers of /init
    splats: list = field(default_factory=list)

    @property
    def exit_status(self):
        """The script's, but never 0 if the kernel complained."""
        return self.status or (1 if self.splats else 0)


def splats(output, allow=()):
    """The kernel's complaints in a console text. allow: regular expressions of
    those that a test provokes; their stack traces are theirs."""
    found, left = [], 0
    for line in output.splitlines():
        m = _KERNEL_LINE.search(line)
        if not m:
            continue
        text, left = m[1], left - 1
        if any(re.search(a, text) for a in allow):
            left = _TRACE_LINES
        elif SPLAT.search(text):
            found.append(text.strip())
            left = _TRACE_LINES
        elif _TRACE.search(text) and left <= 0:
            found.append(text.strip())
            left = _TRACE_LINES
    return found


def boot(build, script, *, timeout, smp=1, mem="1G", icount=False, append="", files=None,
         programs=None, modules=(), on_line=None, log=None, echo=False, allow=(), qemu_args=(), silence=None):
    """Runs a busybox sh script (a Path or its text) as /run/script in a guest.

    files: guest path -> host path. programs: those to bring along, by default
    fio where programs of this machine run. modules: names, or "all", for
    modprobe. icount: one CPU whose clock is its instruction count. append: for
    the kernel's command line. allow: see splats(). qemu_args: for the emulator.
    silence: see proc.run(). Where the firmware may have lost the kernel, and there
    is no word of it, it is booted once more, and that counts, however it ends.
    """
    if isinstance(script, Path):
        script = script.read_text()
    if programs is None:
        programs = ("fio",) if initramfs.native(build.target) else ()
    token = secrets.token_hex(6)
    with tempfile.TemporaryDirectory(prefix="boot-", dir=repo.build_dir()) as tmp:
        root = _write_root(tmp, build, script, files, programs, modules)
        cmd = command(build, root, smp=smp, mem=mem, icount=icount, append=f"TOKEN={token} {append}")
        # an emulator has nothing to save, and UML takes a signal for its kernel's
        how = dict(timeout=timeout, check=False, politely=False, log=log, echo=echo, on_line=on_line, silence=silence,
                   env={"TMPDIR": _memory_dir(mem, tmp)}, what=f"boot of {build.name}")
        begins = (_after_firmware(), _FIRMWARE_SECONDS) if build.target == "riscv64" and smp > 1 else None
        ended, output = proc.run([*cmd, *qemu_args], begins=begins, **how)
        if begins and ended == TIMED_OUT and not any(map(_after_firmware(), output.splitlines())):
            say(f"boot of {build.name}: no word of the kernel in {_FIRMWARE_SECONDS} s, "
                "OpenSBI 1.1 may have lost it; once more")
            ended, output = proc.run([*cmd, *qemu_args], **how)
    begin = output.find(f"@@{token} begin@@\n")
    end = re.search(rf"@@{token} end (\d+)@@", output)
    status = TIMED_OUT if ended == TIMED_OUT else int(end[1]) if end else DIED
    start = begin + len(f"@@{token} begin@@\n") if begin >= 0 else len(output)
    said = output[start:end.start()] if end else output[start:]
    return Result(status, output, said.removesuffix("\n") if end else said, splats(output, allow))


def _after_firmware():
    """A test for proc.run(): whether a line comes after the firmware's last one."""
    ended = False

    def test(line):
        nonlocal ended
        before, ended = ended, ended or line.startswith(_FIRMWARE_ENDS)
        return before

    return test


def shell(build, *, smp=1, mem="1G", append="", files=None, programs=(), modules=()):
    """A busybox shell in a guest on this terminal; returns when the guest stops.
    Ctrl-C is the guest's; Ctrl-A x ends QEMU."""
    with tempfile.TemporaryDirectory(prefix="boot-", dir=repo.build_dir()) as tmp:
        root = _write_root(tmp, build, None, files, programs, modules)
        cmd = command(build, root, smp=smp, mem=mem, icount=False, append=append, interactive=True)
        return subprocess.run(cmd, env={**os.environ, "TMPDIR": _memory_dir(mem, tmp)}, check=False).returncode


def _write_root(tmp, build, script, files, programs, modules):
    archive = initramfs.compose(build, script, files=files, programs=programs, modules=modules)
    archive.file("run/splats", f"{SPLAT.pattern}\n".encode())
    path = Path(tmp) / "root.cpio"
    with open(path, "wb") as out:
        archive.write(out)
    return path


def command(build, root, *, smp, mem, icount, append, interactive=False):
    """The command line that boots a build with a root archive, console on stdio.

    Every way to end is an end of the process: /init and panic=-1 reset the
    machine, which -no-reboot takes for the end; UML, which would start itself
    again, is switched off by /init and ends by itself in a panic.
    """
    # level 5 shows warnings and worse, where every splat is
    common = f"panic=-1 oops=panic loglevel=5 printk.time=1 {append}"
    if build.target == "um":
        if icount:
            die("icount needs QEMU; um is no choice for it")
        return [str(build.image), "quiet", f"mem={mem}", f"ncpus={smp}", f"initrd={root}", "seccomp=on", "con=null",
                "con0=fd:0,fd:1" if interactive else "con0=fd:1,fd:1", "POWEROFF=1", *common.split()]
    # la57: identify_cpu() clears the CPU's features for a moment; an interrupt then makes
    # KASAN check addresses of five levels by the bounds of four (a splat of 7.3, once in many boots)
    qemu = {"x86_64": ["qemu-system-x86_64", "-machine", "pc", "-cpu", "max,la57=off", "-bios", "qboot.rom"],
            "arm64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"],
            "riscv64": ["qemu-system-riscv64", "-machine", "virt", "-bios", "default"]}[build.target]
    if not shutil.which(qemu[0]):
        die(f"{qemu[0]} is not installed; tools/setup installs what is needed")
    if icount:
        if smp != 1:
            die("icount counts one CPU; use --smp 1")
        accel = ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"]
    else:
        accel = ["-accel", "tcg,thread=multi"]
    console = "ttyAMA0" if build.target == "arm64" else "ttyS0"
    return [*qemu, *accel, "-smp", str(smp), "-m", mem, "-nodefaults", "-no-user-config", "-display", "none",
            "-monitor", "none", "-serial", "mon:stdio" if interactive else "stdio", "-no-reboot",
            "-kernel", str(build.image), "-initrd", str(root), "-append", f"console={console} {common}"]


def _memory_dir(mem, other):
    """Where UML puts its memory file, which it maps executable: /dev/shm if that can hold it
    and lets it (in a container it often does not)."""
    number, unit = re.fullmatch(r"(\d+)([KMG]?)", mem, re.I).groups()
    size = int(number) << {"": 20, "K": 10, "M": 20, "G": 30}[unit.upper()]
    try:
        shm = os.statvfs("/dev/shm")
        if shm.f_bavail * shm.f_frsize > size * 5 // 4 and not shm.f_flag & os.ST_NOEXEC:
            return "/dev/shm"
    except OSError:
        pass
    return str(other)
