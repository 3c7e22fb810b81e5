# The shell of every task (process.shell): runs its script, then refuses what a task can lose unnoticed: a child that was
# killed for memory while the script went on, and output files that were cut. Called as `bash -euo pipefail checked_task.sh script`.

# Sets `killed` to the number of processes of this cgroup that were killed for memory; 0 where the kernel does not count them.
# On one machine tasks share a cgroup: a neighbour's loss then makes this task run again, which costs time but no result.
count_killed() {
    local controllers path file key value
    local root=${LINNAEA_CGROUPS:-/sys/fs/cgroup} own=${LINNAEA_CGROUPS:-/proc/self}/cgroup   # tests bring their own
    killed=0
    while IFS=: read -r _ controllers path; do
        case ",$controllers," in
            ,,) set -- "$root$path/memory.events" "$root/memory.events" ;;
            *,memory,*) set -- "$root/memory$path/memory.oom_control" "$root/memory/memory.oom_control" ;;
            *) continue ;;
        esac
        for file in "$@"; do
            [[ -r $file ]] || continue
            while read -r key value; do
                [[ $key != oom_kill ]] || killed=$((killed + value))
            done < "$file"
            break
        done
    done < "$own"
}

# Output files of BGZF blocks (BAM, BCF, indices, bgzip) end with an empty block. Plain gzip has no such mark: only reading it
# whole would tell, which its readers do.
refuse_cut_files() {
    local file start end cut=()
    shopt -s nullglob
    for file in ./*.{bam,bcf,csi,tbi,gz,bgz} ./*/*.{bam,bcf,csi,tbi,gz,bgz}; do
        [[ -f $file && -s $file && ! -L $file && ! -L ${file%/*} ]] || continue
        start=$(od -An -v -tx1 -N14 "$file")
        if [[ $start == ' 1f 8b 08 04 '*' 42 43' ]]; then
            end=$(tail -c 28 "$file" | od -An -v -tx1)
            [[ ${end//[[:space:]]/} == 1f8b08040000000000ff0600424302001b0003000000000000000000 ]] || cut+=("${file#./}")
        elif [[ $file == *.@(bam|csi|tbi) || ($file == *.bcf && $start != ' 42 43 46'*) ]]; then
            cut+=("${file#./}")
        fi
    done
    if (( ${#cut[@]} )); then
        echo "error: ${cut[*]} ended too early (the mark of the end is missing): the disk may be full, or a program died unnoticed" >&2
        exit 1
    fi
}

# An engine that is killed forgets the tasks that were running: the next one starts them again in the same directory. There the
# first may still be at work (it is waited for), may have ended well since (nothing is left to do), or may have left files behind.
# The engine touches .command.begin; what this script writes into it tells the one that comes after.
take_over_directory() {
    local begin=${NXF_TASK_WORKDIR:-$PWD}/.command.begin used=
    [[ ! -s $begin ]] || used=yes
    exec 9>> "$begin"
    if command -v flock > /dev/null && ! flock -n 9; then
        echo "this task is still at work for an earlier run; waiting for its end" >&2
        flock 9
    fi
    if [[ $used && $begin -ef .command.begin ]]; then
        if [[ $(< .command.begin) == *done ]]; then
            echo "this task ended well for an earlier run" >&2
            exit 0
        fi
        # inputs were linked anew since the engine touched the file: what is a second older is of the earlier run
        find . -mindepth 1 ! -type d ! -name '.command.*' ! -name .exitcode \
            ! -newermt "@$(( $(stat -c %Y .command.begin) - 1 ))" -delete || :
        find . -mindepth 1 -depth -type d -empty -delete || :
    fi
    echo begun >&9
}

# Read as a whole before it starts, so that a change of this file does not reach tasks that run.
{
    # what a task writes is never writable for everybody
    umask o-w
    # newer engines start their own wrapper by this shell too
    [[ ${2:-} != nxf_* ]] || exec bash -euo pipefail "$@"
    take_over_directory
    count_killed
    before=$killed
    status=0
    BASH_ENV=${BASH_SOURCE[0]%/*}/pipe_status.sh bash -euo pipefail "$@" || status=$?
    count_killed
    if (( killed > before )); then
        echo "error: a process of this task was killed for want of memory; it needs more than it was given" >&2
        exit 137
    fi
    if (( status == 0 )); then
        if command -v od > /dev/null; then refuse_cut_files; fi
        echo done >&9
    fi
    exit "$status"
}
