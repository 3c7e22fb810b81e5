# Read by the shell of a task's script (BASH_ENV, see checked_task.sh): where a pipe fails, the exit codes of its parts go into the
# log, as the code of the whole does not say which program failed first.
unset BASH_ENV
trap 'pipe_codes=("${PIPESTATUS[@]}"); (( ${#pipe_codes[@]} < 2 )) || echo "exit codes along the pipe at line $LINENO: ${pipe_codes[*]}" >&2' ERR
