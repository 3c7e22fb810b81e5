"""Read statistics against pysam and plain Python, and every fault of a read file."""

import gzip
import json
import math
import random
import re
import statistics

import numpy as np
import pysam
import pytest

import read_statistics as step
from linnaea.assembly.read_statistics import LengthCounts, length_histogram, read_statistics
from linnaea.base.errors import InputError
from linnaea.formats.sequences import fasta_records

BLOCKS = [1, 13, 1000, 1 << 20]


def reads(seed=1, count=60, longest=400):
    rng = random.Random(seed)
    made = []
    for i in range(count):
        length = rng.randint(1, longest)
        bases = "".join(rng.choices("ACGTacgtN", [9, 3, 4, 9, 1, 1, 1, 1, 1], k=length))
        worst = rng.randint(2, 60)
        qualities = "".join(chr(33 + rng.randint(0, worst)) for _ in range(length))
        made.append((f"read/{i}", bases, qualities))
    return made


def fastq(made, end="\n"):
    return "".join(
        end.join([f"@{name} x", bases, "+", qualities, ""]) for name, bases, qualities in made
    ).encode()


def naive(path):
    """The same numbers from pysam's parser, one read at a time."""
    lengths, bases, probabilities, means = [], "", [], []
    with pysam.FastxFile(str(path)) as handle:
        for read in handle:
            lengths.append(len(read.sequence))
            bases += read.sequence.upper()
            errors = [10 ** (-q / 10) for q in read.get_quality_array()]
            probabilities += errors
            means.append(math.floor(-10 * math.log10(sum(errors) / len(errors)) + 1e-6))
    lengths.sort(reverse=True)
    half, n50 = 0, 0
    for length in lengths:
        half += length
        if half * 2 >= len(bases):
            n50 = length
            break
    gc = bases.count("G") + bases.count("C")
    total = len(bases)
    return {
        "reads": len(lengths),
        "bases_bp": total,
        "mean_length_bp": pytest.approx(total / len(lengths), abs=0.01),
        "median_length_bp": statistics.median(lengths),
        "n50_bp": n50,
        "min_length_bp": lengths[-1],
        "max_length_bp": lengths[0],
        "gc_pct": pytest.approx(100 * gc / (total - bases.count("N")), abs=1e-3),
        "mean_quality_phred": pytest.approx(-10 * math.log10(sum(probabilities) / total), abs=1e-3),
        "q20_pct": pytest.approx(100 * sum(p <= 0.0100001 for p in probabilities) / total, abs=1e-3),
        "q30_pct": pytest.approx(100 * sum(p <= 0.0010001 for p in probabilities) / total, abs=1e-3),
        "quality_histogram": {
            "phred": list(range(min(means), max(means) + 1)),
            "reads": [means.count(q) for q in range(min(means), max(means) + 1)],
        },
    }


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_pysam_and_plain_python_whatever_the_block(tmp_path, block, seed):
    path = tmp_path / "a.fastq"
    path.write_bytes(fastq(reads(seed)))
    record = read_statistics([path], block)
    expected = naive(path)
    assert {key: record[key] for key in expected} == expected


@pytest.mark.parametrize("block", BLOCKS)
def test_gzip_crlf_and_no_final_newline_change_nothing(tmp_path, block):
    plain = tmp_path / "a.fastq"
    plain.write_bytes(fastq(reads()))
    expected = read_statistics([plain])
    for name, content in {
        "b.fastq.gz": gzip.compress(plain.read_bytes()),
        "c.fastq": fastq(reads(), "\r\n"),
        "d.fastq": plain.read_bytes().rstrip(b"\n"),
        "e.fastq": plain.read_bytes() + b"\n\n",
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        record = read_statistics([path], block)
        for key in expected.keys() - {"files", "per_file"}:
            assert record[key] == expected[key], (name, key)


@pytest.mark.parametrize("block", BLOCKS)
def test_fasta_records_equal_pysam_whatever_the_block(tmp_path, block):
    path = tmp_path / "a.fasta.gz"
    path.write_bytes(gzip.compress(b">one first\r\nACGTn\r\n\r\nac\r\n>none\n>last\nGGG>\nT"))
    with pysam.FastxFile(str(path)) as handle:
        expected = [(record.name, (record.sequence or "").encode()) for record in handle]
    assert list(fasta_records(path, block)) == expected
    assert [name for name, _ in expected] == ["one", "none", "last"]


def test_unaligned_bam_gives_what_its_fastq_gives(tmp_path):
    made = reads(4)
    path, bam = tmp_path / "a.fastq", tmp_path / "a.bam"
    path.write_bytes(fastq(made))
    with pysam.AlignmentFile(str(bam), "wb", header={"HD": {"VN": "1.6"}}) as handle:
        for name, bases, qualities in made:
            read = pysam.AlignedSegment()
            read.query_name, read.flag, read.query_sequence = name, 4, bases
            read.query_qualities_str = qualities
            handle.write(read)
    one, two = read_statistics([path]), read_statistics([bam], 500)
    for key in one.keys() - {"files", "per_file"}:
        assert two[key] == one[key]
    bam.write_bytes(bam.read_bytes()[:-28])
    with pytest.raises(InputError, match="truncated"):
        read_statistics([bam])


def test_several_files_are_one_library(tmp_path):
    parts = [tmp_path / "a.fastq", tmp_path / "b.fastq"]
    made = reads(5)
    for path, some in zip(parts, (made[:20], made[20:]), strict=True):
        path.write_bytes(fastq(some))
    whole = tmp_path / "c.fastq"
    whole.write_bytes(fastq(made))
    record = read_statistics(parts)
    assert [entry["reads"] for entry in record["per_file"]] == [20, 40]
    assert sum(entry["bases_bp"] for entry in record["per_file"]) == record["bases_bp"]
    expected = naive(whole)
    assert {key: record[key] for key in expected} == expected


def test_fasta_has_lengths_but_no_qualities_and_says_so(tmp_path):
    made = reads(6)
    path, scored = tmp_path / "a.fasta", tmp_path / "a.fastq"
    path.write_text("".join(f">{n}\n{b[:50]}\n{b[50:]}\n" for n, b, _ in made))
    scored.write_bytes(fastq(made))
    record, expected = read_statistics([path], 100), read_statistics([scored])
    for key in ("reads", "bases_bp", "n50_bp", "median_length_bp", "gc_pct", "length_histogram"):
        assert record[key] == expected[key]
    assert record["mean_quality_phred"] is record["q20_pct"] is record["q30_pct"] is None
    assert "no base qualities in a.fasta" in record["quality_note"]
    assert "quality_note" not in expected


def test_mean_quality_is_that_of_the_mean_error(tmp_path):
    path = tmp_path / "a.fastq"
    path.write_text("@r\nAC\n+\n5I\n")  # Q20 and Q40: mean error 0.00505, not Q30
    record = read_statistics([path])
    assert record["mean_quality_phred"] == pytest.approx(22.967, abs=1e-3)
    assert record["quality_histogram"] == {"phred": [22], "reads": [1]}


def test_reads_without_bases_are_counted(tmp_path):
    path = tmp_path / "a.fastq"
    path.write_text("@e\n\n+\n\n@r\nAC\n+\nII\n@f\n\n+\n")
    for block in BLOCKS:
        record = read_statistics([path], block)
        assert (record["reads"], record["bases_bp"], record["min_length_bp"]) == (3, 2, 0)
        assert sum(record["quality_histogram"]["reads"]) == 1


def test_lengths_beyond_the_array_and_their_histogram():
    counts = LengthCounts()
    counts.add(np.array([5, 5, 3_000_000, 20, 3_000_000]))
    lengths, reads_of = counts.table()
    assert lengths.tolist() == [5, 20, 3_000_000]
    assert reads_of.tolist() == [2, 1, 2]
    histogram = length_histogram(lengths, reads_of)
    starts = histogram["bin_start_bp"]
    assert len(starts) <= 200
    assert len(set(np.diff(starts).tolist())) == 1
    assert (sum(histogram["reads"]), sum(histogram["bases_bp"])) == (5, 6_000_030)
    assert histogram["reads"][-1] == 2


GOOD = "@a\nACGT\n+\nIIII\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        ("\n\n", "not FASTA, FASTQ or BAM"),
        ("hello\n", "not FASTA, FASTQ or BAM"),
        (GOOD * 2 + "@b\nACGT\n+\nIII\n", "record 3 (line 9, b): 4 bases but 3 quality values"),
        (GOOD + "@b\nACGT\n+\n", "record 2 (line 7): the file ends in the middle"),
        (GOOD + "@b\nACGT\n", "record 2 (line 6): the file ends in the middle"),
        (GOOD + "@b\nACGT\n+\nIIII", None),
        (GOOD + "b\nACGT\n+\nIIII\n", "record 2 (line 5): expected '@'"),
        (GOOD + "@b\nACGT\nIIII\n@c\n", "record 2 (line 7): expected a '+' line"),
        (GOOD + "@b\nACGT\n+\nII I\n", "record 2 (line 8): a quality is outside"),
        (GOOD + "@b\nAC-T\n+\nIIII\n", "'-', which is not a nucleotide"),
        ("@a\n\n+\n\n", "no bases"),
        (">a\nMEEPQS\n", "'E', which is not a nucleotide"),
    ],
)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_bad_file_is_refused_with_its_place(tmp_path, content, says, block):
    path = tmp_path / "bad.fastq"
    path.write_text(content)
    if says is None:
        assert read_statistics([path], block)["reads"] == 2
        return
    with pytest.raises(InputError, match=re.escape(says)) as error:
        read_statistics([path], block)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kept", [0.5, 0.999])
def test_a_truncated_gzip_is_refused_and_leaves_no_record(tmp_path, kept):
    whole = gzip.compress(fastq(reads(7, 3000)))
    path, out = tmp_path / "cut.fastq.gz", tmp_path / "o.json"
    path.write_bytes(whole[: int(len(whole) * kept)])
    named = ["--id", "x", "--library", "l", "--type", "hifi", "--stage", "raw"]
    with pytest.raises(InputError, match=r"cut\.fastq\.gz: the gzip file is truncated"):
        step.main([*named, "--out", str(out), str(path)])
    assert not out.exists()
    path.write_bytes(whole)
    assert step.main([*named, "--out", str(out), str(path)]) == 0
    record = json.loads(out.read_text())
    assert (record["step"], record["library"], record["reads"]) == ("read_statistics", "l", 3000)


def bam(path, made, **tags):
    with pysam.AlignmentFile(str(path), "wb", header={"HD": {"VN": "1.6"}}) as handle:
        for number, (name, bases, qualities) in enumerate(made):
            read = pysam.AlignedSegment()
            read.query_name, read.flag, read.query_sequence = name, 4, bases
            if qualities:
                read.query_qualities = pysam.qualitystring_to_array(qualities)
            for tag, values in tags.items():
                if values[number] is not None:
                    read.set_tag(tag, values[number], "f")
            handle.write(read)


def test_qualities_that_are_all_the_same_are_no_qualities(tmp_path):
    """What `samtools fastq` writes for a BAM without qualities: Q33 throughout."""
    path = tmp_path / "a.fastq"
    path.write_bytes(fastq([(f"r{i}", "ACGT" * 300, "B" * 1200) for i in range(10)]))
    record = read_statistics([path])
    assert record["mean_quality_phred"] is record["q20_pct"] is record["reads_below_q20"] is None
    assert "the same quality (Q33), a placeholder" in record["quality_note"]
    path.write_bytes(fastq([(f"r{i}", "ACGT" * 300, "B" * 1199 + "A") for i in range(10)]))
    assert read_statistics([path])["mean_quality_phred"] == pytest.approx(33, abs=0.01)


def test_reads_below_q20_are_counted(tmp_path):
    path = tmp_path / "a.fastq"
    made = [
        ("good", "ACGT" * 50, "I" * 200),
        ("edge", "ACGT" * 50, "5" * 200),
        ("poor", "ACGT" * 50, "4" * 200),
    ]
    # Half at Q40 and half at Q10 is Q13 by the mean error, though the mean of Phred values is 25.
    made.append(("mixed", "ACGT" * 50, "I" * 100 + "+" * 100))
    path.write_bytes(fastq(made))
    assert read_statistics([path])["reads_below_q20"] == 2


@pytest.mark.parametrize("qualities", ["", "I" * 200])
def test_accuracy_of_ccs_counts_before_the_qualities(tmp_path, qualities):
    path = tmp_path / "a.bam"
    bam(path, [(f"r{i}", "ACGT" * 50, qualities) for i in range(4)], rq=[0.999, 0.9899, 0.5, 0.9901])
    assert read_statistics([path])["reads_below_q20"] == 2
    bam(path, [(f"r{i}", "ACGT" * 50, qualities) for i in range(4)], rq=[0.999, None, 0.5, 0.9901])
    assert read_statistics([path])["reads_below_q20"] == (1 if qualities else None)


def test_names_and_pairs_of_a_library_are_compared_to_the_end(tmp_path, capsys):
    def written(name, names, mark=""):
        path = tmp_path / name
        path.write_bytes(fastq([(f"{read}{mark}", "ACGTAC", "IIIIIH") for read in names]))
        return str(path)

    def message(kind, *paths):
        out = tmp_path / "o.json"
        named = ["--id", "x", "--library", "l", "--type", kind, "--stage", "raw", "--out", str(out)]
        try:
            return step.main([*named, *paths])
        except InputError as error:
            return str(error)

    names = [f"m/{i}" for i in range(3000)]
    one, two = written("1.fastq", names), written("2.fastq", [*(f"n/{i}" for i in range(2999)), "m/2999"])
    assert message("hifi", one) == 0
    assert "1 read names occur more than once in this library, for example in 1.fastq (m/2999), 2.fastq" in (
        message("hifi", one, two)
    )
    first, second = written("r1.fastq", names, "/1"), written("r2.fastq", names, "/2")
    assert message("hic", first, second) == 0
    assert "has 3000 reads but" in message("hic", first, written("short.fastq", names[:-1], "/2"))
    swapped = [*names[:-2], names[-1], names[-2]]
    assert "differ in the names of their reads or in the order" in (
        message("illumina", first, written("swapped.fastq", swapped, "/2"))
    )
