#!/usr/bin/env bash
# The tests of each change, or all: tests/run.sh [all]. Three parts run at a time on two cores, as much of a part is waiting (with four,
# the same tests took a quarter more CPU time): the long ones first, and beside the demo, whose wtdbg2 spins where cores are short, parts
# that wait for Slurm and for a download.
set -euo pipefail
cd "$(dirname "$0")/.."
# Modules and tests are compiled once, not by each of the thousands of processes.
unset PYTHONDONTWRITEBYTECODE

# What takes minutes and varies what another test covers: each night and before a release.
chosen='not nightly' nightly=
if [ "${1:-}" = all ]; then
    chosen= nightly='
tests/workflows/test_offline.py tests/workflows/test_dockerfile.py
tests/workflows/test_gatk.py
tests/workflows/test_steps.py
tests/workflows/test_true_genome.yml tests/workflows/test_demo.py
tests/workflows/test_other_wiring.yml tests/workflows/test_plan.py
tests/cluster/test_local_faults.py
'
fi
export chosen

# Prints when a part starts, and in one piece when it ends what it printed (the last lines when all passed).
# The output is a file: a pipe would be read as long as a daemon of a part that was stopped holds it.
part() {
    local code=0 lines=+1 log start TIMEFORMAT='%R s, CPU %U s'
    start=$(date +%T) log=$(mktemp)
    echo "$start: pytest -q $*"
    { time timeout --kill-after 60 3000 pytest -q -m "$chosen" "$@" >"$log" 2>&1; } 2>>"$log" || code=$?
    [ $code -lt 124 ] || echo "stopped after 50 minutes" >>"$log"
    [ $code -ne 0 ] || lines=2
    printf '%s to %s: pytest -q %s\n%s\n' "$start" "$(date +%T)" "$*" "$(tail -n "$lines" "$log")"
    rm "$log"
    return $code
}
export -f part

xargs -P 3 -L 1 bash -c 'part "$@"' part <<PARTS
tests/workflows/test_newcomer.py -k trixie
tests/workflows/test_demo.yml tests/workflows/test_demo.py tests/workflows/test_plan.py
tests/cluster/test_sites.py tests/cluster/test_slurm_faults.py
tests/unit/annotation tests/unit/assembly tests/unit/base tests/unit/catalogue tests/unit/formats
tests/unit --ignore=tests/unit/annotation --ignore=tests/unit/assembly --ignore=tests/unit/base --ignore=tests/unit/catalogue --ignore=tests/unit/formats
tests/workflows/test_popgen_demo.yml tests/workflows/test_popgen_demo.py tests/workflows/test_plan.py
tests/workflows/test_newcomer.py -k 'not trixie'
tests/workflows/test_wiring.yml tests/workflows/test_plan.py
tests/workflows/test_popgen_wiring.yml tests/workflows/test_submission.yml tests/workflows/test_submission.py tests/workflows/test_plan.py
$nightly
tests/workflows/test_bad_input.yml tests/workflows/test_failure.yml tests/workflows/test_reads.py tests/workflows/test_plan.py
tests/workflows/test_hostile.yml tests/workflows/test_hostile.py tests/workflows/test_command_lines.yml tests/workflows/test_stand_ins.py tests/workflows/test_plan.py
PARTS
