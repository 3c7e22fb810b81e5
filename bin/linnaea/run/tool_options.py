"""A task's cores and memory as options of its tools, by snakemake-wrapper-utils.

Only get_java_opts, get_samtools_opts and get_bcftools_opts are used of that library, on a stand-in for the
object that Snakemake gives to wrappers. What the library does: the heap of Java is 80 % of the memory;
samtools and bcftools count threads beside the first, so they get one less than there are cores. Memory of
`samtools sort` is not in the library and is shared out here.
"""

from types import SimpleNamespace
from typing import Literal

from snakemake_wrapper_utils.bcftools import get_bcftools_opts
from snakemake_wrapper_utils.java import get_java_opts
from snakemake_wrapper_utils.samtools import get_samtools_opts

# Memory a thread of `samtools sort`: less makes too many files, more gains nothing.
LEAST_MB, MOST_MB = 64, 2048
NONE = {f"parse_{part}": False for part in ("ref", "regions", "output", "output_format")}


class _Resources(dict):
    """Resources as Snakemake has them: a mapping whose `tmpdir` is an attribute, too."""

    tmpdir = "."


def _task(cpus: int, memory_mb: int) -> SimpleNamespace:
    resources = _Resources(mem_mb=memory_mb)
    return SimpleNamespace(threads=cpus, input={}, output={}, params={}, resources=resources)


def java(memory_mb: int) -> str:
    """Options of a Java machine in a task of this memory (MiB): its heap, and files in the task's folder."""
    return get_java_opts(_task(1, memory_mb)).strip()


def samtools(cpus: int) -> str:
    """Threads of a samtools command; "" with one core."""
    options = get_samtools_opts(_task(cpus, 0), parse_write_index=False, **NONE).strip()
    # `samtools index` of 1.16 knows the short form alone
    return options.replace("--threads", "-@")


def samtools_sort(cpus: int, memory_mb: int, share: float) -> str:
    """Threads of `samtools sort`, and memory a thread: together this share of the task's memory (MiB)."""
    each = min(MOST_MB, max(LEAST_MB, int(share * memory_mb / cpus)))
    return f"{samtools(cpus)} -m {each}M".strip()


def bcftools(cpus: int) -> str:
    """Threads of a bcftools command; "" with one core."""
    return get_bcftools_opts(
        _task(cpus, 0), parse_samples=False, parse_targets=False, parse_memory=False, **NONE
    ).strip()


def print_options(
    tool: Literal["java", "samtools", "samtools-sort", "bcftools"],
    /,
    *,
    cpus: int = 1,
    memory_mb: int = 0,
    share: float = 0.8,
) -> None:
    """Print options for a tool from the cores and memory of its task.

    share: share of the memory that is for `samtools sort`
    """
    options = {
        "java": lambda: java(memory_mb),
        "samtools": lambda: samtools(cpus),
        "samtools-sort": lambda: samtools_sort(cpus, memory_mb, share),
        "bcftools": lambda: bcftools(cpus),
    }
    print(options[tool]())
