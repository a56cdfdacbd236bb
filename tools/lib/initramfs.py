# SPDX-License-Identifier: GPL-2.0
"""The guest's root: a newc cpio archive, written without root and byte-stable.

Everything a guest script finds comes from here: busybox, programs with
their libraries, kernel modules with what they depend on, domain images in
/lib/domain with the programs of tools/domain, files, and the script.
"""
import os
import platform
import re
import shutil
import stat
from pathlib import Path

import foreign
import proc
import repo
from ui import die

FOLDERS = ("bin", "sbin", "dev", "etc", "lib", "mnt", "proc", "root", "run", "sys", "tmp", "usr/bin", "usr/sbin")
DEBIAN_ARCH = {"um": "amd64", "x86_64": "amd64", "arm64": "arm64", "riscv64": "riscv64"}


class Archive:
    """Paths are relative to the guest's root; folders above a path come by themselves."""

    def __init__(self):
        self._entries = {}      # path -> (mode, content: bytes or Path, device)

    def folder(self, path):
        path = str(path).strip("/")
        if path and path not in self._entries:
            self.folder(os.path.dirname(path))
            self._entries[path] = (stat.S_IFDIR | 0o755, b"", (0, 0))

    def _add(self, path, mode, content, device=(0, 0)):
        path = str(path).strip("/")
        self.folder(os.path.dirname(path))
        self._entries[path] = (mode, content, device)

    def file(self, path, content, mode=0o644):
        """content: bytes, or the Path of a host file."""
        self._add(path, stat.S_IFREG | mode, content)

    def host_file(self, path, source):
        """A copy of a host file, executable if that is."""
        source = Path(source)
        if not source.is_file():
            die(f"{source}, wanted as {path} in the guest, is no file")
        self.file(path, source, 0o755 if os.access(source, os.X_OK) else 0o644)

    def link(self, path, to):
        self._add(path, stat.S_IFLNK | 0o777, to.encode())

    def device(self, path, major, minor):
        self._add(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def paths(self):
        return list(self._entries)

    def write(self, out):
        for ino, (path, (mode, content, device)) in enumerate(self._entries.items(), 1):
            data = content if isinstance(content, bytes) else content.read_bytes()
            self._record(out, ino, path, mode, data, device)
        self._record(out, 0, "TRAILER!!!", 0, b"", (0, 0))

    @staticmethod
    def _record(out, ino, path, mode, data, device):
        name = path.encode() + b"\0"
        # ino, mode, uid, gid, links, mtime, size, device of the file (2), device (2), name size, check
        fields = (ino, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name
        out.write(head + b"\0" * (-len(head) % 4))
        out.write(data)
        out.write(b"\0" * (-len(data) % 4))


def compose(build, script, *, files=None, programs=(), modules=()):
    """The archive for one boot. script: text, or None for a shell on the console."""
    a = Archive()
    for path in FOLDERS:
        a.folder(path)
    a.device("dev/console", 5, 1)
    a.file("bin/busybox", busybox(build.target), 0o755)
    a.link("bin/sh", "busybox")
    a.file("init", repo.GUEST / "init", 0o755)
    for path in sorted(repo.GUEST.glob("lib*.sh")):
        a.file(f"run/{path.name}", path)
    a.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    a.file("etc/group", b"root:x:0:\n")
    if script is not None:
        a.file("run/script", script.encode(), 0o755)
    for name in programs:
        _add_program(a, build, name)
    _add_modules(a, build, modules)
    for path in build.programs:
        a.host_file(f"bin/{path.name}", path)
    for path in build.domains:
        a.host_file(f"lib/domain/{path.name}", path)
    for path, source in (files or {}).items():
        a.host_file(path, source)
    return a


def busybox(target):
    """A static busybox for the target: the host's if it is of that kind, else Debian's package."""
    if native(target):
        path = shutil.which("busybox")
        if not path:
            die("busybox is not installed; tools/setup installs what is needed")
        if b"/lib64/ld-linux" in Path(path).read_bytes():
            die(f"{path} is not static; install busybox-static (tools/setup does)")
        return Path(path)
    return foreign.busybox(DEBIAN_ARCH[target])


def native(target):
    """Whether programs of this machine run in the guest."""
    return DEBIAN_ARCH[target] == {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _add_program(a, build, name):
    """A program with its libraries: the host's if it is of the target's kind, those that the
    dynamic linker would find for it here; else of Debian's packages."""
    if not native(build.target):
        for where, path in foreign.program(name, DEBIAN_ARCH[build.target]).items():
            a.file(where, path, 0o755)
        return
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not path:
        die(f"the program {name} is not installed; tools/setup installs what is needed")
    a.host_file(f"bin/{os.path.basename(name)}", path)
    status, out = proc.run(["ldd", path], timeout=30, check=False)
    if status and not re.search(r"not a dynamic executable|statically linked", out):
        die(f"ldd {path} failed: {out.strip()}")
    for lib in re.findall(r"^\s*(?:\S+ => )?(/\S+) \(0x", out, re.M):
        a.host_file(lib, lib)
    # the same linker with the same table finds the same places
    if Path("/etc/ld.so.cache").is_file():
        a.file("etc/ld.so.cache", Path("/etc/ld.so.cache"))
    missing = re.findall(r"(\S+) => not found", out)
    if missing:
        die(f"{path} needs libraries that are not installed: {', '.join(missing)}")


def _add_modules(a, build, modules):
    """Modules by name (or "all"), what they depend on, and the tables modprobe reads."""
    if not modules:
        return
    base = build.mods / "lib/modules" / build.release
    deps, index = {}, {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        deps[path] = rest.split()
        index[Path(path).name.split(".ko")[0].replace("-", "_")] = path
    if "all" in modules:
        wanted = sorted(deps)
    else:
        unknown = [m for m in modules if m.replace("-", "_") not in index]
        if unknown:
            die(f"{build.name} has no module {', '.join(unknown)}; there are: {', '.join(sorted(index)) or 'none'}")
        wanted = []
        for m in modules:
            path = index[m.replace("-", "_")]
            wanted += [path, *deps[path]]
    for path in dict.fromkeys(wanted):
        a.file(f"lib/modules/{build.release}/{path}", base / path)
    for name in ("modules.dep", "modules.alias", "modules.symbols", "modules.builtin", "modules.order"):
        a.file(f"lib/modules/{build.release}/{name}", base / name)
