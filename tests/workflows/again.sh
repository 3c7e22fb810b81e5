#!/usr/bin/env bash
# From the alignments and gVCFs that a run left, on the Slurm of the environment: job by job into again/, and beside it, from a launch
# directory of its own, in arrays into arrays/.
set -euo pipefail
root=$PWD

again() {
    mkdir "launch_$1" && cd "launch_$1" && ln -s ../demo demo
    nextflow run "$root" -profile "demo,$2" --project demo -c "$root/tests/cluster/fast.config" --workflow popgen \
        --samples "$root/tests/workflows/again.csv" --outgroup null --outdir "$root/$1" -ansi-log false >"$root/$1.log"
}
again again slurm &
(again arrays slurm,arrays)
wait %1
