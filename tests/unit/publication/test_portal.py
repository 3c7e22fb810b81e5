"""What portals take of a genome: their exact keys, values against the records, placeholders all listed."""

import json

import pytest
import yaml
from results_folders import ABOUT, write_results

from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.cli import main
from linnaea.publication.portal import portal

# As the portal's template species_stats.yml has them; BUSCO's ends with its lineage.
ASSEMBLY_KEYS = [
    "Assembly length (Mbp)", "GC %", "Contig #", "Contig N50 (Mbp)", "Contig L50", "Contig N90 (Mbp)",
    "Contig L90", "Scaffold #", "Scaffold N50 (Mbp)", "Scaffold L50", "Scaffold N90 (Mbp)", "Scaffold L90",
    "Scaffolds >= 10 kb",
]  # fmt: skip
ANNOTATION_KEYS = [
    "Gene #", "Transcript #", "Avg exons per transcript", "Avg gene length (bp)",
    "Avg transcript length (bp)", "Avg exon length (bp)", "Avg intron length (bp)",
]  # fmt: skip
# As the portal's template data_tracks.json has them.
TRACK_KEYS = {
    "dataTrackName", "description", "links", "accessionOrDOI", "fileName", "principalInvestigator",
    "principalInvestigatorAffiliation", "firstDateOnPortal",
}  # fmt: skip
GENOME = "ilAusBus1"
LENGTHS = {"SUPER_1": 800_000, "SUPER_2": 690_000, "scaffold_3": 9_999, "scaffold_4": 10_000}


@pytest.fixture
def results(tmp_path):
    folder = write_results(tmp_path / "results", {GENOME: "Aus bus"}, cohort=True)
    table = "sequence\tlength_bp\tgc_pct\n" + "".join(f"{n}\t{b}\t38.25\n" for n, b in LENGTHS.items())
    (folder / GENOME / f"04_evaluation/{GENOME}.hap1.sequences.tsv").write_text(table)
    for name in ("02_assembly", "06_annotation", "07_annotation_quality/tracks"):
        (folder / GENOME / name).mkdir(parents=True, exist_ok=True)
    (folder / GENOME / f"06_annotation/{GENOME}.gff3").write_text("##gff-version 3\n")
    (folder / GENOME / f"02_assembly/{GENOME}.hap1.chromosomes.tsv").write_text(
        "SUPER_1\t1\tLinear-Chromosome\nSUPER_2\tX\tLinear-Chromosome\n"
    )
    sequence = {"adapter": {"fastaLocation": {"uri": "a.fa.gz"}}}
    tracks = {"assemblies": [{"name": GENOME, "sequence": sequence}], "tracks": []}
    (folder / GENOME / "07_annotation_quality/tracks/config.json").write_text(json.dumps(tracks))
    (tmp_path / "names.tsv").write_text("".join(f"{n}\tOZ00000{i}.1\n" for i, n in enumerate(LENGTHS)))
    (tmp_path / "about.yml").write_text(ABOUT + "doi: 10.17044/scilifelab.1\nrelated: [10.1000/x]\n")
    (tmp_path / "urls.tsv").write_text(
        "file\turl\ngenome\thttps://ftp.ebi.ac.uk/CAXXYZ01.fasta.gz\n"
        f"{GENOME}.gff3\thttps://figshare.scilifelab.se/ndownloader/files/1\n"
    )
    return folder


def make(results, **options):
    out = results.parent / "portal"
    portal(str(results), genome=GENOME, out=out, **options)
    return out


def complete(results):
    where = results.parent
    return make(
        results, names=str(where / "names.tsv"), accession="GCA_000000000.1", urls=where / "urls.tsv",
        about=where / "about.yml", project="ERGA-BGE", status="insdc_open", base_url="https://tracks.org/aus",
    )  # fmt: skip


def record(results, name):
    return json.loads((results / GENOME / name).read_text())


def statistics(out, part):
    listed = yaml.safe_load((out / "hugo/data/aus_bus/species_stats.yml").read_text())[part]
    assert all(len(one) == 1 and isinstance(value, str) for one in listed for value in one.values())
    return {key: value for one in listed for key, value in one.items()}


def test_statistics_have_the_exact_keys_and_the_values_of_the_records(results):
    out = make(results)
    assembly, annotation = statistics(out, "assembly"), statistics(out, "annotation")
    measured = record(results, f"04_evaluation/{GENOME}.hap1.assembly_statistics.json")
    busco = record(results, f"04_evaluation/{GENOME}.hap1.busco.json")
    assert list(assembly) == [*ASSEMBLY_KEYS, f"BUSCO % ({busco['lineage']})"]
    assert list(annotation) == ANNOTATION_KEYS
    assert assembly["Assembly length (Mbp)"] == f"{measured['total_bp'] / 1e6:.2f}"
    assert assembly["Contig L90"] == str(measured["contig_l90"])
    assert assembly["Scaffolds >= 10 kb"] == "3"
    genes = record(results, f"07_annotation_quality/{GENOME}.annotation_statistics.json")
    assert annotation["Gene #"] == str(genes["protein_coding_genes"])
    assert float(annotation["Avg intron length (bp)"]) == round(genes["lengths"]["intron_bp"]["mean"])
    shares = [
        busco[f"{name}_pct"] for name in ("complete", "single_copy", "duplicated", "fragmented", "missing")
    ]
    text = "C:{:.1f} [S:{:.1f}, D:{:.1f}], F:{:.1f}, M:{:.1f}, n:{}".format(*shares, busco["markers"])
    assert assembly[f"BUSCO % ({busco['lineage']})"] == text


def test_a_complete_submission_has_no_placeholder_but_the_date(results):
    out = complete(results)
    config = yaml.safe_load((out / "config/aus_bus/config.yml").read_text())
    assert config == {
        "organism": "Aus bus",
        "assembly": {
            "name": GENOME,
            "displayName": "A. bus genome assembly GCA_000000000.1",
            "accession": "GCA_000000000.1",
            "url": "https://ftp.ebi.ac.uk/CAXXYZ01.fasta.gz",
            "fileName": "CAXXYZ01.fasta.gz",
            "aliases": "aliases.txt",
        },
        "tracks": [
            {
                "name": "Protein-coding genes",
                "url": "https://figshare.scilifelab.se/ndownloader/files/1",
                "fileName": f"{GENOME}.gff3",
            }
        ],
    }
    tracks = json.loads((out / "hugo/assets/aus_bus/data_tracks.json").read_text())
    assert [one["dataTrackName"] for one in tracks] == ["Genome", "Protein-coding genes"]
    for one in tracks:
        assert one.keys() == TRACK_KEYS
        assert [next(iter(link)) for link in one["links"]] == ["Download", "Website", "Article"]
        assert one["principalInvestigator"] == "Anna Example"
    assert tracks[0]["links"][1] == {"Website": "https://www.ebi.ac.uk/ena/browser/view/GCA_000000000.1"}
    assert tracks[1]["links"][1] == {"Website": "https://doi.org/10.17044/scilifelab.1"}
    written = "".join(
        path.read_text() for path in out.rglob("*") if path.is_file() and path.name != "missing.tsv"
    )
    assert written.count("FILL IN") == written.count("FILL IN: date") == 2


def test_names_of_the_archives_are_aliases(results):
    out = complete(results)
    lines = (out / "config/aus_bus/aliases.txt").read_text().splitlines()
    assert lines[:2] == ["#ENA\tNCBI\toriginal", "ENA|OZ000000|OZ000000.1\tOZ000000.1\tSUPER_1"]
    session = json.loads((out / "config/aus_bus/config.json").read_text())["defaultSession"]
    (region,) = session["views"][0]["displayedRegions"]
    assert (region["refName"], region["end"]) == ("ENA|OZ000000|OZ000000.1", 800_000)
    config = json.loads((out / "jbrowse/config.json").read_text())
    (assembly,) = config["assemblies"]
    assert assembly["refNameAliases"]["adapter"]["location"]["uri"] == "aliases.txt"
    assert assembly["sequence"]["adapter"]["fastaLocation"]["uri"] == "https://tracks.org/aus/a.fa.gz"


def test_goat_has_the_project_in_every_column_that_is_reached(results):
    (row,) = read_table(complete(results) / "goat_status.tsv")
    assert (row["ncbi_taxon_id"], row["species"], row["sequencing_status"]) == (
        "9157",
        "Aus bus",
        "insdc_open",
    )
    flags = [
        row[key] for key in ("sample_collected", "sample_acquired", "in_progress", "insdc_open", "published")
    ]
    assert flags == ["ERGA-BGE"] * 4 + [""]


def test_a_genome_note_has_the_numbers_of_the_records(results):
    out = complete(results)
    values = json.loads((out / "genome_note.json").read_text())
    measured = record(results, f"04_evaluation/{GENOME}.hap1.assembly_statistics.json")
    assert values["QV"] == 45.2
    assert values["SCAFF_N50"] == f"{measured['scaffold_n50_bp'] / 1e6:.1f}"
    assert (values["NCBI_TAXID"], values["ASSEMBLY_ACCESSION"]) == (9157, "GCA_000000000.1")
    reads = [record(results, f"01_reads/{name}.raw.json") for name in ("hifi1", "hic1")]
    assert values["pacbio_base_count_gb"] == round(reads[0]["bases_bp"] / 1e9, 2)
    assert values["LR_COV"] == round(reads[0]["bases_bp"] / measured["total_bp"])
    assert values["hic_read_count_millions"] == round(reads[1]["reads"] / 1e6, 2)
    assert values["CHR_TABLE"] == [
        {"Accession": "OZ000000.1", "Chromosome": "1", "Length": "0.80", "GC": "38.2"},
        {"Accession": "OZ000001.1", "Chromosome": "X", "Length": "0.69", "GC": "38.2"},
    ]
    text = (out / "genome_note.md").read_text()
    metrics = record(results, f"{GENOME}.verdict.json")["haplotypes"][0]["metrics"]
    (threshold,) = (one["threshold"] for one in metrics if one["metric"] == "qv")
    for part in (f"| Consensus quality (QV) | 45.2 | {threshold} |", "| OZ000001.1 | X | 0.69 | 38.2 |",
                 "| hifiasm | 0.25.0 |"):  # fmt: skip
        assert part in text


def test_every_placeholder_is_listed_with_who_can_tell(results):
    out = make(results)
    listed = read_table(out / "missing.tsv")
    what = {row["what"] for row in listed}
    assert all(row["who_knows"] for row in listed)
    for path in (out / "config/aus_bus/config.yml", out / "hugo/assets/aus_bus/data_tracks.json"):
        for part in path.read_text().split("FILL IN: ")[1:]:
            assert any(part.startswith(one) for one in (*what, "date")), part[:60]
    note = json.loads((out / "genome_note.json").read_text())
    assert {key for key, value in note.items() if value in (None, [])} <= what


@pytest.mark.parametrize(
    "options, message",
    [
        ({"accession": "GCA_1", "haplotype": "hap9"},
         r"--accession GCA_1 is not an accession .*; --haplotype hap9: there are hap1, hap2"),
        ({"genome": "popgen"}, "popgen is a cohort, and portals take genomes"),
        ({"genome": "x"}, "has no x; it has ilAusBus1, popgen"),
        ({"names": "short"}, r"3 of 4 sequences of hap1 have no accession"),
        ({"urls": "bad"}, "url of genome is not an address"),
    ],
)  # fmt: skip
def test_bad_options_are_named(results, options, message):
    where = results.parent
    (where / "short").write_text("SUPER_1\tOZ000001.1\n")
    (where / "bad").write_text("file\turl\ngenome\tFigshare\n")
    for key in ("names", "urls"):
        if key in options:
            options[key] = where / options[key]
    with pytest.raises(InputError, match=message):
        portal(str(results), **{"genome": GENOME, "out": where / "x", **options})


def test_the_command_line(results, capsys):
    assert main(["portal", str(results), "--genome", GENOME, "--out", str(results.parent / "y")]) == 0
    assert "values stay to be filled in" in capsys.readouterr().out
