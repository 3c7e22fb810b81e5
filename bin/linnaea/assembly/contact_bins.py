"""Multi-resolution contact maps (.mcool) of pairs files, as a stream."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from linnaea.assembly.hic_contacts import PairCounts, pair_blocks
from linnaea.base.errors import InputError
from linnaea.base.files import complete_path

# A map whose coarsest level has about so many bins is one picture.
COARSEST_BINS = 256


def resolutions(bin_bp: int, genome_bp: int) -> list[int]:
    """Bin sizes of a map: 1, 2, 5, 10, … times the smallest, until the genome has about 256 bins."""
    sizes = [bin_bp]
    while sizes[-1] * COARSEST_BINS < genome_bp:
        step = (2, 5, 10)[(len(sizes) - 1) % 3] * 10 ** ((len(sizes) - 1) // 3)
        sizes.append(bin_bp * step)
    return sizes


def write_mcool(
    pairs: Sequence[str], lengths: Mapping[str, int], bin_bp: int, min_mapq: int, target: str | Path
) -> PairCounts:
    """Write the contacts of pairs whose ends both have a mapping quality of `min_mapq` to a .mcool.

    The values are raw counts. Sequences stand in the order of `lengths` (name -> bp). Returns what became of
    the pairs.
    """
    import cooler
    import pandas as pd

    bins = cooler.binnify(pd.Series(lengths), bin_bp)
    first_bin = np.concatenate([[0], np.cumsum([-(-size // bin_bp) for size in lengths.values()])])
    counts = PairCounts()

    def pixels() -> Iterator[pd.DataFrame]:
        for block in pair_blocks(pairs, lengths, min_mapq, counts):
            ends = [
                first_bin[contig] + position // bin_bp
                for contig, position in (
                    (block.first, block.first_position),
                    (block.second, block.second_position),
                )
            ]
            keys = np.minimum(*ends) * first_bin[-1] + np.maximum(*ends)
            places, number = np.unique(keys, return_counts=True)
            counts.used += int(number.sum())
            low, high = np.divmod(places, first_bin[-1])
            yield pd.DataFrame({"bin1_id": low, "bin2_id": high, "count": number.astype(np.int32)})
        if not counts.used:
            raise InputError(
                f"none of {counts.read:,} Hi-C pairs has both ends on the assembly at a mapping quality of "
                f"{min_mapq}; are reads and assembly of the same species?"
            )

    with (
        complete_path(target) as partial,
        tempfile.TemporaryDirectory(dir=Path(target).resolve().parent) as folder,
    ):
        single = f"{folder}/single.cool"
        cooler.create_cooler(single, bins, pixels(), ordered=False, temp_dir=Path(folder).parent)
        cooler.zoomify_cooler(
            single, str(partial), resolutions(bin_bp, sum(lengths.values())), chunksize=10_000_000
        )
    return counts
