"""What may leave a protected site: every way to leak that we could think of is tried."""

import getpass
import hashlib
import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from linnaea.base.errors import InputError
from linnaea.input.population_table import TABLE
from linnaea.publication.release import _PERSONAL_NUMBER, LEAST, TABLES, is_personal_number, release

NORTH, SOUTH, FEW = 14, 12, 4
SAMPLES = [
    *(f"P{number:03}" for number in range(NORTH)),
    *(f"Q{number:03}" for number in range(SOUTH)),
    *(f"R{number:03}" for number in range(FEW)),
]
GROUPS = ["north"] * NORTH + ["south"] * SOUTH + ["few"] * FEW
STATISTICS = "popgen/04_statistics"
DIVERSITY = (
    "compartment\tgroup\tsamples\tcallable_sites\tpi_per_bp\n"
    f"autosome\tnorth\t{NORTH}\t9000\t0.001\n"
    f"autosome\tsouth\t{SOUTH}\t9000\t0.002\n"
    f"autosome\tfew\t{FEW}\t9000\t0.003\n"
)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results of a run on 30 people in three groups, one of them small."""
    folder = tmp_path / "results"
    (folder / STATISTICS).mkdir(parents=True)
    (folder / "pipeline_info").mkdir()
    rows = [
        [name, group, group, "modern", ".", "unknown", ".", ".", "no", "vcf"]
        for name, group in zip(SAMPLES, GROUPS, strict=True)
    ]
    lines = ["\t".join(row) for row in (TABLE, *rows)]
    (folder / "popgen" / "samples.tsv").write_text("\n".join(lines) + "\n")
    (folder / STATISTICS / "diversity.tsv").write_text(DIVERSITY)
    (folder / STATISTICS / "divergence.tsv").write_text(
        "compartment\tgroup_1\tgroup_2\tdxy_per_bp\nautosome\tnorth\tsouth\t0.01\nautosome\tfew\tnorth\t0.02\n"
    )
    (folder / STATISTICS / "effective_size.tsv").write_text(
        "group\tsamples\tne_ldne\tinterval\treason\n"
        "north\t14\t812.5\tjackknife\t.\n"
        "few\t4\tNA\t.\tfewer than 10\n"
    )
    (folder / STATISTICS / "froh.tsv").write_text("sample\tfroh\nP001\t0.1\n")
    (folder / STATISTICS / "pca.tsv").write_text("sample\tpc1\nP001\t0.1\n")
    (folder / "popgen" / "report.html").write_text("P001")
    (folder / "pipeline_info" / "software.tsv").write_text("process\ttool\tversion\nPCA\tplink2\t2.00a3\n")
    return folder


def everything(folder: Path) -> str:
    return "".join(f"{path.name}\n{path.read_text()}" for path in sorted(folder.rglob("*")) if path.is_file())


def test_tables_of_large_groups_leave(results: Path, tmp_path: Path) -> None:
    release(str(results), out=str(tmp_path / "out"))
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "SHA256SUMS", "divergence.tsv", "diversity.tsv", "effective_size.tsv", "release.json", "software.tsv",
    ]  # fmt: skip
    assert (out / "diversity.tsv").read_text() == "".join(DIVERSITY.splitlines(keepends=True)[:3])
    assert "few" not in everything(out)
    assert json.loads((out / "release.json").read_text())["rows_left_out"] == {
        "diversity.tsv": 1, "divergence.tsv": 1, "effective_size.tsv": 1, "software.tsv": 0,
    }  # fmt: skip
    for line in (out / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest


def test_no_other_user_can_read_it(results: Path, tmp_path: Path) -> None:
    release(str(results), out=str(tmp_path / "out"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").rglob("*")}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_no_listed_table_has_rows_of_individuals() -> None:
    assert not any("sample" in texts for texts in TABLES.values())
    names = {Path(name).name for name in TABLES}
    assert not names & {
        "froh.tsv",
        "roh.tsv",
        "kinship.tsv",
        "pca.tsv",
        "heterozygosity.tsv",
        "admixture.tsv",
    }


@pytest.mark.parametrize(
    "text",
    [
        "P001", "north-P001", "north_P001.2", "(P001)", "x.P001.bam",
        "/proj/sens2026001/x", "/home/anna/x", "/Users/anna/x", "RESULTS/x",
        "anna.svensson@example.se", "19811218-9876", "811218-9876", "811218+9876", "198112189876",
        "8112189876", "811278-9873", "born 811218-9876",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["diversity.tsv", "effective_size.tsv", "software.tsv"])
def test_an_identifier_in_a_text_stops_the_release(
    results: Path, tmp_path: Path, text: str, place: str
) -> None:
    text = text.replace("RESULTS", str(results.resolve()))
    where = results / ("pipeline_info" if place == "software.tsv" else STATISTICS) / place
    known = {"diversity.tsv": "autosome\tnorth", "effective_size.tsv": "jackknife", "software.tsv": "2.00a3"}
    planted = known[place].replace("autosome", text) if place == "diversity.tsv" else f"{known[place]} {text}"
    where.write_text(where.read_text().replace(known[place], planted))
    with pytest.raises(InputError, match=place):
        release(str(results), out=str(tmp_path / "out"))
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_the_name_of_the_user_stops_the_release(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "annas")
    path = results / "pipeline_info" / "software.tsv"
    path.write_text("process\ttool\tversion\nPCA\tplink2\tbuilt by annas\n")
    with pytest.raises(InputError, match="name of a user"):
        release(str(results), out=str(tmp_path / "out"))


@pytest.mark.parametrize("cell", ["P001", "19811218-9876", "0.1;P001", "1 2", ""])
def test_a_text_among_numbers_stops_the_release(results: Path, tmp_path: Path, cell: str) -> None:
    path = results / STATISTICS / "diversity.tsv"
    path.write_text(path.read_text().replace("0.001", cell))
    with pytest.raises(InputError, match=r"pi_per_bp has .* not a number"):
        release(str(results), out=str(tmp_path / "out"))


def test_a_column_that_nobody_knows_stops_the_release(results: Path, tmp_path: Path) -> None:
    path = results / STATISTICS / "diversity.tsv"
    path.write_text(
        "".join(
            f"{line}\t{end}\n" for line, end in zip(DIVERSITY.splitlines(), ["P001", 1, 2, 3], strict=True)
        )
    )
    with pytest.raises(InputError, match="column 'P001' is not one"):
        release(str(results), out=str(tmp_path / "out"))


def test_numbers_are_no_personal_numbers(results: Path, tmp_path: Path) -> None:
    path = results / STATISTICS / "diversity.tsv"
    path.write_text(path.read_text().replace("9000", "8112189876"))
    release(str(results), out=str(tmp_path / "out"))
    digits = [f"{number:010}" for number in range(8112180000, 8112190000)]
    valid = sum(is_personal_number(match) for text in digits if (match := _PERSONAL_NUMBER.fullmatch(text)))
    assert valid == len(digits) // 10


@pytest.mark.parametrize("least, groups", [(1, 3), (4, 3), (5, 2), (13, 1), (15, 0)])
def test_the_limit_of_a_group(results: Path, tmp_path: Path, least: int, groups: int) -> None:
    release(str(results), out=str(tmp_path / "out"), least=least)
    assert len((tmp_path / "out" / "diversity.tsv").read_text().splitlines()) == 1 + groups


@pytest.mark.parametrize("out", ["results/release", "results", "there"])
def test_a_folder_that_is_none_to_release_into(results: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match=r"inside the results|exists"):
        release(str(results), out=str(tmp_path / out))


def test_results_without_populations(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no results of popgen"):
        release(str(tmp_path), out=str(tmp_path / "out"))


# Beacon: (copies of the alternate of 28, 24 and 8) and the groups that show them
VARIANTS = [
    ((14, 12, 4), {"north": 14, "south": 12}),
    ((9, 0, 0), {}),
    ((10, 14, 8), {"north": 10, "south": 14}),
    # 19 of 28 leave 9 copies of the reference
    ((19, 12, 0), {"south": 12}),
    ((0, 0, 3), {}),
    ((28, 24, 8), {"north": 28, "south": 24}),
]


@pytest.fixture
def variants(results: Path) -> Path:
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=1000>"]
    lines += ['##FILTER=<ID=low,Description="l">', '##FORMAT=<ID=GT,Number=1,Type=String,Description="G">']
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(SAMPLES))
    for number, (copies, _) in enumerate(VARIANTS, 1):
        calls = []
        for count, size in zip(copies, (NORTH, SOUTH, FEW), strict=True):
            alleles = [1] * count + [0] * (2 * size - count)
            calls += [f"{one}/{two}" for one, two in zip(alleles[::2], alleles[1::2], strict=True)]
        lines.append("\t".join(["chr1", str(10 * number), ".", "A", "G", "50", "PASS", ".", "GT", *calls]))
    lines.append("\t".join(["chr1", "900", ".", "A", "G", "50", "low", ".", "GT", *["0/1"] * len(SAMPLES)]))
    folder = results / "popgen" / "03_variants"
    folder.mkdir()
    (folder / "x.vcf").write_text("\n".join(lines) + "\n")
    subprocess.run(["bcftools", "view", "-Ob", "-o", folder / "variants.bcf", folder / "x.vcf"], check=True)
    return folder / "variants.bcf"


def test_frequencies_that_tell_of_few_people_stay(results: Path, variants: Path, tmp_path: Path) -> None:
    release(str(results), out=str(tmp_path / "out"), frequencies=True, assembly="GRCh38")
    text = (tmp_path / "out" / "beacon" / "genomicVariations.json").read_text()
    assert not any(name in text for name in SAMPLES)
    shown = {
        record["variation"]["location"]["interval"]["start"]["value"] + 1: {
            one["population"]: one["alleleCount"]
            for one in record["frequencyInPopulations"][0]["frequencies"]
        }
        for record in json.loads(text)
    }
    assert shown == {10 * number: groups for number, (_, groups) in enumerate(VARIANTS, 1) if groups}
    assert json.loads((tmp_path / "out" / "beacon" / "datasets.json").read_text())[0]["id"] == "north"


def test_no_limit_shows_all_frequencies(results: Path, variants: Path, tmp_path: Path) -> None:
    release(str(results), out=str(tmp_path / "out"), frequencies=True, assembly="GRCh38", least=1)
    records = json.loads((tmp_path / "out" / "beacon" / "genomicVariations.json").read_text())
    assert len(records) == len(VARIANTS)
    first = records[0]["frequencyInPopulations"][0]["frequencies"]
    assert [(one["alleleCount"], one["alleleNumber"]) for one in first] == [(4, 8), (14, 28), (12, 24)]


@pytest.mark.parametrize("fault", ["no assembly", "no variants", "small groups"])
def test_frequencies_that_cannot_be_given(results: Path, variants: Path, tmp_path: Path, fault: str) -> None:
    if fault == "no variants":
        shutil.rmtree(variants.parent)
    with pytest.raises(InputError, match=r"--assembly|is missing|no group has"):
        release(
            str(results),
            out=str(tmp_path / "out"),
            frequencies=True,
            assembly="" if fault == "no assembly" else "GRCh38",
            least=100 if fault == "small groups" else LEAST,
        )
    assert not (tmp_path / "out").exists()
