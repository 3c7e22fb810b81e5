"""Packages for ENA, read back with Biopython's parser."""

import gzip
import random

import pytest
from flat_files import coding
from genome_packages import Genome

from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript, coding_sequence
from linnaea.formats.gff3 import write_genes
from linnaea.submission import command


def features(record, key):
    return [feature for feature in record.features if feature.type == key]


@pytest.fixture
def genome(tmp_path):
    genome = Genome(tmp_path)
    rng = random.Random(3)
    genome.letters["SUPER_1"] = "".join(rng.choices("acgt", k=300)) + coding(rng, 60) + "ac" * 150
    return genome


def test_a_gene_has_gene_mrna_and_cds(genome):
    genome.gene(
        "SUPER_1", [(281, 500)], cds=[(301, 486)], gene=";Name=actB",
        transcript=";product=Actin homolog;Dbxref=InterPro:IPR000719;Ontology_term=GO:0005524;"
        "ec_number=3.6.4.1",
    )  # fmt: skip
    record = genome.package()["SUPER_1"]
    assert [f.type for f in record.features] == ["source", "gene", "mRNA", "CDS"]
    cds = record.features[-1]
    assert cds.extract(record.seq).translate(cds=True).startswith("M")
    assert cds.qualifiers == {
        "locus_tag": ["LINN_000010"], "gene": ["actB"], "product": ["actin"], "EC_number": ["3.6.4.1"],
        "db_xref": ["InterPro:IPR000719", "GO:0005524"], "transl_table": ["1"],
    }  # fmt: skip
    assert {f.qualifiers["locus_tag"][0] for f in record.features[1:]} == {"LINN_000010"}


@pytest.mark.parametrize("seed", range(4))
def test_random_genes_are_read_back_with_the_same_bases(tmp_path, seed):
    """Biopython's reading of every CDS against that of the gene models, on both strands."""
    rng = random.Random(seed)
    letters, genes = "", []
    for number in range(30):
        exons = [coding(rng, 90)]
        cuts = sorted(rng.sample(range(20, 250), 2))
        pieces = [exons[0][: cuts[0]], exons[0][cuts[0] : cuts[1]], exons[0][cuts[1] :]]
        text = (
            pieces[0]
            + "gt"
            + "c" * rng.randint(40, 90)
            + "ag"
            + pieces[1]
            + "gt"
            + "c" * 50
            + "ag"
            + pieces[2]
        )
        strand = rng.choice("+-")
        letters += "".join(rng.choices("acgt", k=200))
        sizes = [len(pieces[0]), len(text) - len(pieces[1]) - len(pieces[2]) - 54 - len(pieces[0])]
        parts = [
            (0, sizes[0]),
            (sum(sizes), sum(sizes) + len(pieces[1])),
            (len(text) - len(pieces[2]), len(text)),
        ]
        if strand == "-":
            text = text.translate(str.maketrans("acgt", "tgca"))[::-1]
            parts = [(len(text) - end, len(text) - start) for start, end in reversed(parts)]
        placed = [(start + len(letters), end + len(letters)) for start, end in parts]
        letters += text
        model = Transcript(f"t{number}", "SUPER_1", strand, placed, placed)
        genes.append(Gene(f"g{number}", "SUPER_1", strand, [model]))
    genome = Genome(tmp_path)
    genome.letters["SUPER_1"] = letters
    write_genes(tmp_path / "all.gff3", genes, {"SUPER_1": len(letters)})
    genome.rows = (tmp_path / "all.gff3").read_text().splitlines()[1:]
    record = genome.package()["SUPER_1"]
    written = [str(f.extract(record.seq)).lower() for f in features(record, "CDS")]
    assert written == [coding_sequence(g.transcripts[0], letters.encode()).decode().lower() for g in genes]
    assert str(record.seq).lower() == letters
    assert command.check([str(tmp_path / "bParMaj1.1.manifest.txt")], locus_tag=["LINN"]) == 0


def test_ends_that_are_missing_are_marked_on_all_three(genome, capsys):
    text = genome.letters["SUPER_1"]
    genome.letters["SUPER_1"] = text[:300] + "gcc" + text[303:]
    genome.gene("SUPER_1", [(301, 480)])
    record = genome.package()["SUPER_1"]
    for feature in record.features[1:]:
        assert str(feature.location) == "[<300:>480](+)"
    assert features(record, "CDS")[0].qualifiers["codon_start"] == ["1"]
    said = capsys.readouterr().err
    assert "no_start: 1" in said and "no_stop: 1" in said
    with pytest.raises(InputError, match=r"no_start: 1 .*\n.*no_stop: 1"):
        genome.package(resolve=["no_start=refuse", "no_stop=refuse"])


def test_a_phase_is_the_codon_start_of_a_partial_cds(genome):
    genome.gene("SUPER_1", [(300, 486)], phase=1)
    (cds,) = features(genome.package()["SUPER_1"], "CDS")
    assert str(cds.location) == "[<299:486](+)" and cds.qualifiers["codon_start"] == ["2"]


@pytest.fixture
def stopped(genome):
    text = genome.letters["SUPER_1"]
    genome.letters["SUPER_1"] = text[:399] + "tga" + text[402:]
    genome.gene("SUPER_1", [(281, 500)], cds=[(301, 486)], transcript=";product=kinase")
    return genome


def test_internal_stops_are_refused_and_no_file_is_left(stopped):
    with pytest.raises(InputError, match=r"internal_stop: 1 .*g1.t1.*--resolve internal_stop=drop"):
        stopped.package()
    assert not list(stopped.folder.glob("*.gz")) and not list(stopped.folder.glob("*manifest*"))


def test_internal_stops_are_dropped_or_become_a_pseudogene(stopped):
    assert [f.type for f in stopped.package(resolve=["internal_stop=drop"])["SUPER_1"].features] == ["source"]
    record = stopped.package(resolve=["internal_stop=pseudogene"])["SUPER_1"]
    assert [f.type for f in record.features] == ["source", "gene", "CDS"]
    assert all(f.qualifiers["pseudogene"] == ["unknown"] for f in record.features[1:])
    assert "product" not in record.features[-1].qualifiers
    assert command.check([str(stopped.folder / "bParMaj1.1.manifest.txt")], locus_tag=["LINN"]) == 0


def test_a_selenocysteine_is_no_stop(stopped):
    stopped.rows = [
        row.replace("product=kinase", "product=kinase;transl_except=(pos:400..402%2Caa:Sec)")
        for row in stopped.rows
    ]
    (cds,) = features(stopped.package()["SUPER_1"], "CDS")
    assert cds.qualifiers["transl_except"] == ["(pos:400..402,aa:Sec)"]
    assert command.check([str(stopped.folder / "bParMaj1.1.manifest.txt")], locus_tag=["LINN"]) == 0


@pytest.mark.parametrize("twice", [True, False])
def test_a_ribosomal_slippage_is_read_as_it_slips(genome, twice):
    """One base read twice (-1), or one left out (+1)."""
    text = genome.letters["SUPER_1"]
    if twice:
        # The bases at 400 and 401 are one base that is read twice.
        genome.letters["SUPER_1"] = text[:399] + "c" + text[401:]
        cds, end = [(301, 400), (400, 485)], 485
    else:
        genome.letters["SUPER_1"] = text[:400] + "t" + text[400:]
        cds, end = [(301, 400), (402, 487)], 487
    genome.gene("SUPER_1", [(301, end)], cds=cds, transcript=";exception=ribosomal slippage")
    genome.rows = [row + ";exception=ribosomal slippage" * ("\tCDS\t" in row) for row in genome.rows]
    (feature,) = features(genome.package()["SUPER_1"], "CDS")
    assert "ribosomal_slippage" in feature.qualifiers
    assert [(int(p.start) + 1, int(p.end)) for p in feature.location.parts] == cds


def test_genes_at_one_place_become_one(genome, capsys):
    for product in ("kinase", "phosphatase"):
        genome.gene("SUPER_1", [(281, 500)], cds=[(301, 486)], transcript=f";product={product}")
    record = genome.package()["SUPER_1"]
    assert [f.type for f in record.features] == ["source", "gene", "mRNA", "CDS"]
    assert record.features[1].qualifiers["old_locus_tag"] == ["LINN_000020"]
    assert "duplicate: 1" in capsys.readouterr().err
    with pytest.raises(InputError, match="duplicate: 1"):
        genome.package(resolve=["duplicate=refuse"])


def test_introns_that_ena_refuses(genome):
    text = genome.letters["SUPER_1"]
    genome.letters["SUPER_1"] = text[:400] + "ccccc" + text[400:]
    genome.gene("SUPER_1", [(301, 400), (406, 491)])
    with pytest.raises(InputError, match="short_intron: 1"):
        genome.package()
    (cds,) = features(genome.package(resolve=["short_intron=artificial"])["SUPER_1"], "CDS")
    assert cds.qualifiers["artificial_location"] == ["low-quality sequence region"]


def test_gaps_have_their_length_and_evidence(genome):
    genome.letters["SUPER_1"] += "n" * 250 + "ac" * 20 + "N" * 100 + "ac" * 20 + "n" * 9 + "gt"
    genome.gene("SUPER_1", [(301, 486)])
    gaps = features(genome.package()["SUPER_1"], "assembly_gap")
    assert [gap.qualifiers["estimated_length"] for gap in gaps] == [["250"], ["unknown"]]
    assert {gap.qualifiers["linkage_evidence"][0] for gap in gaps} == {"proximity ligation"}
    apart = features(genome.package(linkage="")["SUPER_1"], "assembly_gap")
    assert {tuple(gap.qualifiers["gap_type"]) for gap in apart} == {("between scaffolds",)}


def test_a_cds_over_a_gap_is_refused_or_left_out(genome):
    text = genome.letters["SUPER_1"]
    genome.letters["SUPER_1"] = text[:399] + "n" * 12 + text[411:]
    genome.gene("SUPER_1", [(301, 486)])
    with pytest.raises(InputError, match="gap_in_cds: 1"):
        genome.package()
    assert not features(genome.package(resolve=["gap_in_cds=drop"])["SUPER_1"], "CDS")


def test_organelles_have_their_code_and_topology(genome):
    rng = random.Random(9)
    orf = coding(rng, 40)[:-3] + "aga"
    genome.letters["MT"] = "ac" * 50 + orf + "ac" * 50
    genome.letters["CP"] = "ac" * 50 + coding(rng, 40) + "ac" * 50
    genome.gene("SUPER_1", [(301, 486)])
    genome.gene("MT", [(101, 100 + len(orf))])
    genome.gene("CP", [(101, 226)])
    rows = (
        "SUPER_1\t1\tchromosome", "MT\tMIT\tcircular-chromosome\tMitochondrion",
        "CP\tPltd\tcircular-chromosome\tchloroplast",
    )  # fmt: skip
    with pytest.raises(InputError, match=r"MT is a mitochondrion .* --mito-code"):
        genome.package(chromosomes=genome.list(*rows))
    records = genome.package(chromosomes=genome.list(*rows), mito_code=2)
    said = {
        name: (
            record.annotations["topology"],
            features(record, "CDS")[0].qualifiers["transl_table"][0],
            record.features[0].qualifiers.get("organelle", [""])[0],
        )
        for name, record in records.items()
    }
    assert said == {
        "SUPER_1": ("linear", "1", ""),
        "MT": ("circular", "2", "mitochondrion"),
        "CP": ("circular", "11", "plastid:chloroplast"),
    }
    with gzip.open(genome.folder / "bParMaj1.1.chromosomes.tsv.gz", "rt") as handle:
        assert "MT\tMIT\tCircular-Chromosome\tMitochondrion\n" in handle.read()


def test_non_coding_genes(genome):
    for kind, said in (
        ("tRNA", ";product=tRNA-Ala(UGC)"), ("rRNA", ";product=5S ribosomal RNA"),
        ("lnc_RNA", ""), ("snoRNA", ";product=small nucleolar RNA U3"),
    ):  # fmt: skip
        start = 10 + 60 * len(genome.rows)
        genome.letters["SUPER_1"] += "acgt" * 60
        genome.gene("SUPER_1", [(start, start + 70)], kind=kind, transcript=said)
    record = genome.package()["SUPER_1"]
    assert [f.type for f in record.features[2::2]] == ["tRNA", "rRNA", "ncRNA", "ncRNA"]
    assert [f.qualifiers.get("ncRNA_class") for f in features(record, "ncRNA")] == [["lncRNA"], ["snoRNA"]]
    assert features(record, "tRNA")[0].qualifiers["product"] == ["tRNA-Ala"]


@pytest.mark.parametrize("strand", "+-")
def test_the_anticodon_stands_where_the_sequence_has_it(genome, strand):
    """Yeast tRNA-Phe(GAA): the anticodon is at 34 to 36."""
    trna = "gcggatttagctcagttgggagagcgccagactgaagatctggaggtcctgtgttcgatccacagaattcgcacca"
    assert trna[33:36] == "gaa"
    shown = trna if strand == "+" else trna.translate(str.maketrans("acgt", "tgca"))[::-1]
    genome.letters["SUPER_1"] = genome.letters["SUPER_1"][:100] + shown + genome.letters["SUPER_1"][176:]
    place = (101, 100 + len(trna))
    genome.gene("SUPER_1", [place], strand, "tRNA", transcript=";product=tRNA-Phe(GAA);anticodon=GAA")
    (feature,) = features(genome.package()["SUPER_1"], "tRNA")
    first = 134 if strand == "+" else 101 + len(trna) - 36
    said = f"{first}..{first + 2}" if strand == "+" else f"complement({first}..{first + 2})"
    assert feature.qualifiers["anticodon"] == [f"(pos:{said},aa:Phe,seq:gaa)"]
    assert command.check([str(genome.folder / "bParMaj1.1.manifest.txt")], locus_tag=["LINN"]) == 0


@pytest.mark.parametrize("numbered", [True, False])
def test_a_trans_spliced_gene_is_read_in_its_order(tmp_path, numbered):
    """As rps12 of plastids: the first exon on the minus strand, the others on the plus strand before it."""
    rng = random.Random(4)
    orf = coding(rng, 60)
    first, second, third = orf[:60], orf[60:120], orf[120:]
    back = first.translate(str.maketrans("acgt", "tgca"))[::-1]
    genome = Genome(tmp_path)
    genome.letters["SUPER_1"] = "ac" * 50 + second + "gt" * 20 + third + "ca" * 100 + back + "ac" * 40
    starts = [genome.letters["SUPER_1"].index(piece) + 1 for piece in (back, second, third)]
    places = [
        (start, start + len(piece) - 1, strand)
        for start, piece, strand in zip(starts, (back, second, third), "-++", strict=True)
    ]
    rows = [
        f"SUPER_1\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t{0 if kind == 'CDS' else '.'}\t"
        f"{ident};exception=trans-splicing;part={part}/3"
        for kind, ident in (
            ("gene", "ID=rps12;Name=rps12"),
            ("CDS", "ID=c;Parent=rps12;product=ribosomal protein S12"),
        )
        for part, (start, end, strand) in enumerate(places, 1)
    ]
    genome.rows = rows[:3] + rows[:2:-1] if numbered else [row.rpartition(";")[0] for row in rows]
    record = genome.package()["SUPER_1"]
    assert [f.type for f in record.features] == ["source", "gene", "CDS"]
    gene, cds = record.features[1:]
    assert str(cds.extract(record.seq)).lower() == orf
    assert "trans_splicing" in cds.qualifiers and "trans_splicing" in gene.qualifiers
    assert cds.qualifiers["locus_tag"] == gene.qualifiers["locus_tag"] == ["LINN_000010"]
    assert command.check([str(tmp_path / "bParMaj1.1.manifest.txt")], locus_tag=["LINN"]) == 0


def test_without_genes_the_package_has_a_fasta(genome):
    records = genome.package()
    assert str(records["SUPER_1"].seq) == genome.letters["SUPER_1"]
    assert "FASTA\tbParMaj1.1.fa.gz" in (genome.folder / "bParMaj1.1.manifest.txt").read_text()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"locus_tag": ""}, "locus tag prefix"),
        ({"locus_tag": "linn"}, "linn.* cannot be registered"),
        ({"locus_tag": "LI_NN"}, "cannot be registered"),
        ({"coverage": "45x"}, "COVERAGE: 45x is not a number"),
        ({"study": "my study"}, "STUDY: my study is not an accession"),
        ({"name": "b/1"}, "assembly_name: 1"),
        ({"resolve": ["internal_stop=ignore"]}, "--resolve internal_stop=ignore is not known"),
    ],
)
def test_what_is_wrong_is_said_before_a_file_is_written(genome, facts, said):
    genome.gene("SUPER_1", [(301, 486)])
    with pytest.raises(InputError, match=said):
        genome.package(**facts)
    assert not list(genome.folder.glob("*.embl.gz"))


def test_genes_of_another_assembly(genome):
    genome.gene("chr9", [(301, 486)])
    with pytest.raises(InputError, match=r"1 sequences that .*genome.fa lacks \(chr9\)"):
        genome.package()


@pytest.mark.parametrize(
    ("name", "letters", "said"),
    [
        ("s" * 51, "acgt" * 50, "sequence_name: 1"),
        ("tiny", "acgtacgtacgtacgtacg", "short_sequence: 1"),
        ("gap", "n" * 300, "all_n: 1"),
    ],
)
def test_sequences_that_ena_refuses(genome, name, letters, said):
    genome.letters[name] = letters
    genome.gene("SUPER_1", [(301, 486)])
    with pytest.raises(InputError, match=said):
        genome.package()


def test_a_locus_tag_of_two_genes_is_refused(genome):
    for place in ((301, 486), (20, 205)):
        genome.gene("SUPER_1", [place], gene=";locus_tag=LINN_000010")
    with pytest.raises(InputError, match=r"gene_twice: 1 .*g1: has the tag LINN_000010 of g2"):
        genome.package(resolve=["internal_stop=pseudogene"])


def test_what_ena_only_changes_does_not_stop(genome, capsys):
    genome.gene("SUPER_1", [(301, 486)])
    genome.package(chromosomes=genome.list("SUPER_1\tchr1\tchromosome"))
    assert "chromosome_word: 1" in capsys.readouterr().err


def test_a_gene_beyond_the_end(genome):
    genome.gene("SUPER_1", [(301, 4860)])
    with pytest.raises(InputError, match=r"beyond_end: 1 .*ends at 4860 of 786 bp"):
        genome.package()
