# SPDX-License-Identifier: GPL-2.0
"""All versions of one file through the series, interleaved.

Every line that ever was is kept once, with the patch that made it (0 is the
base) and the patch that removed it. So the owner of a line is known exactly,
and an edit of the last version that is given to an earlier patch appears in
every version from there on, with no merge that could go wrong.
"""
from series_git import Bad

NEVER = 1 << 30


class Line:
    __slots__ = ("text", "born", "died")

    def __init__(self, text, born):
        self.text, self.born, self.died = text, born, NEVER


def split(data):
    """The lines of a file; unlike splitlines(), at line feeds alone."""
    parts = data.split(b"\n")
    return [x + b"\n" for x in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


class Weave:
    def __init__(self, git, base, steps):
        """base: entry or None; steps: {patch number from 1: entry or None}."""
        self.git, self.lines = git, []
        self.now = None             # blob of the newest version
        self.exists, self.modes = {}, {}
        for n, entry in [(0, base), *sorted(steps.items())]:
            self._step(n, entry)

    def _step(self, n, entry):
        self.exists[n] = entry is not None
        if entry:
            self.modes[n] = entry[0]
        new = split(self.git.blob(entry[1])) if entry else []
        if self.now and entry:
            hunks = self.git.hunks(self.now, entry[1]) if self.now != entry[1] else []
        else:
            alive = len(self.alive())
            hunks = [(0, alive, 0, len(new))] if alive or new else []
        for a, an, b, bn in reversed(hunks):
            self.replace(a, an, new[b:b + bn], n)
        self.now = entry[1] if entry else None

    def alive(self):
        return [x for x in self.lines if x.died == NEVER]

    def replace(self, at, count, texts, owner):
        """Replaces living lines on behalf of a patch."""
        alive = self.alive()
        where = {id(x): i for i, x in enumerate(self.lines)}
        doomed = alive[at:at + count]
        before = alive[at + count - 1] if at + count else None
        spot = where[id(before)] + 1 if before else 0
        self.lines[spot:spot] = [Line(t, owner) for t in texts]
        gone = set()
        for x in doomed:
            if x.born > owner:
                raise Bad(f"the lines come from a later patch (number {x.born}) than the one chosen ({owner})")
            x.died = owner
            if x.born == owner:
                gone.add(id(x))
        if gone:
            self.lines = [x for x in self.lines if id(x) not in gone]

    def owners(self, at, count):
        """The patches that made these living lines."""
        return [x.born for x in self.alive()[at:at + count]]

    def version(self, n):
        return b"".join(x.text for x in self.lines if x.born <= n < x.died)

    def there(self, n):
        return self.exists[max(k for k in self.exists if k <= n)]

    def mode(self, n):
        return self.modes[max(k for k in self.modes if k <= n)]

    def creator(self):
        """The patch that made the file as it is now; 0 if the base has it."""
        made, was = 0, self.exists[0]
        for n in sorted(self.exists)[1:]:
            if self.exists[n] and not was:
                made = n
            was = self.exists[n]
        return made

    def remove(self, n):
        """The file is gone from patch n on."""
        self.exists = {k: v for k, v in self.exists.items() if k < n}
        self.exists[n] = False

    def set_mode(self, mode, n):
        self.modes = {k: v for k, v in self.modes.items() if k < n}
        self.modes[n] = mode
