# SPDX-License-Identifier: GPL-2.0
"""What every benchmark of tools/bench has in common.

A benchmark is a file bench_NAME.py next to this one, with
	TITLE			one line for the help text
	KEYS			key -> list of the values that --only accepts for it
	run(select, quick)	measures and returns an Outcome
where select(record) tells whether --only asks for a cell.
"""
import json
import statistics
from dataclasses import dataclass, field

import repo
from ui import die

UNITS = {"k": 1024, "m": 1024 ** 2, "g": 1024 ** 3}


@dataclass
class Verdict:
    """One target: what was asked, what was found, and whether it holds."""
    what: str
    target: str
    found: str = "not measured"
    met: bool = None            # None: not measured
    beyond_noise: bool = False  # missed, and not by an amount that noise explains
    asked: bool = False         # --only and --quick leave what it is about


@dataclass
class Outcome:
    records: list                                  # flat dicts, as DESIGN.md 6 names their fields
    markdown: str
    svg: str
    verdicts: list = field(default_factory=list)
    skipped: dict = field(default_factory=dict)    # what could not be measured -> why
    failed: list = field(default_factory=list)     # what went wrong although the rest is worth keeping


def number(text):
    """4096, 4k, 1M -> an int; None if it is no size."""
    digits, unit = (text[:-1], text[-1:].lower()) if text[-1:].lower() in UNITS else (text, "")
    return int(digits) * UNITS.get(unit, 1) if digits.isdigit() else None


def size_name(n):
    for unit in ("M", "k"):
        if n % UNITS[unit.lower()] == 0:
            return f"{n // UNITS[unit.lower()]}{unit}"
    return str(n)


def selector(only, keys):
    """The predicate for a list of --only arguments (key=value,value).

    Several values of one key are alternatives, several keys must all hold.
    Unknown names end the program with the choices.
    """
    wanted = {}
    for arg in only:
        key, eq, values = arg.partition("=")
        if key not in keys or not eq:
            die(f"--only {arg}: expected KEY=VALUE[,VALUE] with KEY one of: {', '.join(keys)}")
        for value in values.split(","):
            choice = next((c for c in keys[key] if value == str(c)
                           or isinstance(c, int) and number(value) == c), None)
            if choice is None:
                names = ", ".join(size_name(c) if key == "bs" else str(c) for c in keys[key])
                die(f"--only {key}={value}: no such {key}; there are: {names}")
            wanted.setdefault(key, set()).add(choice)
    return lambda record: all(record[k] in vs for k, vs in wanted.items() if record.get(k) is not None)


def median_and_spread(values):
    """The median, and (largest - smallest) / median."""
    mid = statistics.median(values)
    return mid, (max(values) - min(values)) / mid if mid else 0.0


def folder():
    path = repo.build_dir() / "bench"
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(name, outcome):
    """NAME.json, NAME.md and NAME.svg in build/bench, each replaced as a whole."""
    lines = ",\n".join(json.dumps(r) for r in outcome.records)
    paths = []
    for suffix, text in (("json", f"[\n{lines}\n]\n" if lines else "[]\n"),
                         ("md", outcome.markdown), ("svg", outcome.svg)):
        path = folder() / f"{name}.{suffix}"
        new = path.with_suffix(f".{suffix}.new")
        new.write_text(text)
        new.replace(path)
        paths.append(path)
    return paths
