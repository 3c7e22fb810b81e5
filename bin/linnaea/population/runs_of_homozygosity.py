"""Runs of homozygosity of one sample from counts in bins, by a hidden Markov model of two states.

Outside of runs a bin's heterozygous sites are Poisson with a rate that varies as the age of the common
ancestor of the two haplotypes does, exponentially around the sample's own mean (so the count is geometric);
inside they are Poisson with a rate of errors. Lengths of both states are exponential. Rates and lengths are
fitted by Baum-Welch (Rabiner 1989, Proc IEEE 77:257), runs are where the posterior of the inside state is
above one half. The approach is that of BCFtools/RoH (Narasimhan et al. 2016, Bioinformatics 32:1749), with
counts per callable base in place of genotypes per variant, so that it needs no allele frequencies and works
with one sample. Stretches whose haplotypes met in the population some hundred generations ago look like short
runs, and are found as such: judge recent inbreeding by the longer classes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from math import lgamma
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.formats.gff3 import sequence_lengths
from linnaea.population.compartments import read_compartments
from linnaea.population.samples import Sample, read_samples

LENGTH_CLASSES_BP = (100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000)
ERROR_PER_BP = 2e-5
# Share of bins inside runs that look like outside, because of collapsed repeats: one of them breaks no run.
OUTLIER_SHARE = 1e-3
# The inside state is of runs this long on average or longer: a shorter one would fit the patchiness of
# diversity.
MIN_MEAN_LENGTH_BP = 100_000
# The fitted inside rate stays below this many times the given error, and below this share of the outside
# rate: a higher one would fit stretches that are merely less diverse.
MAX_INSIDE_ERRORS = 4
MAX_INSIDE_SHARE = 0.2
# Fewer heterozygous sites than this tell no rate.
MIN_HETEROZYGOUS_SITES = 20

ROH_COLUMNS = (
    *("sample", "chromosome", "start_bp", "end_bp", "length_bp", "callable_bp"),
    *("heterozygous_sites", "posterior"),
)


@dataclass(frozen=True)
class Bins:
    """n bins of one size along chromosomes, in order; a bin that is not there has no callable site.

    chromosome (n,) str; index (n,) int64, number of the bin on its chromosome (start_bp // size_bp).
    """

    chromosome: np.ndarray
    index: np.ndarray
    size_bp: int

    def chromosomes(self) -> Iterator[tuple[str, slice]]:
        """Name and rows of each chromosome."""
        if not len(self.chromosome):
            return
        edges = [0, *(np.flatnonzero(self.chromosome[1:] != self.chromosome[:-1]) + 1), len(self.chromosome)]
        for start, end in pairwise(edges):
            yield str(self.chromosome[start]), slice(int(start), int(end))

    def steps(self) -> np.ndarray:
        """(n,) int64 bins from the one before, 0 at the first bin of a chromosome."""
        steps = np.zeros(len(self.index), np.int64)
        same = self.chromosome[1:] == self.chromosome[:-1]
        steps[1:][same] = np.diff(self.index)[same]
        return steps


@dataclass(frozen=True)
class Model:
    """Rates per callable base of heterozygous sites, and chances per bin to enter and to leave a run."""

    outside_per_bp: float
    inside_per_bp: float
    enter: float
    leave: float


@dataclass(frozen=True)
class Run:
    """One run of homozygosity: half-open, 0-based; counts are of its callable bases."""

    chromosome: str
    start_bp: int
    end_bp: int
    callable_bp: int
    heterozygous_sites: int
    posterior: float

    @property
    def length_bp(self) -> int:
        return self.end_bp - self.start_bp


def read_bins(path: str | Path, size_bp: int, others: Sequence[str] = ()) -> tuple[Bins, np.ndarray, Any]:
    """Bins of autosomes in a `sample_bins` file, which of its rows they are, and the open file.

    Raises InputError when the file has no such arrays or its bins do not start at multiples of `size_bp`.
    """
    data = np.load(path)
    if not {"chromosome", "start_bp"} <= set(data.files):
        raise InputError(
            f"{path}: not a file of sample bins (no `chromosome` and `start_bp`); give that of the site scan"
        )
    chromosome = data["chromosome"].astype(str)
    rows = ~np.isin(chromosome, list(others))
    start = data["start_bp"].astype(np.int64)[rows]
    # Starts may count from 0 or from 1.
    offset = int(start.min() % size_bp) if start.size else 0
    if offset > 1 or (start % size_bp != offset).any():
        raise InputError(
            f"{path}: bins do not start at multiples of {size_bp} bp; give --bin-bp as in the site scan"
        )
    return Bins(chromosome[rows], start // size_bp, size_bp), rows, data


def samples_of(data: Any) -> list[str]:
    """Samples of a file of bins, sorted."""
    return sorted(key.split("/", 1)[1] for key in data.files if key.startswith("callable/"))


def emissions(callable_sites: np.ndarray, heterozygous: np.ndarray, model: Model) -> np.ndarray:
    """(n, 2) likelihoods of the bins outside and inside runs, up to a factor of each bin; 1 without callable
    sites.
    """
    outside, inside = _log_likelihoods(callable_sites, heterozygous, model)
    top = np.maximum(outside, inside)
    result = np.exp(np.stack([outside - top, inside - top], axis=1))
    result[:, 1] = (1 - OUTLIER_SHARE) * result[:, 1] + OUTLIER_SHARE * result[:, 0]
    return result


def transitions(steps: np.ndarray, model: Model) -> np.ndarray:
    """(n, 2, 2) chances from state to state over `steps` bins; a step of 0 (a new chromosome) forgets the
    state.
    """
    share = model.enter / (model.enter + model.leave)
    stay = np.where(steps > 0, (1 - model.enter - model.leave) ** np.maximum(steps, 1).astype(float), 0.0)
    into, out = share * (1 - stay), (1 - share) * (1 - stay)
    return np.stack([np.stack([1 - into, into], axis=-1), np.stack([out, 1 - out], axis=-1)], axis=-2)


def forward_backward(emission: np.ndarray, transition: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior (n, 2) of the states, and posterior (n, 2, 2) of the steps into each bin.

    The recursions run over segments side by side: first each segment's product of step matrices, then the
    state at each segment's start, then all segments at once. Python's loop is over sqrt(n) bins, not n.
    """
    n = len(emission)
    length = max(1, int(np.sqrt(n)))
    segments = -(-n // length)
    pad = segments * length - n
    # A padded bin changes nothing: the identity keeps the state, its emission is 1.
    step = np.concatenate([transition * emission[:, None, :], np.broadcast_to(np.eye(2), (pad, 2, 2))])
    step = np.ascontiguousarray(step.reshape(segments, length, 2, 2).transpose(1, 0, 2, 3))

    product = np.broadcast_to(np.eye(2), (segments, 2, 2)).copy()
    for bin_matrices in step:
        product = product @ bin_matrices
        product /= product.max(axis=(1, 2), keepdims=True)
    starts, ends = np.empty((segments, 2)), np.empty((segments, 2))
    state = np.array([0.5, 0.5])
    for segment in range(segments):
        starts[segment] = state
        state = state @ product[segment]
        state /= state.sum()
    state = np.ones(2)
    for segment in range(segments - 1, -1, -1):
        ends[segment] = state
        state = product[segment] @ state
        state /= state.sum()

    before = np.empty((length, segments, 2))
    forward = np.empty((length, segments, 2))
    state = starts
    for row in range(length):
        before[row] = state
        state = np.einsum("si,sij->sj", state, step[row])
        state = state / state.sum(axis=1, keepdims=True)
        forward[row] = state
    backward = np.empty((length, segments, 2))
    state = ends
    for row in range(length - 1, -1, -1):
        backward[row] = state
        state = np.einsum("sij,sj->si", step[row], state)
        state = state / state.sum(axis=1, keepdims=True)

    posterior = forward * backward
    posterior /= posterior.sum(axis=2, keepdims=True)
    joint = before[..., :, None] * step * backward[..., None, :]
    joint /= joint.sum(axis=(2, 3), keepdims=True)
    return posterior.transpose(1, 0, 2).reshape(-1, 2)[:n], joint.transpose(1, 0, 2, 3).reshape(-1, 2, 2)[:n]


def outside_rate(
    bins: Bins, callable_sites: np.ndarray, heterozygous: np.ndarray, stretch: int = 100
) -> float:
    """Heterozygous sites per callable base where a sample is not autozygous, 0 when it has none such.

    The median over stretches of 100 bins that are at least half as diverse as the 90th percentile of all; of
    a higher percentile where those hold fewer than 20 heterozygous sites, as in samples that are autozygous
    almost everywhere.
    """
    sites, counts = [], []
    for _, rows in bins.chromosomes():
        group = (bins.index[rows] - bins.index[rows][0]) // stretch
        sites.append(np.bincount(group, callable_sites[rows]))
        counts.append(np.bincount(group, heterozygous[rows]))
    if not sites:
        return 0.0
    all_sites, all_counts = np.concatenate(sites), np.concatenate(counts)
    enough = (all_sites > 0) & (all_sites > 0.2 * all_sites.max())
    if not enough.any():
        return 0.0
    rates, all_counts = all_counts[enough] / all_sites[enough], all_counts[enough]
    for quantile in (0.9, 0.98, 1.0):
        top = np.quantile(rates, quantile)
        diverse = (rates >= 0.5 * top) & (rates > 0)
        if all_counts[diverse].sum() >= MIN_HETEROZYGOUS_SITES:
            return float(np.median(rates[diverse]))
    return 0.0


def sample_row(
    name: str,
    status: str,
    bins: Bins,
    callable_sites: np.ndarray,
    heterozygous: np.ndarray,
    model: Model | None,
    found: Sequence[Run],
    classes: Sequence[int],
    checks: dict[str, list[tuple[str, int, int]]] | None,
) -> list[Any]:
    """Values of `class_columns` of one sample; a class without runs has zeros, a sample without model NA."""
    total = int(callable_sites.sum())
    rates = (model.outside_per_bp, model.inside_per_bp) if model else (None, None)
    row: list[Any] = [name, status, total, int(heterozygous.sum()), *rates]
    for size in classes:
        members = [item for item in found if item.length_bp >= size]
        inside = sum(item.callable_bp for item in members)
        share = inside / total if total and model else None
        row += [len(members), sum(item.length_bp for item in members), inside, share]
        if checks is not None:
            regions = [region for region in checks.get(name, []) if region[2] - region[1] >= size]
            row.append(callable_within(bins, callable_sites, regions) / total if total else None)
    return row


def outside_rates(
    rates: dict[str, float], error_per_bp: float = ERROR_PER_BP
) -> dict[str, tuple[str, float | None]]:
    """Status of each sample of a group, and the outside rate to keep for those that have none of their own.

    Samples of other populations must not be among them: theirs may be more diverse. `ok`: the sample's own
    rate; `outside_from_others`: its rate is below a quarter of the samples' median, which is taken instead;
    `no_diversity`: its rate is not above twice the rate of errors and there is no better one, so that runs
    cannot be distinguished from a lack of diversity.
    """
    usable = [rate for rate in rates.values() if rate > 2 * error_per_bp]
    median = float(np.median(usable)) if usable else 0.0
    result: dict[str, tuple[str, float | None]] = {}
    for name, rate in rates.items():
        if rate < median / 4:
            result[name] = ("outside_from_others", median)
        elif rate <= 2 * error_per_bp:
            result[name] = ("no_diversity", None)
        else:
            result[name] = ("ok", None)
    return result


def fit(
    bins: Bins,
    callable_sites: np.ndarray,
    heterozygous: np.ndarray,
    outside_per_bp: float | None = None,
    error_per_bp: float = ERROR_PER_BP,
    rounds: int = 60,
) -> tuple[Model, np.ndarray]:
    """Fitted model and (n,) posterior of being inside a run.

    The outside rate starts at `outside_rate`; one that is given as `outside_per_bp` (of other samples, for
    one that has no diversity of its own left) is kept.
    """
    start = outside_per_bp or outside_rate(bins, callable_sites, heterozygous)
    max_leave = min(0.5, bins.size_bp / MIN_MEAN_LENGTH_BP)
    model = Model(start, min(error_per_bp, _inside_limit(start, error_per_bp)), 1e-4, max_leave / 3)
    steps = bins.steps()
    neighbours = steps == 1
    for _ in range(rounds):
        emission = emissions(callable_sites, heterozygous, model)
        posterior, joint = forward_backward(emission, transitions(steps, model))
        moves = joint[neighbours].sum(axis=0)
        # Of the bins inside, outliers belong to the outside rate.
        outlier = OUTLIER_SHARE * emission[:, 0] / emission[:, 1]
        inside_weight = posterior[:, 1] * (1 - outlier)
        outside_weight = 1 - inside_weight
        rate = outside_per_bp or max(
            float(outside_weight @ heterozygous) / max(float(outside_weight @ callable_sites), 1.0), 1e-9
        )
        # One false site in a prior of 1 / error bases keeps the inside rate above 0 where nothing is inside.
        false_rate = float(inside_weight @ heterozygous + 1) / float(
            inside_weight @ callable_sites + 1 / error_per_bp
        )
        previous, model = (
            model,
            Model(
                outside_per_bp=rate,
                inside_per_bp=min(false_rate, _inside_limit(rate, error_per_bp)),
                enter=float(np.clip((moves[0, 1] + 0.1) / (moves[0].sum() + 1000), 1e-7, 0.1)),
                leave=float(np.clip((moves[1, 0] + 1) / (moves[1].sum() + 3 / max_leave), 1e-6, max_leave)),
            ),
        )
        if np.allclose(astuple(previous), astuple(model), rtol=2e-3, atol=0):
            break
    posterior, _ = forward_backward(emissions(callable_sites, heterozygous, model), transitions(steps, model))
    return model, posterior[:, 1]


def runs(
    bins: Bins,
    callable_sites: np.ndarray,
    heterozygous: np.ndarray,
    inside: np.ndarray,
    lengths: dict[str, int] | None = None,
) -> list[Run]:
    """Runs where the posterior `inside` is above one half, from the first to the last callable bin of each.

    `lengths` cut the last bin at the end of its chromosome.
    """
    found = []
    for name, rows in bins.chromosomes():
        index, sites, count, chance = bins.index[rows], callable_sites[rows], heterozygous[rows], inside[rows]
        member = (chance > 0.5).astype(np.int8)
        change = np.flatnonzero(np.diff(np.concatenate([[0], member, [0]])))
        for start, end in change.reshape(-1, 2):
            with_data = np.flatnonzero(sites[start:end])
            if not with_data.size:
                continue
            first, last = start + with_data[0], start + with_data[-1]
            part = slice(first, last + 1)
            end_bp = int(index[last] + 1) * bins.size_bp
            found.append(
                Run(
                    chromosome=name,
                    start_bp=int(index[first]) * bins.size_bp,
                    end_bp=min(end_bp, lengths[name]) if lengths and name in lengths else end_bp,
                    callable_bp=int(sites[part].sum()),
                    heterozygous_sites=int(count[part].sum()),
                    posterior=float(np.average(chance[part], weights=sites[part])),
                )
            )
    return found


def read_bcftools(path: str | Path) -> dict[str, list[tuple[str, int, int]]]:
    """Runs of each sample in `bcftools roh -O r` output: chromosome, start (0-based) and end."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        fields = line.split("\t")
        if fields[0] != "RG" or len(fields) < 6:
            raise InputError(
                f"{path}, row {number}: not a region of `bcftools roh -O r`; write it with that option"
            )
        found.setdefault(fields[1], []).append((fields[2], int(fields[3]) - 1, int(fields[4])))
    return found


def callable_within(bins: Bins, callable_sites: np.ndarray, regions: Sequence[tuple[str, int, int]]) -> float:
    """Callable bases in half-open regions; a bin that a region cuts counts by its share."""
    total = 0.0
    rows_of = dict(bins.chromosomes())
    for chromosome, start, end in regions:
        if chromosome in rows_of:
            rows = rows_of[chromosome]
            left = bins.index[rows] * bins.size_bp
            overlap = np.minimum(left + bins.size_bp, end) - np.maximum(left, start)
            total += float(np.maximum(overlap, 0) @ callable_sites[rows]) / bins.size_bp
    return total


def class_columns(classes: Sequence[int], bcftools: bool = False) -> list[str]:
    """Columns of `froh.tsv`."""
    columns = [
        "sample",
        "status",
        "callable_autosomal_bp",
        "heterozygous_sites",
        "outside_heterozygosity_per_bp",
    ]
    columns.append("inside_heterozygosity_per_bp")
    for size in classes:
        columns += [f"{name}_min_{size}bp" for name in ("roh_count", "roh_bp", "roh_callable_bp", "f_roh")]
        if bcftools:
            columns.append(f"f_roh_bcftools_min_{size}bp")
    return columns


def _inside_limit(outside: float, error_per_bp: float) -> float:
    return min(MAX_INSIDE_SHARE * outside, MAX_INSIDE_ERRORS * error_per_bp)


def _log_likelihoods(
    callable_sites: np.ndarray, heterozygous: np.ndarray, model: Model
) -> tuple[np.ndarray, np.ndarray]:
    """Log likelihood of each bin outside and inside, but for a term that both share."""
    mean = callable_sites * model.outside_per_bp
    outside = heterozygous * np.log(model.outside_per_bp) - (heterozygous + 1) * np.log1p(mean)
    # A geometric count has no factorial, a Poisson count does.
    inside = heterozygous * np.log(model.inside_per_bp) - callable_sites * model.inside_per_bp
    return outside, inside - _log_factorial(heterozygous)


def _log_factorial(count: np.ndarray) -> np.ndarray:
    values, place = np.unique(count.astype(np.int64), return_inverse=True)
    return np.array([lgamma(value + 1) for value in values.tolist()])[place]


def read_counts(data: Any, sample: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) callable and heterozygous sites of one sample in the bins that are `rows` of a file of bins."""
    callable_sites, heterozygous = data[f"callable/{sample}"][rows], data[f"heterozygous/{sample}"][rows]
    return callable_sites.astype(np.int64), heterozygous.astype(np.int64)


def compared_samples(names: Sequence[str], table: Iterable[Sample] | None) -> list[list[str]]:
    """Samples whose outside rates may stand in for each other's: those of a group; all without a table.

    A sample that the table lacks is a group of its own.
    """
    if table is None:
        return [list(names)]
    group_of = {sample.sample: (sample.group, sample.outgroup) for sample in table}
    members: dict[Any, list[str]] = {}
    for name in names:
        members.setdefault(group_of.get(name, name), []).append(name)
    return list(members.values())


def class_sizes(text: str | None) -> tuple[int, ...]:
    """Smallest lengths (bp) of the classes from a comma-separated list; the usual ones when it is empty."""
    return tuple(int(size) for size in (text or "").split(",") if size) or LENGTH_CLASSES_BP


def run_row(name: str, run: Run) -> tuple[Any, ...]:
    """Values of `ROH_COLUMNS` of one run."""
    place = (run.chromosome, run.start_bp, run.end_bp, run.length_bp)
    return (name, *place, run.callable_bp, run.heterozygous_sites, run.posterior)


def find_runs(
    *,
    bins: str,
    roh: str,
    froh: str,
    out: str,
    id: str = "population",
    bin_bp: int = 1000,
    samples: str | None = None,
    compartments: str | None = None,
    fai: str | None = None,
    bcftools: str | None = None,
    error_per_bp: float = ERROR_PER_BP,
    length_classes: str | None = None,
) -> None:
    """Runs of homozygosity and F_ROH of each sample from the bins of the site scan.

    bins: sample bins of the site scan, .npz
    samples: sample table, to compare a sample without diversity with its own group
    compartments: chromosomes that are not autosomes
    fai: index of the reference, to end runs at the ends of chromosomes
    bcftools: output of `bcftools roh -O r`, for a cross-check
    error_per_bp: expected false heterozygous sites per callable base; 0 is the default
    length_classes: smallest lengths of the classes in bp, comma-separated
    out: metrics record
    """
    classes = class_sizes(length_classes)
    error = error_per_bp or ERROR_PER_BP
    autosomal, rows, data = read_bins(bins, bin_bp, list(read_compartments(compartments)))
    checks = read_bcftools(bcftools) if bcftools else None
    lengths = sequence_lengths(fai) if fai else None
    names = samples_of(data)
    statuses: dict[str, tuple[str, float | None]] = {}
    for members in compared_samples(names, read_samples(samples) if samples else None):
        rates = {name: outside_rate(autosomal, *read_counts(data, name, rows)) for name in members}
        statuses |= outside_rates(rates, error)
    run_rows, sample_rows, record = [], [], {}
    for name in names:
        status, outside = statuses[name]
        counts = read_counts(data, name, rows)
        found: list[Run] = []
        model = None
        if status != "no_diversity":
            model, inside = fit(autosomal, *counts, outside, error)
            found = runs(autosomal, *counts, inside, lengths)
        shown = [run for run in found if run.length_bp >= min(classes)]
        run_rows += [run_row(name, run) for run in shown]
        sample_rows.append(sample_row(name, status, autosomal, *counts, model, found, classes, checks))
        longest = max((run.length_bp for run in shown), default=0)
        record[name] = {"status": status, "runs": len(shown), "longest_run_bp": longest}
    write_table(roh, ROH_COLUMNS, run_rows)
    write_table(froh, class_columns(classes, checks is not None), sample_rows)
    write_metrics(
        out,
        {
            "id": id,
            "step": "runs_of_homozygosity",
            "bin_bp": bin_bp,
            "error_per_bp": error,
            "length_classes_bp": list(classes),
            "samples": record,
        },
    )
