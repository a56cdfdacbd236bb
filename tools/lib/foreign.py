# SPDX-License-Identifier: GPL-2.0
"""Programs of another architecture, with their libraries, from Debian's packages."""
import re
from pathlib import Path

import apt
import proc
from ui import die

# the package that has a program, for those that the guest tests want
PACKAGES = {"busybox": "busybox-static", "fio": "fio", "mkfs.ext4": "e2fsprogs", "e2fsck": "e2fsprogs",
            "blkzone": "util-linux", "blkdiscard": "util-linux", "setpriv": "util-linux"}
FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin")


def busybox(arch):
    """Where a static busybox is."""
    return _program(apt.fetch_foreign(PACKAGES["busybox"], arch), "busybox")


def program(name, arch):
    """The files that make a program run: path in the guest -> path here."""
    if name not in PACKAGES:
        die(f"no package is known to have {name} for {arch}; tools/lib/foreign.py has the list")
    root = apt.fetch_foreign(PACKAGES[name], arch, depends=True)
    path = _program(root, name)
    return {f"bin/{name}": path, **_libraries(root, path)}


def _program(root, name):
    for folder in FOLDERS:
        if (root / folder / name).is_file():
            return root / folder / name
    die(f"there is no {name} in {root}")


def _libraries(root, path):
    """All that a program is linked with, and what links it. Each library is in /lib, where
    every dynamic linker looks, and the linker where the program says that it is."""
    there = {}
    for lib in sorted(root.rglob("*.so*"), key=lambda p: (len(p.parts), p)):
        if lib.is_file():
            there.setdefault(lib.name, lib)
    files, todo, seen = {}, [path], set()
    while todo:
        linker, needed = _dynamic(todo.pop())
        for place in [*linker, *(f"lib/{name}" for name in needed)]:
            name = Path(place).name
            if name not in there:
                die(f"{path} needs {name}, which no package in {root} has")
            files[place.strip("/")] = there[name]
            if name not in seen:
                todo.append(there[name])
            seen.add(name)
    return files


def _dynamic(path):
    """(path of the dynamic linker, if it has one; names of libraries) that an ELF file asks for."""
    _, out = proc.run(["readelf", "-l", "-d", "-W", path], env={"LC_ALL": "C"}, timeout=30)
    return (re.findall(r"\[Requesting program interpreter: (.*)\]", out),
            re.findall(r"\(NEEDED\) +Shared library: \[(.*)\]", out))
