# SPDX-License-Identifier: GPL-2.0
# The guest's part of tools/bench mutants. From the kernel's command line: IMAGE, SEED,
# FIRST, COUNT, BYTES as domain-mutate takes them.
. /run/lib-domain.sh
# a loop should cost little time
echo 100 >/sys/module/domain/parameters/watchdog_ms || exit
# what a dead domain is said to have died of is in the lines of domain-mutate
dmesg -n 1
exec domain-mutate "$images/$IMAGE.domain" "$SEED" "$FIRST" "$COUNT" "$BYTES"
