# SPDX-License-Identifier: GPL-2.0
"""Markdown tables that also read well as plain text."""
import re


def table(header, rows):
    """A pipe table with aligned columns; columns of numbers are set right.

    Cells may be None (an empty cell), str or anything with a str().
    """
    cells = [["" if c is None else str(c).replace("|", "\\|") for c in row] for row in rows]
    header = [str(h) for h in header]
    for row in cells:
        if len(row) != len(header):
            raise ValueError(f"a row of {len(row)} cells under {len(header)} columns: {row}")
    width = [max([3, len(h)] + [len(row[i]) for row in cells]) for i, h in enumerate(header)]
    right = [_numeric([row[i] for row in cells]) for i in range(len(header))]

    def line(row):
        return "| " + " | ".join(c.rjust(w) if r else c.ljust(w)
                                 for c, w, r in zip(row, width, right)) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if r else "-") for w, r in zip(width, right)) + "|"
    return "\n".join([line(header), rule] + [line(row) for row in cells]) + "\n"


def _numeric(column):
    filled = [c.strip("*") for c in column if c not in ("", "-")]
    return bool(filled) and all(re.fullmatch(r"[-+]?[\d.]+[kM]?( %)?( \([\d.]+\))?", c) for c in filled)
