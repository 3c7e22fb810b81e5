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
if command -v apptainer >/dev/null; then
    engine=apptainer image=$PWD/code/build/linnaea.sif
    [ -s "$image" ] || apptainer build "$image" code/build/linnaea
elif command -v ch-run >/dev/null; then
    engine=charliecloud image=$PWD/code/build/linnaea
else
    echo "neither apptainer nor ch-run is here; load its module and call set_up.sh again" >&2
    exit 1
fi
printf '#!/usr/bin/env bash\n# Python of the image, for the checks before the first task.\nexec %q %q %q "$@"\n' \
    "$PWD/code/bin/image_python.sh" "$engine" "$image" >code/.venv/bin/python
printf '#!/usr/bin/env bash\n# linnaea status, cost, clean ... for runs of this bundle.\nPYTHONPATH=%q exec %q -c "import sys; from linnaea.cli import main; sys.exit(main())" "$@"\n' \
    "$PWD/code/bin" "$PWD/code/.venv/bin/python" >engine/linnaea
chmod +x code/.venv/bin/python engine/linnaea
code/.venv/bin/python -c 'import numpy, pysam' && echo "ready: engine/nextflow run code -profile $engine"
