#!/usr/bin/env bash
# The image of this bundle in the form that this machine's apptainer or charliecloud takes, a python for the engine inside it, and the
# linnaea command.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
[ -s image/linnaea.tar.gz ] || { echo "no image in this bundle: python3 on PATH must have the packages of code/containers/requirements.txt" >&2; exit 0; }
mkdir -p code/build code/.venv/bin
if [ ! -d code/build/linnaea ]; then
    rm -rf code/build/partial && mkdir code/build/partial
    tar -xzf image/linnaea.tar.gz -C code/build/partial
    (cd code/build/partial && mkdir -p dev proc sys mnt tmp home && touch etc/hosts etc/resolv.conf)
    mv code/build/partial code/build/linnaea
fi
# every folder of this machine but those of the image: inputs may lie in any
binds='folders=()
for folder in /*; do
    case $folder in /bin|/boot|/dev|/etc|/lib*|/proc|/run|/sbin|/sys|/tmp|/usr|/var) ;; *) [ -d "$folder" ] && [ -r "$folder" ] && [ -x "$folder" ] && folders+=(--bind "$folder") ;; esac
done
'
if command -v apptainer >/dev/null; then
    [ -s code/build/linnaea.sif ] || apptainer build code/build/linnaea.sif code/build/linnaea
    start='exec apptainer -q exec "${folders[@]}" '"--bind '$PWD' '$PWD/code/build/linnaea.sif'"
elif command -v ch-run >/dev/null; then
    start='USER=${USER:-$(id -un)} exec ch-run -w --set-env --cd "$PWD" "${folders[@]}" '"'$PWD/code/build/linnaea' --"
else
    echo "neither apptainer nor ch-run is here; load its module and call set_up.sh again" >&2
    exit 1
fi
printf '#!/usr/bin/env bash\n# Python of the image, for the checks before the first task.\n%s%s python3 "$@"\n' "$binds" "$start" >code/.venv/bin/python
printf '#!/usr/bin/env bash\n# linnaea status, cost, clean ... for runs of this bundle.\nPYTHONPATH=%q exec %q -c "import sys; from linnaea.cli import main; sys.exit(main())" "$@"\n' \
    "$PWD/code/bin" "$PWD/code/.venv/bin/python" >engine/linnaea
chmod +x code/.venv/bin/python engine/linnaea
code/.venv/bin/python -c 'import numpy, pysam' && echo "ready: engine/nextflow run code -profile $(command -v apptainer >/dev/null && echo apptainer || echo charliecloud)"
