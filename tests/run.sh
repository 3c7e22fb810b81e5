#!/usr/bin/env bash
# The whole test suite. Most of it starts engines, which use one core, so two halves run beside each other; then the demos, which have
# a limit of time.
set -uo pipefail
cd "$(dirname "$0")/.."
other=$(mktemp)
trap 'rm -f "$other"' EXIT

demos=(tests/workflows/test_popgen_demo.* tests/workflows/test_demo.* tests/workflows/test_plan.py)
workflows=()
for file in tests/workflows/test_*; do
    case $file in
    *_offline.py | *demo.*) ;;
    *) workflows+=("$file") ;;
    esac
done
pytest -q tests/unit tests/cluster/test_s*.py tests/workflows/test_offline.py >"$other" 2>&1 &
pytest -q "${workflows[@]}" tests/cluster/test_local_faults.py
first=$?
wait %1
second=$?
cat "$other"
pytest -q "${demos[@]}"
third=$?
[ "$first $second $third" = "0 0 0" ]
