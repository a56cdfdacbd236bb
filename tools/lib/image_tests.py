# SPDX-License-Identifier: GPL-2.0
"""The user-space tests of domain images, from tools/domain of the kernel tree: a stage of tools/test.

The table of malformed images and what the build rule must refuse, with domain-check; then
a million damaged images under the sanitizers of the compiler, which count as one case.
"""
import argparse
import re
import sys

sys.dont_write_bytecode = True
import proc  # noqa: E402
import repo  # noqa: E402
from ui import Problem, say  # noqa: E402

CASES = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
KTAP = re.compile(r"^# passed (\d+) of (\d+)$", re.M)


def totals(check, mutants):
    """(passed, failed) of the output of `make check`, and of the one case that the mutants are."""
    cases, rules = CASES.search(check), KTAP.search(check)
    if not cases or not rules:
        raise Problem("make check of tools/domain printed no totals")
    passed = int(cases[1]) + int(rules[1]) + (mutants == 0)
    failed = int(cases[2]) + int(rules[2]) - int(rules[1]) + (mutants != 0)
    return passed, failed


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--count", type=int, default=1_000_000, metavar="N", help="mutants, default: %(default)s")
    a = p.parse_args()
    tree = repo.kernel_tree() / "tools/domain"
    if not tree.is_dir():
        raise Problem(f"there is no {tree}; run tools/series tree")
    out = repo.build_dir() / "out/images"
    (out / "tests").mkdir(parents=True, exist_ok=True)
    _, check = proc.run(["make", "-C", tree, f"OUTPUT={out}/", "check"], check=False, on_line=show, timeout=600)
    mutants, _ = proc.run(["make", "-C", tree / "fuzz", f"OUTPUT={out}/", f"COUNT={a.count}", "run"], check=False,
                          on_line=show, timeout=1200)
    passed, failed = totals(check, mutants)
    say(f"{a.count} mutants: {'one went wrong' if mutants else 'nothing found'}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


def show(line):
    if re.match(r"not ok|FAIL|mutate:|==\d+==|.*runtime error|.*rror:", line):
        print(line.rstrip(), flush=True)


if __name__ == "__main__":
    repo.main(main)
