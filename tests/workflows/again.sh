#!/usr/bin/env bash
# From the alignments and gVCFs that a run left, in job arrays on the Slurm of the environment, into again/, from a launch directory of
# its own.
set -euo pipefail
root=$PWD
mkdir launch_again && cd launch_again && ln -s ../demo demo
nextflow run "$root" -profile demo,slurm,arrays --project demo -c "$root/tests/cluster/fast.config" --workflow popgen \
    --samples "$root/tests/workflows/again.csv" --outgroup null --outdir "$root/again" -ansi-log false >"$root/again.log"
