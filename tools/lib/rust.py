# SPDX-License-Identifier: GPL-2.0
"""The Rust toolchain for the kernel, where this machine has one: rnull needs it, nothing else does."""
import os
import re
import shutil
from pathlib import Path

import kbuild
import proc
import repo

SETUP = "tools/setup --for rust installs what the distribution has"


def variables(target):
    """(make variables of a build with Rust, "") or (None, why there can be none)."""
    rustc, bindgen = _rustc(), shutil.which("bindgen")
    if not rustc:
        return None, f"no rustc with the sources of its library; {SETUP}"
    if not bindgen:
        return None, f"no bindgen in PATH; {SETUP}"
    # rustc is told HOSTCC as its linker, which has to be one word: no ccache before it
    found = [f"RUSTC={rustc}", f"BINDGEN={bindgen}", "HOSTCC=gcc"]
    out = repo.build_dir() / "out" / "rustavailable"
    out.mkdir(parents=True, exist_ok=True)
    status, said = proc.run(["make", "-s", "-C", repo.kernel_tree(), *kbuild.make_vars(target, out), *found, "rustavailable"],
                            check=False, timeout=120)
    return (found, "") if not status else (None, f"make rustavailable: {_reason(said)}")


def _rustc():
    """The first compiler of PATH that can build the library, which rustup leaves out unless told."""
    for folder in os.environ.get("PATH", "").split(":"):
        path = shutil.which("rustc", path=folder)
        if path:
            status, sysroot = proc.run([path, "--print", "sysroot"], check=False, timeout=60)
            if not status and (Path(sysroot.strip()) / "lib/rustlib/src/rust/library/core").is_dir():
                return path
    return None


def _reason(said):
    """Its first sentence, which the script breaks into lines between asterisks."""
    text = " ".join(line.removeprefix("***").strip() for line in said.splitlines() if line.startswith("***"))
    return (re.match(r"\s*(.+?[.:!])(?:\s|$)", text) or [0, "it fails"])[1].rstrip(":")
