# SPDX-License-Identifier: GPL-2.0
"""cnull's page in the kernel's documentation against the table of attributes, and the
numbers of README and cover letter against where they come from."""
import re
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import repo  # noqa: E402
import series_store  # noqa: E402

SOURCE = repo.ROOT / "drivers-block-cnull"
README = repo.ROOT / "README.md"
PAGE = repo.ROOT / "Documentation/admin-guide/blockdev/cnull.rst"

# what attrs.h names and the page prints; on 64-bit machines with 4 KiB pages
NAMES = {
    "false": 0, "true": 1, "INT_MAX": 2**31 - 1, "UINT_MAX": 2**32 - 1, "LONG_MAX": 2**63 - 1, "ULONG_MAX": 2**64 - 1,
    "NUMA_NO_NODE": -1, "SECTOR_SIZE": 512, "BLK_MAX_BLOCK_SIZE": 65536, "BLK_MQ_MAX_DEPTH": 10240,
    "CNULL_MAX_SIZE_MIB": (2**63 - 1) >> 20, "CNULL_MAX_ZONE_MIB": 2**20, "CNULL_IRQ_NONE": 0, "CNULL_IRQ_SOFTIRQ": 1, "CNULL_IRQ_TIMER": 2,
    "CNULL_Q_BIO": 0, "CNULL_Q_RQ": 1, "CNULL_Q_MQ": 2,
}
# files of a device that are no settings
OTHERS = {"power", "index", "badblocks", "domain", "zone_readonly", "zone_offline"}


def value(text):
    """A C expression of attrs.h, or None if it depends on the machine."""
    text = re.sub(r"\b[A-Z][A-Z_]+\b|\bfalse\b|\btrue\b", lambda m: str(NAMES.get(m[0], m[0])), text)
    return eval(text) if re.fullmatch(r"[-\d\s*+<>()]+", text) else None  # noqa: S307


def attributes():
    """name -> (type, parameter, default, smallest, largest, flags)"""
    text = re.sub(r"/\*.*?\*/", "", (SOURCE / "attrs.h").read_text(), flags=re.S)
    out = {}
    for args in re.findall(r"^CNULL_ATTR\((.*?),\s*\"", text, re.M | re.S):
        kind, name, param, default, low, high, flags = (a.strip() for a in args.split(","))
        out[name] = (kind, param, value(default), value(low), value(high), flags)
    return out


def entries():
    """name -> the parenthesis behind it, of the page's section 3"""
    page = PAGE.read_text()
    section = page[page.index("\n3) Attributes\n=="):page.index("\n4) Module parameters\n==")]
    out = {}
    for names, about in re.findall(r"^((?:``\w+``(?:, )?)+) (\(.*)$", section, re.M):
        for name in re.findall(r"``(\w+)``", names):
            out[name] = about
    return out


class Page(unittest.TestCase):
    def setUp(self):
        self.attributes, self.entries = attributes(), entries()

    def test_the_table_was_read(self):
        self.assertGreater(len(self.attributes), 15)
        self.assertEqual(len(self.attributes), (SOURCE / "attrs.h").read_text().count("\nCNULL_ATTR("))
        for name, (_, _, default, *_) in self.attributes.items():
            self.assertIsNotNone(default, name)

    def test_each_attribute_is_on_the_page_and_nothing_else(self):
        self.assertEqual(set(self.entries), set(self.attributes) | OTHERS)

    def test_defaults(self):
        for name, (_, _, default, *_) in self.attributes.items():
            with self.subTest(name):
                self.assertRegex(self.entries[name], rf"^\(default {default}, ")

    def test_ranges(self):
        for name, (kind, _, _, low, high, flags) in self.attributes.items():
            with self.subTest(name):
                about = self.entries[name]
                if kind == "bool":
                    self.assertIn("valid 0, 1)", about)
                else:
                    self.assertIn(f"valid {low} " if high is None else f"valid {low} to {high}", about)
                self.assertEqual("CNULL_ATTR_POW2" in flags, "powers of two" in about)
                self.assertEqual("CNULL_ATTR_LIVE" in flags, about.endswith(", live"))

    def test_parameters_of_another_name(self):
        page = PAGE.read_text()
        for name, (_, param, *_) in self.attributes.items():
            if param != name:
                self.assertIn(f"module parameter is ``{param}``", " ".join(page.split()), name)

    def test_module_parameters_of_their_own(self):
        page = PAGE.read_text()
        for path in SOURCE.glob("*.c"):
            text = path.read_text()
            for name in re.findall(r"^module_param(?:_string)?\((\w+),", text, re.M):
                if name != "_name":
                    self.assertIn(f"``{name}``", page, f"{path.name}: parameter {name}")
            for name in re.findall(r"^CNULL_FAULT_PARAM\((\w+),", text, re.M):
                self.assertIn(f"``{name}``", page, f"{path.name}: parameter {name}")

    def test_recipes_use_attributes_that_exist(self):
        page = PAGE.read_text()
        known = set(self.attributes) | OTHERS
        for name in re.findall(r"echo [-+\w,]+ >(?:[\w$]+/)?(\w+)(?!\w*/)", page):
            self.assertIn(name, known | {"probability", "interval", "times"})


def cells(line):
    return [c.strip().strip("*") for c in line.strip().strip("|").split("|")]


class Readme(unittest.TestCase):
    CLASSES = {"random order": "random", "sorted": "sorted", "sorted, 1 % appended": "sorted_tail",
               "sorted, 1 % exchanged": "swaps", "16 sorted runs": "runs16"}
    SIZES = {"64": "64", "1000": "1000", "32768": "32k", "1048576": "1M"}

    # what the kernel's page has beside these
    MORE = {"reversed": "reversed", "16 different keys": "few_keys", "hardest for mainline": "alternating"}

    def measured(self, variant="adaptive"):
        """{(class, n): cell of a sort} for elements in random places."""
        text = (repo.ROOT / "Documentation/repository/results-sort.md").read_text()
        lines = text[text.index("### Shuffled"):].split("\n### ")[0].splitlines()
        header, *rows = [cells(line) for line in lines if line.startswith("| ")]
        return {(row[0], row[1]): row[header.index(variant)] for row in rows if len(row) == len(header)}

    def test_sorts(self):
        table = README.read_text().split("Comparisons / time of `list_sort_adaptive()`")[1].split("\n\n")[1]
        header, _, *rows = [cells(line) for line in table.splitlines()]
        self.assertEqual({row[0] for row in rows}, set(self.CLASSES))
        measured = self.measured()
        for name, *found in rows:
            for n, cell in zip(header[1:], found, strict=True):
                if cell:
                    with self.subTest(f"{name}, {n}"):
                        self.assertEqual(cell, measured[self.CLASSES[name], self.SIZES[n]])

    def test_sorts_of_the_page(self):
        page = (repo.ROOT / "Documentation/core-api/list_sort.rst").read_text()
        _, head, body, _ = re.split(r"^=====[= ]+\n", page[page.index("When to choose which\n==="):].split("\n", 2)[2],
                                    maxsplit=3, flags=re.M)
        (_, _, *variants), rows = head.split(), [re.split(r"\s{2,}", line) for line in body.splitlines()]
        names = self.CLASSES | self.MORE
        self.assertEqual({row[0] for row in rows}, set(names))
        for variant, *column in zip(variants, *(row[2:] for row in rows), strict=True):
            measured = self.measured(variant)
            for (name, n, *_), cell in zip(rows, column, strict=True):
                with self.subTest(f"{variant}: {name}, {n}"):
                    if (variant, n) == ("array", "1048576"):
                        self.assertEqual(cell, "(adaptive)")
                    else:
                        self.assertEqual(cell, measured[names[name], self.SIZES.get(n, n)])

    def test_the_cover_letter_speaks_of_all_patches(self):
        parts = re.findall(r"^Patches (\d+) to (\d+) ", (repo.PATCHES / series_store.COVER).read_text(), re.M)
        self.assertEqual([int(n) for part in parts for n in part],
                         [1, *(int(last) + k for _, last in parts[:-1] for k in (0, 1)), len(repo.series())])

    def test_minutes_of_the_demo(self):
        self.assertEqual(re.search(r"tools/demo .*; (\d+) minutes", README.read_text())[1],
                         re.search(r"About (\d+) minutes the first time", (TOOLS / "demo").read_text())[1])


if __name__ == "__main__":
    unittest.main()
