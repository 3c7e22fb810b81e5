"""Engine overhead of finished runs: wall time over the chain of tasks that decided it, from their traces.

    python bench/overhead.py results/pipeline_info/trace.tsv ...

The chain goes from the task that ended last to the one that had ended last before it started, and so on: what
it lacks to the wall time is spent by engine and scheduler between tasks.
"""

import sys
from datetime import datetime
from pathlib import Path

from linnaea.base.tables import read_table
from linnaea.run.launch import seconds_of

ROUNDED_S = 1  # lengths of a minute and more are told in whole seconds


def overhead(trace: Path) -> tuple[float, float, int]:
    """Wall time from the first submission to the last end, s; time of the chain's tasks, s; their number."""
    tasks = []
    for row in read_table(trace):
        if row["status"] == "COMPLETED":
            submitted = datetime.fromisoformat(row["submit"]).timestamp()
            ended = submitted + seconds_of(row["duration"])
            tasks.append((ended, ended - seconds_of(row["realtime"]), submitted))
    tasks.sort()
    chain, start = 0.0, float("inf")
    length = 0
    while earlier := [task for task in tasks if task[0] <= start + ROUNDED_S and task[1] < start]:
        ended, start, _ = earlier[-1]
        chain += ended - start
        length += 1
    return tasks[-1][0] - min(task[2] for task in tasks), chain, length


for path in map(Path, sys.argv[1:]):
    wall, chain, length = overhead(path)
    print(f"{path}: {wall:.0f} s, {chain:.0f} s of them in {length} tasks that decide: {wall / chain:.2f}")
