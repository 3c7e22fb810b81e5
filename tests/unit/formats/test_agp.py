"""AGP: read, checked, written, applied to sequences and composed."""

import gzip
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnaea.base.errors import InputError
from linnaea.formats.agp import (
    Agp,
    Component,
    Gap,
    agp_rows,
    check_components,
    compose,
    identity,
    join_gap,
    part_of,
    read_agp,
    sequence_layout,
    trace,
    turned,
    unused,
    write_agp,
    write_objects,
)
from linnaea.formats.sequence_store import stored_sequences
from linnaea.formats.sequences import fasta_records

OPPOSITE = dict(zip("ACGTNRYSWKMBDHVacgtn", "TGCANYRSWMKVHDBtgcan", strict=True))


def reverse(letters: str) -> str:
    return "".join(OPPOSITE[letter] for letter in reversed(letters))


def spelled(agp: Agp, components: dict[str, str]) -> dict[str, str]:
    """Objects by a plain reading of their parts."""
    objects = {}
    for name, parts in agp.objects.items():
        letters = ""
        for part in parts:
            if isinstance(part, Gap):
                letters += "N" * part.length
            else:
                piece = components[part.name][part.start : part.end]
                letters += reverse(piece) if part.orientation == "-" else piece
        objects[name] = letters
    return objects


def random_sequences(rng: random.Random, count: int, prefix: str) -> dict[str, str]:
    return {
        f"{prefix}{number}": "".join(rng.choices("ACGTacgtRYn", k=rng.randrange(1, 90)))
        for number in range(count)
    }


def random_agp(rng: random.Random, lengths: dict[str, int], prefix: str) -> Agp:
    """Every base of the components in some object: cut, shuffled, turned and joined."""
    pieces = []
    for name, length in lengths.items():
        edges = sorted({0, length, *(rng.randrange(length + 1) for _ in range(rng.randrange(3)))})
        pieces += [Component(name, start, end, rng.choice("+-?")) for start, end in pairwise(edges)]
    rng.shuffle(pieces)
    objects: dict[str, list] = {}
    for piece in pieces:
        name = f"{prefix}{rng.randrange(4)}"
        parts = objects.setdefault(name, [])
        if parts and rng.random() < 0.7:
            parts.append(join_gap(rng.choice([7, 100, 200])))
        parts.append(piece)
    return Agp(objects)


def write_fasta(path, sequences, width=23, end="\n"):
    text = "".join(
        f">{name} words{end}"
        + "".join(letters[at : at + width] + end for at in range(0, len(letters), width))
        for name, letters in sequences.items()
    )
    path.write_bytes(gzip.compress(text.encode(), 1) if path.suffix == ".gz" else text.encode())
    return path


def read_back(path):
    return {name: letters.decode() for name, letters in fasta_records(path)}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_an_agp_comes_back_from_its_file_and_spells_the_same(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("agp")
    rng = random.Random(seed)
    contigs = random_sequences(rng, 6, "c")
    lengths = {name: len(letters) for name, letters in contigs.items()}
    agp = random_agp(rng, lengths, "s")
    write_agp(folder / "x.agp", agp)
    assert read_agp(folder / "x.agp", lengths, whole=True).objects == agp.objects
    path = write_fasta(folder / "c.fa", contigs, rng.randrange(1, 99), rng.choice(["\n", "\r\n"]))
    with stored_sequences(path) as store:
        assert store.lengths == lengths
        write_objects(agp, store, folder / "s.fa")
    assert read_back(folder / "s.fa") == spelled(agp, contigs)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_composed_chains_spell_what_one_after_the_other_spells(seed):
    rng = random.Random(seed)
    contigs = random_sequences(rng, 5, "c")
    inner = random_agp(rng, {name: len(letters) for name, letters in contigs.items()}, "s")
    outer = random_agp(rng, inner.lengths(), "chr")
    last = random_agp(rng, outer.lengths(), "g")
    composed = compose(outer, inner)
    in_steps = spelled(outer, spelled(inner, contigs))
    assert spelled(composed, contigs) == in_steps
    assert compose(last, composed).lengths() == last.lengths()
    assert spelled(compose(compose(last, outer), inner), contigs) == spelled(compose(last, composed), contigs)
    # each base of an object is the base of the component that it is traced to
    for name, letters in in_steps.items():
        for position in range(0, len(letters), 7):
            place = trace(composed, name, position)
            if place is None:
                assert letters[position] == "N"
            else:
                base = contigs[place[0]][place[1]]
                assert letters[position] == (base if place[2] == "+" else reverse(base))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_a_stretch_of_an_object_is_that_stretch(seed):
    rng = random.Random(seed)
    contigs = random_sequences(rng, 4, "c")
    agp = random_agp(rng, {name: len(letters) for name, letters in contigs.items()}, "s")
    for name, letters in spelled(agp, contigs).items():
        start = rng.randrange(len(letters))
        end = rng.randrange(start, len(letters) + 1)
        part = part_of(agp.objects[name], start, end)
        assert spelled(Agp({"x": part}), contigs)["x"] == letters[start:end]
        assert spelled(Agp({"x": turned(part)}), contigs)["x"] == reverse(letters[start:end])


def test_orientations_of_composed_agps():
    contigs = {"c": "ACCGT"}
    for outer, inner, expected in [
        ("+", "+", "+"), ("-", "-", "+"), ("-", "+", "-"), ("+", "-", "-"), ("?", "+", "?"), ("+", "?", "?"),
        ("?", "-", "-"), ("-", "?", "-"),
    ]:  # fmt: skip
        composed = compose(
            Agp({"o": [Component("s", 0, 5, outer)]}), Agp({"s": [Component("c", 0, 5, inner)]})
        )
        assert composed.objects["o"][0].orientation == expected
        assert len(spelled(composed, contigs)["o"]) == 5


def test_what_continues_is_one_stretch_after_composition():
    inner = Agp({"s1": [Component("c", 0, 40)], "s2": [Component("c", 40, 100)]})
    for strand, order in (("+", ("s1", "s2")), ("-", ("s2", "s1"))):
        parts = [Component(name, 0, inner.lengths()[name], strand) for name in order]
        assert compose(Agp({"o": parts}), inner).objects["o"] == [Component("c", 0, 100, strand)]


def test_agps_that_are_not_of_consecutive_steps_are_refused():
    inner = Agp({"s": [Component("c", 0, 10)]})
    with pytest.raises(InputError, match=r"component t is not a sequence[\s\S]*not of consecutive steps"):
        compose(Agp({"o": [Component("s", 0, 10), Component("t", 0, 10)]}), inner)
    with pytest.raises(InputError, match="base 11 of component s is beyond its end"):
        compose(Agp({"o": [Component("s", 0, 11)]}), inner)


@pytest.mark.parametrize("suffix", ["fa", "fa.gz"])
@pytest.mark.parametrize("min_gap", [1, 3, 10])
def test_the_layout_of_a_fasta_gives_it_again(tmp_path, suffix, min_gap):
    rng = random.Random(9)
    sequences = {
        f"s{number}": "".join(
            rng.choice(["ACGGT", "acg", "N", "nn", "NNNNNNNNNNNN", "N" * 100]) for _ in range(30)
        ).upper()
        for number in range(5)
    } | {"none": "", "all": "N" * 40}
    path = write_fasta(tmp_path / f"x.{suffix}", sequences)
    layout = sequence_layout(path, min_gap)
    assert spelled(layout, sequences) == sequences
    for name, parts in layout.objects.items():
        assert min([part.length for part in parts if isinstance(part, Gap)], default=min_gap) >= min_gap
        inside = [sequences[name][p.start : p.end] for p in parts if isinstance(p, Component)]
        assert not any("N" * min_gap in letters for letters in inside)
        assert all(p.kind == ("U" if p.length == 100 else "N") for p in parts if isinstance(p, Gap))


def test_gaps_over_the_edges_of_blocks_are_whole(tmp_path):
    letters = "A" * (1 << 20) + "N" * 30 + "C" * 10
    path = write_fasta(tmp_path / "x.fa", {"s": letters}, width=len(letters))
    kinds = [(type(part).__name__, part.length) for part in sequence_layout(path).objects["s"]]
    assert kinds == [("Component", 1 << 20), ("Gap", 30), ("Component", 10)]


def test_long_components_are_reversed_over_blocks(tmp_path):
    rng = random.Random(3)
    letters = "".join(rng.choices("ACGT", k=(1 << 20) * 2 + 77))
    path = write_fasta(tmp_path / "x.fa.gz", {"s": letters}, width=70)
    agp = Agp({"o": [Component("s", 5, len(letters) - 3, "-")]})
    with stored_sequences(path) as store:
        write_objects(agp, store, tmp_path / "o.fa.gz")
    assert read_back(tmp_path / "o.fa.gz") == {"o": reverse(letters[5:-3])}


PRETEXT = """##agp-version\t2.1
# DESCRIPTION: Generated by PretextView Version 0.2.5
# HiC MAP RESOLUTION: 6825.860764 bp/texel
Scaffold_1\t1\t5000\t1\tW\tc1\t1\t5000\t+\tPainted\tHAP1\t
Scaffold_1\t5001\t5100\t2\tU\t100\tscaffold\tyes\tproximity_ligation
Scaffold_1\t5101\t5200\t3\tW\tc2\t1\t100\t-\tPainted\tUnloc
"""


def write(path, text):
    path.write_text(text)
    return path


def test_tags_and_resolution_of_pretextview_are_read(tmp_path):
    agp = read_agp(write(tmp_path / "x.agp", PRETEXT))
    assert agp.texel_bp == pytest.approx(6825.860764)
    assert agp.objects == {
        "Scaffold_1": [
            Component("c1", 0, 5000, "+", "W", ("Painted", "HAP1")),
            Gap(100),
            Component("c2", 0, 100, "-", "W", ("Painted", "Unloc")),
        ]
    }
    write_agp(tmp_path / "y.agp", agp)
    assert read_agp(tmp_path / "y.agp") == agp


def test_words_of_older_versions_are_translated_and_counted(tmp_path):
    path = write(
        tmp_path / "old.agp",
        "# AGP 1.1\n"
        "o\t1\t10\t1\tF\tAC1.1\t1\t10\t+\n"
        "o\t11\t60\t2\tN\t50\tfragment\tyes\n"
        "o\t61\t70\t3\tW\tAC2.1\t1\t10\t0\n"
        "o\t71\t270\t4\tU\t200\tclone\tno\t\n"
        "o\t271\t280\t5\tD\tAC3.1\t1\t10\tna\n",
    )
    agp = read_agp(path)
    assert [part for part in agp.objects["o"] if isinstance(part, Gap)] == [
        Gap(50, "N", "scaffold", ("unspecified",)),
        Gap(200, "U", "contig", ()),
    ]
    assert sorted(note.removeprefix(f"{path}: ") for note in agp.notes) == [
        "gap type clone of AGP 1.1, read as contig in 1 rows",
        "gap type fragment of AGP 1.1, read as scaffold in 1 rows",
        "gaps of unknown length (U) that are not 100 bp, kept as they are in 1 rows",
        "no linkage evidence, read as na in 1 rows",
        "no linkage evidence, read as unspecified in 1 rows",
    ]
    # what is written is AGP 2.1 and reads without a note on versions
    write_agp(tmp_path / "new.agp", agp)
    again = read_agp(tmp_path / "new.agp")
    assert again.objects == agp.objects
    assert len(again.notes) == 1 and "kept as they are" in again.notes[0]


LENGTHS = {"c1": 100, "c2": 50}
GOOD = [
    "o\t1\t100\t1\tW\tc1\t1\t100\t+",
    "o\t101\t200\t2\tU\t100\tscaffold\tyes\tproximity_ligation",
    "o\t201\t250\t3\tW\tc2\t1\t50\t-",
]
FAULTS = {
    "no tabs": (1, "o 101 200 2 U 100 scaffold yes map", r"line 2: 1 columns separated by tabs"),
    "words for numbers": (0, "o\tone\t100\t1\tW\tc1\t1\t100\t+", r"line 1: columns 2 to 4 must be whole"),
    "part": (2, "o\t201\t250\t4\tW\tc2\t1\t50\t-", r"line 3: part 4 of object o follows part 2"),
    "hole": (2, "o\t203\t252\t3\tW\tc2\t1\t50\t-", r"line 3: object o goes on at 203, but its last part"),
    "span": (2, "o\t201\t249\t3\tW\tc2\t1\t50\t-", r"line 3: the row spans 49 bp of object o but its comp"),
    "span of a gap": (
        1,
        "o\t101\t200\t2\tU\t200\tscaffold\tyes\tproximity_ligation",
        r"line 2: the row spans 100 bp of object o but its gap has 200",
    ),
    "type": (0, "o\t1\t100\t1\tX\tc1\t1\t100\t+", r"line 1: component type 'X'"),
    "orientation": (0, "o\t1\t100\t1\tW\tc1\t1\t100\tplus", r"line 1: orientation 'plus'"),
    "from 0": (0, "o\t1\t100\t1\tW\tc1\t0\t99\t+", r"line 1: 0 to 99 is not a stretch of component c1"),
    "backwards": (0, "o\t1\t100\t1\tW\tc1\t100\t1\t+", r"line 1: 100 to 1 is not a stretch"),
    "gap of no length": (
        1,
        "o\t101\t200\t2\tN\t-5\tscaffold\tyes\tproximity_ligation",
        r"line 2: gap length '-5'",
    ),
    "gap type": (1, "o\t101\t200\t2\tU\t100\tbreak\tyes\tmap", r"line 2: gap type 'break' is not one of"),
    "linkage": (1, "o\t101\t200\t2\tU\t100\tscaffold\tmaybe\tmap", r"line 2: linkage 'maybe'"),
    "evidence": (1, "o\t101\t200\t2\tU\t100\tscaffold\tyes\thearsay", r"line 2: linkage evidence hearsay"),
    "evidence without linkage": (
        1,
        "o\t101\t200\t2\tU\t100\tcontig\tno\tmap",
        r"line 2: a gap without linkage has evidence 'map'; it must be na",
    ),
    "scaffold without linkage": (
        1,
        "o\t101\t200\t2\tU\t100\tscaffold\tno\tna",
        r"line 2: a gap of type scaffold must have linkage yes",
    ),
    "contig with linkage": (
        1,
        "o\t101\t200\t2\tU\t100\tcontig\tyes\tmap",
        r"line 2: a gap of type contig must have linkage no",
    ),
    "component twice": (
        2,
        "o\t201\t250\t3\tW\tc1\t1\t50\t-",
        r"line 3: bases 1 to 50 of component c1 are used twice \(first on line 1\)",
    ),
    "out of range": (
        2,
        "o\t201\t251\t3\tW\tc2\t1\t51\t-",
        r"line 3: base 51 of component c2 is beyond its end \(50 bp in the FASTA\)",
    ),
    "another name": (2, "o\t201\t250\t3\tW\tc9\t1\t50\t-", r"line 3: component c9 is not a sequence of the"),
    "lost": (2, "o\t201\t240\t3\tW\tc2\t1\t40\t-", r"10 of 50 bp of component c2 are not used \(first 41"),
    "gap last": (
        2,
        "o\t201\t300\t3\tU\t100\tscaffold\tyes\tmap",
        r"line 3: object o ends with a gap; remove this row",
    ),
}  # fmt: skip


def test_the_good_file_has_no_fault(tmp_path):
    agp = read_agp(write(tmp_path / "x.agp", "\n".join(GOOD)), LENGTHS, whole=True)
    assert list(agp_rows(agp.objects)) == GOOD and not agp.notes


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_line(tmp_path, fault):
    row, text, message = FAULTS[fault]
    path = write(tmp_path / "x.agp", "\n".join([*GOOD[:row], text, *GOOD[row + 1 :]]) + "\n")
    with pytest.raises(InputError, match=message) as raised:
        read_agp(path, LENGTHS, whole=True)
    assert str(path) in str(raised.value)


def test_all_faults_are_named_at_once(tmp_path):
    rows = [f"o{number}\t1\t10\t1\tW\tc1\t1\t10\tup" for number in range(30)]
    with pytest.raises(InputError) as raised:
        read_agp(write(tmp_path / "x.agp", "\n".join(rows)))
    lines = str(raised.value).split("\n")
    assert len(lines) == 21 and lines[-1] == "and 10 more faults"


def test_objects_in_pieces_and_empty_files_are_refused(tmp_path):
    rows = [GOOD[0], "p\t1\t50\t1\tW\tc2\t1\t50\t+", "o\t101\t110\t2\tW\tc3\t1\t10\t+"]
    with pytest.raises(InputError, match="line 3: rows of object o are not together"):
        read_agp(write(tmp_path / "x.agp", "\n".join(rows)))
    with pytest.raises(InputError, match="no rows; give an AGP file"):
        read_agp(write(tmp_path / "y.agp", "# only a comment\n"))


def test_an_agp_of_another_fasta_is_one_fault():
    agp = identity({"a": 5, "b": 6})
    agp.path = "my.agp"
    faults = check_components(agp, {"x": 5})
    assert faults == [
        "my.agp: none of its 2 components (a, b) is a sequence of the FASTA; give the FASTA that the AGP was "
        "made for"
    ]


def test_unused_stretches():
    agp = Agp({"o": [Component("a", 2, 5), Component("a", 7, 9)], "p": [Component("b", 0, 4)]})
    lengths = {"a": 10, "b": 4, "c": 3}
    assert unused(agp.components(), lengths) == {"a": [(0, 2), (5, 7), (9, 10)], "c": [(0, 3)]}


def test_two_sequences_of_a_name_are_refused(tmp_path):
    path = write(tmp_path / "x.fa", ">a\nAC\n>a\nGT\n")
    with pytest.raises(InputError, match="two sequences are named a"), stored_sequences(path):
        pass
    with pytest.raises(InputError, match="two sequences are named a"):
        sequence_layout(path)
