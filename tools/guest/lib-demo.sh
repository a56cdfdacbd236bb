# SPDX-License-Identifier: GPL-2.0
# For the guest scripts of tools/demo: . /run/lib-demo.sh

# step TEXT: what comes now, for the live line
step() { echo "step: $1"; }

# summary LABEL TEXT: a line of the summary at the end
summary() { echo "summary: $1: $2"; }
