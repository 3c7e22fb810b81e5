"""Telomeres found at the ends where they were put, and nowhere else."""

import random

import pytest

from linnaea.assembly import telomeres
from linnaea.assembly.statistics import assembly_statistics
from linnaea.assembly.telomeres import KNOWN_MOTIFS, candidates, outward, reverse_complement, run_length


def random_bases(rng, length):
    return "".join(rng.choices("ACGT", k=length))


def mutated(rng, bases, rate):
    """Substitutions, insertions and deletions, a third each."""
    out = []
    for base in bases:
        draw = rng.random()
        if draw < rate / 3:
            out.append(rng.choice("ACGT"))
        elif draw < 2 * rate / 3:
            out.append(base + rng.choice("ACGT"))
        elif draw >= rate:
            out.append(base)
    return "".join(out)


def tandem(motif, length):
    return (motif * (length // len(motif) + 1))[:length]


def flipped(bases):
    return reverse_complement(bases.encode()).decode()


def statistics(tmp_path, records, **options):
    path = tmp_path / "a.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in records.items()))
    record, table = assembly_statistics(path, block_bytes=3000, **options)
    ends = {
        (row["sequence"], side): row[f"telomere_{side}_bp"]
        for row in table
        for side in ("start", "end")
        if row[f"telomere_{side}_bp"]
    }
    return record, ends


@pytest.mark.parametrize("motif", ["TTAGGG", "TTTAGGG", "TTAGG", "TTAGGC", "CTCGGTTATGGG"])
def test_true_ends_are_found_with_their_length_and_no_others(tmp_path, motif):
    rng = random.Random(motif)
    body = {name: random_bases(rng, 20_000) for name in ("both", "left", "right", "none", "inside")}
    array = tandem(motif, 900)
    body["both"] = flipped(tandem(motif, 1500)) + body["both"] + tandem(motif, 2500)
    body["left"] = flipped(mutated(rng, tandem(motif, 3000), 0.03)) + body["left"]
    # An adapter or a ragged end may follow the telomere.
    body["right"] += tandem(motif, 700) + random_bases(rng, 120)
    half = body["inside"]
    body["inside"] = half[:9000] + array + half[9000:] + flipped(array) + half[:400]
    record, ends = statistics(tmp_path, body)
    assert record["telomere_motif"] == motif
    assert record["telomere_motif_source"] == "found"
    assert ends.keys() == {("both", "start"), ("both", "end"), ("left", "start"), ("right", "end")}
    assert ends["both", "start"] == pytest.approx(1500, abs=12)
    assert ends["both", "end"] == pytest.approx(2500, abs=12)
    assert ends["left", "start"] == pytest.approx(3000, rel=0.03)
    assert ends["right", "end"] == pytest.approx(700, abs=12)
    assert record["telomeres"] == 4
    assert record["sequences_with_both_telomeres"] == record["gapless_with_both_telomeres"] == 1
    assert record["sequences_with_one_telomere"] == 2


def test_a_gap_makes_a_sequence_with_both_telomeres_not_gapless(tmp_path):
    rng = random.Random(2)
    telomere = tandem("TTAGGG", 600)
    bases = flipped(telomere) + random_bases(rng, 4000) + "N" * 100 + random_bases(rng, 4000)
    record, _ = statistics(tmp_path, {"a": (bases + telomere).lower()})
    assert record["sequences_with_both_telomeres"] == 1
    assert record["gapless_with_both_telomeres"] == 0


def test_telomeric_repeats_that_face_inwards_are_no_telomeres(tmp_path):
    rng = random.Random(3)
    array = tandem("TTAGGG", 800)
    record, ends = statistics(tmp_path, {"a": array + random_bases(rng, 9000) + flipped(array)})
    assert record["telomere_motif"] is None
    assert record["telomere_motif_source"] == "none"
    assert not ends


def test_satellites_at_contig_ends_are_not_taken_for_telomeres(tmp_path):
    rng = random.Random(4)
    records = {}
    for i in range(20):
        satellite = [tandem("AATGGC", 900), flipped(tandem("AATGGC", 900))]
        rng.shuffle(satellite)
        records[f"c{i}"] = satellite[0] + random_bases(rng, 3000) + satellite[1]
    record, ends = statistics(tmp_path, records)
    assert record["telomere_motif"] is None
    assert not ends
    # The true telomere wins even at a tenth of the ends.
    for i in range(4):
        records[f"c{i}"] += tandem("TTAGG", 500)
    record, ends = statistics(tmp_path, records)
    assert record["telomere_motif"] == "TTAGG"
    assert ends.keys() == {(f"c{i}", "end") for i in range(4)}


def test_long_satellites_microsatellites_and_one_letter_runs_give_no_motif(tmp_path):
    rng = random.Random(5)
    ends = [tandem(random_bases(rng, 171), 3000), "CA" * 600, "A" * 900, "GATA" * 300]
    records = {f"c{i}": random_bases(rng, 4000) + end for i, end in enumerate(ends * 6)}
    record, found = statistics(tmp_path, records)
    assert record["telomere_motif"] is None
    assert not found


def test_an_unknown_motif_is_believed_when_all_ends_agree(tmp_path):
    rng = random.Random(6)
    telomere = tandem("TTACGTGGG", 1000)
    chromosomes = {f"c{i}": flipped(telomere) + random_bases(rng, 5000) + telomere for i in range(3)}
    record, ends = statistics(tmp_path, chromosomes)
    assert record["telomere_motif"] == "TTACGTGGG"
    assert len(ends) == 6
    two_ends, found = statistics(tmp_path, {"c0": chromosomes["c0"]})
    assert two_ends["telomere_motif"] is None
    assert not found


def test_a_given_motif_is_used_on_either_strand(tmp_path):
    rng = random.Random(7)
    telomere = tandem("TTACGTGGG", 1000)
    records = {"a": flipped(telomere) + random_bases(rng, 5000) + telomere}
    for motif in ("TTACGTGGG", flipped("TTACGTGGG"), "gggttacgt"):
        record, ends = statistics(tmp_path, records, telomere_motif=motif)
        assert record["telomere_motif_source"] == "given"
        assert ends.keys() == {("a", "start"), ("a", "end")}
    record, ends = statistics(tmp_path, records, telomere_motif="TTAGGG")
    assert record["telomere_motif"] == "TTAGGG"
    assert record["telomeres"] == 0


def test_the_limits_of_length_and_reach(tmp_path):
    rng = random.Random(8)
    body = random_bases(rng, 5000) + "C"
    records = {
        "short": body + tandem("TTAGGG", 80),
        "enough": body + tandem("TTAGGG", 120),
        "near": body + tandem("TTAGGG", 300) + random_bases(rng, 190),
        "far": body + tandem("TTAGGG", 300) + random_bases(rng, 260),
        "gap": body + tandem("TTAGGG", 300) + "N" * 50,
    }
    _, ends = statistics(tmp_path, records)
    assert ends.keys() == {(name, "end") for name in ("enough", "near", "gap")}


def test_a_run_ends_where_other_sequence_starts():
    rng = random.Random(9)
    inner = tandem("TTAGGG", 2000) + random_bases(rng, 400)
    end = (random_bases(rng, 5000) + inner + tandem("TTAGGG", 1000)).encode()
    assert run_length(end, "TTAGGG") == pytest.approx(1000, abs=20)


def test_a_telomere_longer_than_the_first_look_is_measured_whole():
    rng = random.Random(10)
    telomere = mutated(rng, tandem("TTAGGG", 30_000), 0.01)
    end = (random_bases(rng, 5000) + telomere).encode()
    assert run_length(end, "TTAGGG") == pytest.approx(len(telomere), abs=20)


def test_variants_and_read_errors_do_not_break_a_run():
    rng = random.Random(11)
    units = rng.choices(["TTAGGG", "TTGGGG", "TGAGGG", "TCAGGG"], [85, 5, 5, 5], k=500)
    end = random_bases(rng, 3000) + mutated(rng, "".join(units), 0.02)
    assert candidates(end.encode())[0] in telomeres.rotations("TTAGGG")
    assert run_length(end.encode(), "TTAGGG") == pytest.approx(3000, rel=0.05)


def test_random_ends_have_no_candidates():
    rng = random.Random(12)
    assert not any(candidates(random_bases(rng, 1000).encode()) for _ in range(500))


def test_known_motifs_are_outward_and_no_two_are_one_repeat():
    repeats = [frozenset(telomeres.rotations(motif)) for motif in KNOWN_MOTIFS]
    assert len(set(repeats)) == len(KNOWN_MOTIFS)
    for motif in KNOWN_MOTIFS:
        assert outward(motif) == outward(flipped(motif)) == motif
