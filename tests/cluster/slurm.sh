#!/usr/bin/env bash
# A Slurm of one's own: Debian's munged, slurmctld and slurmd in a private directory, on loopback only.
#   slurm.sh start DIR [NODES]   NODES slurmd front-ends on this machine (default 1); prints what to export
#   slurm.sh stop DIR            stops what was started there, and its jobs
#   slurm.sh run DIR COMMAND     runs a command on one node, from start to stop
#   slurm.sh controller DIR      starts the controller again
#   slurm.sh node DIR NAME       starts one slurmd again
# NODE_CPUS, NODE_MB: what each node says it has (default: of this machine). CGROUP=1: memory is enforced by the kernel.
# While a file DIR/refuse is there, submissions are refused as by the limit of a user's jobs (it would need a database to set one).
set -euo pipefail

fail() { printf '%s\n' "slurm.sh: $*" >&2; exit 1; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { for _ in $(seq 100); do "${@:2}" >/dev/null 2>&1 && return; sleep 0.2; done; fail "$1"; }

# A daemon as root, by its own path: Debian has them in sbin.
controller() { slurmctld -f "$dir/slurm.conf" -i; wait_for 'the controller does not answer' scontrol ping; }
node() { slurmd -f "$dir/slurm.conf" -N "$1"; }

start() {
    local nodes=$1 host cpus memory
    host=$(hostname) cpus=${NODE_CPUS:-$(nproc)} memory=${NODE_MB:-$(free -m | awk '/^Mem:/ { print int($2 * 0.9) }')}
    mkdir -p "$dir"/{state,spool}
    dd if=/dev/urandom of="$dir/munge.key" bs=1 count=128 status=none
    chmod 600 "$dir/munge.key"
    {
        cat <<CONF
ClusterName=linnaea
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd-%n.log
ProctrackType=proctrack/$([ "${CGROUP:-}" ] && echo cgroup || echo linuxproc)
TaskPlugin=task/$([ "${CGROUP:-}" ] && echo cgroup || echo none)
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
KillWait=5
MinJobAge=300
MpiDefault=none
JobSubmitPlugins=lua
CONF
        for index in $(seq "$nodes"); do
            # a name of their own, as the kernel's groups are named by it
            echo "NodeName=node$$-$index NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=$cpus RealMemory=$memory"
        done
        echo 'PartitionName=main Nodes=ALL Default=YES MaxTime=7-0 DefaultTime=1 DefMemPerCPU=500'
    } >"$dir/slurm.conf"
    cat >"$dir/job_submit.lua" <<LUA
function slurm_job_submit(job, partitions, user)
    local refuse = io.open("$dir/refuse")
    if not refuse then return slurm.SUCCESS end
    refuse:close()
    slurm.log_user("AssocMaxSubmitJobLimit")
    return 2050
end
function slurm_job_modify(job, change, partitions, user) return slurm.SUCCESS end
LUA
    printf '%s\n' CgroupAutomount=no ConstrainRAMSpace=yes ConstrainSwapSpace=yes >"$dir/cgroup.conf"
    munged --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" --force
    controller
    for index in $(seq "$nodes"); do node "node$$-$index"; done
    wait_for 'the nodes do not come up' bash -c "sinfo -h -t idle -o %D | grep -qx $nodes"
    echo "export SLURM_CONF=$dir/slurm.conf"
}

stop() {
    scancel --user "$(id -un)" 2>/dev/null || true
    sleep 1
    for daemon in slurmd-\* slurmctld munged; do
        for file in "$dir"/$daemon.pid; do if [ -e "$file" ]; then kill "$(cat "$file")" 2>/dev/null || true; fi; done
    done
}

[ $# -ge 2 ] || fail 'slurm.sh start|stop|run|controller|node DIR [NODES, COMMAND or NAME]'
dir=$(realpath -m "$2")
export SLURM_CONF=$dir/slurm.conf PATH=$PATH:/usr/sbin:/sbin
case $1 in
start) start "${3:-1}" ;;
stop) stop ;;
run) trap stop EXIT && start 1 >/dev/null && "${@:3}" ;;
controller) controller ;;
node) node "$3" ;;
*) fail "unknown action $1" ;;
esac
