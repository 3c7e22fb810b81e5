"""The EAR against what ERGA documents of make_EAR.py 24.10.15: its expressions are written here anew."""

import re
from pathlib import Path

import numpy as np
import pytest
import records as make
import yaml
from pypdf import PdfReader

import ear as step
import ear_difference
from linnaea.assembly import ear, ear_plots
from linnaea.assembly.ear_difference import read_ear
from linnaea.base.errors import run
from linnaea.base.tables import read_table
from linnaea.catalogue.resources import processes

SUMMARY = (
    "# BUSCO version is: 6.0.0 \n"
    "# The lineage dataset is: eukaryota_odb12 (Creation date: 2025-07-01, number of genomes: 412, number of "
    "BUSCOs: 129)\n# BUSCO was run in mode: euk_genome_met\n# Gene predictor used: metaeuk\n\n"
    "\t***** Results: *****\n\n\tC:96.9%[S:{S},D:1.5%],F:1.6%,M:{M},n:129,E:2.3%\t   \n"
)
FACTS = {
    "Submitter": "Łucja Kowalska & daughters <lab>",
    "Affiliation": "Institute of Moths",
    "Tags": "ERGA-testing",
    "PIPELINES": {"Assembly": {"hifiasm": "0.25/l2"}, "Curation": {"PretextView": "1.0.3"}},
    "NOTES": {"Obs_Haploid_num": 3, "Obs_Sex": "ZW", "Contamination_notes": "AT < 20 % & no bacteria"},
}
SIZES = {"scaffolded": (700_000, 520_000, 300_000), "curated": (620_000, 500_000, 380_000)}


@pytest.fixture
def drawn_spectra():
    """For tests of the spectra."""


@pytest.fixture(autouse=True)
def _no_spectra(request, monkeypatch):
    """Spectra take half of the time, so they are drawn only in tests that ask for them."""
    if "drawn_spectra" not in request.fixturenames:
        monkeypatch.setattr(ear_plots, "draw_spectra", lambda *_: [])


def runs(haplotypes=("hap1", "hap2"), curated=True, **changes):
    """Records of two haplotypes before and after curation; the QV is the same for none of them."""
    shared = [make.read_statistics(), make.read_statistics("hic1", "hic", reads=300_000, length=150)]
    found = [*shared, make.genome_profile()]
    for i, stage in enumerate(("scaffolded", "curated") if curated else ("scaffolded",)):
        entries = []
        for j, haplotype in enumerate(haplotypes):
            lengths = [size - 1000 * j for size in SIZES[stage]]
            found.append(
                make.assembly_statistics(
                    haplotype, stage, lengths, gaps=3 - i, gap_bp=600 - 200 * i, **changes
                )
            )
            found.append(make.busco(haplotype, stage, single_copy_pct=95.4 - i - 0.1 * j))
            entry = {"qv_phred": 46.92 + 2 * i + j, "completeness_pct": 91.2 + i + j / 10}
            entries.append(make.kmer_entry(haplotype, **entry))
        if len(haplotypes) > 1:
            entries.append(make.kmer_entry("both", completeness_pct=99.1))
        found.append(make.kmer_evaluation(*entries, stage=stage))
    return found


def compose(folder, records, *options, facts=FACTS):
    """Run the script; returns the folder of the EAR, its YAML and its list of what is missing."""
    folder.mkdir(exist_ok=True)
    metrics, _ = make.write_run(folder, records)
    words = ["--id", make.GENOME, "--name", "Ausonia felix", "--out", str(folder / "ear"), "--metrics"]
    words += map(str, metrics)
    if facts is not None:
        (folder / "facts.yaml").write_text(yaml.safe_dump(facts))
        words += ["--facts", str(folder / "facts.yaml")]
    assert step.main([*words, "--haploid-number", "3", "--sex", "ZW", *options]) == 0
    out = folder / "ear"
    given = yaml.safe_load((out / f"{make.GENOME}_EAR.yaml").read_text())
    return out, given, read_table(out / f"{make.GENOME}.ear_missing.tsv")


def gfastats(path: Path) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"(?m)^([^:\n]+): (.+)$", path.read_text())}


def merqury(folder: Path) -> tuple[list[list[str]], list[list[str]]]:
    tables = []
    for pattern in ("*.qv", "*completeness.stats"):
        (path,) = folder.glob(pattern)
        tables.append([line.split("\t") for line in path.read_text().splitlines()])
    return tables[0], tables[1]


def pdf_text(out: Path) -> str:
    return " ".join(
        " ".join(page.extract_text().split())
        for page in PdfReader(out / f"{make.GENOME}_EAR_Linnaea.pdf").pages
    )


def test_the_texts_hold_the_numbers_of_the_records(tmp_path):
    records = runs()
    out, given, _ = compose(tmp_path, records)
    for label, stage in (("Pre-curation", "scaffolded"), ("Curated", "curated")):
        stats = {
            r["haplotype"]: r for r in records if r["step"] == "assembly_statistics" and r["stage"] == stage
        }
        (kmers,) = (r for r in records if r["step"] == "kmer_evaluation" and r["stage"] == stage)
        assert list(given["ASSEMBLIES"][label]) == ["hap1", "hap2"]
        for row, (haplotype, entry) in enumerate(given["ASSEMBLIES"][label].items()):
            values = gfastats(out / entry["gfastats--nstar-report_txt"])
            record = stats[haplotype]
            assert values == {
                "Total scaffold length": record["total_bp"], "GC content %": record["gc_pct"],
                "# gaps in scaffolds": record["gaps"], "Total gap length in scaffolds": record["gap_bp"],
                "# scaffolds": record["sequences"], "Scaffold N50": record["scaffold_n50_bp"],
                "Scaffold L50": record["scaffold_l50"], "Scaffold L90": record["scaffold_l90"],
                "# contigs": record["contigs"], "Contig N50": record["contig_n50_bp"],
                "Contig L50": record["contig_l50"], "Contig L90": record["contig_l90"],
            }  # fmt: skip
            qv, completeness = merqury(out / entry["merqury_folder"])
            assert len(qv) == len(completeness) == 3 and qv[2][0] == "Both"
            assert float(qv[row][3]) == kmers["haplotypes"][row]["qv_phred"]
            assert float(completeness[row][4]) == kmers["haplotypes"][row]["completeness_pct"]
            (busco,) = (r for r in records if r["step"] == "busco" and r["stage"] == stage
                        and r["haplotype"] == haplotype)  # fmt: skip
            text = (out / entry["busco_short_summary_txt"]).read_text()
            assert dict(re.findall(r"([SDFM]):(\d+\.\d+)%", re.findall(r"C:.*n:\d+", text)[0])) == {
                "S": f"{busco['single_copy_pct']:.1f}", "D": "1.5", "F": "1.6", "M": "1.5",
            }  # fmt: skip
    profile = (out / given["PROFILING"]["GenomeScope"]["genomescope_summary_txt"]).read_text()
    assert re.search(r"Genome Haploid Length\s+([\d,]+|NA)\s*bp", profile)[1] == "1,515,000"
    assert re.search(r"p = (\d+)", profile)[1] == "2"
    smudge = (out / given["PROFILING"]["Smudgeplot"]["smudgeplot_verbose_summary_txt"]).read_text()
    (line,) = (line for line in smudge.splitlines() if line.startswith("* Proposed ploidy"))
    assert line.split(":")[1].strip() == "2"
    hifi = records[0]["bases_bp"] / 1_515_000
    assert given["DATA"][0] == {"HiFi": f"{hifi:.0f}x"} and list(given["DATA"][1]) == ["HiC"]


def test_the_short_summary_of_busco_is_the_one_with_the_same_numbers(tmp_path):
    paths = []
    for i, single in enumerate(("94.4%", "95.4%", "94.3%")):
        paths.append(tmp_path / f"short_summary.{i}.txt")
        paths[-1].write_text(SUMMARY.format(S=single, M="1.5%"))
    out, given, missing = compose(tmp_path / "run", runs(), "--short-summaries", *map(str, paths))
    used = {stage: {name: (out / one["busco_short_summary_txt"]).read_text() for name, one in columns.items()}
            for stage, columns in given["ASSEMBLIES"].items()}  # fmt: skip
    assert used["Pre-curation"]["hap1"] == paths[1].read_text()
    assert (used["Curated"]["hap1"], used["Curated"]["hap2"]) == (paths[0].read_text(), paths[2].read_text())
    assert [row["item"] for row in missing if "BUSCO" in row["item"]] == [
        "Pre-curation hap2: BUSCO version and lineage"
    ]


@pytest.mark.parametrize(
    ("haplotypes", "names"),
    [
        (["primary"], ["collapsed"]),
        (["primary", "alternate"], ["pri"]),
        (["hap1"], ["hap1"]),
        (["hap1", "hap2", "hap3"], ["hap1", "hap2", "hap3"]),
    ],
)
def test_names_of_haplotypes_and_rows_of_merqury(tmp_path, haplotypes, names):
    out, given, missing = compose(tmp_path, runs(haplotypes))
    entries = given["ASSEMBLIES"]["Curated"]
    assert list(entries) == names
    if len(names) == 3:  # make_EAR.py wants "Both" in the third line of the .qv
        assert not any("merqury_folder" in entry for entry in entries.values())
        assert "Curated: Merqury's files" in [row["item"] for row in missing]
        assert "50.9200" in pdf_text(out)
    else:
        qv, completeness = merqury(out / entries[names[0]]["merqury_folder"])
        assert [float(qv[0][3]), float(completeness[0][4])] == [48.92, 92.2]
        assert len(qv) == len(completeness) == 1


def test_what_a_run_cannot_know_is_a_placeholder_and_listed_once(tmp_path):
    _, given, missing = compose(tmp_path, runs(), facts=None)
    items = [row["item"] for row in missing]
    assert len(items) == len(set(items))
    assert {"Submitter", "Affiliation", "Tags", "PIPELINES: Curation", "NOTES: Obs_Haploid_num",
            "Curated: hap2: hic_FullMap_link"} <= set(items)  # fmt: skip
    assert given["Submitter"] == "FILL IN: name of the submitter"
    assert given["NOTES"]["Obs_Haploid_num"].startswith("FILL IN")
    # An image or a link that is a text would stop make_EAR.py; it says of an empty one that it is missing.
    assert given["ASSEMBLIES"]["Curated"]["hap1"]["hic_FullMap_png"] == ""
    assert all(row["remedy"] for row in missing)


def test_records_that_lack_are_named_by_stage_and_haplotype(tmp_path):
    lacking = [
        record
        for record in runs()
        if record["step"] != "genome_profile"
        and not (record["step"] == "busco" and record["stage"] == "curated")
        and not (record["step"] == "assembly_statistics" and record["stage"] == "scaffolded"
                 and record["haplotype"] == "hap2")
    ]  # fmt: skip
    _, given, missing = compose(tmp_path, lacking)
    assert {"genome profile", "Pre-curation hap2: assembly statistics", "Curated hap1: BUSCO",
            "Curated hap2: BUSCO"} <= {row["item"] for row in missing}  # fmt: skip
    assert (
        given["PROFILING"] == {} and "busco_short_summary_txt" not in given["ASSEMBLIES"]["Curated"]["hap1"]
    )
    assert given["DATA"][0] == {"HiFi": None}  # no genome size to divide by


def test_before_curation_only_the_curated_assembly_is_missing(tmp_path):
    out, given, missing = compose(tmp_path, runs(curated=False))
    assert list(given["ASSEMBLIES"]) == ["Pre-curation"]
    assert "Curated hap1: assembly statistics" in [row["item"] for row in missing]
    assert "46.9200" in pdf_text(out)


def test_the_pdf_holds_the_numbers(tmp_path):
    out, _, _ = compose(tmp_path, runs())
    text = pdf_text(out)
    for words in (
        "Total bp 1,520,000 1,517,000 1,500,000 1,497,000",
        "QV 46.9200 47.9200 48.9200 49.9200",
        "Kmer compl. 91.2000 91.3000 92.2000 92.3000",
        "BUSCO sing. 95.4% 95.3% 94.4% 94.3%",
        "Gaps/Gbp 1,973.68 1,977.59 1,333.33 1,336.01",
        "Haploid size (bp) 1,515,000 1,500,000",
        "Haploid number 3 3",
        "Sample sex ZW ZW",
        "hap1 (curated): 5.5.Q48, with C for chromosomes 5.C.Q48",
        "Łucja Kowalska & daughters <lab>, Institute of Moths",
        "AT < 20 % & no bacteria",
        "hifiasm 0.25, l2",
    ):
        assert words in text
    assert "flagged > 1,000 per Gbp: 2 gaps in 1.50 Mb" in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"NOTES": {"Obs_Haploid_num": 4}}, "Haploid number: 4 observed, 3 expected"),
        (
            {"NOTES": {"Obs_Haploid_num": 2}},
            "hap1: 90 % of the bases are in 3 scaffolds, 2 chromosomes observed",
        ),
        ({"NOTES": {"Obs_Haploid_num": 3, "Obs_Sex": "ZZ"}}, "Sex: ZZ observed, ZW expected"),
    ],
)
def test_observed_traits_that_differ_are_flagged(tmp_path, changes, sentence):
    out, _, _ = compose(tmp_path, runs(), facts=FACTS | changes)
    assert sentence in pdf_text(out)


def test_a_persons_tools_replace_those_of_the_run(tmp_path):
    rows = [
        "process\ttool\tversion",
        "HIFIASM\thifiasm\t0.25.0",
        "AUGUSTUS\taugustus\t3.5.0",
        "RACON\tseqkit\t2.3.0",
    ]
    (tmp_path / "software.tsv").write_text("\n".join(rows) + "\n")
    options = ["--software", str(tmp_path / "software.tsv")]
    _, own, _ = compose(tmp_path / "a", runs(), *options, facts=None)
    assert own["PIPELINES"]["Assembly"] == {"hifiasm": "0.25.0", "seqkit": "2.3.0"}
    _, given, _ = compose(tmp_path / "b", runs(), *options)
    assert given["PIPELINES"] == FACTS["PIPELINES"]


def test_letters_that_the_font_lacks_are_named(tmp_path, capsys):
    _, given, _ = compose(tmp_path, runs(), facts=FACTS | {"Submitter": "王芳, Đỗ Ngọc"})
    assert "the font of the PDF lacks 王 芳, shown as boxes" in capsys.readouterr().out
    assert given["Submitter"] == "王芳, Đỗ Ngọc"


def test_the_yaml_is_markup_for_make_ear_and_text_for_people(tmp_path):
    out, given, _ = compose(tmp_path, runs())
    assert given["Submitter"] == "Łucja Kowalska &amp; daughters &lt;lab&gt;"
    again, second, _ = compose(tmp_path / "again", runs(), facts=given)
    assert second["Submitter"] == given["Submitter"] and second["NOTES"] == given["NOTES"]
    assert pdf_text(again) == pdf_text(out)


def test_images_are_in_the_pdf_and_in_the_yaml_from_its_folder(tmp_path):
    from matplotlib.figure import Figure

    Figure().savefig(tmp_path / "map.png")
    images = {"hap1": {"hic_FullMap_png": "map.png", "hic_FullMap_link": "https://example.org/x"}}
    out, given, missing = compose(tmp_path, runs(), facts=FACTS | {"ASSEMBLIES": {"Curated": images}})
    assert (out / given["ASSEMBLIES"]["Curated"]["hap1"]["hic_FullMap_png"]).samefile(tmp_path / "map.png")
    assert sum(len(page.images) for page in PdfReader(out / f"{make.GENOME}_EAR_Linnaea.pdf").pages) == 1
    assert "Curated: hap1: hic_FullMap_png" not in [row["item"] for row in missing]
    assert "Curated: hap2: hic_FullMap_png" in [row["item"] for row in missing]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"Submiter": "A", "NOTES": {"Sex": "X"}}, ["unknown key Submiter", "unknown key NOTES: Sex"]),
        ({"Tags": "mine"}, ["Tags is mine", "ERGA-BGE"]),
        (
            {
                "NOTES": {"Obs_Haploid_num": "three", "Obs_Sex": False, "Other_notes": 3},
                "DATA": ["HiFi"],
                "PIPELINES": {"Curation": "x"},
            },
            [
                "Obs_Haploid_num is three",
                "Obs_Sex is False",
                "Other_notes is 3",
                "DATA: HiFi",
                "PIPELINES: Curation",
            ],
        ),
        (
            {"Submitter": 7, "NOTES": "none", "PIPELINES": {"Curated": {}}},
            ["Submitter is 7", "NOTES is none", "unknown key PIPELINES: Curated"],
        ),
        ({"ASSEMBLIES": {"Curated": {"hap1": {"blobplot_cont_png": "no.png"}}}}, ["there is no file no.png"]),
    ],
)
def test_faults_in_a_persons_fields_are_named_with_the_file(tmp_path, capsys, facts, words):
    assert run(lambda: compose(tmp_path, runs(), facts=facts) and 0) == 1
    error = capsys.readouterr().err
    assert all(word in error for word in ["facts.yaml", *words])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"ASSEMBLIES": {"Curated": {"hap3": {}}}}, ["hap3", "hap1 and hap2"]),
        ({"ToLID": "ilOther1"}, ["ilOther1", make.GENOME]),
    ],
)
def test_fields_of_another_genome_or_haplotype_are_refused(tmp_path, capsys, facts, words):
    assert run(lambda: compose(tmp_path, runs(), facts=facts) and 0) == 1
    error = capsys.readouterr().err
    assert all(word in error for word in ["--facts", *words])


def test_an_earlier_ear_as_facts_does_not_hide_what_the_run_measured(tmp_path):
    _, earlier, _ = compose(tmp_path / "a", runs())
    earlier["DATA"] = [{"HiFi": "7x"}, {"Bionano": "100x"}]
    later = runs()
    later[-1]["haplotypes"][0]["qv_is_lower_bound"] = True
    _, given, _ = compose(tmp_path / "b", later, facts=earlier)
    assert [next(iter(entry.items())) for entry in given["DATA"]] == [
        ("HiFi", "39x"), ("HiC", "30x"), ("Bionano", "100x"),
    ]  # fmt: skip
    assert given["NOTES"]["Other_notes"].startswith("QV is a lower bound for Curated hap1")


def test_two_runs_that_disagree_are_refused_and_the_same_record_twice_is_one(tmp_path, capsys):
    records = runs()
    metrics, _ = make.write_run(tmp_path, records)
    (tmp_path / "other").mkdir()
    words = [
        "--id",
        make.GENOME,
        "--name",
        "A b",
        "--out",
        str(tmp_path / "ear"),
        "--metrics",
        *map(str, metrics),
    ]
    same, _ = make.write_run(tmp_path / "other", records[:3])
    (tmp_path / "hic1.fastp.json").write_text('{"summary": {}}')
    capsys.readouterr()
    assert step.main([*words, *map(str, same), str(tmp_path / "hic1.fastp.json")]) == 0
    assert f"{make.GENOME}: 1 files of --metrics are not records of Linnaea" in capsys.readouterr().out
    differs, _ = make.write_run(tmp_path / "other", [make.genome_profile(haploid_size_bp=2_000_000)])
    assert run(lambda: step.main([*words, *map(str, differs)])) == 1
    error = capsys.readouterr().err
    assert str(differs[0]) in error and "genome_profile" in error


def test_the_difference_between_two_ears(tmp_path, capsys):
    first, *_ = compose(tmp_path / "a", runs())
    later = runs()
    for record in later:
        if record["step"] == "assembly_statistics" and record["haplotype"] == "hap1":
            record["scaffold_n50_bp"] += 15_000_123 if record["stage"] == "curated" else 0
        if record["step"] == "kmer_evaluation" and record["stage"] == "curated":
            record["haplotypes"][1]["qv_phred"] -= 0.5
    notes = {
        "Obs_Haploid_num": 3,
        "Obs_Sex": "ZZ",
        "Contamination_notes": FACTS["NOTES"]["Contamination_notes"],
    }
    second, *_ = compose(tmp_path / "b", later, facts=FACTS | {"NOTES": notes})
    table = tmp_path / "difference.tsv"
    yamls = [str(out / f"{make.GENOME}_EAR.yaml") for out in (first, second)]
    capsys.readouterr()
    assert ear_difference.main([*yamls, "--out", str(table)]) == 0
    assert [tuple(row.values()) for row in read_table(table)] == [
        ("NA", "NA", "Obs_Sex", "ZW", "ZZ", "NA", "NA"),
        ("Curated", "hap1", "scaffold_n50_bp", "500000", "15500123", "15000123", "3000.02"),
        ("Curated", "hap2", "qv_phred", "49.92", "49.42", "-0.5", "-1.0016"),
    ]
    assert capsys.readouterr().out.startswith("3 values changed, ")
    assert ear_difference.main([yamls[0], yamls[0], "--out", str(table)]) == 0
    assert read_table(table) == []


def test_the_row_of_one_haplotype_is_read_from_merqurys_files(tmp_path):
    out, *_ = compose(tmp_path, runs(["primary"]))
    values = read_ear(out / f"{make.GENOME}_EAR.yaml")
    assert values["Curated", "collapsed", "qv_phred"] == 48.92
    assert values["Pre-curation", "collapsed", "completeness_pct"] == 91.2


def test_an_ear_without_its_files_names_them_all(tmp_path, capsys):
    out, given, _ = compose(tmp_path, runs())
    path = out / f"{make.GENOME}_EAR.yaml"
    lost = [given["ASSEMBLIES"]["Curated"][name]["gfastats--nstar-report_txt"] for name in ("hap1", "hap2")]
    for name in lost:
        (out / name).unlink()
    words = [str(path), str(path), "--out", str(tmp_path / "x.tsv")]
    assert run(lambda: ear_difference.main(words)) == 1
    error = capsys.readouterr().err
    assert all(name in error for name in lost)


@pytest.mark.usefixtures("drawn_spectra")
@pytest.mark.parametrize(
    ("haplotypes", "names"),
    [
        (["hap1", "hap2"], ["spectra-asm", "spectra-cn", "hap1.spectra-cn", "hap2.spectra-cn"]),
        (["primary"], ["spectra-asm", "spectra-cn"]),
    ],
)
def test_spectra_have_merqurys_names_and_are_in_the_pdf(tmp_path, haplotypes, names):
    out, given, _ = compose(tmp_path, runs(haplotypes))
    folders = {entry["merqury_folder"] for entry in given["ASSEMBLIES"]["Curated"].values()}
    (folder,) = folders
    assert {path.name for path in (out / folder).glob("*.ln.png")} == {
        f"{make.GENOME}.{name}.ln.png" for name in names
    }
    pages = PdfReader(out / f"{make.GENOME}_EAR_Linnaea.pdf").pages
    assert sum(len(page.images) for page in pages) == len(names)


def test_k_mers_by_haplotype_are_those_of_the_sets():
    """Against sets of k-mers: each read k-mer has a multiplicity and copies in each haplotype."""
    rng = np.random.default_rng(8)
    multiplicity, copies = rng.integers(1, 30, 5000), rng.poisson(0.8, (2, 5000))

    def entry(counts):
        labels = [*(f"copies_{n}" for n in range(1, 5)), "copies_over_4"]
        kinds = {"read_only": counts == 0} | {
            name: counts == n if n < 5 else counts > 4 for n, name in enumerate(labels, 1)
        }
        curves = {name: np.bincount(multiplicity[kind], minlength=30)[1:] for name, kind in kinds.items()}
        return make.kmer_entry(spectrum={"multiplicity": list(range(1, 30)), **curves})

    found = ear_plots.assembly_spectra(
        {"a": entry(copies[0]), "b": entry(copies[1])}, entry(copies.sum(axis=0))
    )
    has = copies > 0
    truth = {"read-only": ~has[0] & ~has[1], "a-only": has[0] & ~has[1], "b-only": has[1] & ~has[0],
             "shared": has[0] & has[1]}  # fmt: skip
    assert found.keys() == truth.keys()
    for name, kind in truth.items():
        assert found[name].tolist() == np.bincount(multiplicity[kind], minlength=30)[1:].tolist()


def test_the_tools_of_an_ear_are_those_that_make_contigs_and_scaffolds():
    uses = [use for process in processes().values() for use in process.uses]
    assert {
        use.process for use in uses if use.stage in ("assembly/assemble", "assembly/scaffold")
    } == ear.ASSEMBLING
