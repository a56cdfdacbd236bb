# SPDX-License-Identifier: GPL-2.0
"""KUnit's suites of list_sort(), mainline's own too, in a kernel for each choice of
what list_sort() is but the default, which `tools/kunit um` has: a stage of tools/test."""
import sys

sys.dont_write_bytecode = True
import kunit   # noqa: E402
import repo    # noqa: E402
import stages  # noqa: E402

CHOICES = ("insertion", "powersort", "jump", "adaptive", "array")


def main():
    total = stages.Count(0, 0, 0)
    for choice in CHOICES:
        *counts, cases, log = kunit.run("um", config=[f"sort-{choice}"], glob="list_sort*")
        result = stages.Count(*counts)
        for name, status in cases:
            if status == "failed":
                print(f"failed  {choice}: {name}; KTAP: {log}")
        print(f"{choice}: {result}", flush=True)
        total += result
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    repo.main(main)
