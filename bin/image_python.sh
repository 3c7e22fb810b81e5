#!/usr/bin/env bash
# Python of the image, for what runs outside tasks: image_python.sh ENGINE IMAGE ARGUMENT...
# Every folder of this machine is seen inside but those that the image has itself: inputs may lie in any.
set -euo pipefail
project=$(dirname "$(dirname "$(readlink -f "$0")")")
engine=$1 image=$2
shift 2

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

case $engine in charliecloud) program=ch-run ;; *) program=$engine ;; esac
command -v "$program" >/dev/null || fail "$program is not on PATH, and the Python of the image $image runs by it: install $engine or load its module"
case $image in /*) [ -e "$image" ] || fail "the image $image is missing: give its place with --image, or make it as $project/docs/howto/containers.md says" ;; esac

folders=()
for folder in /*; do
    case $folder in /bin | /boot | /dev | /etc | /lib* | /proc | /run | /sbin | /sys | /tmp | /usr | /var) continue ;; esac
    if [ -d "$folder" ] && [ -r "$folder" ] && [ -x "$folder" ]; then folders+=("$folder"); fi
done
[ ! -e "$project/../SHA256SUMS" ] || project=$(dirname "$project")   # of a bundle: databases lie beside the code
for folder in "$project" "$PWD"; do
    top=${folder#/}
    case " ${folders[*]} /tmp " in *" /${top%%/*} "*) ;; *) folders+=("$folder") ;; esac
done

case $engine in
    apptainer | singularity)
        case $image in
            /*) ;;
            *)
                # where the engine keeps the images that it pulled
                name=${image#docker://}
                variable=NXF_${engine^^}
                library=${variable}_LIBRARYDIR cache=${variable}_CACHEDIR
                image=docker://$name
                for folder in "${!library:-}" "${!cache:-}"; do
                    if [ -s "$folder/${name//[:\/]/-}.img" ]; then image=$folder/${name//[:\/]/-}.img; break; fi
                done
                ;;
        esac
        code=0
        "$engine" -q exec "${folders[@]/#/--bind=}" "$image" python3 "$@" || code=$?
        [ $code -ne 255 ] || fail "$engine could not start the image $image; what it says is above. --image gives another"
        exit $code
        ;;
    docker | podman)
        "$engine" image inspect "$image" >/dev/null 2>&1 || "$engine" pull -q "$image" >/dev/null \
            || fail "$engine has no image $image and could not pull it: --image gives another, and \`make image\` with \`$engine import\` makes one ($project/docs/howto/containers.md)"
        folders+=(/tmp)
        mounts=()
        for folder in "${folders[@]}"; do mounts+=(--volume "$folder:$folder"); done
        [ "$engine" = podman ] || mounts+=(--user "$(id -u):$(id -g)")
        # the engine's process must be known by its number: a second run in one directory is refused by that
        exec "$engine" run --rm --pid host --security-opt label=disable "${mounts[@]}" --workdir "$PWD" --env HOME --env PYTHONPATH "$image" python3 "$@"
        ;;
    charliecloud)
        [ -d "$image" ] || fail "charliecloud takes an image as a folder, and $image is not one: --image FOLDER, made as $project/docs/howto/containers.md says"
        binds=()
        for folder in "${folders[@]}"; do binds+=(--bind "$folder"); done
        USER=${USER:-$(id -un)} exec ch-run -w --set-env --cd "$PWD" "${binds[@]}" "$image" -- python3 "$@"
        ;;
    *) fail "the image's Python cannot be run by $engine: use apptainer, singularity, docker, podman or charliecloud, or call \`make setup\` in $project" ;;
esac
