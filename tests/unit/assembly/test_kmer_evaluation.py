"""K-mer evaluation against an implementation with Python strings and dictionaries."""

import csv
import gzip
import json
import math
import subprocess
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import kmer_evaluation as step
from linnaea.assembly import kmer_evaluation as kmers
from linnaea.base.errors import InputError, run
from linnaea.formats import sequences

K = 21
COMPLEMENT = str.maketrans("ACGT", "TGCA")
COLUMNS = ["read_only", "copies_1", "copies_2", "copies_3", "copies_4", "copies_over_4"]


def canonical(sequence, k=K):
    sequence = sequence.upper()
    for start in range(len(sequence) - k + 1):
        word = sequence[start : start + k]
        if set(word) <= set("ACGT"):
            yield min(word, word.translate(COMPLEMENT)[::-1])


def random_sequence(rng, length):
    return "".join(rng.choice(list("ACGT"), length))


def with_substitutions(rng, sequence, positions):
    letters = list(sequence)
    for position in positions:
        letters[position] = rng.choice([x for x in "ACGT" if x != letters[position].upper()])
    return "".join(letters)


def write_fasta(path, records, width=60):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt") as handle:
        for name, sequence in records:
            lines = [sequence[i : i + width] for i in range(0, len(sequence), width)]
            handle.write("\n".join([f">{name} described", *lines]) + "\n")
    return path


def count_reads(path, prefix, *options):
    options = options or ("-ci1", "-cs10000")
    command = ["kmc", f"-k{K}", *options, "-fm", "-m2", "-t1", "-hp", path, prefix, prefix.parent]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@pytest.fixture(scope="module")
def species(tmp_path_factory):
    """Two haplotypes 1 % apart with a repeat, their reads, and assemblies with planted faults."""
    folder = tmp_path_factory.mktemp("species")
    rng = np.random.default_rng(11)
    repeat = random_sequence(rng, 300)
    first = random_sequence(rng, 6000) + repeat + random_sequence(rng, 5000) + repeat
    second = with_substitutions(rng, first, rng.choice(len(first), len(first) // 100, False))
    reads = []
    for haplotype in (first, second):
        for start in rng.integers(0, len(haplotype) - 100, len(haplotype) * 25 // 400):
            read = haplotype[start : start + 400]
            wrong = np.flatnonzero(rng.random(len(read)) < 0.003)
            read = with_substitutions(rng, read, wrong)
            reads.append(read if rng.random() < 0.5 else read.translate(COMPLEMENT)[::-1])
    count_reads(
        write_fasta(folder / "reads.fa", [(f"r{i}", read) for i, read in enumerate(reads)]),
        folder / "reads",
    )
    wrong = with_substitutions(rng, first, [500, 510, 3000, 9000])
    one = [
        ("chr1", wrong[:4000] + "N" * 30 + wrong[4000:6000].lower() + wrong[6000:10500]),
        # Duplicated sequence, with one of the errors in it, four and six times.
        ("duplicate", wrong[2500:3500]),
        ("many", "N".join([wrong[2900:3100]] * 2 + [wrong[1000:1200]] * 5)),
        ("tiny", "ACGTACG"),
        ("gap", "N" * 100),
    ]
    two = [("chr1", with_substitutions(rng, second, [100, 7000])[:-400])]
    return {
        "folder": folder,
        "reads": Counter(word for read in reads for word in canonical(read)),
        "assemblies": {"hap1": one, "hap2": two},
        "genome": first,
    }


def expected(reads, records):
    """The measures of an assembly, by dictionaries: Merqury's definitions word for word."""
    per_sequence = {name: list(canonical(sequence)) for name, sequence in records}
    copies = Counter(word for words in per_sequence.values() for word in words)
    only = {word for word in copies if word not in reads}
    total, missing = sum(copies.values()), sum(copies[word] for word in only)
    histogram = Counter(reads.values())
    threshold = next(m for m in range(1, 1000) if histogram[m + 1] > histogram[m])
    solid = {word for word, count in reads.items() if count > threshold}
    spectrum = {column: Counter() for column in COLUMNS}
    for word, count in reads.items():
        spectrum[COLUMNS[min(copies[word], 5)]][count] += 1
    ones = spectrum["copies_1"]
    cutoff = round(1.5 * max(sorted(ones), key=ones.__getitem__))
    below = [sum(n for m, n in spectrum[c].items() if m < cutoff) for c in COLUMNS[1:]]
    copies_of_only = Counter(min(copies[word], 5) for word in only)
    return {
        "assembly_kmers": total,
        "assembly_only_kmers": missing,
        "error_rate": 1 - (1 - missing / total) ** (1 / K),
        "solid_read_kmers": len(solid),
        "solid_found_kmers": len(solid & copies.keys()),
        "completeness_pct": 100 * len(solid & copies.keys()) / len(solid),
        "false_duplication_pct": 100 * sum(below[1:]) / sum(below),
        "assembly_only_by_copies": [copies_of_only[n] for n in range(1, 6)],
        "spectrum": spectrum,
        "threshold": threshold,
        "per_sequence": {
            name: (len(words), sum(word in only for word in words), sum(word in solid for word in words))
            for name, words in per_sequence.items()
        },
    }


def run_step(species, tmp_path, monkeypatch, assemblies, suffix=".fa", reads="reads"):
    """Run the step on records; returns its record and the rows of its table."""
    monkeypatch.chdir(tmp_path)
    named = [
        f"{name}={write_fasta(tmp_path / f'{name}{suffix}', records)}" for name, records in assemblies.items()
    ]
    command = ["--id", "sp1", "--stage", "raw", "--reads-db", str(species["folder"] / reads)]
    command += ["--kmer-size", str(K), "--threads", "1", "--memory-gb", "2"]
    assert step.main([*command, "--out", "o.json", "--table", "o.tsv", *named]) == 0
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".tsv", ".fa", ".gz"}
    with (tmp_path / "o.tsv").open() as handle:
        return json.loads((tmp_path / "o.json").read_text()), list(csv.DictReader(handle, delimiter="\t"))


def check_entry(entry, truth):
    for key in ("assembly_kmers", "assembly_only_kmers", "solid_read_kmers", "solid_found_kmers"):
        assert entry[key] == truth[key], key
    assert entry["assembly_only_by_copies"] == truth["assembly_only_by_copies"]
    assert entry["completeness_pct"] == pytest.approx(truth["completeness_pct"])
    assert entry["error_rate"] == pytest.approx(truth["error_rate"])
    assert entry["qv_phred"] == pytest.approx(-10 * math.log10(truth["error_rate"]))
    assert not entry["qv_is_lower_bound"]
    shown = entry["spectrum"]["multiplicity"]
    assert shown == list(range(1, len(shown) + 1))
    for column in COLUMNS:
        assert entry["spectrum"][column] == [truth["spectrum"][column][m] for m in shown], column


@pytest.mark.parametrize("suffix", [".fa", ".fa.gz"])
def test_one_assembly_matches_dictionaries(species, tmp_path, monkeypatch, suffix):
    records = species["assemblies"]["hap1"]
    truth = expected(species["reads"], records)
    assert truth["assembly_only_kmers"] > 100 and truth["spectrum"]["copies_over_4"]
    record, rows = run_step(species, tmp_path, monkeypatch, {"hap1": records}, suffix)
    assert (record["id"], record["step"], record["stage"]) == ("sp1", "kmer_evaluation", "raw")
    assert record["read_threshold"] == truth["threshold"]
    (entry,) = record["haplotypes"]
    check_entry(entry, truth)
    assert entry["false_duplication_pct"] == pytest.approx(truth["false_duplication_pct"])
    assert [row["sequence"] for row in rows] == [name for name, _ in records]
    for row in rows:
        total, missing, reliable = truth["per_sequence"][row["sequence"]]
        if total:
            assert float(row["reliable_pct"]) == pytest.approx(100 * reliable / total, abs=1e-3)
        assert (int(row["kmers"]), int(row["assembly_only"])) == (total, missing)
        if missing:
            qv = -10 * math.log10(1 - (1 - missing / total) ** (1 / K))
            assert float(row["qv_phred"]) == pytest.approx(qv, abs=1e-3)
        else:
            assert (row["qv_phred"] == "") == (total == 0)
    assert (
        sum(reliable for _, _, reliable in truth["per_sequence"].values())
        < truth["assembly_kmers"] - (truth["assembly_only_kmers"])
    )  # some k-mers are in reads, but as rarely as errors
    shown = entry["sequences"]
    assert shown["sequence"][0] == max(rows, key=lambda row: int(row["kmers"]))["sequence"]
    by_name = dict(zip(shown["sequence"], shown["reliable_pct"], strict=True))
    for row in rows:
        reliable = row["reliable_pct"]
        assert by_name[row["sequence"]] == (pytest.approx(float(reliable), abs=1e-3) if reliable else None)


def test_two_haplotypes_and_both(species, tmp_path, monkeypatch):
    assemblies = species["assemblies"]
    record, rows = run_step(species, tmp_path, monkeypatch, assemblies)
    assert [entry["haplotype"] for entry in record["haplotypes"]] == ["hap1", "hap2", "both"]
    together = [(f"{name}.{s}", bases) for name in assemblies for s, bases in assemblies[name]]
    for entry, records in zip(record["haplotypes"], [*assemblies.values(), together], strict=True):
        check_entry(entry, expected(species["reads"], records))
    assert record["haplotypes"][2]["false_duplication_pct"] is None
    assert [row["haplotype"] for row in rows] == ["hap1"] * 5 + ["hap2"]


def test_perfect_assembly_has_a_lower_bound(species, tmp_path, monkeypatch):
    perfect = [("chr1", species["genome"][1000:9000])]
    assert expected(species["reads"], perfect)["assembly_only_kmers"] == 0
    record, rows = run_step(species, tmp_path, monkeypatch, {"hap1": perfect})
    (entry,) = record["haplotypes"]
    assert entry["qv_is_lower_bound"] and rows[0]["qv_is_lower_bound"] == "yes"
    one_error = -10 * math.log10(1 - (1 - 1 / (8000 - K + 1)) ** (1 / K))
    assert entry["qv_phred"] == pytest.approx(one_error)
    assert any("lower bound" in warning for warning in record["warnings"])


def test_database_without_rare_kmers_is_warned_of(species, tmp_path, monkeypatch):
    folder = species["folder"]
    count_reads(folder / "reads.fa", folder / "reads.ci3", "-ci3", "-cs200")
    record, _ = run_step(
        species, tmp_path, monkeypatch, {"hap1": species["assemblies"]["hap1"]}, reads="reads.ci3"
    )
    reads = {word: min(n, 200) for word, n in species["reads"].items() if n > 2}
    truth = expected(Counter(reads), species["assemblies"]["hap1"])
    assert record["haplotypes"][0]["assembly_only_kmers"] == truth["assembly_only_kmers"]
    assert any("fewer than 3 times" in warning for warning in record["warnings"])


@pytest.mark.parametrize("block", [1, 7, 20, 21, 64])
def test_kmers_across_pieces_are_scanned(species, tmp_path, monkeypatch, block):
    records = species["assemblies"]["hap1"]
    path = write_fasta(tmp_path / "a.fa", [(n, s[:1200]) for n, s in records], width=50)
    copies = Counter(w for _, s in records for w in canonical(s[:1200]))
    chosen = sorted(copies)[::7]
    words = np.array([int(w.translate(str.maketrans("ACGT", "0123")), 4) for w in chosen], np.uint64)
    monkeypatch.setattr(kmers, "fasta_pieces", partial(sequences.fasta_pieces, block_bytes=block))
    found = np.zeros(len(words), np.int64)
    counted = kmers.scan(path, K, kmers.KmerSet(words, K), len(words), found)
    assert found.tolist() == [copies[word] for word in chosen]
    assert sum(sequence.kmers for sequence in counted) == sum(copies.values())
    assert sum(sequence.assembly_only for sequence in counted) == found.sum()


@pytest.mark.parametrize("k", [1, 2, 3, 7, 15, 16, 17, 19, 21, 24, 30, 31])
def test_words_and_reverse_complements(k):
    codes = np.random.default_rng(k).integers(0, 4, 100, dtype=np.uint8)
    text = "".join("ACGT"[code] for code in codes)
    words = kmers.encode(codes, k)

    def as_text(word):
        return "".join("ACGT"[int(word) >> 2 * i & 3] for i in reversed(range(k)))

    assert [as_text(word) for word in words] == [text[i : i + k] for i in range(100 - k + 1)]
    reverse = [text[i : i + k].translate(COMPLEMENT)[::-1] for i in range(100 - k + 1)]
    assert [as_text(word) for word in kmers.reverse_complement(words, k)] == reverse


@pytest.mark.parametrize(
    ("only", "total", "qv", "error_rate"),
    # Printed by Merqury (master of 2026, meryl 1.4.1) for two assemblies of yeast and both together.
    [
        (11071, 11222940, 43.2793, 4.69964e-05),
        (24678, 12023006, 40.095, 9.78368e-05),
        (35749, 23245946, 41.3498, 7.32851e-05),
    ],
)
def test_quality_is_merqurys(only, total, qv, error_rate):
    found = kmers.quality(only, total, 21)
    assert found["qv_phred"] == pytest.approx(qv, abs=5e-5)
    assert found["error_rate"] == pytest.approx(error_rate, rel=1e-5)


def test_quality_at_the_ends():
    assert kmers.quality(0, 0, K)["qv_phred"] is None
    nothing_right = kmers.quality(50, 50, K)
    assert (nothing_right["qv_phred"], nothing_right["error_rate"]) == (0, 1)


def test_solid_threshold_is_the_first_valley():
    assert kmers.solid_threshold(np.array([0, 90, 20, 5, 9, 40, 30, 2, 3])) == 3
    with pytest.raises(InputError, match="no coverage peak"):
        kmers.solid_threshold(np.array([0, 90, 20, 5, 5, 1]))


def faulty(species, tmp_path, case):
    """Arguments that are wrong in one way, and what the message must say."""
    good = write_fasta(tmp_path / "good.fa", [("a", species["genome"])])
    reads, folder = species["folder"] / "reads", species["folder"]
    if case == "missing database":
        return tmp_path / "none", K, [f"hap1={good}"], "none.kmc_pre: not found"
    if case == "not a database":
        for part in ("pre", "suf"):
            Path(tmp_path / f"text.kmc_{part}").write_text("some text " * 20)
        return tmp_path / "text", K, [f"hap1={good}"], "not a k-mer database of kmc"
    if case == "cut database":
        (tmp_path / "cut.kmc_pre").write_bytes((folder / "reads.kmc_pre").read_bytes())
        (tmp_path / "cut.kmc_suf").write_bytes((folder / "reads.kmc_suf").read_bytes()[:-50])
        return tmp_path / "cut", K, [f"hap1={good}"], "cut.kmc_suf: its size does not fit"
    if case == "one strand":
        count_reads(folder / "reads.fa", folder / "strand", "-ci1", "-b")
        return folder / "strand", K, [f"hap1={good}"], "counted on one strand"
    if case == "other k":
        return reads, 31, [f"hap1={good}"], "holds 21-mers, not 31-mers"
    if case == "long k":
        return reads, 33, [f"hap1={good}"], "choose one from 15 to 31"
    if case == "duplicate names":
        path = write_fasta(tmp_path / "d.fa", [("a", species["genome"]), ("a", "ACGT" * 20)])
        return reads, K, [f"hap1={path}"], "d.fa: the name 'a' occurs twice"
    if case == "too short":
        path = write_fasta(tmp_path / "s.fa", [("a", "ACGTACGT"), ("b", "N" * 200)])
        return reads, K, [f"hap1={path}"], "s.fa: no sequence has 21 bases in a row"
    if case == "not FASTA":
        (tmp_path / "t.fa").write_text("just text\n")
        return reads, K, [f"hap1={tmp_path / 't.fa'}"], "t.fa: not FASTA"
    if case == "empty":
        (tmp_path / "e.fa").write_text("")
        return reads, K, [f"hap1={tmp_path / 'e.fa'}"], "e.fa: the file is empty"
    if case == "truncated gzip":
        whole = write_fasta(tmp_path / "w.fa.gz", [("a", species["genome"])]).read_bytes()
        (tmp_path / "w.fa.gz").write_bytes(whole[: len(whole) // 2])
        return reads, K, [f"hap1={tmp_path / 'w.fa.gz'}"], "w.fa.gz"
    if case == "label twice":
        return reads, K, [f"hap1={good}", f"hap1={good}"], "label hap1 is taken"
    if case == "three":
        return reads, K, [f"{n}={good}" for n in "abc"], "more than two assemblies"
    if case == "no label":
        return reads, K, [str(good)], "expected NAME=FASTA"
    return reads, K, [f"hap1={tmp_path / 'gone.fa'}"], "gone.fa: cannot be read"


@pytest.mark.parametrize(
    "case",
    ["missing database", "not a database", "cut database", "one strand", "other k", "long k"]
    + ["duplicate names", "too short", "not FASTA", "empty", "truncated gzip", "label twice"]
    + ["three", "no label", "missing assembly"],
)
def test_faults_are_one_sentence(species, tmp_path, monkeypatch, capsys, case):
    reads, k, assemblies, message = faulty(species, tmp_path, case)
    monkeypatch.chdir(tmp_path)
    command = ["--id", "x", "--stage", "raw", "--reads-db", str(reads), "--kmer-size", str(k)]
    command += ["--out", "o.json", "--table", "o.tsv", *assemblies]
    assert run(lambda: step.main(command)) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not list(tmp_path.glob("o.*")) and not list(tmp_path.glob("kmers.*"))


def test_missing_kmc_is_named(species, tmp_path, monkeypatch):
    path = write_fasta(tmp_path / "a.fa", [("a", species["genome"])])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="kmc is not installed"):
        kmers.evaluate(species["folder"] / "reads", {"hap1": path}, K, 1, 2)
