#!/usr/bin/env bash
# Python for the checks before the first task and after the last: head_python.sh ENGINE IMAGE ARGUMENT...
# It is the one of `make setup`, else python3 on PATH when it has the packages, else the one of the image in the container engine of
# the run ("" for none).
set -euo pipefail
bin=$(dirname "$(readlink -f "$0")")
engine=$1 image=$2
shift 2
own=$(dirname "$bin")/.venv/bin/python
if [ -x "$own" ]; then exec "$own" "$@"; fi
if lack=$(python3 -c '
import importlib, sys
if sys.version_info < (3, 11):
    sys.exit("is version %d.%d, not 3.11 or newer" % sys.version_info[:2])
for name in "Bio isal jsonschema numpy polars pysam snakemake_wrapper_utils yaml".split():
    try:
        importlib.import_module(name)
    except Exception as fault:
        sys.exit("cannot import %s (%s)" % (name, fault))
' 2>&1); then exec python3 "$@"; fi
if [ -n "$engine" ] && [ -n "$image" ]; then exec "$bin/image_python.sh" "$engine" "$image" "$@"; fi
command -v python3 >/dev/null || lack='is not on PATH'
cat >&2 <<SENTENCE
error: python3 ${lack##*$'\n'}, so the input cannot be checked. Either call \`make setup\` in $(dirname "$bin"), or add a container engine to -profile (apptainer, docker, podman, charliecloud), or activate an environment with the packages: conda create -n linnaea -c conda-forge -c bioconda python=3.12 numpy polars pysam pyyaml jsonschema biopython python-isal snakemake-wrapper-utils
SENTENCE
exit 1
