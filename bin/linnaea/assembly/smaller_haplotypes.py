"""Reads of the smaller haplotype of each phase block."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from linnaea.base.tables import Row, table_rows


def smaller_haplotypes(rows: Iterable[Row]) -> Iterator[str]:
    """Names of the reads to leave out: of each (sequence, phase set) those of the smaller haplotype.

    `rows` have the columns #readname, haplotype (H1, H2 or none), phaseset and chromosome; of two
    haplotypes with as many reads H2 is left out.
    """
    tagged = [row for row in rows if row["haplotype"] != "none"]
    sizes = Counter((row["chromosome"], row["phaseset"], row["haplotype"]) for row in tagged)
    for row in tagged:
        block = (row["chromosome"], row["phaseset"])
        larger = "H1" if sizes[*block, "H1"] >= sizes[*block, "H2"] else "H2"
        if row["haplotype"] != larger:
            yield row["#readname"]


def print_smaller_haplotypes(
    tags: Path,
    /,
) -> None:
    """Name the reads of the smaller haplotype of each phase block, from the list of `whatshap haplotag`."""
    with tags.open() as handle:
        for name in smaller_haplotypes(table_rows(handle, tags)):
            print(name)
