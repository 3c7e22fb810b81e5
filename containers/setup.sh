#!/usr/bin/env bash
# Set-up of a machine: Debian packages where apt and root are at hand, .venv, the Nextflow engine. Idempotent.
# `containers/setup.sh test` adds what the tests need. Programs that stay missing are named at the end; they do not fail the set-up.
set -euo pipefail
cd "$(dirname "$0")/.."
with_tests=${1:-}

say() { printf '%s\n' "linnaea set-up: $*" >&2; }

have_apt=$(command -v dpkg-query && command -v apt-get) || have_apt=
if [ "$(id -u)" = 0 ]; then as_root=()
elif [ "$have_apt" ] && sudo -n true 2>/dev/null; then as_root=(sudo)
else as_root=(false)
fi
may_install() { [ "$have_apt" ] && [ "${as_root[*]}" != false ]; }

# Installs those of the named Debian packages that are missing and that this release has.
install_debian() {
    local package missing=() offered=() absent=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    "${as_root[@]}" apt-get update -qq
    for package in "${missing[@]}"; do
        if [ "$(apt-cache policy "$package" | sed -n 's/^  Candidate: //p' | grep -vx '(none)')" ]; then offered+=("$package"); else absent+=("$package"); fi
    done
    [ ${#absent[@]} -eq 0 ] || say "this release of Debian has no ${absent[*]}: left out"
    [ ${#offered[@]} -gt 0 ] || return 0
    say "installing Debian packages: ${offered[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${offered[@]}" >.setup-apt.log 2>&1 \
        || { tail -n 20 .setup-apt.log >&2; say "apt failed; the whole log is in .setup-apt.log"; exit 1; }
}

if may_install; then
    install_debian $(cat containers/apt.txt) $([ "$with_tests" != test ] || cat containers/apt-test.txt)
fi

if [ -x .venv/bin/python ]; then
    python=.venv/bin/python
else
    python=
    for candidate in python3 python3.13 python3.12 python3.11; do
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { python=$candidate; break; }
    done
    if [ ! "$python" ]; then
        say "Python 3.11, 3.12 or 3.13 is needed, and python3 is $(python3 --version 2>&1 || true); load a module or install a package with one of these, and call set-up again"
        exit 1
    fi
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        may_install && install_debian python3-venv
        "$python" -c 'import ensurepip' 2>/dev/null || { say "$python cannot make a virtual environment; on Debian that is the package python3-venv"; exit 1; }
    fi
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
requirements=(-r containers/requirements.txt)
[ "$with_tests" = test ] && requirements+=(-r containers/requirements-test.txt)
stamp=.venv/.set-up${with_tests:+-$with_tests}
wanted_hash=$(cat containers/requirements*.txt setup.py | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted_hash" ]; then
    say "installing Python packages into .venv"
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    pip install -q --only-binary :all: "${requirements[@]}"
    if [ "$with_tests" = test ]; then
        pip install -q --no-deps --only-binary :all: -r containers/requirements-test-alone.txt
        rm -f .venv/lib/python3*/site-packages/pyproject.toml   # of roc-validator: Biopython takes the folder for its source and warns
    fi
    pip install -q --no-deps --no-build-isolation -e .
    printf '%s\n' "$wanted_hash" >"$stamp"
fi

# Packages without a wheel need a compiler and Python's headers.
has_compiler() {
    command -v cc >/dev/null && command -v c++ >/dev/null \
        && [ -e "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ]
}
for package in $(grep -v '^#' containers/requirements-compiled.txt); do
    stamp=.venv/.set-up-$package
    [ ! -e "$stamp" ] || continue
    if may_install && ! has_compiler; then install_debian g++ libc6-dev python3-dev; fi
    if ! has_compiler; then
        say "left out, as there is no C and C++ compiler with the headers of Python: $package"
    elif say "compiling $package" && pip install -q --no-deps --no-build-isolation "$package" >".setup-$package.log" 2>&1; then
        touch "$stamp"
    else
        say "$package could not be compiled and is left out; the log is .setup-$package.log"
    fi
done

# tasks write no byte code into a checkout, and would each compile what they import
.venv/bin/python -m compileall -q bin/linnaea

.venv/bin/linnaea engine
.venv/bin/linnaea doctor --missing
