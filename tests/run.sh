#!/usr/bin/env bash
# The whole test suite, in two halves that run beside each other: most of it starts engines, which use one core. The demos come last,
# when the other half is over, as they have a limit of time.
set -uo pipefail
cd "$(dirname "$0")/.."
other=$(mktemp)
trap 'rm -f "$other"' EXIT

pytest -q tests/unit tests/cluster tests/workflows/test_offline.py >"$other" 2>&1 &
demos=(tests/workflows/test_popgen_demo.yml tests/workflows/test_demo.yml)
first=() checks=()
for file in tests/workflows/test_*; do
    case $file in
    *_offline.py | *demo.yml) ;;
    *.yml) first+=("$file") ;;
    *) checks+=("$file") ;;
    esac
done
pytest -q "${first[@]}" "${demos[@]}" "${checks[@]}"
workflows=$?
wait %1
others=$?
cat "$other"
[ "$workflows" = 0 ] && [ "$others" = 0 ]
