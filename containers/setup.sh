#!/usr/bin/env bash
# Set-up of a plain Debian 12 machine: Debian packages, .venv, the Nextflow engine. Idempotent.
# `containers/setup.sh test` adds what the tests need. Only the Debian packages need root.
set -euo pipefail
cd "$(dirname "$0")/.."
with_tests=${1:-}

say() { printf '%s\n' "linnaea set-up: $*" >&2; }

wanted=$(cat containers/apt.txt)
[ "$with_tests" = test ] && wanted+=" $(cat containers/apt-test.txt)"
missing=()
for package in $wanted; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    install="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" = 0 ]; then as_root=()
    elif sudo -n true 2>/dev/null; then as_root=(sudo)
    else
        say "these Debian packages are missing and need root. Ask for, or run: sudo apt-get update && sudo $install"
        exit 1
    fi
    say "installing Debian packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" $install >.setup-apt.log 2>&1 || { tail -n 20 .setup-apt.log >&2; say "apt failed; the whole log is in .setup-apt.log"; exit 1; }
fi

requirements=(-r containers/requirements.txt)
[ "$with_tests" = test ] && requirements+=(-r containers/requirements-test.txt)
stamp=.venv/.set-up${with_tests:+-$with_tests}
wanted_hash=$(cat containers/requirements*.txt setup.py | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted_hash" ]; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed; python3 is $(python3 --version)"; exit 1; }
    say "installing Python packages into .venv"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check "${requirements[@]}"
    .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    printf '%s\n' "$wanted_hash" >"$stamp"
fi

.venv/bin/linnaea engine
