"""A curated map becomes an assembly: cuts, tags, names, and every base kept."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate_assembly as step
from linnaea.assembly.chromosome_lists import Chromosome, name_faults
from linnaea.assembly.curate import check_curation, curation_decisions
from linnaea.assembly.curation import REMOVED, curate
from linnaea.assembly.decisions import read_decisions
from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics
from linnaea.base.tables import read_table
from linnaea.formats.agp import Agp, Component, Gap, join_gap, read_agp, sequence_layout
from linnaea.formats.juicebox import read_juicebox
from linnaea.formats.sequences import fasta_records, reverse_complement

TEXEL = 1000.5
GAP = Gap(200, "N")


def layout_of(**sequences):
    """Sequences by the lengths of their contigs, with gaps of 200 bp between."""
    objects = {}
    for name, contigs in sequences.items():
        parts, position = [], 0
        for length in contigs:
            if parts:
                parts.append(GAP)
                position += 200
            parts.append(Component(name, position, position + length))
            position += length
        objects[name] = parts
    return Agp(objects)


def map_of(objects, texel=TEXEL):
    """A map: object -> rows (sequence, start, end, strand, tags), 0-based."""
    return Agp(
        {
            name: [
                Component(seq, start, end, strand, "W", tuple(tags))
                for seq, start, end, strand, *tags in rows
            ]
            for name, rows in objects.items()
        },
        texel,
        path="map.agp",
    )


def result(curation):
    """Contig stretches of each scaffold by assembly and name."""
    return {
        (assembly, one.name): [
            (part.name, part.start, part.end, part.orientation)
            for part in one.parts(join_gap())
            if isinstance(part, Component)
        ]
        for assembly, scaffolds in curation.assemblies.items()
        for one in scaffolds
    }


def names(curation):
    return {assembly: [one.name for one in scaffolds] for assembly, scaffolds in curation.assemblies.items()}


LAYOUT = layout_of(s1=[50_000, 40_000, 30_000], s2=[60_000], s3=[900], s4=[20_000, 20_000])


def test_a_cut_near_a_gap_is_made_at_the_gap_and_one_elsewhere_where_it_is():
    curation = curate(
        LAYOUT,
        map_of(
            {
                "Scaffold_1": [("s1", 0, 52_000, "+", "Painted"), ("s1", 90_500, 120_200, "-", "Painted")],
                "Scaffold_2": [("s2", 0, 31_000, "-", "Painted"), ("s1", 52_000, 90_500, "+", "Painted")],
                "Scaffold_3": [("s4", 0, 40_000, "+")],
                "Scaffold_4": [("s2", 31_000, 60_000, "+")],
            }
        ),
    )
    assert result(curation) == {
        ("primary", "SUPER_1"): [("s1", 0, 50_000, "+"), ("s1", 90_400, 120_400, "-")],
        ("primary", "SUPER_2"): [("s2", 0, 31_000, "-"), ("s1", 50_200, 90_200, "+")],
        ("primary", "s2"): [("s2", 31_000, 60_000, "+")],
        ("primary", "s4"): [("s4", 0, 20_000, "+"), ("s4", 20_200, 40_200, "+")],
        ("primary", "s3"): [("s3", 0, 900, "+")],  # shorter than a texel, so the map lacks it
    }
    assert [(cut.requested, cut.start, cut.end) for cut in curation.cuts] == [
        (52_000, 50_000, 50_200), (90_500, 90_200, 90_400), (31_000, 31_000, 31_000),
    ]  # fmt: skip
    assert [piece.sequence for piece in curation.missing] == ["s3"]
    check_curation(curation, LAYOUT, join_gap())


def test_cuts_of_an_agp_without_resolution_are_exact():
    objects = {"a": [("s1", 0, 52_000, "+")], "b": [("s1", 52_000, 120_400, "-")]}
    pieces = result(curate(LAYOUT, map_of(objects, texel=None)))
    assert pieces["primary", "a"] == [("s1", 0, 50_000, "+"), ("s1", 50_200, 52_000, "+")]
    assert pieces["primary", "b"][-1] == ("s1", 52_000, 90_200, "-")
    # sequences that this AGP lacks are given back
    assert {"s2", "s3", "s4"} <= {name for _, name in pieces}


@pytest.mark.parametrize("strand", "+-")
def test_neighbours_that_are_left_in_place_are_not_cut(strand):
    rows = [("s1", 0, 52_000, strand, "Painted"), ("s1", 52_000, 120_400, strand, "Painted")]
    curation = curate(LAYOUT, map_of({"Scaffold_1": rows if strand == "+" else rows[::-1]}))
    assert not curation.cuts
    (scaffold, *_) = curation.assemblies["primary"]
    assert sum(isinstance(part, Gap) and part == GAP for part in scaffold.parts(join_gap())) == 2


def test_a_piece_of_one_texel_inside_a_contig_is_an_artefact_unless_it_is_tagged():
    def cut(*tags):
        return curate(
            LAYOUT,
            map_of(
                {
                    "Scaffold_1": [("s2", 0, 30_000, "+", "Painted"), ("s2", 31_000, 60_000, "-", "Painted")],
                    "Scaffold_2": [("s2", 30_000, 31_000, "+", *tags)],
                }
            ),
        )

    assert [one.requested for one in cut().cuts] == [31_000]
    assert [one.requested for one in cut("Haplotig").cuts] == [30_000, 31_000]
    assert result(cut("Haplotig"))["haplotigs", "H_1"] == [("s2", 30_000, 31_000, "+")]


def test_snapping_never_empties_a_piece():
    objects = {"Scaffold_1": [("s1", 0, 48_000, "+")], "Scaffold_2": [("s1", 51_900, 120_400, "+")]}
    objects["Scaffold_3"] = [("s1", 48_000, 51_900, "+", "Haplotig")]
    curation = curate(LAYOUT, map_of(objects))
    assert result(curation)["haplotigs", "H_1"]
    check_curation(curation, LAYOUT, join_gap())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_texel_rounding_is_undone(seed):
    """The curator cuts at contig ends; the map rounds the cuts; the contigs come out as the curator meant."""
    rng = random.Random(seed)
    sequences = {
        f"s{number}": [rng.randrange(8_000, 60_000) for _ in range(rng.randrange(1, 6))]
        for number in range(5)
    }
    layout = layout_of(**sequences)
    truth, rows = [], []
    for name, parts in layout.objects.items():
        contigs = [part for part in parts if isinstance(part, Component)]
        cuts = sorted(rng.sample(range(1, len(contigs)), rng.randrange(len(contigs))))
        length = layout.lengths()[name]
        offset = rng.random() * TEXEL
        edges = [0]
        for cut in cuts:
            exact = contigs[cut].start - rng.randrange(201)
            edges.append(int(round((exact + offset) / TEXEL) * TEXEL - offset))
        edges.append(length + rng.randrange(-900, 900))
        for (first, last), (start, end) in zip(
            pairwise([0, *cuts, len(contigs)]), pairwise(edges), strict=True
        ):
            strand = rng.choice("+-")
            kept = [(part.name, part.start, part.end, strand) for part in contigs[first:last]]
            truth.append(kept if strand == "+" else kept[::-1])
            rows.append((name, start, end, strand, "Painted"))
    order = list(range(len(rows)))
    rng.shuffle(order)
    curation = curate(layout, map_of({f"Scaffold_{index}": [rows[index]] for index in order}))
    assert sorted(result(curation).values()) == sorted(truth)
    lengths = [one.bases for one in curation.assemblies["primary"]]
    assert lengths == sorted(lengths, reverse=True)


TAG_CHOICES = [(), ("Painted",), ("Haplotig",), ("Contaminant",), ("FalseDuplicate",), ("Painted", "Unloc")]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.booleans())
def test_every_base_is_kept_whatever_the_map(seed, exact):
    rng = random.Random(seed)
    layout = layout_of(
        **{f"s{number}": [rng.randrange(1, 9_000) for _ in range(rng.randrange(1, 5))] for number in range(5)}
    )
    texel = None if exact else rng.choice([50.0, 700.3, 3000.9])
    rows = []
    for name, length in layout.lengths().items():
        edges = sorted({0, length, *(rng.randrange(length) for _ in range(rng.randrange(5)))})
        for start, end in pairwise(edges):
            if rng.random() < 0.9:  # else the map lacks it
                rows.append((name, start, end, rng.choice("+-"), *rng.choice(TAG_CHOICES)))
    if not rows:
        return
    rng.shuffle(rows)
    objects: dict[str, list] = {}
    for row in rows:
        objects.setdefault(f"Scaffold_{rng.randrange(6)}", []).append(row)
    for name, found in objects.items():
        # an object needs a chromosome for its unlocalised scaffolds
        if any("Unloc" in row for row in found) and not any(row[4:] in ((), ("Painted",)) for row in found):
            objects[name] = [row[:4] for row in found]
    try:
        curation = curate(layout, map_of(objects, texel))
    except InputError as error:
        # a piece of one texel may have been the only one of a chromosome that is not unlocalised
        assert "unlocalised scaffolds only" in str(error) or "longer in the FASTA" in str(error)
        return
    check_curation(curation, layout, join_gap())
    decisions = list(curation_decisions(curation, layout))
    removed = sum(one.bases for role in REMOVED.values() for one in curation.assemblies.get(role, ()))
    inside = sum(
        part.length
        for scaffolds in (curation.assemblies.get(role, ()) for role in REMOVED.values())
        for one in scaffolds
        for piece in one.pieces
        for part in piece.parts
        if isinstance(part, Gap)
    )
    assert sum(one.length for one in decisions if one.action == "remove") == removed + inside
    every = [one.name for found in curation.assemblies.values() for one in found]
    assert len(every) == len(set(every))


def test_a_check_of_bases_fails_when_one_is_lost():
    curation = curate(LAYOUT, map_of({"Scaffold_1": [("s1", 0, 120_400, "+")]}))
    curation.assemblies["primary"].pop()
    with pytest.raises(RuntimeError, match="s4: 40,200 bp in, 0 bp out"):
        check_curation(curation, LAYOUT, join_gap())


def whole(layout, sequence, *tags, strand="+"):
    return (sequence, 0, layout.lengths()[sequence], strand, *tags)


def test_tags_give_names_and_files():
    layout = layout_of(
        c1=[80_000], c2=[99_000], x=[50_000], u1=[5_000], u2=[6_000], h1=[4_000], h2=[7_000],
        d=[3_000], k=[2_000], rest=[8_000],
    )  # fmt: skip
    curation = curate(
        layout,
        map_of(
            {
                "Scaffold_1": [
                    whole(layout, "c1", "Painted"),
                    whole(layout, "u1", "Painted", "Unloc"),
                    whole(layout, "u2", "Painted", "Unloc"),
                    whole(layout, "h1", "Painted", "Haplotig"),
                ],
                "Scaffold_2": [whole(layout, "c2", "Painted")],
                "Scaffold_3": [whole(layout, "x", "Painted", "X")],
                "Scaffold_4": [whole(layout, "h2", "Haplotig")],
                "Scaffold_5": [whole(layout, "d", "FalseDuplicate")],
                "Scaffold_6": [whole(layout, "k", "Contaminant")],
                "Scaffold_7": [whole(layout, "rest")],
            }
        ),
    )
    assert names(curation) == {
        "primary": ["SUPER_1", "SUPER_2", "SUPER_2_unloc_1", "SUPER_2_unloc_2", "SUPER_X", "rest"],
        "haplotigs": ["H_1", "H_2"],
        "false_duplicates": ["False_Duplicate_1"],
        "contaminants": ["k"],
    }
    found = result(curation)
    assert found["primary", "SUPER_1"] == [("c2", 0, 99_000, "+")]
    assert found["primary", "SUPER_2_unloc_1"] == [("u2", 0, 6_000, "+")]
    assert found["haplotigs", "H_1"] == [("h2", 0, 7_000, "+")]
    assert [one.chromosome for one in curation.assemblies["primary"]] == ["1", "2", "2", "2", "X", ""]


def test_what_is_not_a_target_is_a_contaminant():
    layout = layout_of(a=[9_000], b=[8_000], c=[7_000], tiny=[500])
    curation = curate(
        layout,
        map_of(
            {
                "Scaffold_1": [whole(layout, "b")],
                "Scaffold_2": [whole(layout, "a", "Painted", "Target")],
                "Scaffold_3": [whole(layout, "c", "Target")],
            }
        ),
    )
    assert names(curation) == {"primary": ["SUPER_1", "c"], "contaminants": ["b", "tiny"]}


def two_haplotypes(layout, *objects):
    return map_of(
        {
            f"Scaffold_{number}": [whole(layout, sequence, *tags) for sequence, *tags in rows]
            for number, rows in enumerate(objects, 1)
        }
    )


def test_homologues_stand_together_and_are_named_by_the_first_haplotype():
    layout = layout_of(
        a1=[10_000], a2=[30_000], b1=[20_000], b2=[9_000], b3=[8_000], z=[40_000], w=[6_000], s=[15_000],
        HAP2_u=[3_000],
    )  # fmt: skip
    curation = curate(
        layout,
        two_haplotypes(
            layout,
            [("a1", "Painted", "Hap1")],
            [("a2", "Painted", "Hap2")],
            [("b1", "Painted", "HAP1")],  # spelt as the first time
            [("b2", "Painted", "Hap2")],
            [("b3", "Painted", "Hap2")],
            [("s", "Painted", "Hap1", "Singleton")],
            [("z", "Painted", "Z", "Hap1")],
            [("w", "Painted", "W", "Hap2")],
            [("HAP2_u",)],
        ),
    )
    assert names(curation) == {
        "Hap1": ["SUPER_1_Hap1", "SUPER_2_Hap1", "SUPER_3_Hap1", "SUPER_Z_Hap1"],
        "Hap2": ["SUPER_1A_Hap2", "SUPER_1B_Hap2", "SUPER_3_Hap2", "SUPER_W_Hap2", "HAP2_u"],
    }
    found = result(curation)
    assert found["Hap1", "SUPER_1_Hap1"][0][0] == "b1" and found["Hap2", "SUPER_3_Hap2"][0][0] == "a2"
    assert found["Hap1", "SUPER_2_Hap1"][0][0] == "s"


def test_the_haplotype_tagged_primary_is_the_assembly():
    layout = layout_of(a1=[10_000], a2=[9_000])
    curation = curate(
        layout, two_haplotypes(layout, [("a1", "Painted", "Hap1", "Primary")], [("a2", "Painted", "Hap2")])
    )
    assert names(curation) == {"Primary": ["SUPER_1"], "Hap2": ["SUPER_1_Hap2"]}


def test_chromosomes_of_a_haplotype_of_its_own_are_named_after_the_other():
    layout = layout_of(a=[50_000], b=[40_000], c=[30_000], d=[20_000], e=[10_000])
    curated = two_haplotypes(layout, *([(name, "Painted")] for name in "abcde"))
    homologues = {"Scaffold_1": "3", "Scaffold_2": "1", "Scaffold_4": "1", "Scaffold_3": "X"}
    curation = curate(layout, curated, haplotypes=dict.fromkeys("abcde", "hap2"), homologues=homologues)
    assert {name: parts[0][0] for (_, name), parts in result(curation).items()} == {
        "SUPER_3_hap2": "a", "SUPER_1A_hap2": "b", "SUPER_1B_hap2": "d", "SUPER_X_hap2": "c",
        "SUPER_4_hap2": "e",
    }  # fmt: skip


CONTRADICTIONS = [
    ([[("a1", "Painted", "X"), ("a2", "Painted", "Y")]], "tags of two chromosomes, X, Y"),
    ([[("a1", "Hap1"), ("a2", "Hap2")]], "tags of two haplotypes, Hap1, Hap2"),
    ([[("a1", "Unloc")]], "object Scaffold_1 has the tag Unloc but is not painted"),
    ([[("a1", "Painted", "Unloc")]], "object Scaffold_1 has unlocalised scaffolds only"),
    ([[("a1", "Haplotig", "Contaminant")]], "have the tags Contaminant, Haplotig, which exclude each other"),
    ([[("a1", "Painted", "Primary")]], "has the tag Primary but no haplotype"),
    (
        [[("a1", "Painted", "Primary", "Hap1")], [("a2", "Painted", "Primary", "Hap2")]],
        "haplotypes Hap1, Hap2 have the tag Primary",
    ),
    ([[("a1", "Painted", "Hap1")], [("a2", "Painted")]], "Scaffold_2 are painted but have no haplotype"),
    (
        [[("a1", "Painted", "Hap1")], [("a2", "Painted", "Hap2")], [("a3", "Painted", "Hap2")],
         [("a4", "Painted", "Hap1", "Singleton")], [("a5", "Painted", "Hap2")]],
        None,
    ),
    (
        [[("a1", "Painted", "Hap1")], [("a2", "Painted", "Hap2")], [("b1", "Painted", "Hap3")],
         [("a3", "Painted", "Hap2")]],
        "objects Scaffold_4 have no chromosome of haplotype Hap1 beside them",
    ),
    ([[("a1", "painted")]], "has the tag painted; write Painted if that is meant"),
    ([[("a1", "Contaminent")]], "has the tag Contaminent; write Contaminant"),
    ([[("a1", "hap/1")]], "has the tag 'hap/1'; use letters, digits"),
    ([[("a1", "Painted", "X")], [("a2", "Painted", "X")]], "Scaffold_1, Scaffold_2 are all tagged as chrom"),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "message"), CONTRADICTIONS)
def test_tags_that_contradict_are_refused(objects, message):
    layout = layout_of(a1=[9_000], a2=[8_000], a3=[7_000], a4=[6_000], a5=[5_000], b1=[4_000])
    curated = two_haplotypes(layout, *objects)
    if message is None:
        curate(layout, curated)
        return
    with pytest.raises(InputError, match=f"map.agp: .*{message}"):
        curate(layout, curated)


def test_all_contradictions_are_named_at_once():
    layout = layout_of(a1=[9_000], a2=[8_000])
    curated = two_haplotypes(layout, [("a1", "Unloc")], [("a2", "Haplotig", "FalseDuplicate")])
    with pytest.raises(InputError, match=r"Scaffold_1 .*\n.*Scaffold_2"):
        curate(layout, curated)


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ({"Scaffold_1": [("s1", 0, 122_000, "+")]}, "base 122,000 of component s1 is beyond its end"),
        ({"Scaffold_1": [("zz", 0, 5_000, "+")]}, "none of its 1 components"),
        (
            {"Scaffold_1": [("zz", 0, 5_000, "+")], "Scaffold_2": [("s2", 0, 60_000, "+")]},
            "component zz is not a sequence of the FASTA",
        ),
        (
            {"Scaffold_1": [("s1", 0, 20_000, "+")], "Scaffold_2": [("s2", 0, 10_000, "+")]},
            "2 of 2 sequences are longer in the FASTA than in the map",
        ),
    ],
)
def test_a_map_of_another_assembly_is_refused(objects, message):
    with pytest.raises(InputError, match=f"map.agp.*{message}"):
        curate(LAYOUT, map_of(objects))
    # within a texel it is rounding
    curate(LAYOUT, map_of({"Scaffold_1": [("s1", 0, 121_000, "+")]}))


def test_pieces_of_a_cut_sequence_get_their_own_names():
    layout = layout_of(a=[30_000, 30_000, 30_000], a_2=[5_000])
    rows = {"Scaffold_1": ("a", 0, 30_000, "+"), "Scaffold_2": ("a", 30_000, 60_300, "-")}
    rows |= {"Scaffold_3": ("a", 60_300, 90_400, "+"), "Scaffold_4": ("a_2", 0, 5_000, "+")}
    curation = curate(layout, map_of({name: [row] for name, row in rows.items()}))
    assert names(curation) == {"primary": ["a", "a_2", "a_3", "a_4"]}


def test_names_beyond_enas_rules_are_found():
    good = [
        Chromosome("SUPER_1", "1"),
        Chromosome("SUPER_X", "X"),
        Chromosome("m", "MT", "Circular", "Mitochondrion"),
    ]
    assert not name_faults(good, ["SUPER_1", "scaffold_17"])
    for name, words in [
        ("_1", "a letter or digit first"),
        ("1#", "letters, digits and _ . - only"),
        ("1" * 33, "has 33 characters; ENA takes 32"),
        ("chr1", "contains 'chr', which ENA removes"),
        ("1_random", "contains 'random', which ENA refuses"),
        ("Un1", "contains 'un'"),
        ("x", "2 chromosomes are named 'x'"),
    ]:
        faults = name_faults([*good, Chromosome("s", name)], [])
        assert any(words in fault for fault in faults), (name, faults)
    faults = name_faults([], ["a" * 51, "b;c"])
    assert "has 51 characters" in faults[0] and "contains ;" in faults[1]


# The step


def write_fasta(path, rng, **sequences):
    letters = {
        name: "N".join("".join(rng.choices("ACGTacgt", k=length)) for length in contigs).replace(
            "N", "N" * 200
        )
        for name, contigs in sequences.items()
    }
    path.write_text("".join(f">{name}\n{text}\n" for name, text in letters.items()))
    return letters


def run(tmp_path, curated, *options, text=None):
    if text is not None:
        curated.write_text(text)
    arguments = ["--id", "x", "--assembly", str(tmp_path / "a.fa"), "--curated", str(curated)]
    assert not step.main([*arguments, "--out", str(tmp_path / "out"), *options])
    return {
        path.name.removesuffix(".fa.gz"): {name: letters.decode() for name, letters in fasta_records(path)}
        for path in (tmp_path / "out").glob("*.fa.gz")
    }


PRETEXT = """##agp-version\t2.1
# HiC MAP RESOLUTION: 100.5 bp/texel
Scaffold_1\t1\t5100\t1\tW\ta\t1\t5100\t+\tPainted\t
Scaffold_1\t5101\t5200\t2\tU\t100\tscaffold\tyes\tproximity_ligation
Scaffold_1\t5201\t8200\t3\tW\tb\t1\t3000\t-\tPainted\t
Scaffold_2\t1\t4100\t1\tW\ta\t5101\t9200\t+\tHaplotig\t
Scaffold_3\t1\t9000\t1\tW\tx\t1\t9000\t+\tPainted\tX
"""


def test_a_tagged_agp_becomes_files_that_trace_back(tmp_path):
    rng = random.Random(1)
    letters = write_fasta(tmp_path / "a.fa", rng, a=[5_000, 4_000], b=[3_000], x=[9_000], tiny=[80])
    files = run(tmp_path, tmp_path / "map.agp", text=PRETEXT)
    turned = reverse_complement(letters["b"].encode()).decode()
    assert files == {
        "x.primary": {
            "SUPER_1": letters["a"][:5_000] + "N" * 100 + turned,
            "SUPER_X": letters["x"],
            "tiny": letters["tiny"],
        },
        "x.haplotigs": {"H_1": letters["a"][5_200:]},
    }
    out = tmp_path / "out"
    lengths = {name: len(text) for name, text in letters.items()}
    agp = read_agp(out / "x.primary.agp", lengths)
    assert agp.objects["SUPER_1"] == [Component("a", 0, 5_000), Gap(), Component("b", 0, 3_000, "-")]
    assert agp.lengths() == {name: len(text) for name, text in files["x.primary"].items()}
    assert (out / "x.primary.chromosomes.tsv").read_text() == (
        "SUPER_1\t1\tLinear-Chromosome\nSUPER_X\tX\tLinear-Chromosome\n"
    )
    assert not (out / "x.primary.unlocalised.tsv").exists()
    rows = [
        (row["sequence"], row["start"], row["end"], row["action"], row["decided_by"])
        for row in read_table(out / "x.decisions.tsv")
    ]
    assert rows == [
        ("a", "5001", "5200", "break", "person"),
        ("b", "1", "3000", "flip", "person"),
        ("a", "5001", "5000", "join", "person"),
        ("x", "1", "9000", "rename", "person"),
        ("a", "5201", "9200", "remove", "person"),
        ("tiny", "1", "80", "keep", "person"),
    ]
    assert len(read_decisions(out / "x.decisions.tsv", lengths)) == len(rows)
    record = read_metrics(out / "x.curation.json")
    assert record["bases_in_bp"] == 21_080 == record["bases_out_bp"] + record["bases_removed_bp"]
    assert record["assigned_pct"] == pytest.approx(100 * 17_000 / 17_080)
    assert (record["chromosomes"], record["breaks"], record["joins"], record["haplotigs"]) == (2, 1, 1, 1)
    assert record["interventions_per_gb"] == pytest.approx(3e9 / 21_080)
    assert any("1 stretches (80 bp) are not in the map" in warning for warning in record["warnings"])


def test_the_result_traces_back_to_the_contigs_before_the_assembly(tmp_path):
    letters = write_fasta(
        tmp_path / "a.fa", random.Random(1), a=[5_000, 4_000], b=[3_000], x=[9_000], tiny=[80]
    )
    contigs = (
        "a\t1\t5000\t1\tW\tc1\t101\t5100\t-\na\t5001\t5200\t2\tN\t200\tscaffold\tyes\tmap\n"
        "a\t5201\t9200\t3\tW\tc2\t1\t4000\t+\nb\t1\t3000\t1\tW\tc1\t5101\t8100\t+\n"
        "x\t1\t9000\t1\tW\tc4\t1\t9000\t+\ntiny\t1\t80\t1\tW\tc5\t1\t80\t+\n"
    )
    (tmp_path / "contigs.agp").write_text(contigs)
    run(tmp_path, tmp_path / "map.agp", "--agp", str(tmp_path / "contigs.agp"), text=PRETEXT)
    traced = read_agp(tmp_path / "out/x.primary.contigs.agp").objects
    assert traced["SUPER_1"] == [Component("c1", 100, 5_100, "-"), Gap(), Component("c1", 5_100, 8_100, "-")]
    assert traced["tiny"] == [Component("c5", 0, 80)]
    assert read_agp(tmp_path / "out/x.haplotigs.contigs.agp").objects == {"H_1": [Component("c2", 0, 4_000)]}
    assert len(letters) == 4
    (tmp_path / "contigs.agp").write_text(contigs.replace("tiny", "other").replace("9000\t", "9001\t"))
    with pytest.raises(InputError, match=r"has 9,001 bp for sequence x \(9,000[\s\S]*lacks sequence tiny"):
        run(tmp_path, tmp_path / "map.agp", "--agp", str(tmp_path / "contigs.agp"))


def test_unlocalised_scaffolds_have_their_list(tmp_path):
    write_fasta(tmp_path / "a.fa", random.Random(2), a=[5_000], b=[3_000])
    text = PRETEXT.split("Scaffold_1")[0] + (
        "Scaffold_1\t1\t5000\t1\tW\ta\t1\t5000\t+\tPainted\t\n"
        "Scaffold_1\t5001\t5100\t2\tU\t100\tscaffold\tyes\tproximity_ligation\n"
        "Scaffold_1\t5101\t8100\t3\tW\tb\t1\t3000\t+\tPainted\tUnloc\n"
    )
    files = run(tmp_path, tmp_path / "map.agp", text=text)
    assert list(files["x.primary"]) == ["SUPER_1", "SUPER_1_unloc_1"]
    assert (tmp_path / "out/x.primary.unlocalised.tsv").read_text() == "SUPER_1_unloc_1\t1\n"


def test_a_plain_agp_keeps_its_names(tmp_path):
    letters = write_fasta(tmp_path / "a.fa", random.Random(3), a=[5_000], b=[3_000], c=[2_000])
    text = (
        "mine\t1\t2000\t1\tW\tc\t1\t2000\t-\n"
        "SUPER_2\t1\t5000\t1\tW\ta\t1\t5000\t+\n"
        "SUPER_2_unloc_1\t1\t3000\t1\tW\tb\t1\t3000\t+\n"
    )
    files = run(tmp_path, tmp_path / "map.agp", text=text)
    assert list(files["x.primary"]) == ["mine", "SUPER_2", "SUPER_2_unloc_1"]
    assert files["x.primary"]["mine"] == reverse_complement(letters["c"].encode()).decode()
    assert (tmp_path / "out/x.primary.chromosomes.tsv").read_text() == "SUPER_2\t2\tLinear-Chromosome\n"
    assert (tmp_path / "out/x.primary.unlocalised.tsv").read_text() == "SUPER_2_unloc_1\t2\n"
    # the output applied to itself changes nothing
    agp = tmp_path / "out/x.primary.agp"
    assert run(tmp_path, agp) == files
    # the longest are chromosomes, if so many are asked for
    assert list(run(tmp_path, tmp_path / "map.agp", "--chromosomes", "2")["x.primary"]) == [
        "SUPER_1",
        "SUPER_2",
        "c",
    ]


JUICEBOX = """>a:::fragment_1 1 2000
>a:::fragment_2:::debris 2 1000
>a:::fragment_3 3 2000
>b 4 3000
4 -1
3
2
"""


def test_an_assembly_file_of_juicebox_is_applied(tmp_path):
    letters = write_fasta(tmp_path / "a.fa", random.Random(4), a=[5_000], b=[3_000])
    files = run(tmp_path, tmp_path / "x.review.assembly", "--chromosomes", "1", text=JUICEBOX)
    turned = reverse_complement(letters["a"][:2_000].encode()).decode()
    assert files == {
        "x.primary": {
            "SUPER_1": letters["b"] + "N" * 100 + turned,
            "a": letters["a"][3_000:],
            "a_2": letters["a"][2_000:3_000],
        }
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (">b 4 3000", ">b 4", r"line 4: expected >NAME NUMBER LENGTH"),
        ("4 -1", "4 -1 1", r"line 5: piece 1 is used twice, first on line 5"),
        ("4 -1", "4 -9", r"line 5: piece 9 is not in the list above"),
        ("4 -1", "4 one", r"line 5: 'one' is not the number of a piece"),
        ("\n2\n", "\n", r"piece 2 \(a\) is in no scaffold; add it as a line of its own"),
        (">b 4", ">b 3", r"line 4: number 3 is given to a second piece"),
        (">b 4 3000", ">b 4 3001", r"contig b has 3,001 bp, and 3,000 bp in the FASTA"),
        (">b 4", ">c 4", r"contig c is not in the FASTA"),
    ],
)
def test_faults_of_a_juicebox_file_are_named(tmp_path, old, new, message):
    write_fasta(tmp_path / "a.fa", random.Random(4), a=[5_000], b=[3_000])
    path = tmp_path / "x.review.assembly"
    with pytest.raises(InputError, match=message):
        run(tmp_path, path, text=JUICEBOX.replace(old, new))


def test_juicebox_pieces_lie_one_after_the_other(tmp_path):
    path = tmp_path / "x.assembly"
    path.write_text(JUICEBOX)
    assert read_juicebox(path).objects["scaffold_3"] == [Component("a", 2_000, 3_000)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("o\t1\t5000\t1\tW\ta\t1\t5000\t+\np\t1\t9\t1\tW\ta\t1\t9\t+\n",
         r"line 2: bases 1 to 9 of component a"),
        ("o\t1\t5001\t1\tW\ta\t1\t5001\t+\n", r"line 1: base 5,001 of component a is beyond its end"),
        ("o\t1\t5000\t1\tW\tq\t1\t5000\t+\n", r"map.agp: none of its 1 components \(q\) is a"),
    ],
)  # fmt: skip
def test_faults_of_a_plain_agp_are_named(tmp_path, text, message):
    write_fasta(tmp_path / "a.fa", random.Random(5), a=[5_000])
    with pytest.raises(InputError, match=message):
        run(tmp_path, tmp_path / "map.agp", text=text)
    assert not (tmp_path / "out").exists()


def test_a_table_of_homologues_names_the_second_haplotype(tmp_path):
    write_fasta(tmp_path / "a.fa", random.Random(6), a=[5_000], b=[3_000])
    text = PRETEXT.split("Scaffold_1")[0] + (
        "Scaffold_1\t1\t5000\t1\tW\ta\t1\t5000\t+\tPainted\nScaffold_2\t1\t3000\t1\tW\tb\t1\t3000\t+\tPainted\n"
    )
    table = tmp_path / "homologues.tsv"
    table.write_text("object\tchromosome\nScaffold_1\t2\nScaffold_2\t1\n")
    files = run(tmp_path, tmp_path / "map.agp", "--haplotype", "hap2", "--homologues", str(table), text=text)
    assert list(files["x.hap2"]) == ["SUPER_1_hap2", "SUPER_2_hap2"]
    assert len(files["x.hap2"]["SUPER_2_hap2"]) == 5_000
    table.write_text("object\tchromosome\nScaffold_2\t1\n")
    run(tmp_path, tmp_path / "map.agp", "--homologues", str(table))
    warnings = read_metrics(tmp_path / "out/x.curation.json")["warnings"]
    assert "chromosomes without a homologue have numbers of their own: SUPER_2" in warnings
    table.write_text("object\tchromosome\nScaffold_9\t1\n")
    with pytest.raises(InputError, match="names Scaffold_9, which are not painted objects"):
        run(tmp_path, tmp_path / "map.agp", "--homologues", str(table))
    with pytest.raises(InputError, match=r"--chromosomes must be at least 1\n--prefix 'a b': use letters"):
        run(tmp_path, tmp_path / "map.agp", "--prefix", "a b", "--chromosomes", "-1")
    table.write_text("name\n")
    with pytest.raises(InputError, match="has no column object"):
        run(tmp_path, tmp_path / "map.agp", "--homologues", str(table))


def test_the_layout_has_the_contigs_that_are_cut_between(tmp_path):
    write_fasta(tmp_path / "a.fa", random.Random(7), a=[5_000, 4_000])
    assert [type(part).__name__ for part in sequence_layout(tmp_path / "a.fa").objects["a"]] == [
        "Component",
        "Gap",
        "Component",
    ]
