"""The clusters of conf/site/ as data: accounts, limits and queues, from assets/sites.yml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from linnaea.base.paths import asset

SITES = asset("sites.yml")
ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class SiteLimits(NamedTuple):
    """The most that one task may ask for."""

    cpus: int
    memory_gb: float
    time_h: float


@dataclass(frozen=True)
class Site:
    """One cluster."""

    name: str
    limits: SiteLimits
    project: Mapping[str, Any]
    queues: tuple[Mapping[str, Any], ...]
    core_memory_gb: float | None
    offline: bool

    def queue(self, cpus: int, memory_gb: float, time_h: float) -> str:
        """The queue of a task within the limits; "" where the cluster's default takes all."""
        return next(
            (
                queue["queue"]
                for queue in self.queues
                if cpus <= queue.get("cpus", cpus)
                and memory_gb <= queue.get("memory_gb", memory_gb)
                and time_h <= queue.get("time_h", time_h)
            ),
            "",
        )

    def billed_cores(self, cpus: int, memory_gb: float) -> float:
        """Cores that are paid for: those asked for, or more where the memory is that of more."""
        return max(cpus, memory_gb / self.core_memory_gb) if self.core_memory_gb else float(cpus)

    def project_fault(self, project: str) -> str:
        """What is wrong with an account, "" when nothing is."""
        example = self.project["example"]
        if not project:
            return (
                f"option --project: {self.name} needs the account that pays for the jobs; add --project "
                f"{example} (yours: `projinfo` or `sacctmgr -n show associations user=$USER format=account`)"
            )
        if not ACCOUNT.fullmatch(project):
            return f"option --project: {project!r} is not the name of an account; give one such as {example}"
        for suffix in self.project.get("suffixes", ()):
            if project.endswith(suffix):
                return (
                    f"option --project: give {project} without {suffix}, which is added for each job; "
                    f"--project {project.removesuffix(suffix)}"
                )
        return ""

    def project_note(self, project: str) -> str:
        """What is odd about an account that may be right all the same, "" when nothing is."""
        pattern = self.project.get("pattern")
        if pattern and not re.fullmatch(pattern, project):
            example = self.project["example"]
            return f"accounts of {self.name} look like {example}, --project {project} does not"
        return ""


def sites() -> dict[str, Site]:
    """Name of the profile -> cluster."""
    import yaml

    return {
        name: Site(
            name,
            SiteLimits(**facts["limits"]),
            facts["project"],
            tuple(facts.get("queues", ())),
            facts.get("core_memory_gb"),
            facts.get("offline", False),
        )
        for name, facts in yaml.safe_load(SITES.read_text()).items()
    }


def site(name: str | None) -> Site | None:
    """The cluster of a profile; None for one machine."""
    return sites().get(name) if name else None
