"""Coverage of a genome by its reads: enough for an assembler, or more than it needs."""

from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics


def coverage_record(
    genome_id: str, bases_bp: int, genome_size_bp: int, minimum: float, cap: float
) -> dict[str, Any]:
    """Metrics record of one genome's coverage.

    `minimum` and `cap` are coverages (x of the haploid size); `kept_share` is the share of reads, 0 to 1,
    that brings the coverage down to `cap`. Raises InputError when the coverage is below `minimum`.
    """
    if genome_size_bp <= 0:
        raise InputError(
            f"{genome_id}: the genome size is not known, so the coverage cannot be judged; "
            "give `genome_size` in the input"
        )
    coverage = bases_bp / genome_size_bp
    if coverage < minimum:
        raise InputError(
            f"{genome_id}: the HiFi reads cover the haploid genome {coverage:.1f}x ({bases_bp:,} bases of "
            f"{genome_size_bp:,} bp), and an assembly needs {minimum:g}x; sequence more, or lower "
            "--min_hifi_coverage if you know what you are doing"
        )
    return {
        "id": genome_id,
        "step": "coverage",
        "bases_bp": bases_bp,
        "genome_size_bp": genome_size_bp,
        "coverage_x": coverage,
        "cap_x": cap,
        "kept_share": min(1.0, cap / coverage),
    }


def cap_coverage(
    *,
    id: str,
    bases: int,
    genome_size: int,
    minimum: float,
    cap: float,
    out: str,
) -> None:
    """Judge the coverage of a genome by its filtered reads; print the share of reads to keep (1 for all).

    bases: bases of the filtered reads
    genome_size: haploid size, bp
    minimum: coverage an assembler needs
    cap: coverage beyond which reads are left out
    """
    record = coverage_record(id, bases, genome_size, minimum, cap)
    write_metrics(out, record)
    print(f"{record['kept_share']:.6g}")
