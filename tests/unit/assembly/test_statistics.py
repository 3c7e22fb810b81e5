"""Assembly statistics against a naive implementation on Biopython's parser, and hand-made truth."""

import csv
import gzip
import json
import random
import re

import numpy as np
import pytest
from Bio import SeqIO

import assembly_statistics as step
from linnaea.assembly.statistics import area_under_nx, assembly_statistics, n_statistics
from linnaea.base.errors import InputError

LAYOUTS = {
    "plain": {},
    "wide": {"width": 10_000},
    "narrow": {"width": 1},
    "crlf": {"end": "\r\n"},
    "no final newline": {"final": False},
    "blank lines": {"blank": True},
}


def naive(path, min_gap=1):
    """The same numbers, letter by letter, from Biopython's records."""
    lengths, contigs, gaps = [], [], []
    letters = ""
    for record in SeqIO.parse(path, "fasta"):
        text = str(record.seq)
        letters += text
        lengths.append(len(text))
        runs = [len(run) for run in re.findall(r"[Nn]+", text)]
        gaps += [run for run in runs if run >= min_gap]
        contigs += [len(c) for c in re.split(rf"[Nn]{{{min_gap},}}", text) if c]

    def nx(values, percent):
        total = 0
        for number, value in enumerate(sorted(values, reverse=True), 1):
            total += value
            if total * 100 >= percent * sum(values):
                return value, number
        raise AssertionError

    upper = letters.upper()
    acgt = sum(upper.count(base) for base in "ACGT")
    gc = upper.count("G") + upper.count("C")
    return {
        "sequences": len(lengths),
        "total_bp": len(letters),
        "scaffold_n50_bp": nx(lengths, 50)[0],
        "scaffold_l50": nx(lengths, 50)[1],
        "scaffold_n90_bp": nx(lengths, 90)[0],
        "scaffold_l90": nx(lengths, 90)[1],
        "scaffold_auN_bp": round(sum(x * x for x in lengths) / len(letters), 1),
        "contigs": len(contigs),
        "contig_n50_bp": nx(contigs, 50)[0],
        "contig_l50": nx(contigs, 50)[1],
        "contig_n90_bp": nx(contigs, 90)[0],
        "contig_l90": nx(contigs, 90)[1],
        "contig_auN_bp": round(sum(x * x for x in contigs) / sum(contigs), 1),
        "longest_bp": max(lengths),
        "shortest_bp": min(lengths),
        "longest_contig_bp": max(contigs),
        "gaps": len(gaps),
        "gap_bp": sum(gaps),
        "gaps_per_gbp": round(len(gaps) / len(letters) * 1e9, 2),
        "gc_pct": round(100 * gc / acgt, 4),
        "n_bp": upper.count("N"),
        "soft_masked_pct": round(100 * sum(c.islower() for c in letters) / len(letters), 4),
        "other_bp": len(letters) - acgt - upper.count("N"),
    }


def some_sequences(seed):
    rng = random.Random(seed)
    for i in range(12):
        parts = []
        for _ in range(rng.randint(1, 6)):
            alphabet = rng.choice(["ACGT", "ACGTacgt", "acgt", "ACGTRYKM", "ACGTn"])
            parts.append("".join(rng.choices(alphabet, k=rng.randint(1, 300))))
            parts.append(rng.choice("Nn") * rng.choice([0, 1, 2, 9, 10, 11, 150]))
        yield f"seq{i}", "".join(parts) if rng.random() < 0.5 else "".join(parts[:-1])


def write(path, records, width=60, end="\n", final=True, blank=False):
    lines = []
    for name, bases in records:
        lines.append(f">{name} a description > with a sign")
        lines += [bases[i : i + width] for i in range(0, len(bases), width)]
        if blank:
            lines.append("")
    text = end.join(lines) + (end if final else "")
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("block", [1, 7, 64, 1 << 20])
def test_equals_a_naive_count_whatever_the_layout_and_the_block(tmp_path, layout, block):
    path = write(tmp_path / "a.fa", list(some_sequences(1)), **LAYOUTS[layout])
    record, _ = assembly_statistics(path, block_bytes=block)
    expected = naive(path)
    assert {key: record[key] for key in expected} == expected


@pytest.mark.parametrize("min_gap", [1, 2, 10, 11])
@pytest.mark.parametrize("seed", range(5))
def test_gaps_shorter_than_the_limit_stay_in_their_contig(tmp_path, seed, min_gap):
    path = write(tmp_path / "a.fa", list(some_sequences(seed)))
    record, _ = assembly_statistics(path, min_gap=min_gap, block_bytes=50)
    expected = naive(path, min_gap)
    assert {key: record[key] for key in expected} == expected


def test_gzip_gives_what_the_plain_file_gives(tmp_path):
    plain = write(tmp_path / "a.fa", list(some_sequences(3)))
    zipped = tmp_path / "b.fa.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    one, two = (assembly_statistics(path) for path in (plain, zipped))
    assert one[0] | {"file": ""} == two[0] | {"file": ""}
    assert one[1] == two[1]


def test_table_and_terminal_n_by_hand(tmp_path):
    path = write(tmp_path / "a.fa", [("one", "NNACGTNNNacg"), ("two", "GGGGCCCCCA"), ("three", "TTn")])
    record, table = assembly_statistics(path)
    assert record["leading_or_trailing_n"] == 2
    assert (record["gaps"], record["gap_bp"], record["contigs"]) == (3, 6, 4)
    first = table[0]
    assert (first["length_bp"], first["gaps"], first["contigs"]) == (12, 2, 2)
    assert (first["longest_contig_bp"], first["gap_bp"]) == (4, 5)
    assert first["gc_pct"] == pytest.approx(100 * 4 / 7, abs=1e-3)
    assert first["soft_masked_pct"] == 25
    assert table[1]["gc_pct"] == 90


def test_nx_and_aun_of_the_textbook():
    # 2, 2, 2, 3, 3, 4, 8, 8: N50 is 8 (Miller et al. 2010, Genomics 95:315).
    lengths = np.array([8, 8, 4, 3, 3, 2, 2, 2])
    assert n_statistics(lengths, 50) == (8, 2)
    assert n_statistics(lengths, 90) == (2, 7)
    assert n_statistics(lengths, 100) == (2, 8)
    assert area_under_nx(lengths) == pytest.approx((64 + 64 + 16 + 9 + 9 + 4 + 4 + 4) / 32)


def test_nx_curve_falls_from_the_longest_to_the_shortest(tmp_path):
    path = write(tmp_path / "a.fa", list(some_sequences(4)))
    record, _ = assembly_statistics(path)
    curve = record["nx_curve"]
    assert curve["x_pct"] == list(range(1, 101))
    assert curve["scaffold_bp"][0] == record["longest_bp"]
    assert curve["scaffold_bp"][49] == record["scaffold_n50_bp"]
    assert curve["contig_bp"][89] == record["contig_n90_bp"]
    assert curve["scaffold_bp"][99] == record["shortest_bp"]
    assert curve["scaffold_bp"] == sorted(curve["scaffold_bp"], reverse=True)


def test_haploid_number_gives_the_share_of_the_longest(tmp_path):
    path = write(tmp_path / "a.fa", [("a", "A" * 60), ("b", "C" * 30), ("c", "G" * 10)])
    record, _ = assembly_statistics(path, haploid_number=2)
    assert record["in_haploid_number_longest_pct"] == 90


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "no FASTA record"),
        (b"ACGT\n", "not FASTA"),
        (b"@r\nACGT\n+\nIIII\n", "not FASTA"),
        (b">a\nACGT\n>a x\nACGT\n", "the name a occurs twice"),
        (b">a\n>b\nACGT\n", "a has no bases"),
        (b">a\nACGT\n>b", "b has no bases"),
        (b">\nACGT\n", "no sequence name"),
        (b">a\nMEEPQSDPSV\n", "'E', which is not a nucleotide"),
        (b">a\nAC GT\n", "' ', which is not a nucleotide"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, content, says):
    path = tmp_path / "bad.fa"
    path.write_bytes(content)
    for block in (1, 1 << 20):
        with pytest.raises(InputError, match=re.escape(says)) as error:
            assembly_statistics(path, block_bytes=block)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kept", [0.3, 0.999])
def test_a_truncated_or_damaged_gzip_is_refused(tmp_path, kept):
    rng = random.Random(5)
    whole = gzip.compress((">a\n" + "".join(rng.choices("ACGT", k=200_000)) + "\n").encode())
    path = tmp_path / "cut.fa.gz"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match="truncated"):
        assembly_statistics(path)
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(20) + whole[middle + 20 :])
    with pytest.raises(InputError, match="damaged"):
        assembly_statistics(path)


def test_the_step_writes_record_and_table_or_nothing(tmp_path):
    path = write(tmp_path / "a.fa", list(some_sequences(6)))
    out, table = tmp_path / "o.json", tmp_path / "o.tsv"
    named = ["--id", "x", "--stage", "raw", "--haplotype", "hap1"]
    assert step.main([*named, "--out", str(out), "--table", str(table), str(path)]) == 0
    record = json.loads(out.read_text())
    assert (record["step"], record["haplotype"]) == ("assembly_statistics", "hap1")
    with table.open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert sum(int(row["length_bp"]) for row in rows) == record["total_bp"]
    out.unlink()
    table.unlink()
    path.write_text(">a\nACGT\n>a\nACGT\n")
    with pytest.raises(InputError):
        step.main([*named, "--out", str(out), "--table", str(table), str(path)])
    assert [p.name for p in tmp_path.iterdir()] == ["a.fa"]
