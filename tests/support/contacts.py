"""Contigs cut from chromosomes and Hi-C pairs between places, without sequence, with their truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linnaea.truth.scaffolds import Origin


@dataclass
class ContactSet:
    """Lengths and origins of contigs by name, and pairs (contig, position, contig, position), 0-based."""

    lengths: dict[str, int]
    origins: dict[str, list[Origin]]
    pairs: np.ndarray

    def write(
        self, folder: Path, columns: str = "readID chrom1 pos1 chrom2 pos2", rows: str = ""
    ) -> tuple[Path, Path]:
        """Write contigs.fai and contacts.pairs; `rows` are appended to the pairs."""
        fai, pairs = folder / "contigs.fai", folder / "contacts.pairs"
        names = list(self.lengths)
        fai.write_text("".join(f"{name}\t{bp}\n" for name, bp in self.lengths.items()))
        header = "## pairs format v1.0\n#shape: whole matrix\n"
        header += "".join(f"#chromsize: {name} {bp}\n" for name, bp in self.lengths.items())
        body = "".join(f".\t{names[a]}\t{p + 1}\t{names[b]}\t{q + 1}\n" for a, p, b, q in self.pairs.tolist())
        pairs.write_text(f"{header}#columns: {columns}\n{body}{rows}")
        return fai, pairs


def contact_set(
    seed: int,
    bases: int = 8_000_000,
    chromosomes: int = 4,
    contig: int = 150_000,
    pairs: int = 80_000,
    trans: float = 0.25,
    slope: float = 1.0,
    uneven: float = 0.3,
    chimeras: int = 3,
    least: int = 30_000,
) -> ContactSet:
    """Contigs of lognormal lengths (`least` bp or more) on either strand; contacts fall with distance^-slope.

    `trans` is the share of pairs at random places, `uneven` the spread (ln) of the coverage of contigs.
    """
    rng = np.random.default_rng(seed)
    share = rng.lognormal(0, 0.4, chromosomes)
    sizes = np.maximum((share / share.sum() * bases).astype(int), 3 * contig)
    pieces = []
    for chromosome, size in enumerate(sizes):
        start = 0
        while start < size:
            end = start + int(max(least, rng.lognormal(np.log(contig) - 0.2, 0.6)))
            end = int(size) if size - end < least else end
            pieces.append((chromosome, start, end))
            start = end
    table = np.array(pieces)
    order = rng.permutation(len(table))
    groups = [list(order[2 * k : 2 * k + 2]) for k in range(chimeras)] + [[k] for k in order[2 * chimeras :]]
    forward = rng.random(len(table)) < 0.5
    lengths, origins = {}, {}
    contig_of, offset = np.zeros(len(table), int), np.zeros(len(table), int)
    for number, group in enumerate(groups):
        name, position, origins_here = f"c{number}", 0, []
        for k in group:
            chromosome, start, end = table[k].tolist()
            contig_of[k], offset[k] = number, position
            origins_here.append(
                Origin(position, position + end - start, f"chr{chromosome}", start, end, bool(forward[k]))
            )
            position += end - start
        lengths[name], origins[name] = position, origins_here
    weight = np.exp(rng.normal(0, uneven, len(table)))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    piece_starts = starts[table[:, 0]] + table[:, 1]

    def places(genome: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        k = np.searchsorted(piece_starts, genome, "right") - 1
        within, size = genome - piece_starts[k], table[k, 2] - table[k, 1]
        return contig_of[k], offset[k] + np.where(forward[k], within, size - 1 - within), weight[k]

    drawn: list[np.ndarray] = []
    while sum(map(len, drawn)) < pairs:
        first = rng.integers(0, starts[-1], 2 * pairs)
        chromosome = np.searchsorted(starts, first, "right") - 1
        low, high = 500.0, sizes[chromosome].astype(float)
        u, power = rng.random(len(first)), 1 - slope
        distance = (
            low * (high / low) ** u
            if abs(power) < 1e-9
            else (low**power + u * (high**power - low**power)) ** (1 / power)
        )
        cis = first + (rng.choice([-1, 1], len(first)) * distance).astype(int)
        random = rng.random(len(first)) < trans
        second = np.where(random, rng.integers(0, starts[-1], len(first)), cis)
        inside = (second >= starts[chromosome]) & (second < starts[chromosome + 1]) | random
        (a, p, wa), (b, q, wb) = places(first[inside]), places(second[inside])
        kept = rng.random(len(a)) < np.minimum(1, wa * wb / np.quantile(weight, 0.9) ** 2)
        drawn.append(np.stack([a, p, b, q], 1)[kept])
    return ContactSet(lengths, origins, np.concatenate(drawn)[:pairs])
