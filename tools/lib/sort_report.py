# SPDX-License-Identifier: GPL-2.0
"""The records of tools/bench sort as Markdown tables and as a plot."""
import mdtable
import plot
from benchkit import size_name

ABOUT = """\
Comparisons and time of each variant relative to list_sort_mainline(), the
unchanged algorithm of lib/list_sort.c, on the same lists in the same boot:
`comparisons / time`, **bold** where the variant is slower than mainline. Times are
medians of rounds in which the variants take turns; lists shorter than 4096 elements
are sorted in batches of 4096 elements. Elements have 64 bytes; shuffled: in random
places in memory, sequential: in the order of the input. typed is mainline's
algorithm with the comparison compiled in (DEFINE_LIST_SORT). At 1M array is what
it falls back to, adaptive: kmalloc() has no room for so many pointers.
"""
LAYOUTS = ("shuffled", "sequential")


def index(records):
    """(class, n, layout) -> {variant: record}"""
    out = {}
    for r in records:
        out.setdefault((r["class"], r["n"], r["layout"]), {})[r["variant"]] = r
    return out


def markdown(records, verdicts, code, about):
    parts = ["# list_sort(): the variants beside mainline\n", about + "\n"]
    measured = [v for v in verdicts if v.met is not None]
    if measured:
        rows = [(v.what, v.found, v.target, "met" if v.met else "**missed**" if v.beyond_noise else "missed within noise")
                for v in measured]
        parts += ["## Targets\n", "list_sort_adaptive(), shuffled elements.\n",
                  mdtable.table(["measure", "found", "target", ""], rows)]
    variants = [v for v in dict.fromkeys(r["variant"] for r in records) if v != "mainline"]
    if variants:
        parts += ["## Comparisons and time\n", ABOUT]
        for layout in LAYOUTS:
            rows = _rows(records, variants, layout)
            if rows:
                parts += [f"### {layout.capitalize()}\n",
                          mdtable.table(["class", "n", "ns/elem mainline", *variants], rows), _spread(records, layout)]
    return "\n".join([*parts, "## Code and stack\n", CODE, _code(records, code)])


CODE = """\
Bytes of code in the variant's object file with retpolines inlined, and bytes of
stack from the caller of the sort to its deepest comparison, return addresses and
saved registers included.
"""


def _cell(r):
    if not r:
        return None
    text = f"{r['cmps_ratio']:.2f} / {r['time_ratio']:.2f}"
    return f"**{text}**" if r["time_ratio"] > 1.005 else text


def _rows(records, variants, layout):
    rows = []
    for (cls, n, where), by_variant in index(records).items():
        if where == layout:
            base = by_variant.get("mainline")
            rows.append([cls, size_name(n), base and f"{base['ns_per_elem']:.1f}",
                         *(_cell(by_variant.get(v)) for v in variants)])
    order = list(dict.fromkeys(r[0] for r in rows))
    return sorted(rows, key=lambda r: order.index(r[0]))


def _spread(records, layout):
    worst = max((r["time_spread"] for r in records if r["layout"] == layout), default=0)
    return f"The quartiles of the time ratios of a cell's rounds are at most {worst:.3f} apart.\n"


def _code(records, code):
    stack = {}
    for r in records:
        stack[r["variant"]] = max(stack.get(r["variant"], 0), r["stack"])
    return mdtable.table(["variant", "code", "stack"], [[v, code.get(v), s] for v, s in stack.items()])


def svg(records):
    cells = index(records)
    classes = list(dict.fromkeys(r["class"] for r in records))
    sizes = sorted({r["n"] for r in records})
    variants = [v for v in dict.fromkeys(r["variant"] for r in records) if v != "mainline"]
    rows = []
    for field, label in (("cmps_ratio", "comparisons / mainline's"), ("time_ratio", "time / mainline's")):
        panels = []
        for cls in classes:
            series = {v: [_value(cells.get((cls, n, "shuffled"), {}).get(v), field) for n in sizes] for v in variants}
            series = {v: values for v, values in series.items() if any(x is not None for x in values)}
            if series:
                panels.append(plot.Panel(cls, [size_name(n) for n in sizes], "elements", label, series, ref=1.0))
        rows += [panels[i:i + 7] for i in range(0, len(panels), 7)]
    return plot.figure("list_sort(): the variants beside mainline", rows,
                       "Relative to list_sort_mainline() on the same lists, shuffled elements, retpolines: lower is better.")


def _value(r, field):
    return r[field] if r else None
