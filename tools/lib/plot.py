# SPDX-License-Identifier: GPL-2.0
"""Small multiples of line charts as SVG, readable on light and dark pages.

figure(title, [[Panel, ...], ...]) lays the panels out in rows; every series
name keeps one colour and one marker throughout the figure, so that the legend
at the top serves all panels.
"""
import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

# legible on both backgrounds, and apart for the common colour blindnesses; the
# marker shapes tell the series apart where colour does not
COLOURS = ["#d1495b", "#2f7ebc", "#2a9d6e", "#b8860b", "#8a63c9", "#6c7a89", "#c2569b", "#3a9fa8"]
MARKERS = ["circle", "square", "triangle", "diamond"]

STYLE = """
 svg { font: 11px system-ui, 'DejaVu Sans', sans-serif; }
 .bg { fill: #ffffff; } text { fill: #24292f; } .dim { fill: #57606a; }
 .grid { stroke: #d8dee4; stroke-width: 1; } .axis { stroke: #8c959f; stroke-width: 1; }
 .ref { stroke: #57606a; stroke-width: 1; stroke-dasharray: 5 3; }
 .line { fill: none; stroke-width: 1.8; } .tick { font-size: 10px; }
 .h1 { font-size: 15px; font-weight: 600; } .h2 { font-size: 12px; font-weight: 600; }
 @media (prefers-color-scheme: dark) {
  .bg { fill: #0d1117; } text { fill: #e6edf3; } .dim { fill: #9198a1; }
  .grid { stroke: #2a313c; } .axis { stroke: #656c76; } .ref { stroke: #9198a1; }
 }
"""


@dataclass
class Panel:
    title: str
    x: list                 # the categories along the x axis
    xlabel: str
    ylabel: str
    series: dict            # name -> one value, or None, per category
    ref: float = None       # a dashed horizontal line; panels of a row that have one share their y axis
    zero: bool = False      # the y axis starts at 0


def figure(title, rows, subtitle=""):
    """The SVG text. Rows may differ in length; panels are of one size."""
    names = []
    for panel in (p for row in rows for p in row):
        names += [n for n in panel.series if n not in names]
    pw, ph, top = 232, 190, 46
    width = max([3] + [len(row) for row in rows]) * pw + 24
    legend, legend_height = _legend(names, top + (16 if subtitle else 0), width)
    y0 = top + legend_height + (16 if subtitle else 0)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y0 + len(rows) * ph + 8}" '
           f'viewBox="0 0 {width} {y0 + len(rows) * ph + 8}" role="img">',
           f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
           '<rect class="bg" width="100%" height="100%"/>',
           f'<text class="h1" x="16" y="26">{escape(title)}</text>']
    if subtitle:
        out.append(f'<text class="dim" x="16" y="44">{escape(subtitle)}</text>')
    out += legend
    for r, row in enumerate(rows):
        shared = [v for p in row if p.ref is not None for v in _values(p)]
        for c, panel in enumerate(row):
            values = shared if panel.ref is not None else _values(panel)
            marks = ticks(min(values), max(values), panel.zero) if values else []
            out += _panel(panel, names, marks, 12 + c * pw, y0 + r * ph, pw, ph)
    return "\n".join(out + ["</svg>", ""])


def _values(p):
    return [v for vs in p.series.values() for v in vs if v is not None] + ([p.ref] if p.ref is not None else [])


def _colour(names, name):
    return COLOURS[names.index(name) % len(COLOURS)]


def _marker(names, name, x, y):
    shape = MARKERS[names.index(name) % len(MARKERS)]
    fill = f'fill="{_colour(names, name)}"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" {fill}/>'
    if shape == "square":
        return f'<rect x="{x - 2.9:.1f}" y="{y - 2.9:.1f}" width="5.8" height="5.8" {fill}/>'
    points = {"triangle": [(0, -4), (3.8, 3), (-3.8, 3)],
              "diamond": [(0, -4.2), (4.2, 0), (0, 4.2), (-4.2, 0)]}[shape]
    return '<polygon points="' + " ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in points) + f'" {fill}/>'


def _legend(names, y, width):
    out, x, rows = [], 24, 1
    for name in names:
        need = 28 + 6.6 * len(name)
        if x + need > width - 16 and x > 24:
            x, rows = 24, rows + 1
        yy = y + 4 + (rows - 1) * 18
        out += [f'<line class="line" x1="{x - 8:.0f}" x2="{x + 8:.0f}" y1="{yy}" y2="{yy}" '
                f'stroke="{_colour(names, name)}"/>', _marker(names, name, x, yy),
                f'<text x="{x + 13:.0f}" y="{yy + 4}">{escape(name)}</text>']
        x += need
    return out, rows * 18 + 8


def ticks(low, high, zero=False):
    """Round values that enclose [low, high], about five of them."""
    if zero:
        low = min(0, low)
    if high <= low:
        low, high = low - abs(low) * 0.05 - 0.01, high + abs(high) * 0.05 + 0.01
    raw = (high - low) / 4
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _panel(p, names, marks, ox, oy, pw, ph):
    left, right, upper, lower = ox + 48, ox + pw - 10, oy + 26, oy + ph - 40
    out = [f'<text class="h2" x="{left}" y="{oy + 16}">{escape(p.title)}</text>']
    if not marks:
        return out + [f'<text class="dim" x="{left}" y="{(upper + lower) / 2}">not measured</text>']

    def py(v):
        return lower - (v - marks[0]) / (marks[-1] - marks[0]) * (lower - upper)

    def px(i):
        return left + (i + 0.5) * (right - left) / len(p.x)

    for m in marks:
        out += [f'<line class="grid" x1="{left}" x2="{right}" y1="{py(m):.1f}" y2="{py(m):.1f}"/>',
                f'<text class="dim" x="{left - 5}" y="{py(m) + 4:.1f}" text-anchor="end">{m:g}</text>']
    out.append(f'<line class="axis" x1="{left}" x2="{right}" y1="{lower}" y2="{lower}"/>')
    for i, label in enumerate(p.x):
        out.append(f'<text class="dim tick" x="{px(i):.1f}" y="{lower + 14}" text-anchor="middle">{escape(str(label))}</text>')
    out += [f'<text class="dim" x="{(left + right) / 2}" y="{lower + 29}" text-anchor="middle">{escape(p.xlabel)}</text>',
            f'<text class="dim" transform="translate({ox + 10},{(upper + lower) / 2}) rotate(-90)" '
            f'text-anchor="middle">{escape(p.ylabel)}</text>']
    if p.ref is not None:
        out.append(f'<line class="ref" x1="{left}" x2="{right}" y1="{py(p.ref):.1f}" y2="{py(p.ref):.1f}"/>')
    for name, vs in p.series.items():
        points = [(px(i), py(v)) for i, v in enumerate(vs) if v is not None]
        if len(points) > 1:
            out.append(f'<polyline class="line" stroke="{_colour(names, name)}" points="'
                       + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
        out += [_marker(names, name, x, y) for x, y in points]
    return out
