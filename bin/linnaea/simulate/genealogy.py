"""Genealogies of two populations, an outgroup and a family with an inbred child, with their mutations.

The demography is a split with a bottleneck in the south (coalescent, msprime). The family hangs below two
founders of the south and is drawn here by dropping genes through its pedigree, which also gives the true
autozygous tracts. Chromosomes of half a megabase have the map length of real ones, 0.6 to 0.9 Morgan, so that
close inbreeding gives several tracts a chromosome; high mutation with a small population gives the diversity
of a usual animal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tskit

SIZE = 2000  # diploid individuals of every population, but in the bottleneck
BOTTLENECK_SIZE = 200
# By chance two of so few samples would be close relatives now and then: there are so many parents that long.
UNRELATED_SIZE, UNRELATED = 100_000, 25
BOTTLENECK = (300, 400)  # generations ago
SPLIT = 800
OUTGROUP_SPLIT = 8000
HISTORICAL = 450  # generations ago: before the bottleneck
MUTATION_RATE = 5e-7
RECOMBINATION_RATE = 1.5e-6
TRANSITIONS_PER_TRANSVERSION = 2.0
INDELS_PER_SNV = 0.05
INDEL_LENGTH = 5
# Accepted draws of the family: how far the autozygous share of the inbred child and the kinship of its
# parents may be from the expected 0.25, and how many long tracts there must be.
TOLERANCE = 0.03
LONG_TRACT, LONG_TRACTS = 50_000, 3
DRAWS = 1000
SEX_CHROMOSOME_SCALE = 0.75  # of population sizes
HEMIZYGOUS = {"X": "male", "Z": "female"}


@dataclass(frozen=True)
class Individual:
    """A simulated individual; `time` is in generations ago, parents are names."""

    name: str
    population: str
    sex: str
    time: float = 0.0
    father: str = ""
    mother: str = ""
    sampled: bool = True


INDIVIDUALS = (
    Individual("N1", "north", "female"),
    Individual("N2", "north", "male"),
    Individual("N3", "north", "female"),
    Individual("N4", "north", "male"),
    Individual("N5", "north", "female"),
    Individual("S1", "south", "female", 2),
    Individual("father", "south", "male", 2, sampled=False),
    Individual("S2", "south", "female", 1, "father", "S1"),
    Individual("S3", "south", "male", 1, "father", "S1"),
    Individual("S4", "south", "female", 0, "S3", "S2"),
    Individual("S5", "south", "male"),
    Individual("O1", "outgroup", "female"),
    Individual("H1", "south", "female", HISTORICAL),
    Individual("H2", "south", "male", HISTORICAL),
)


def demography(scale: float = 1.0) -> Any:
    """The msprime demography; `scale` multiplies all sizes (0.75 for an X chromosome)."""
    import msprime

    result = msprime.Demography()
    for name in ("ancestor", "root"):
        result.add_population(name=name, initial_size=SIZE * scale)
    for name in ("north", "south", "outgroup"):
        result.add_population(name=name, initial_size=UNRELATED_SIZE * scale)
        result.add_population_parameters_change(time=UNRELATED, initial_size=SIZE * scale, population=name)
    recent, old = BOTTLENECK
    result.add_population_parameters_change(
        time=recent, initial_size=BOTTLENECK_SIZE * scale, population="south"
    )
    result.add_population_parameters_change(time=old, initial_size=SIZE * scale, population="south")
    result.add_population_split(time=SPLIT, derived=["north", "south"], ancestral="ancestor")
    result.add_population_split(time=OUTGROUP_SPLIT, derived=["ancestor", "outgroup"], ancestral="root")
    result.sort_events()
    return result


@dataclass
class Copy:
    """A chromosome copy of a pedigree: which parental copy each base came from.

    `founder` is (length,) uint8, the number of the founder's copy; `pieces` are (left, right, parental copy).
    """

    founder: np.ndarray
    pieces: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class Pedigree:
    """Copies of all individuals on one chromosome; `of` gives the indices of an individual's one or two."""

    copies: list[Copy]
    of: dict[str, list[int]]


def copies_of(individual: Individual, kind: str) -> int:
    """Number of copies an individual has of a chromosome of a kind (`autosome`, X, Z)."""
    return 1 if HEMIZYGOUS.get(kind) == individual.sex else 2


def _gamete(rng: np.random.Generator, copies: list[Copy], parent: list[int], rate: float) -> Copy:
    """A copy passed on by a parent: crossovers are Poisson, without interference."""
    first = copies[parent[0]].founder
    if len(parent) == 1:
        return Copy(first.copy(), [(0, first.size, parent[0])])
    cuts = np.unique(rng.integers(1, first.size, rng.poisson(rate * first.size)))
    edges = [0, *cuts.tolist(), first.size]
    strand = int(rng.integers(2))
    founder = np.empty_like(first)
    pieces = []
    for index, (left, right) in enumerate(pairwise(edges)):
        source = parent[(strand + index) % 2]
        founder[left:right] = copies[source].founder[left:right]
        pieces.append((left, right, source))
    return Copy(founder, pieces)


def drop_genes(rng: np.random.Generator, length: int, kind: str) -> Pedigree:
    """One draw of the pedigree's meioses on a chromosome of `length` bp.

    On a sex chromosome the parent with one copy passes it whole, and only to offspring of the other sex.
    """
    pedigree = Pedigree([], {})
    sexes = {individual.name: individual.sex for individual in INDIVIDUALS}
    for individual in INDIVIDUALS:
        number = copies_of(individual, kind)
        if not individual.father:
            copies = [
                Copy(np.broadcast_to(np.uint8(len(pedigree.copies) + extra), length))
                for extra in range(number)
            ]
        else:
            parents = [individual.father, individual.mother]
            if number == 1:
                parents = [name for name in parents if sexes[name] != HEMIZYGOUS[kind]]
            copies = [
                _gamete(rng, pedigree.copies, pedigree.of[name], RECOMBINATION_RATE) for name in parents
            ]
        pedigree.of[individual.name] = list(range(len(pedigree.copies), len(pedigree.copies) + number))
        pedigree.copies += copies
    return pedigree


def autozygous(pedigree: Pedigree, name: str) -> np.ndarray:
    """Where both copies of an individual come from one founder's copy, (length,) bool."""
    copies = [pedigree.copies[index].founder for index in pedigree.of[name]]
    return copies[0] == copies[1] if len(copies) == 2 else np.zeros(copies[0].size, bool)


def intervals(mask: np.ndarray) -> list[tuple[int, int]]:
    """Half-open intervals where a (length,) bool is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.view(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def draw_pedigrees(
    rng: np.random.Generator, lengths: dict[str, int], kinds: dict[str, str]
) -> tuple[dict[str, Pedigree], int]:
    """Pedigrees of all chromosomes, with the number of draws.

    On a genome of 1.6 Morgan what close relatives share varies much (the autozygous share of a child of full
    sibs with a standard deviation of about 0.1). Meioses are drawn again until, on the autosomes, that share
    of S4 and the kinship of S2 and S3 are within `TOLERANCE` of 0.25, with at least `LONG_TRACTS` tracts of
    `LONG_TRACT` bp; when none of `DRAWS` draws is so, as on tiny genomes, the nearest share is taken.
    """
    autosomes = [name for name in lengths if kinds[name] == "autosome"] or list(lengths)
    total = sum(lengths[name] for name in autosomes)
    best, nearest = {}, np.inf
    for draw in range(1, DRAWS + 1):
        pedigrees = {name: drop_genes(rng, length, kinds[name]) for name, length in lengths.items()}
        chosen = [pedigrees[name] for name in autosomes]
        tracts = [end - start for p in chosen for start, end in intervals(autozygous(p, "S4"))]
        off = abs(sum(tracts) / total - 0.25)
        long = sum(tract >= LONG_TRACT for tract in tracts)
        inbred = off <= TOLERANCE and long >= LONG_TRACTS
        if inbred and abs(realised_kinship(chosen, "S2", "S3") - 0.25) <= TOLERANCE:
            return pedigrees, draw
        if off < nearest:
            best, nearest = pedigrees, off
    return best, DRAWS


@dataclass
class Genealogy:
    """Trees with mutations of one chromosome; `nodes`: the sample nodes of individuals and of `reference`."""

    trees: "tskit.TreeSequence"
    nodes: dict[str, list[int]]


def sample_nodes(kind: str) -> dict[str, list[int]]:
    """Sample nodes of the reference carrier and the sampled individuals, in the final numbering."""
    nodes, at = {"reference": [0]}, 1
    for individual in INDIVIDUALS:
        if individual.sampled:
            number = copies_of(individual, kind)
            nodes[individual.name] = list(range(at, at + number))
            at += number
    return nodes


def simulate_trees(rng: np.random.Generator, pedigree: Pedigree, length: int, kind: str) -> Genealogy:
    """The genealogy of a chromosome: the coalescent of founders, with the pedigree's copies below them."""
    import msprime
    import tskit

    founders = [individual for individual in INDIVIDUALS if not individual.father]
    sets = [msprime.SampleSet(1, "north", 0, ploidy=1)]
    node_of: dict[int, int] = {}
    for individual in founders:
        for copy in pedigree.of[individual.name]:
            node_of[copy] = 1 + len(node_of)
        number = len(pedigree.of[individual.name])
        sets.append(msprime.SampleSet(number, individual.population, individual.time, ploidy=1))
    scale = SEX_CHROMOSOME_SCALE if kind in HEMIZYGOUS else 1.0
    tables = msprime.sim_ancestry(
        sets, demography=demography(scale), ploidy=2, sequence_length=length,
        recombination_rate=RECOMBINATION_RATE, random_seed=_seed(rng), record_provenance=False,
    ).dump_tables()  # fmt: skip
    south = next(number for number, row in enumerate(tables.populations) if row.metadata["name"] == "south")
    for individual in INDIVIDUALS:
        if individual.father:
            for copy in pedigree.of[individual.name]:
                node_of[copy] = tables.nodes.add_row(tskit.NODE_IS_SAMPLE, individual.time, south)
                for left, right, parent in pedigree.copies[copy].pieces:
                    tables.edges.add_row(left, right, node_of[parent], node_of[copy])
    tables.individuals.clear()
    tables.individuals.metadata_schema = tskit.MetadataSchema.permissive_json()
    tables.nodes.individual = np.full(len(tables.nodes), -1, np.int32)
    tables.sort()
    sampled = [i for i in INDIVIDUALS if i.sampled]
    order = [0] + [node_of[copy] for i in sampled for copy in pedigree.of[i.name]]
    tables.simplify(order, filter_populations=False, record_provenance=False)
    nodes = sample_nodes(kind)
    owner = tables.nodes.individual
    for name, found in nodes.items():
        owner[found] = tables.individuals.add_row(metadata={"name": name})
    tables.nodes.individual = owner
    return Genealogy(tables.tree_sequence(), nodes)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31))


def add_substitutions(
    rng: np.random.Generator, genealogy: Genealogy, reference: np.ndarray
) -> "tskit.TableCollection":
    """Tables with SNV sites, of which the reference carrier has the bases of `reference` (codes, (length,)).

    Mutations follow Kimura's two-parameter model. It is unmoved when all states of a site are exchanged by
    one of the maps x -> x XOR c of codes A 0, C 1, G 2, T 3, which keep transitions (a difference of 2)
    transitions: so the site is drawn first, and then mapped such that the carrier's state is the given one.
    """
    import msprime

    model = msprime.HKY(kappa=2 * TRANSITIONS_PER_TRANSVERSION)
    trees = msprime.sim_mutations(
        genealogy.trees, rate=MUTATION_RATE, model=model, random_seed=_seed(rng), record_provenance=False
    )
    tables = trees.dump_tables()
    code = np.full(256, 255, np.uint8)
    code[np.frombuffer(b"ACGT", np.uint8)] = np.arange(4)
    letters = np.frombuffer(b"ACGT", np.int8)
    carrier = genealogy.nodes["reference"]
    states = np.array([ord(v.alleles[v.genotypes[0]]) for v in trees.variants(samples=carrier)], np.uint8)
    shift = code[states] ^ reference[tables.sites.position.astype(np.int64)]
    ancestral = letters[code[tables.sites.ancestral_state.view(np.uint8)] ^ shift]
    derived = letters[code[tables.mutations.derived_state.view(np.uint8)] ^ shift[tables.mutations.site]]
    tables.sites.set_columns(
        position=tables.sites.position, ancestral_state=ancestral,
        ancestral_state_offset=tables.sites.ancestral_state_offset,
    )  # fmt: skip
    mutations = tables.mutations
    mutations.set_columns(
        site=mutations.site, node=mutations.node, derived_state=derived, parent=mutations.parent,
        derived_state_offset=mutations.derived_state_offset, time=mutations.time,
    )  # fmt: skip
    return tables


@dataclass(frozen=True)
class Indel:
    """An indel on the tree: `position` is the base before it (0-based), alleles start with that base.

    The mutation on the branch above `node` made `derived` of `ancestral`; one of both is the reference's.
    """

    position: int
    reference: str
    alternative: str
    ancestral: str
    derived: str
    node: int
    time: float

    @property
    def span(self) -> tuple[int, int]:
        """Bases of the reference that the record covers."""
        return self.position, self.position + len(self.reference)


def draw_indels(
    rng: np.random.Generator, genealogy: Genealogy, reference: np.ndarray, allowed: np.ndarray
) -> list[Indel]:
    """Indels of 1 to 5 bp, left-aligned, at least 20 bp apart and where `allowed` ((length,) bool)."""
    import msprime

    trees = msprime.sim_mutations(
        genealogy.trees, rate=MUTATION_RATE * INDELS_PER_SNV, model=msprime.BinaryMutationModel(),
        random_seed=_seed(rng), record_provenance=False,
    )  # fmt: skip
    letters = np.frombuffer(b"ACGT", np.uint8)[reference].tobytes().decode()
    carrier = genealogy.nodes["reference"]
    starts = trees.breakpoints(as_array=True)
    result: list[Indel] = []
    for variant in trees.variants(samples=carrier, isolated_as_missing=False):
        length = 1 + min(int(rng.geometric(0.5)) - 1, INDEL_LENGTH - 1)
        deletion = rng.random() < 0.5
        inserted = "".join("ACGT"[i] for i in rng.integers(0, 4, length))
        drawn = at = int(variant.site.position)
        if len(variant.site.mutations) != 1 or not 60 <= at < reference.size - 60:
            continue
        if deletion:
            while at and letters[at] == letters[at + length]:
                at -= 1
            alleles = letters[at : at + length + 1], letters[at]
        else:
            while at and letters[at] == inserted[-1]:
                inserted = inserted[-1] + inserted[:-1]
                at -= 1
            alleles = letters[at], letters[at] + inserted
        end = at + len(alleles[0])
        # Moved to the left, the mutation must still be on the tree that it was drawn on.
        same_tree = np.searchsorted(starts, at, "right") == np.searchsorted(starts, drawn, "right")
        far = not result or at - result[-1].span[1] >= 20
        if not same_tree or not far or at < 60 or not allowed[at - 1 : end + 1].all():
            continue
        mutation = variant.site.mutations[0]
        derived = variant.alleles[variant.genotypes[0]] == mutation.derived_state
        ancestral, new = alleles[::-1] if derived else alleles
        result.append(Indel(at, *alleles, ancestral, new, mutation.node, mutation.time))
    return result


@dataclass(frozen=True)
class Plant:
    """A mutation put on the copies of carriers: `nodes` are sample nodes of one chromosome."""

    position: int
    reference: str
    alternative: str
    nodes: Sequence[int]


def finish(
    tables: "tskit.TableCollection", dropped: np.ndarray, indels: Sequence[Indel], plants: Sequence[Plant]
) -> "tskit.TreeSequence":
    """Trees without the `dropped` sites ((sites,) bool) and with indels and planted mutations."""
    import tskit

    tables = tables.copy()
    tables.delete_sites(np.flatnonzero(dropped), record_provenance=False)
    for indel in indels:
        site = tables.sites.add_row(indel.position, indel.ancestral)
        tables.mutations.add_row(site, indel.node, indel.derived, time=indel.time)
    for plant in plants:
        site = tables.sites.add_row(plant.position, plant.reference)
        for node in plant.nodes:
            tables.mutations.add_row(site, node, plant.alternative, time=tskit.UNKNOWN_TIME)
    tables.sort()
    tables.build_index()
    tables.compute_mutation_parents()
    return tables.tree_sequence()


@dataclass(frozen=True)
class TrueVariant:
    """A variant of the samples: alleles, the reference's first, and the allele number of each sample node."""

    position: int
    alleles: tuple[str, ...]
    ancestral: str
    calls: np.ndarray

    @property
    def snv(self) -> bool:
        return all(len(allele) == 1 for allele in self.alleles)


def true_variants(trees: "tskit.TreeSequence") -> Iterator[TrueVariant]:
    """Sites where a sample differs from the reference carrier (node 0), ascending by position."""
    for variant in trees.variants():
        if (variant.genotypes == variant.genotypes[0]).all():
            continue
        used = [int(a) for a in np.unique(variant.genotypes)]
        first = int(variant.genotypes[0])
        order = [first] + [allele for allele in used if allele != first]
        number = np.zeros(len(variant.alleles), np.int8)
        number[order] = np.arange(len(order))
        alleles = tuple(variant.alleles[allele] for allele in order)
        position = int(variant.site.position)
        yield TrueVariant(position, alleles, variant.site.ancestral_state, number[variant.genotypes])


def expected_kinship() -> dict[tuple[str, str], float]:
    """Kinship coefficient of each ordered pair of individuals by the pedigree; founders are unrelated.

    That of an individual with itself is (1 + F) / 2, with F the kinship of its parents.
    """
    kinship: dict[tuple[str, str], float] = {}
    known: list[Individual] = []
    # Parents are older than their offspring.
    for individual in sorted(INDIVIDUALS, key=lambda i: -i.time):
        parents = [name for name in (individual.father, individual.mother) if name]
        for other in known:
            value = sum(kinship[parent, other.name] for parent in parents) / 2
            kinship[individual.name, other.name] = kinship[other.name, individual.name] = value
        inbreeding = kinship[parents[0], parents[1]] if parents else 0.0
        kinship[individual.name, individual.name] = (1 + inbreeding) / 2
        known.append(individual)
    return kinship


def realised_kinship(pedigrees: Sequence[Pedigree], one: str, two: str) -> float:
    """Share of pairs of bases, one from each individual, that come from the same founder's copy."""
    shared = total = 0
    for pedigree in pedigrees:
        for first in pedigree.of[one]:
            for second in pedigree.of[two]:
                same = pedigree.copies[first].founder == pedigree.copies[second].founder
                shared += int(same.sum())
                total += same.size
    return shared / total


def old_tracts(
    genealogy: Genealogy, name: str, generations: float, shortest: int
) -> list[tuple[int, int, float]]:
    """Tracts (start, end, age of the ancestor) whose two copies meet less than `generations` ago, ascending.

    Those that touch are joined, with the greater age; joined ones shorter than `shortest` bp are left out.
    """
    nodes = genealogy.nodes[name]
    if len(nodes) < 2:
        return []
    pair = genealogy.trees.simplify(nodes, keep_unary=False)
    time = pair.nodes_time
    found: list[tuple[int, int, float]] = []
    for tree in pair.trees():
        age = time[tree.root] if tree.num_roots == 1 else np.inf
        if age >= generations:
            continue
        start, end = int(tree.interval.left), int(tree.interval.right)
        if found and found[-1][1] == start:
            start, age = found[-1][0], max(age, found.pop()[2])
        found.append((start, end, float(age)))
    return [tract for tract in found if tract[1] - tract[0] >= shortest]
