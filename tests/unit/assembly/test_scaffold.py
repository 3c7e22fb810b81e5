import gzip
import json
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from contacts import ContactSet, contact_set
from hypothesis import given, settings
from hypothesis import strategies as st

from linnaea.assembly.contact_decay import ContactDecay, Visibility
from linnaea.assembly.contig_breaks import Break
from linnaea.assembly.contig_order import ContigOrder
from linnaea.assembly.decisions import read_decisions
from linnaea.assembly.end_candidates import EndCandidates
from linnaea.assembly.hic_contacts import Pairs, PieceContacts, read_pairs
from linnaea.assembly.scaffold import Scaffolding, _healed, scaffold, scaffold_contigs
from linnaea.assembly.scaffold_layout import Layout, path_code
from linnaea.base.errors import InputError
from linnaea.formats.agp import Agp, Component, join_gap, read_agp
from linnaea.truth.scaffolds import Origin, scaffold_accuracy


def run(folder, given_set, pairs=None, **options):
    """Scaffold a set; its AGP, metrics and decisions."""
    fai, written = given_set.write(folder) if pairs is None else (folder / "contigs.fai", pairs)
    agp, table, out = folder / "x.agp", folder / "x.tsv", folder / "x.json"
    scaffold(
        [written], id="x", haplotype="hap1", assembly=options.pop("assembly", fai), agp=str(agp),
        decisions=str(table), out=str(out), **options,
    )  # fmt: skip
    lengths = given_set.lengths
    return read_agp(agp, lengths, whole=True), json.loads(out.read_text()), read_decisions(table)


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"bases": 15_000_000, "chromosomes": 6, "contig": 300_000, "pairs": 150_000, "trans": 0.4},
        {"uneven": 0.5, "slope": 1.15, "pairs": 120_000},
        {"chromosomes": 1, "contig": 80_000},
    ],
    ids=["plain", "large, much noise", "uneven, steep", "one chromosome, short contigs"],
)
def test_chromosomes_are_restored(tmp_path, setting):
    truth = contact_set(11, **setting)
    agp, record, _ = run(tmp_path, truth)
    accuracy = scaffold_accuracy(agp, truth.origins, 20_000)
    assert accuracy["restored"] == accuracy["chromosomes"]
    assert accuracy["right"] >= 0.97 * accuracy["adjacencies"]
    assert accuracy["wrong_chromosome"] == accuracy["needless_breaks"] == 0
    assert accuracy["wrong_order"] <= 0.02 * accuracy["adjacencies"]
    assert accuracy["chimeras_kept"] <= 1
    assert record["scaffold_n50_bp"] > 2 * record["contig_n50_bp"]


def test_thousands_of_contigs(tmp_path):
    truth = contact_set(
        21, bases=90_000_000, chromosomes=6, contig=45_000, pairs=450_000, chimeras=10, least=5000
    )
    assert len(truth.lengths) > 2000
    agp, _, _ = run(tmp_path, truth)
    accuracy = scaffold_accuracy(agp, truth.origins, 5000)
    assert accuracy["right"] >= 0.92 * accuracy["adjacencies"]
    assert accuracy["wrong_order"] + accuracy["wrong_chromosome"] <= 0.04 * accuracy["adjacencies"]
    assert accuracy["needless_breaks"] == 0


def test_short_chimeric_contigs_are_broken_by_the_contacts_of_their_neighbours(tmp_path):
    """Alone they are too short for a break; left whole, they fuse chromosomes."""
    truth = contact_set(
        26, bases=40_000_000, chromosomes=5, contig=120_000, pairs=200_000, chimeras=20, least=40_000
    )
    agp, _, _ = run(tmp_path, truth)
    accuracy = scaffold_accuracy(agp, truth.origins, 5000)
    assert accuracy["restored"] == accuracy["chromosomes"]
    assert accuracy["chimeras_kept"] <= 5
    assert accuracy["needless_breaks"] == 0


def test_breaks_that_are_joined_again_are_none():
    """Pieces 0 to 2 of a contig follow each other backwards; 3 and 4 of another do not."""
    result = Scaffolding(
        pieces=np.array([[0, 0, 10], [0, 10, 30], [0, 30, 35], [1, 0, 20], [1, 25, 40], [1, 20, 25]]),
        paths=[[(3, False), (2, True), (1, True), (0, True), (4, True)], [(5, False)]],
        breaks=[Break(0, 10, 0, 9, 1), Break(0, 30, 0, 9, 1), Break(1, 20, 0, 9, 1), Break(1, 25, 0, 9, 1)],
        joints=[(np.arange(4), np.arange(4) + 10), (np.zeros(0), np.zeros(0))],
        orientation_gains=np.array([3.0, 5, 2, 7, 8, np.nan]),
    )
    healed = _healed(result)
    assert healed.pieces.tolist() == [[1, 0, 20], [0, 0, 35], [1, 25, 40], [1, 20, 25]]
    assert healed.paths == [[(0, False), (1, True), (2, True)], [(3, False)]]
    assert [(one.contig, one.position) for one in healed.breaks] == [(1, 20), (1, 25)]
    assert [column.tolist() for column in healed.joints[0]] == [[0, 3], [10, 13]]
    assert healed.orientation_gains[:3].tolist() == [7, 5, 8]


def test_decisions_are_those_of_the_agp(tmp_path):
    truth = contact_set(12)
    agp, record, decisions = run(tmp_path, truth)
    breaks = {(one.sequence, one.start) for one in decisions if one.action == "break"}
    assert breaks == {(part.name, part.start) for part in agp.components() if part.start}
    assert record["breaks"] == len(breaks) >= 2
    joints = {name: [origin.start for origin in listed[1:]] for name, listed in truth.origins.items()}
    assert np.median([min(abs(at - joint) for joint in joints[name]) for name, at in breaks]) < 200
    joins = [(one.sequence, one.evidence["to"]) for one in decisions if one.action == "join"]
    assert len(joins) == record["joins"] == sum(len(parts) // 2 for parts in agp.objects.values())
    supported = [float(one.evidence["spanning_pairs"]) for one in decisions if one.action == "join"]
    assert min(supported) >= 5


def true_layout(truth):
    """Layout of contigs (none chimeric) as they lie on their chromosomes, and its contacts."""
    names = list(truth.lengths)
    layout = Layout(np.array(list(truth.lengths.values())), np.zeros((len(names), 2), bool))
    chromosomes = defaultdict(list)
    for piece, name in enumerate(names):
        (origin,) = truth.origins[name]
        chromosomes[origin.chromosome].append((origin.chromosome_start, piece, not origin.forward))
    layout.arrange(
        [
            path_code([(piece, turned) for _, piece, turned in sorted(pieces)])
            for pieces in chromosomes.values()
        ]
    )
    return layout, Pairs(*truth.pairs.astype(np.int32).T)


def order_of(layout, pairs):
    within = pairs.first == pairs.second
    distances = np.abs(pairs.first_position[within] - pairs.second_position[within])
    decay = ContactDecay(layout.piece_lengths, distances)
    contacts = PieceContacts(pairs.where(~within), len(layout.piece_lengths))
    return ContigOrder(contacts, layout, decay)


@pytest.mark.parametrize("scramble", ["turn", "exchange", "reverse"])
def test_neighbours_out_of_order_are_put_right(scramble):
    layout, pairs = true_layout(contact_set(5, contig=60_000, uneven=0.2, chimeras=0))
    right = [layout.path(number) for number in layout.numbers()]
    for number, path in enumerate(right):
        wrong = list(path)
        if scramble == "turn":
            wrong[4] = (path[4][0], not path[4][1])
        elif scramble == "exchange":
            wrong[3:5] = [path[4], path[3]]
        else:
            wrong[3:6] = [(piece, not turned) for piece, turned in path[5:2:-1]]
        layout.place(number, path_code(wrong))
    order_of(layout, pairs).improve(noise=1e-9)
    assert [layout.path(number) for number in layout.numbers()] == right


def test_order_that_is_right_stays():
    layout, pairs = true_layout(contact_set(6, uneven=0.2, chimeras=0))
    assert order_of(layout, pairs).improve(noise=1e-9) == 0


@pytest.mark.parametrize("window", [50e3, 500e3])
def test_candidates_that_are_kept_are_those_of_a_new_comparison(window):
    """After joins, only scaffolds that changed are compared again."""
    truth = contact_set(7, contig=80_000, chimeras=0)
    lengths = np.array(list(truth.lengths.values()))
    pairs = Pairs(*truth.pairs.astype(np.int32).T)
    within = pairs.first == pairs.second
    decay = ContactDecay(lengths, np.abs(pairs.first_position - pairs.second_position)[within])
    ends = [(pairs.first, pairs.first_position), (pairs.second, pairs.second_position)]
    visibility = Visibility(lengths, 5000, ends)
    contacts = PieceContacts(pairs.where(~within), len(lengths))
    layout = Layout(lengths, np.zeros((len(lengths), 2), bool))

    def compared():
        return EndCandidates(contacts, layout, visibility, decay, 1e-9, window)

    def rows(candidates):
        best = candidates.best_first()
        return sorted(
            zip(*(column.tolist() for column in best._replace(score=best.score.round(6))), strict=True)
        )

    kept = compared()
    for end, other in ((1, 4), (0, 7), (12, 31), (13, 11), (20, 41)):
        layout.join(end, other)
        kept.update({end // 2, other // 2})
    assert len(rows(kept)) > 100
    assert rows(kept) == rows(compared())
    best = kept.best_first()
    assert (np.diff(best.score)[np.diff(best.end) == 0] <= 1e-6).all()


def test_the_end_of_a_chromosome_stays_at_the_end():
    layout, pairs = true_layout(contact_set(5, contig=60_000, uneven=0.2, chimeras=0))
    (first, turned), *rest = layout.path(0)
    layout.piece_closed[first, int(not turned)] = True
    layout.place(0, path_code([(first, not turned), *rest]))
    order_of(layout, pairs).improve(noise=1e-9)
    assert layout.path(0)[0] == (first, not turned)


def test_telomeres_are_joined_to_nothing(tmp_path):
    """Chromosomes whose ends touch (as telomeres do) are fused, unless the ends are known as such."""
    truth = contact_set(3, bases=3_000_000, chromosomes=1, contig=400_000, pairs=40_000, chimeras=0)
    ends = sorted((one.chromosome_start, name, one.forward) for name, (one,) in truth.origins.items())
    middle = len(ends) // 2
    closed = np.zeros((len(ends), 2), bool)
    for (_, name, forward), last in ((ends[middle - 1], True), (ends[middle], False)):
        closed[list(truth.lengths).index(name), int(forward == last)] = True
    lengths = np.array(list(truth.lengths.values()))
    pairs = Pairs(*truth.pairs.astype(np.int32).T)
    assert len(scaffold_contigs(lengths, pairs, np.zeros_like(closed)).paths) == 1
    assert len(scaffold_contigs(lengths, pairs, closed).paths) == 2


def test_the_motif_of_the_fasta_closes_the_ends_of_contigs(tmp_path):
    truth = contact_set(3, bases=3_000_000, chromosomes=1, contig=400_000, pairs=40_000, chimeras=0)
    rng = np.random.default_rng(1)
    fasta = tmp_path / "contigs.fasta"
    with fasta.open("w") as handle:
        for name, length in truth.lengths.items():
            bases = "".join(rng.choice(list("ACGT"), length))
            handle.write(f">{name}\nCCCTAA{'CCCTAA' * 99}{bases[600:-600]}{'TTAGGG' * 100}\n")
    agp, record, _ = run(tmp_path, truth, assembly=fasta)
    assert record["telomere_motif"] == "TTAGGG"
    assert record["telomere_ends"] == 2 * len(truth.lengths)
    assert record["joins"] == 0
    assert len(agp.objects) == len(truth.lengths)


def test_two_orientations_that_are_near_are_written_as_unknown(tmp_path):
    """A contig that is seen by pairs at its middle only may lie either way."""
    truth = contact_set(
        4, bases=3_000_000, chromosomes=1, contig=200_000, pairs=60_000, uneven=0.0, chimeras=0
    )
    names = list(truth.lengths)
    ordered = sorted(names, key=lambda name: truth.origins[name][0].chromosome_start)
    name = ordered[len(ordered) // 2]
    number = names.index(name)

    def orientation():
        agp, record, _ = run(tmp_path, truth)
        orientations = [part.orientation for part in agp.components()]
        assert record["orientation_unknown"] == orientations.count("?")
        return next(part.orientation for part in agp.components() if part.name == name)

    assert orientation() in "+-"
    for side in (0, 2):
        seen = (truth.pairs[:, side] == number) & (truth.pairs[:, 0] != truth.pairs[:, 2])
        truth.pairs[seen, side + 1] = truth.lengths[name] // 2
    assert orientation() == "?"


def test_contigs_stay_whole_on_request(tmp_path):
    agp, record, decisions = run(tmp_path, contact_set(12), keep_contigs_whole=True)
    assert record["breaks"] == 0
    assert all(one.action == "join" for one in decisions)
    assert all(part.start == 0 for part in agp.components())


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 60_000), min_size=1, max_size=12),
    number=st.integers(0, 3000),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_base_is_in_the_scaffolds_once(lengths, number, seed):
    rng = np.random.default_rng(seed)
    sizes = np.array(lengths)
    first, second = rng.integers(0, len(sizes), (2, number))
    columns = (first, rng.integers(0, sizes[first]), second, rng.integers(0, sizes[second]))
    pairs = Pairs(*(column.astype(np.int32) for column in columns))
    result = scaffold_contigs(sizes, pairs, rng.random((len(sizes), 2)) < 0.1)
    pieces = sorted(piece for path in result.paths for piece, _ in path)
    assert pieces == list(range(len(result.pieces)))
    for contig, size in enumerate(lengths):
        stretches = sorted((start, end) for one, start, end in result.pieces.tolist() if one == contig)
        assert stretches[0][0] == 0
        assert stretches[-1][1] == size
        assert all(one[1] == two[0] for one, two in pairwise(stretches))


def test_one_contig_is_one_scaffold(tmp_path):
    one = ContactSet({"c0": 50_000}, {"c0": []}, np.zeros((0, 4), int))
    agp, record, decisions = run(tmp_path, one)
    assert list(agp.components()) == [Component("c0", 0, 50_000)]
    assert record["warnings"] == decisions == []


def test_hi_c_of_another_species_joins_nothing(tmp_path, capsys):
    lengths = {f"c{k}": 40_000 for k in range(10)}
    agp, record, _ = run(tmp_path, ContactSet(lengths, {}, np.array([[0, 5, 1, 9]] * 3)))
    assert len(agp.objects) == 10
    (warning,) = [text for text in record["warnings"] if "too few" in text]
    assert "3 usable Hi-C pairs" in warning
    assert warning in capsys.readouterr().err


def test_few_pairs_per_contig_are_a_warning(tmp_path):
    _, record, _ = run(tmp_path, contact_set(2, pairs=9_000))
    assert any("Hi-C pairs per contig are few" in text for text in record["warnings"])
    _, record, _ = run(tmp_path, contact_set(2))
    assert record["warnings"] == []


def test_pairs_of_names_that_are_not_in_the_assembly_are_counted(tmp_path):
    truth = contact_set(2)
    _, pairs = truth.write(tmp_path, rows=".\tstranger\t5\tc0\t7\n" * 9 + ".\t!\t0\tc0\t7\n")
    _, record, _ = run(tmp_path, truth, pairs)
    assert record["pairs_unknown_name"] == 9
    assert record["pairs_unmapped"] == 1
    assert record["pairs_used"] == len(truth.pairs)
    assert any("9 of 80,010 Hi-C pairs name sequences that are not in the assembly (stranger)" in text
               for text in record["warnings"])  # fmt: skip


def test_only_strange_names_stop(tmp_path):
    truth = contact_set(2, pairs=10)
    _, pairs = truth.write(tmp_path)
    pairs.write_text("#columns: readID chrom1 pos1 chrom2 pos2\n.\tchrX\t5\tchrY\t7\n")
    with pytest.raises(InputError, match=r"contacts.pairs: none of the pairs.* name chrX, chrY"):
        read_pairs([pairs], truth.lengths)


def test_duplicates_that_are_not_marked_are_a_warning(tmp_path):
    truth = contact_set(2)
    # Every fifth pair again, with its sides exchanged.
    truth.pairs = np.concatenate([truth.pairs, truth.pairs[::5, [2, 3, 0, 1]]])
    _, record, _ = run(tmp_path, truth)
    assert record["pairs_repeated_pct"] == pytest.approx(100 / 6, abs=1)
    assert any("remove duplicates" in text for text in record["warnings"])


def pairs_file(folder, header, rows, compress=False):
    text = f"## pairs format v1.0\n{header}{''.join(rows)}"
    path = folder / ("x.pairs.gz" if compress else "x.pairs")
    path.write_bytes(gzip.compress(text.encode()) if compress else text.encode())
    return path


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
def test_columns_are_read_by_their_names(tmp_path, compress, block_bytes):
    header = "#columns: readID pair_type chrom2 pos2 chrom1 pos1 mapq1 mapq2\n"
    rows = [
        "r1\tUU\tb\t20\ta\t1\t60\t60\n",
        "r2\tDD\tb\t20\ta\t1\t60\t60\n",
        "r3\tUU\tb\t20\ta\t100\t60\t9\n",
        "r4\tNU\t!\t0\ta\t3\t0\t60\n",
        "r5\tUU\tb\t51\ta\t3\t60\t60\n",
        "r6\tUR\ta\t7\ta\t9\t60\t10\n",
    ]
    path = pairs_file(tmp_path, header, rows, compress)
    pairs, counts = read_pairs([path], {"a": 100, "b": 50}, min_mapq=10, block_bytes=block_bytes)
    assert [column.tolist() for column in pairs] == [[0, 0], [0, 8], [1, 0], [19, 6]]
    assert (counts.read, counts.duplicate, counts.low_mapq, counts.unmapped, counts.out_of_range) == (
        6,
        1,
        1,
        1,
        1,
    )
    assert counts.used == counts.usable == 2


def test_a_header_of_many_contigs_is_no_pair(tmp_path):
    lengths = {f"c{k}": 100 for k in range(20_000)}
    sizes = "".join(f"#chromsize: {name} {bp}\n" for name, bp in lengths.items())
    rows = [f".\tc{k}\t5\tc{k + 1}\t7\n" for k in range(19_999)]
    assert read_pairs([pairs_file(tmp_path, sizes, rows)], lengths)[1].used == len(rows)


def test_a_minimum_quality_without_the_columns_is_a_warning(tmp_path):
    _, record, _ = run(tmp_path, contact_set(2), min_mapq=10)
    assert any("no columns mapq1 and mapq2" in text for text in record["warnings"])


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("#chromsize: a 90\n", [], "a has 90 bp, not 100"),
        ("", [".\ta\tx\tb\t4\n"], "no whole number where its position should be"),
        ("#columns: readID chrom1 start1 chrom2 pos2\n", [".\ta\t1\tb\t4\n"], "no column pos1"),
    ],
)
def test_what_is_not_pairs_of_the_assembly_stops(tmp_path, header, rows, message):
    path = pairs_file(tmp_path, header, rows)
    with pytest.raises(InputError, match=f"x.pairs: .*{message}"):
        read_pairs([path], {"a": 100, "b": 50})


def test_more_pairs_than_needed_are_thinned_evenly(tmp_path):
    truth = contact_set(2)
    _, pairs = truth.write(tmp_path)
    kept, counts = read_pairs([pairs, pairs], truth.lengths, limit=10_000, block_bytes=100_000)
    assert counts.read == 2 * len(truth.pairs)
    assert 10_000 <= counts.used <= 20_000
    assert counts.used == pytest.approx(counts.sampled_share * counts.read, rel=0.05)
    assert counts.repeated_share == pytest.approx(0.5, abs=0.02)
    half = np.bincount(truth.pairs[:, 0], minlength=len(truth.lengths)) / len(truth.pairs)
    assert np.bincount(kept.first, minlength=len(half)) / counts.used == pytest.approx(half, abs=0.01)


def test_accuracy_of_scaffolds_against_truth():
    """By hand: c0 is chimeric (chr1, chr2), c1 to c3 are the rest of chr1; c3 is turned, c2 left out."""
    origins = {
        "c0": [Origin(0, 100, "chr1", 0, 100, True), Origin(100, 200, "chr2", 0, 100, True)],
        "c1": [Origin(0, 100, "chr1", 100, 200, False)],
        "c2": [Origin(0, 50, "chr1", 200, 250, True)],
        "c3": [Origin(0, 100, "chr1", 250, 350, True)],
    }
    gap = join_gap()
    agp = Agp({
        "s1": [Component("c0", 0, 100), gap, Component("c1", 0, 100, "-"), gap, Component("c3", 0, 100)],
        "s2": [Component("c0", 100, 200), gap, Component("c2", 0, 50)],
    })  # fmt: skip
    assert scaffold_accuracy(agp, origins, 10) == {
        "adjacencies": 3, "right": 1, "wrong_order": 0, "wrong_chromosome": 1, "skipping": 1,
        "chromosomes": 2, "restored": 0, "chimeras": 1, "chimeras_kept": 0, "needless_breaks": 0,
    }  # fmt: skip
    turned = Agp(
        {"s1": [Component("c0", 0, 200), gap, Component("c1", 0, 40), gap, Component("c1", 40, 100, "-")]}
    )
    accuracy = scaffold_accuracy(turned, origins, 10)
    assert (accuracy["chimeras_kept"], accuracy["needless_breaks"], accuracy["wrong_chromosome"]) == (1, 1, 1)
