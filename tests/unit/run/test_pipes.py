"""No reader of a pipe stops before its writer ends: SIGPIPE (exit code 141) and pipefail lose the task."""

import re
import subprocess

import numpy as np
import pytest
from population_vcf import write_table, write_vcf

from linnaea.base import tables
from linnaea.base.paths import ROOT
from linnaea.population.combine_regions import DIVERGENCE_WINDOW_COLUMNS, DIVERSITY_WINDOW_COLUMNS

SHELL = sorted(
    path
    for pattern in ("modules/**/*.nf", "workflows/**/*.nf", "bin/*.sh", "containers/*.sh", "assets/**/*.sh")
    for path in ROOT.glob(pattern)
)
# Behind a pipe these end at their first match, row or interval. What reads on is put behind them in braces.
EARLY = re.compile(
    r"(?<!\|)\|\s*(?:head\b|read\b|seqkit head\b|samtools head\b|grep\s(?:-\S+\s+)*-[A-Za-z]*[qlm]"
    r"|sed\s[^|]*\bq\b|sed\s[^|]*\dq|[gm]?awk\s[^|]*\bexit\b|bedtools \w+ [^|;]*-sorted)"
)
SORTED = re.compile(r"\|\s*(\{ bedtools [^}]*-sorted[^}]*\}|bedtools [^|]*-sorted[^|]*)")


def commands(path):
    """Lines of a file without comments, continued ones joined, the engine's variables by their names."""
    text = path.read_text().replace("\\\\\n", " ").replace("\\\n", " ")
    text = re.sub(r"\$\{(\w+)\}", r"\1", text)
    return [line for line in text.splitlines() if not line.lstrip().startswith(("//", "#"))]


def test_no_reader_of_a_pipe_stops_early():
    early = [f"{path.relative_to(ROOT)}: {line.strip()}" for path in SHELL for line in commands(path)
             if EARLY.search(line)]  # fmt: skip
    assert early == []
    assert len(SHELL) > 60


@pytest.mark.parametrize(
    "line",
    ["zcat a | head -1", "cut -f 1 a | grep -qvxFf b", "cut -f 1 a | grep -v -m 1 b", "x | sed -n '1p;1q'",
     "cat a | awk 'NR == 2 { exit }'", "x | bedtools intersect -sorted -a - -b b | y", "x | read a"],
)  # fmt: skip
def test_readers_that_stop_early_are_seen(line):
    assert EARLY.search(line)


def sorted_readers():
    return [match[1] for path in SHELL for line in commands(path) for match in SORTED.finditer(line)]


@pytest.mark.parametrize("reader", sorted_readers())
@pytest.mark.parametrize("last", ["one\t0\t5", "one\t0\t1000000", "two\t0\t1"])
def test_intersections_read_on_behind_the_last_interval(tmp_path, reader, last):
    (tmp_path / "fai").write_text("one\t1000000\nthree\t1000000\ntwo\t1000000\n")
    (tmp_path / "sites.bed").write_text(f"{last}\n")
    rows = ((name, start) for name in ("one", "three", "two") for start in range(0, 10**6, 10))
    (tmp_path / "a.bed").write_text("".join(f"{name}\t{start}\t{start + 10}\n" for name, start in rows))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"cat a.bed | {reader} | sort | uniq | wc -l"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == {"one\t0\t5": 1, "one\t0\t1000000": 100_000, "two\t0\t1": 1}[last]


def test_an_error_of_the_reader_is_not_hidden(tmp_path):
    (tmp_path / "a.bed").write_text("one\t0\t5\n")
    (reader,) = sorted_readers()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"cat a.bed | {reader} | cat"],
        cwd=tmp_path, capture_output=True,
    )  # fmt: skip
    assert done.returncode not in (0, 141)


# Scripts that read variants from a pipe, with what else they need.
READERS = {
    "distance_tree.py": "--callable-sites 20000 --distances o1 --tree o2",
    "effective_size.py": "--table o1",
    "f_statistics.py": "--table o1 --residuals o2 --tree o3",
    "kinship.py": "--table o1",
    "ld_decay.py": "--table o1",
    "pca.py": "--plink o1 --pca o2 --eigenvalues o3",
    "size_history.py": "--bins bins.npz --table o1",
    "temporal_contrast.py": "--temporal o1 --contrast o2",
    "window_scans.py": "--diversity pi.tsv --divergence fst.tsv --variants 20000 --scans o1 --outliers o2",
}
COHORTS = {"one sample": 1, "five samples": 5, "outgroups only": 0}


def test_no_reader_of_variants_is_left_out():
    piped = {
        match[1]
        for path in SHELL
        for line in commands(path)
        for match in re.finditer(r"(\w+\.py) [^|]*--vcf -(?= )", line)
    }
    assert piped == set(READERS)


@pytest.fixture(scope="module", params=COHORTS)
def small_cohort(request, tmp_path_factory):
    """More variants than a pipe and the reader's first block hold, of very few samples."""
    folder, samples = tmp_path_factory.mktemp("cohort"), COHORTS[request.param]
    names = [f"s{number}" for number in range(max(samples, 2))]
    genotypes = np.random.default_rng(1).integers(0, 2, (20_000, len(names), 2))
    genotypes[:, 0, 0] = 1
    write_vcf(folder / "variants.vcf", genotypes, names)
    listed = names[: samples or None]
    outgroup = dict.fromkeys(listed, "no" if samples else "yes")
    write_table(folder / "samples.tsv", dict.fromkeys(listed, "one"), outgroup=outgroup)
    tables.write_table(folder / "pi.tsv", DIVERSITY_WINDOW_COLUMNS, [])
    tables.write_table(folder / "fst.tsv", DIVERGENCE_WINDOW_COLUMNS, [])
    bins = {"chromosome": np.array(["chr1"] * 100), "start_bp": np.arange(100) * 1000}
    for name in names:
        bins |= {
            f"callable/{name}": np.full(100, 1000, np.uint32),
            f"heterozygous/{name}": np.full(100, 9, np.uint32),
        }
    np.savez(folder / "bins.npz", **bins)
    return folder


@pytest.mark.parametrize("script", READERS)
def test_variants_are_read_to_their_end_for_every_cohort(small_cohort, script):
    read = f"{ROOT}/bin/{script} --vcf - --samples samples.tsv {READERS[script]} --out record.json"
    done = subprocess.run(
        ["bash", "-uo", "pipefail", "-c", f'cat variants.vcf | {read}; echo "${{PIPESTATUS[@]}}"'],
        cwd=small_cohort, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split()[-2:] == ["0", "0"], done.stderr
