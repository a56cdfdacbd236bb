# SPDX-License-Identifier: GPL-2.0
"""Configuration fragments: read, merge, and prove that the result has them.

Kconfig drops a wish whose dependencies are unmet without a word, so the final
.config is compared with everything that was asked for.
"""
import os
import re
from pathlib import Path
from typing import NamedTuple

import repo
from ui import die

_SET = re.compile(r"CONFIG_(\w+)=(.+)$")
_UNSET = re.compile(r"# CONFIG_(\w+) is not set$")
_DEFINED = re.compile(r"^\s*(?:menu)?config\s+(\w+)\s*$", re.M)


class Wish(NamedTuple):
    symbol: str
    value: str
    fragment: str
    optional: bool

    def line(self):
        return f"# CONFIG_{self.symbol} is not set" if self.value == "n" else f"CONFIG_{self.symbol}={self.value}"


def fragment(name):
    """The file of a fragment; an unknown one is an error that lists what there is."""
    path = repo.KCONFIG / f"{name}.config"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in repo.KCONFIG.glob("*.config")))
        die(f"no configuration fragment {name!r} in {repo.KCONFIG}; there are: {known}")
    return path


def parse(text, name):
    """The wishes of one fragment; a line that is neither a wish nor a comment is an error."""
    out, optional = [], False
    for n, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        m = _SET.match(line)
        u = _UNSET.match(line)
        if m:
            out.append(Wish(m[1], m[2], name, optional))
        elif u:
            out.append(Wish(u[1], "n", name, optional))
        elif line and not line.startswith("#"):
            die(f"kconfig/{name}.config:{n}: neither CONFIG_X=value nor a comment: {line!r}")
        optional = line == "# optional"
    return out


def merge(names):
    """symbol -> Wish over all fragments, the later one wins."""
    out = {}
    for name in names:
        for wish in parse(fragment(name).read_text(), name):
            out[wish.symbol] = wish
    return out


def values(config_text):
    """symbol -> value of a complete .config; what is not set is absent."""
    return dict(m.groups() for m in map(_SET.match, config_text.splitlines()) if m)


def kconfig_files(tree):
    """Every Kconfig file of a tree, sorted."""
    out = []
    for folder, dirs, files in os.walk(tree):
        dirs[:] = [d for d in dirs if d not in (".git", "Documentation")]
        out += [Path(folder) / f for f in files if f.startswith("Kconfig")]
    return sorted(out)


def unmet(wishes, config_text, files):
    """The wishes that a .config does not fulfil. An optional one may be missing
    only if no Kconfig file defines its symbol: that can not hide a real loss."""
    have = values(config_text)
    out = [w for w in wishes.values() if have.get(w.symbol, "n") != w.value]
    if any(w.optional for w in out):
        defined = set()
        for f in files:
            defined.update(_DEFINED.findall(f.read_text(errors="replace")))
        out = [w for w in out if not (w.optional and w.symbol not in defined)]
    return [(w, have.get(w.symbol, "n")) for w in out]
