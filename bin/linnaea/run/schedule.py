"""When the tasks of a plan can run: the longest path over what waits for what, and the time on a machine."""

import heapq
from collections.abc import Mapping, Sequence

from linnaea.catalogue.resources import Use, value
from linnaea.run.expected_tasks import ExpectedTask

# The place of a use in the workflows.
Place = tuple[str, str]


def _place(use: Use) -> Place:
    return use.workflow, use.process


def waits_for(tasks: Sequence[ExpectedTask], facts: Mapping[str, object]) -> list[list[int]]:
    """For each task the indices of those it waits for: of the processes in `after`, for the same things.

    A process is looked for in the same workflow, else in the others; `facts` are those of conditions.
    """
    members: dict[Place, list[int]] = {}
    for number, task in enumerate(tasks):
        members.setdefault(_place(task.use), []).append(number)
    indices: dict[tuple[Place, tuple[str, ...]], dict[tuple[str, ...], list[int]]] = {}

    def same_things(place: Place, task: ExpectedTask) -> list[int]:
        shared = tuple(key for key in tasks[members[place][0]].keys if key in task.keys)
        index = indices.get((place, shared))
        if index is None:
            index = indices[place, shared] = {}
            for number in members[place]:
                index.setdefault(tuple(tasks[number].keys[key] for key in shared), []).append(number)
        return index.get(tuple(task.keys[key] for key in shared), [])

    others = [number for number, task in enumerate(tasks) if task.use.workflow != "report"]
    found = []
    for task in tasks:
        if task.use.after is None:
            found.append(others)
            continue
        numbers: list[int] = []
        for process, condition in task.use.after:
            if not value(condition, facts):
                continue
            places = [place for place in members if place[1] == process]
            own = [place for place in places if place[0] == task.use.workflow]
            for place in own or places:
                numbers += same_things(place, task)
        found.append(numbers)
    return found


def _waiting(before: Sequence[Sequence[int]]) -> tuple[list[int], list[list[int]]]:
    """For each task the number of those it waits for, and the indices of those that wait for it."""
    after: list[list[int]] = [[] for _ in before]
    for number, numbers in enumerate(before):
        for earlier in numbers:
            after[earlier].append(number)
    return [len(numbers) for numbers in before], after


def critical_path(tasks: Sequence[ExpectedTask], before: Sequence[Sequence[int]]) -> tuple[float, list[int]]:
    """Wall time (s) of the longest chain of tasks that wait for each other, and the chain."""
    left, after = _waiting(before)
    ready = [number for number, count in enumerate(left) if not count]
    end = [0.0] * len(tasks)
    last: list[int | None] = [None] * len(tasks)
    for number in ready:
        latest = max(before[number], key=end.__getitem__, default=None)
        last[number] = latest
        end[number] = (end[latest] if latest is not None else 0.0) + tasks[number].wall_s
        for later in after[number]:
            left[later] -= 1
            if not left[later]:
                ready.append(later)
    if len(ready) < len(tasks):
        stuck = next(tasks[number].process for number, count in enumerate(left) if count)
        raise ValueError(f"conf/resources.yml: {stuck} waits for itself")
    link: int | None = max(range(len(tasks)), key=end.__getitem__, default=None)
    total = end[link] if link is not None else 0.0
    chain = []
    while link is not None:
        chain.append(link)
        link = last[link]
    return total, chain[::-1]


def wall_on(
    tasks: Sequence[ExpectedTask], before: Sequence[Sequence[int]], cores: int, memory_gb: float
) -> float:
    """Wall time (s) of all tasks on one machine, where each starts once it may and there is room."""
    left, after = _waiting(before)
    waiting = [number for number, count in enumerate(left) if not count]
    running: list[tuple[float, int]] = []
    now, free, room = 0.0, cores, memory_gb
    while waiting or running:
        kept = []
        for place, number in enumerate(waiting):
            if not free:
                kept += waiting[place:]
                break
            task = tasks[number]
            if task.cpus <= free and task.memory_gb <= room + 1e-9:
                free, room = free - task.cpus, room - task.memory_gb
                heapq.heappush(running, (now + task.wall_s, number))
            else:
                kept.append(number)
        if not running:
            raise ValueError(f"{tasks[kept[0]].process} requests more than the machine has")
        now, number = heapq.heappop(running)
        free, room = free + tasks[number].cpus, room + tasks[number].memory_gb
        for later in after[number]:
            left[later] -= 1
            if not left[later]:
                kept.append(later)
        waiting = kept
    return now
