#!/usr/bin/env bash
# Fetches the published images of optional tools, all or those named (containers/pull.sh hifiasm busco), with apptainer into
# $NXF_APPTAINER_LIBRARYDIR, under the names that Nextflow looks for there.
set -euo pipefail
images=$(dirname "$(readlink -f "$0")")/images.txt
cd "${NXF_APPTAINER_LIBRARYDIR:?set it to the folder for the images}"
while read -r tool image; do
    case " ${*:-$tool} " in *" $tool "*) ;; *) continue ;; esac
    file=${image//[:\/]/-}.img
    [ -s "$file" ] || apptainer pull --name "$file" "docker://$image" </dev/null
done <"$images"
