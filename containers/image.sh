#!/usr/bin/env bash
# One image of all embedded tools, from Debian packages and the pinned Python packages, by mmdebstrap: no daemon, and no
# root where user namespaces are allowed. The root file system build/linnaea.tar.gz is taken by apptainer, podman, docker
# and charliecloud. Nothing happens when it was made from the same lists. Dockerfile and linnaea.def make the same image.
set -euo pipefail
cd "$(dirname "$0")/.."
image=build/linnaea.tar.gz
release=trixie
python_lists=(containers/{wheels.sh,requirements.txt,requirements-compiled.txt})
lists=("${python_lists[@]}" containers/{image.sh,install.sh,apt-image.txt})

# Whether a thing in build/ was made from these files as they are now.
hash_of() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
is_made() { [ -e "$1" ] && [ "$(cat "$1.inputs" 2>/dev/null)" = "$(hash_of "${@:2}")" ]; }
is_made "$image" "${lists[@]}" && exit 0

say() { printf '%s\n' "linnaea image: $*" >&2; }
command -v mmdebstrap >/dev/null || { say "mmdebstrap is missing: sudo apt-get install mmdebstrap (or build containers/Dockerfile or containers/linnaea.def)"; exit 1; }

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct -- "${lists[@]}" 2>/dev/null || true)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
partial=build/partial.linnaea.tar.gz
trap 'rm -rf "$partial" build/inside' EXIT
rm -rf build/inside && mkdir -p build/inside
cp containers/{requirements.txt,requirements-compiled.txt,apt-image.txt,software.yml,wheels.sh,install.sh} build/inside
inside=(--customize-hook='copy-in build/inside /' --customize-hook='mv "$1/inside" "$1/linnaea"')

if ! is_made build/wheels "${python_lists[@]}"; then
    say "Python packages"
    certificates=${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}   # pip there trusts whom this machine trusts
    [ -s "$certificates" ] || certificates=/dev/null
    mmdebstrap --quiet --variant=apt --format=null "${inside[@]}" \
        --customize-hook="mkdir -p \"\$1/usr/local/share/ca-certificates\" && cp '$certificates' \"\$1/usr/local/share/ca-certificates/host.crt\"" \
        --customize-hook='chroot "$1" sh /linnaea/wheels.sh /linnaea' --customize-hook='copy-out /linnaea/wheels build/inside' "$release" -
    rm -rf build/wheels && mv build/inside/wheels build/wheels
    hash_of "${python_lists[@]}" >build/wheels.inputs
fi

say "Debian packages"
cp -r build/wheels build/inside
mmdebstrap --quiet --variant=apt --format=tar --skip=output/dev \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "${inside[@]}" --customize-hook='chroot "$1" sh /linnaea/install.sh /linnaea' \
    "$release" - | bgzip -c -@ "$(nproc)" -l 6 >"$partial"   # gzip in blocks: on all cores
mv "$partial" "$image"
hash_of "${lists[@]}" >"$image.inputs"
say "$image, $(du -h "$image" | cut -f 1), sha256 $(sha256sum "$image" | cut -c 1-64)"
