"""Interleaved FASTQ split into first and second mates."""

import gzip
import json
import random

import pytest

import split_pairs as step
from linnaea.base.errors import InputError
from linnaea.formats.split_pairs import split_pairs

MARKS = [("", ""), ("/1", "/2"), (" 1:N:0:ACGT", " 2:N:0:ACGT"), (" 1 length=50", " 1 length=50")]


def pairs(rng, count, name="p"):
    """Pairs of reads as (name, bases, qualities) of both mates, of different lengths."""

    def read():
        length = rng.randrange(20, 60)
        return "".join(rng.choices("ACGTN", k=length)), "".join(rng.choices("!#5@I~", k=length))

    return [(f"{name}{number}", (read(), read())) for number in range(count)]


def text(name, read):
    return f"@{name}\n{read[0]}\n+\n{read[1]}\n"


def interleaved(listed, marks, lost=frozenset()):
    """`lost` are (number of the pair, mate 0 or 1)."""
    return "".join(
        text(name + marks[mate], mates[mate])
        for number, (name, mates) in enumerate(listed)
        for mate in (0, 1)
        if (number, mate) not in lost
    )


def content(path):
    return gzip.decompress(path.read_bytes()).decode()


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("lost", [set(), {(0, 0)}, {(3, 1), (4, 0), (999, 1)}, {(5, 0), (6, 0), (7, 1)}])
def test_pairs_of_two_files_come_out_in_order(tmp_path, marks, zipped, lost):
    rng = random.Random(4)
    expected, paths = [], []
    for name in ("a", "b"):
        listed = pairs(rng, 1000, name)
        data = interleaved(listed, marks, lost).encode()
        paths.append(tmp_path / f"{name}.fastq{'.gz' if zipped else ''}")
        paths[-1].write_bytes(gzip.compress(data) if zipped else data)
        expected += [pair for number, pair in enumerate(listed) if not {(number, 0), (number, 1)} & lost]
    outs = tmp_path / "x_1.fastq.gz", tmp_path / "x_2.fastq.gz"
    assert split_pairs(paths, *outs) == (len(expected), 2 * len(lost))
    for mate, out in enumerate(outs):
        assert content(out) == "".join(text(name, mates[mate]) for name, mates in expected)


def test_second_mates_that_come_first(tmp_path):
    listed = pairs(random.Random(5), 20)
    swapped = [(name, mates[::-1]) for name, mates in listed]
    (tmp_path / "in.fastq").write_text(interleaved(swapped, ("/2", "/1")))
    outs = tmp_path / "x_1.fastq.gz", tmp_path / "x_2.fastq.gz"
    assert split_pairs([tmp_path / "in.fastq"], *outs) == (20, 0)
    assert content(outs[0]) == "".join(text(name, mates[0]) for name, mates in listed)


def test_the_step_counts_lost_mates(tmp_path, capsys):
    listed = pairs(random.Random(6), 100)
    (tmp_path / "in.fastq").write_text(interleaved(listed, MARKS[1], {(9, 1)}))
    options = ["--id", "s", "--library", "h", "--type", "hic"]
    for option, name in (("--first", "x_1.fq.gz"), ("--second", "x_2.fq.gz"), ("--out", "x.json")):
        options += [option, str(tmp_path / name)]
    assert step.main([*options, str(tmp_path / "in.fastq")]) == 0
    record = json.loads((tmp_path / "x.json").read_text())
    assert (record["id"], record["library"], record["type"], record["step"]) == (
        "s",
        "h",
        "hic",
        "read_pairs",
    )
    assert (record["pairs"], record["reads_without_mate"]) == (99, 1)
    assert record["warnings"] == ["1 reads (0.5 %) have no mate in the file and are left out"]
    (tmp_path / "single.fastq").write_text("".join(text(name, mates[0]) for name, mates in listed))
    with pytest.raises(InputError, match=r"no read has its mate in the file \(100 have none\)"):
        step.main([*options, str(tmp_path / "single.fastq")])


def test_a_truncated_file_is_refused(tmp_path):
    data = gzip.compress(interleaved(pairs(random.Random(7), 100), MARKS[0]).encode())
    (tmp_path / "in.fastq.gz").write_bytes(data[:-200])
    with pytest.raises(InputError, match="truncated"):
        split_pairs([tmp_path / "in.fastq.gz"], tmp_path / "x_1.fastq.gz", tmp_path / "x_2.fastq.gz")
