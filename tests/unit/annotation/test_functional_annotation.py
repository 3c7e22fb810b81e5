"""Functions: cleaning of names, choice of hits, tables of five tools, merging into a GFF3."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linnaea.annotation import functional_annotation as f
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.formats.gff3 import attributes, read_genes, rows

BIN = ROOT / "bin"


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("5'-nucleotidase", "5-prime-nucleotidase"),
        (
            "2',3'-cyclic-nucleotide 3'-phosphodiesterase",
            "2-prime,3-prime-cyclic-nucleotide 3-prime-phosphodiesterase",
        ),
        ("aminoglycoside 2″-kinase", "aminoglycoside 2-double-prime-kinase"),
        ('Protein "disco"', "protein disco"),
        ("Huntington's disease protein", "Huntingtons disease protein"),
        ("Alcohol dehydrogenase (EC 1.1.1.1)", "alcohol dehydrogenase"),
        ("Kinase EC=2.7.11.1 alpha", "kinase alpha"),
        ("PREDICTED: LOW QUALITY PROTEIN: actin [Danio rerio]", "actin"),
        ("actin, isoform X2 [Apis mellifera]", "actin"),
        ("Similar to putative homolog of actin (Fragment)", "putative actin"),
        ("Probable actin", "putative actin"),
        ("coatomer subunit beta'", "coatomer subunit beta-prime"),
        ("3'(2'),5'-bisphosphate nucleotidase", "3-prime(2-prime),5-prime-bisphosphate nucleotidase"),
        ("Superoxide dismutase [Cu-Zn]", "superoxide dismutase [Cu-Zn]"),
        ("cytochrome c isoform 2", "cytochrome c isoform 2"),
        ("serpin, isoform B", "serpin"),
        ("Duf1p", "Duf1p"),
        ("beta-catenin homolog 2", "beta-catenin"),
        ("protein 'p53' binding", "protein p53 binding"),
        ("Tumor protein p53 homolog", "tumor protein p53"),
        ("uncharacterized protein LOC12345 isoform X1", "hypothetical protein"),
        ("Uncharacterized protein YAL065C", "hypothetical protein"),
        ("unnamed protein product", "hypothetical protein"),
        ("DUF1234 domain-containing protein", "hypothetical protein"),
        ("", "hypothetical protein"),
        ("β-galactosidase; mitochondrial | like", "beta-galactosidase mitochondrial like"),
        ("Protéine kinase", "proteine kinase"),
        ("Heat shock protein 70", "heat shock protein 70"),
        (
            "Cytochrome b-c1 complex subunit Rieske, mitochondrial",
            "cytochrome b-c1 complex subunit Rieske, mitochondrial",
        ),
    ],
)
def test_products_are_fit_for_ena(said, clean):
    assert f.clean_product(said) == clean


# One offence a rule, as it stands in headers of UniProt, NCBI, OrthoDB and genome projects.
OFFENCES = {
    "no labels of UniProt": ("RecName: Full=Actin-5C", "actin-5C"),
    "no key=value pairs": ("trypsin orthologue=LD00186 [GeneID=4071]", "trypsin"),
    "no EC number": ("Trypsin (EC 3.4.21.4)", "trypsin"),
    "no species in brackets": ("trypsin [Bombyx mori]", "trypsin"),
    "no species in parentheses": ("Cell division cycle 42 (S. cerevisiae)", "cell division cycle 42"),
    "no species before the name": ("Drosophila melanogaster trypsin", "trypsin"),
    "no quotes": ("protein 'p53' binding", "protein p53 binding"),
    "double primes in words": ("aminoglycoside 2''-kinase", "aminoglycoside 2-double-prime-kinase"),
    "primes in words": ("5'-nucleotidase", "5-prime-nucleotidase"),
    "no quotes left over": ("Huntington's disease protein", "Huntingtons disease protein"),
    "no identifiers of databases": ("UPF0046 protein K07C11.7", "UPF0046 protein"),
    "no separators": ("beta-galactosidase; mitochondrial", "beta-galactosidase mitochondrial"),
    "no empty parentheses": ("trypsin (FBgn0003863) 2", "trypsin 2"),
    "single spaces": ("heat  shock \t protein", "heat shock protein"),
    "no status before the name": ("PREDICTED: LOW QUALITY PROTEIN: trypsin", "trypsin"),
    "no relation before the name": ("homologue of trypsin", "putative trypsin"),
    "no isoform": ("trypsin isoform X2", "trypsin"),
    "no status after the name": ("trypsin (Fragment)", "trypsin"),
    "no relation after the name": ("Transmembrane protein 120 homolog", "transmembrane protein 120"),
}


@pytest.mark.parametrize("rule", OFFENCES)
def test_every_rule_of_products_is_needed(monkeypatch, rule):
    said, clean = OFFENCES[rule]
    f.clean_product.cache_clear()
    assert f.clean_product(said) == clean
    monkeypatch.setattr(f, "RULES", [row for row in f.RULES if row[0] != rule])
    monkeypatch.setattr(f, "EDGES", [row for row in f.EDGES if row[0] != rule])
    f.clean_product.cache_clear()
    assert f.clean_product(said) != clean
    f.clean_product.cache_clear()


def test_every_rule_of_products_has_its_offence():
    assert set(OFFENCES) == {rule for rule, *_ in (*f.RULES, *f.EDGES)}


@pytest.mark.parametrize(
    "said",
    [
        "orthologue LD00186", "orthologue=LD00186", "ortholog of AGAP001234-PA", "XP_012345678.1",
        "P12345", "A0A0B4J2F0", "sp|Q9VZC1|Y123_DROME", "GH12345p", "LD45758p", "Protein CG12345",
        "CG12345-PA, isoform A", "AAEL000001-PA", "FBpp0070000", "ENSP00000369497.3",
        "BGIBMGA000001-TA", "AT1G01010.1", "YAL001C", "SPAC1002.03c", "7227_0:00123a", "1234at7227",
        "LOC110371234", "maker-scaffold12-augustus-gene-0.1-mRNA-1", "g1234.t1",
        "TRINITY_DN123_c0_g1_i1", "Uncharacterized protein K07C11.7", "KOG1234", "PTHR12345",
        "hypothetical protein B7P43_G07122", "cDNA FLJ12345", "gene product",
        "AGAP001234-like protein", "PF00067 domain-containing protein",
        "DUF12345 domain-containing protein",
    ],
)  # fmt: skip
def test_identifiers_name_no_protein(said):
    assert f.clean_product(said) == "hypothetical protein"


@pytest.mark.parametrize(
    "product",
    [
        "actin-5C", "14-3-3 protein epsilon", "cytochrome P450 6a2", "CD44 antigen",
        "NADH dehydrogenase [ubiquinone] 1", "Ras-related protein Rab-10",
        "Golgi SNAP receptor complex member 1", "Notch receptor 1", "UPF0183 protein",
        "E3 ubiquitin-protein ligase HECTD1", "beta-1,4-glucuronyltransferase B4GAT1",
        "protein FAM98A", "histone H2A.Z", "ATP-binding cassette sub-family G member 2",
        "Na(+)/H(+) exchange regulatory cofactor NHE-RF1",
        "1-phosphatidylinositol 4,5-bisphosphate phosphodiesterase", "protein KIAA0100",
        "mRNA-capping enzyme", "heat shock 70 kDa protein 4", "N-acetyltransferase 10",
        "protein S100-A10", "DNA polymerase subunit gamma-1", "solute carrier family 25 member 3",
        "superoxide dismutase [Cu-Zn]", "cadherin-87A-like protein",
    ],
)  # fmt: skip
def test_good_products_stay_as_they_are(product):
    assert f.clean_product(product) == product


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("ALCOHOL DEHYDROGENASE", "alcohol dehydrogenase"),
        ("NADH DEHYDROGENASE", "NADH dehydrogenase"),
        ("Cadherin-87A-like", "cadherin-87A-like protein"),
        ("Serine protease snake (Drosophila)", "serine protease snake"),
        ("Probable serine protease K12H4.7", "putative serine protease"),
        ("trypsin, .;", "trypsin"),
        ("Ras family", "Ras family"),
    ],
)
def test_capitals_endings_and_likenesses(said, clean):
    assert f.clean_product(said) == clean


def test_long_products_end_at_a_word():
    product = f.clean_product("Bifunctional enzyme " + "(long chain) reductase activity " * 8)
    assert len(product) <= 200
    assert product.count("(") == product.count(")")
    assert f.clean_product("x" * 500) != ""
    assert len(f.clean_product("word " * 60)) <= 200


@pytest.mark.parametrize(
    ("title", "target", "expected"),
    [
        (
            "sp|P1|ACT_FLY Actin-5C OS=Drosophila melanogaster OX=7227 GN=Act5C PE=1 SV=2",
            "sp|P1|ACT_FLY",
            ("Actin-5C", "Act5C"),
        ),
        ("NP_001.1 actin, beta [Homo sapiens]", "NP_001.1", ("actin, beta [Homo sapiens]", "")),
        (
            "ENSP1.2 pep chromosome:GRCh38:1:1:9:1 gene:ENSG1 gene_biotype:protein_coding gene_symbol:ABC "
            "description:transporter 1 [Source:HGNC Symbol;Acc:HGNC:5]",
            "ENSP1.2",
            ("transporter 1", "ABC"),
        ),
        ("FBpp1 type=protein; loc=X:1..9; ID=FBpp1; name=Nep3-PA; species=Dmel;", "FBpp1", ("", "Nep3")),
        ("lcl|x_1 [gene=YFG1] [protein=kinase 1]", "lcl|x_1", ("kinase 1", "YFG1")),
        (
            '7227_0:00123a {"pub_og_id":"1at7227","organism_name":"D. mel.","description":"trypsin beta"}',
            "7227_0:00123a",
            ("trypsin beta", ""),
        ),
        ('7227_0:00123b {"pub_gene_id":"FBgn1"}', "7227_0:00123b", ("", "")),
        (
            "AT1G01010.1 | Symbols: NAC001, ANAC001 | NAC domain containing protein 1 | chr1:1-9 LENGTH=429",
            "AT1G01010.1",
            ("NAC domain containing protein 1", "NAC001"),
        ),
    ],
)
def test_headers_of_databases(title, target, expected):
    assert f.parse_title(title, target) == expected


def test_names_of_loci_are_not_transferred():
    kept = [
        name
        for name in ("Act5C", "LOC10001", "CG1234", "YAL001C", "TP53", "C1orf12", "a;b", "")
        if f.clean_name(name)
    ]
    assert kept == ["Act5C", "TP53"]


def test_domains_name_a_protein():
    assert (
        f.domain_product(["Domain of unknown function DUF12", "Zinc finger domain"])
        == "zinc finger domain-containing protein"
    )
    assert f.domain_product(["Ras family"]) == "Ras family protein"
    assert f.domain_product(["Peptidase S1, conserved site"]) == "peptidase S1 domain-containing protein"
    assert f.domain_product(["Domain of unknown function"]) == ""


def hit_rows(*rows_):
    return "".join("\t".join(map(str, row)) + "\n" for row in rows_)


def row(query, target, identity=90, start=1, end=100, evalue=1e-50, score=200, title=None):
    return [query, target, identity, 100, 5, 0, start, end, 1, 100, evalue, score] + (
        [title] if title else []
    )


def test_best_hit_by_score_then_evidence_then_name(tmp_path):
    path = tmp_path / "h.tsv"
    path.write_text(
        "# BLASTP\n"
        + hit_rows(
            row("q", "b", score=100, title="b Low OS=X PE=1"),
            row("q", "d", score=200, title="d Four OS=X PE=4 SV=1"),
            row("q", "c", score=200, title="c Two OS=X PE=2 SV=1"),
            row("q", "a", score=200, title="a Two too OS=X PE=2 SV=1"),
            row("q", "z", score=900, evalue=0.01, title="z Chance"),
        )
    )
    assert f.choose(f.best_hits([path])["q"]).target == "a"


def test_titles_come_from_the_fasta(tmp_path):
    (tmp_path / "h.tsv").write_text(
        hit_rows(row("q1", "P12345"), row("q2", "sp|P2|B_FLY"), row("q3", "lost"))
    )
    (tmp_path / "p.fa").write_text(
        ">sp|P12345|A_FLY Actin OS=Fly PE=1\nMAK\nMM\n>sp|P2|B_FLY Tubulin OS=Fly PE=1\nMM\n"
    )
    found = f.read_functions([tmp_path / "h.tsv"], f.HIT_COLUMNS, [tmp_path / "p.fa"], [], [], [])
    assert [f.parse_title(found[q].hit.title, found[q].hit.target)[0] for q in ("q1", "q2", "q3")] == [
        "Actin",
        "Tubulin",
        "",
    ]


def test_titles_across_blocks(tmp_path):
    """Headers are found wherever the pieces of a large file begin."""
    wanted = {f"p{n}" for n in range(0, 40_000, 7)}
    with (tmp_path / "p.fa").open("w") as handle:
        handle.writelines(f">p{n} Product {n} OS=X\n{'MKV' * (n % 60 + 1)}\n" for n in range(40_000))
    titles = f.fasta_titles(tmp_path / "p.fa", wanted)
    assert titles == {name: f"{name} Product {name[1:]} OS=X" for name in wanted}


@pytest.mark.parametrize(
    ("identity", "end", "expected"),
    [
        (60, 60, ("actin", "Act", "hit")),
        (59, 60, ("putative actin", "", "weak hit")),
        (60, 59, ("putative actin", "", "weak hit")),
        (35, 50, ("putative actin", "", "weak hit")),
        (34, 100, ("hypothetical protein", "", "none")),
        (99, 49, ("hypothetical protein", "", "none")),
    ],
)
def test_thresholds_of_names(identity, end, expected):
    hit = f.Hit("t", identity, 1, end, 1e-9, 100.0, "t Actin OS=X GN=Act")
    product, name, basis, coverage = f.describe(f.Function(hit=hit), 100)
    assert (product, name, basis) == expected
    assert coverage == end


IPS = """t1\tm\t9\tPfam\tPF00022\tActin\t1\t90\t1e-30\tT\t-\tIPR004000\tActin family\tGO:0005524(X)|GO:0003774
t1\tmd5\t100\tGene3D\tG3DSA:3.30\t-\t1\t90\t1e-30\tT\t20-11-2026\t-\t-\t-\t-
t2\tmd5\t100\tPfam\tPF00001\t7tm_1\t1\t90\t1e-30\tT\t20-11-2026
"""
SEARCH = """# comment
t3 - 300 Pkinase PF00069.25 264 1e-60 200.0 0.0 1 1 1e-60 1e-60 200.0 0.0 1 264 1 260 1 260 0.95 -
t3 - 300 Weak PF99999.1 264 1e-60 200.0 0.0 1 1 0.1 0.1 2.0 0.0 1 264 1 260 1 260 0.95 -
t9 - 300 Chance PF99998.1 264 0.1 2.0 0.0 1 1 0.1 0.1 2.0 0.0 1 264 1 260 1 260 0.95 -
# Program:         hmmsearch
"""
SCAN = """Pkinase PF00069.25 264 t3 - 300 1e-60 200 0 1 1 1e-60 1e-60 2 0 1 9 1 9 1 9 1 Protein kinase domain
# Program:         hmmscan
"""
EGGNOG = """## emapper-2.1.9
#query\tseed_ortholog\tevalue\tscore\tDescription\tPreferred_name\tGOs\tEC
t4\t7227.x\t1e-50\t200\tBelongs to the actin family\tACT1\tGO:0000001,GO:0000002\t3.6.4.-,x
t5\t7227.y\t1e-50\t200\t-\t-\t-\t-
"""


def test_tables_of_domains(tmp_path):
    for name, text in (("i", IPS), ("s", SEARCH), ("c", SCAN), ("e", EGGNOG)):
        (tmp_path / name).write_text(text)
    (tmp_path / "empty").touch()
    found = f.read_functions(
        [tmp_path / "empty"], f.HIT_COLUMNS, [], [tmp_path / "i"], [tmp_path / "s"], [tmp_path / "e"]
    )
    assert list(found["t1"].go) == ["GO:0005524", "GO:0003774"]
    assert (found["t1"].interpro, found["t1"].pfam) == ({"IPR004000": "Actin family"}, {"PF00022": "Actin"})
    assert found["t2"].pfam == {"PF00001": "7tm_1"}
    assert found["t3"].pfam == {"PF00069": "Pkinase"}
    assert "t9" not in found
    assert f.describe(found["t1"], 100)[0] == "actin family protein"
    assert f.describe(found["t4"], 100)[:3] == ("putative actin family protein", "ACT1", "eggNOG")
    assert list(found["t4"].ec) == ["3.6.4.-"]
    sentence = f.Function(description="Catalyzes the transfer of phosphate")
    assert f.describe(sentence, 100)[0] == "hypothetical protein"
    assert f.describe(f.Function(description="Ras GTPase activating protein"), 100)[2] == "eggNOG"
    assert f.describe(found["t5"], 100)[0] == "hypothetical protein"
    scanned = f.read_functions([], f.HIT_COLUMNS, [], [], [tmp_path / "c"], [])
    assert scanned["t3"].pfam == {"PF00069": "Protein kinase domain"}


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("hits", "q\tt\t90\n", "h, line 1: 3 columns"),
        ("hits", hit_rows(row("q", "t", identity="high")), "the row of q has no numbers"),
        ("interproscan", "q\tt\n", "line 1: 2 columns, InterProScan's TSV has 11"),
        ("domtblout", "a b c\n", "not HMMER's --domtblout"),
        ("eggnog", "t1\tx\n", "no #query header"),
    ],
)
def test_the_wrong_table_is_refused(tmp_path, option, text, said):
    (tmp_path / "h").write_text(text)
    given = dict.fromkeys(("hits", "interproscan", "domtblout", "eggnog"), ()) | {option: [tmp_path / "h"]}
    with pytest.raises(InputError, match=said):
        f.read_functions(
            given["hits"], f.HIT_COLUMNS, [], given["interproscan"], given["domtblout"], given["eggnog"]
        )


GENES = (
    "c x gene 1 900 . + . ID=g1;biotype=protein_coding",
    "c x mRNA 1 900 . + . ID=t1;Parent=g1;Dbxref=old:1;product=old",
    "c x exon 1 900 . + . Parent=t1",
    "c x CDS 1 303 . + 0 ID=c1;Parent=t1",
    "c x mRNA 1 600 . + . ID=t2;Parent=g1",
    "c x exon 1 600 . + . Parent=t2",
    "c x CDS 1 303 . + 0 ID=c2;Parent=t2",
    "c x gene 1001 1072 . - . ID=g2;biotype=tRNA",
    "c x tRNA 1001 1072 . - . ID=r2;Parent=g2;product=tRNA-Ala(UGC)",
    "c x exon 1001 1072 . - . Parent=r2",
    "d x gene 1 900 . + . ID=g3",
    "d x mRNA 1 900 . + . ID=t3;Parent=g3",
    "d x exon 1 900 . + . Parent=t3",
    "d x CDS 1 303 . + 0 ID=c3;Parent=t3",
)


def gff3(path: Path, lines=GENES) -> Path:
    text = "".join("\t".join(line.split(None, 8)) + "\n" for line in lines)
    path.write_text(f"##gff-version 3\n{text}###\n")
    return path


def test_merging_into_the_gff3(tmp_path):
    source = gff3(tmp_path / "in.gff3")
    (tmp_path / "h.tsv").write_text(
        hit_rows(
            row("t1", "sp|P1|A_X", score=300, title="sp|P1|A_X Actin; 5'-end, odd OS=X GN=Act1 PE=1"),
            row("t2", "sp|P2|B_X", score=250, title="sp|P2|B_X Tubulin OS=X GN=Tub PE=1"),
            row("alien", "sp|P2|B_X", score=250, title="sp|P2|B_X Tubulin OS=X GN=Tub PE=1"),
        )
    )
    (tmp_path / "i.tsv").write_text(IPS)
    command = [
        sys.executable, str(BIN / "functional_annotation.py"), str(source), "--id", "x", "--hits", "h.tsv",
        "--interproscan", "i.tsv", "--locus-tag", "LINX", "--out", "o.gff3",
        "--table", "o.tsv", "--metrics", "o.json",
    ]  # fmt: skip
    done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)
    assert "1 of 3 proteins of the tables are not in" in done.stderr
    before, after = list(rows(source)), list(rows(tmp_path / "o.gff3"))
    assert [line[:8] for line in after] == [line[:8] for line in before]
    found = {attributes(line[8]).get("ID"): attributes(line[8]) for line in after}
    assert [found[g]["locus_tag"] for g in ("g1", "g2", "g3")] == ["LINX_00001", "LINX_00002", "LINX_00003"]
    assert found["g1"]["Name"] == "Act1"
    assert found["t1"]["product"] == "actin 5-prime-end, odd"
    assert found["t1"]["Dbxref"] == "old:1,UniProtKB:P1,InterPro:IPR004000,Pfam:PF00022"
    assert found["t1"]["Ontology_term"] == "GO:0005524,GO:0003774"
    assert found["t2"]["product"] == "tubulin"
    assert [found[name]["product"] for name in ("c1", "c2", "c3")] == [
        found[name]["product"] for name in ("t1", "t2", "t3")
    ]
    assert found["r2"]["product"] == "tRNA-Ala(UGC)"
    assert found["t3"]["product"] == "hypothetical protein"
    record = json.loads((tmp_path / "o.json").read_text())
    assert (record["step"], record["proteins"], record["with_hit"], record["with_name"]) == (
        "functional_annotation",
        3,
        2,
        2,
    )
    assert (record["with_product"], record["with_domain"], record["with_go"]) == (2, 2, 1)
    assert record["sources"] == ["hits", "interproscan"]
    table = [line.split("\t") for line in (tmp_path / "o.tsv").read_text().splitlines()]
    assert table[0] == list(f.TABLE_COLUMNS)
    assert table[1][:6] == ["g1", "t1", "LINX_00001", "Act1", "actin 5-prime-end, odd", "hit"]
    assert table[1][8] == "100.0"
    if shutil.which("gt"):
        subprocess.run(["gt", "gff3validator", str(tmp_path / "o.gff3")], check=True)
    again = f.merge_functions(
        tmp_path / "o.gff3", tmp_path / "p.gff3", tmp_path / "p.tsv",
        f.read_functions([tmp_path / "h.tsv"], f.HIT_COLUMNS, [], [tmp_path / "i.tsv"], [], []), "LINX",
    )  # fmt: skip
    assert again["with_name"] == 2
    assert (tmp_path / "p.gff3").read_text() == (tmp_path / "o.gff3").read_text()


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (("c x CDS 1 303 . + 0 ID=c2;Parent=t2", "c x exon 1 303 . + . Parent=t2"), ["t1", "t3"]),
        (("d x mRNA", "d x V_gene_segment"), ["t1", "t2", "t3"]),
        (("ID=g3", "ID=g3;pseudo=true"), ["t1", "t2"]),
        (("ID=t2;", "ID=t2;biotype=unitary_pseudogene;"), ["t1", "t3"]),
        (("ID=c1;", "ID=c1;pseudo=true;"), ["t2", "t3"]),
    ],
)
def test_proteins_are_the_transcripts_with_a_coding_sequence(tmp_path, change, left):
    """As the sequences of proteins are written: no protein without CDS, nor of a pseudogene."""
    source = gff3(tmp_path / "in.gff3", [line.replace(*change) for line in GENES])
    read = [model.id for gene in read_genes(source) for model in gene.transcripts if model.cds]
    assert read == left
    record = f.merge_functions(source, tmp_path / "o", tmp_path / "t", {left[0]: f.Function()})
    assert record["proteins"] == sum(record["products_by_basis"].values()) == len(left)
    table = [line.split("\t") for line in (tmp_path / "t").read_text().splitlines()]
    assert [line[1] for line in table[1:]] == left
    products = [attributes(row[8]).get("product") for row in rows(tmp_path / "o") if row[2] != "CDS"]
    assert products.count("hypothetical protein") == len(left)


def test_cds_directly_under_a_gene_are_a_protein(tmp_path):
    """RefSeq's organelles: the protein sequences have it as `<gene>.t1`."""
    lines = [line for line in GENES if "Parent=g3" not in line and "exon 1 900 . + . Parent=t3" not in line]
    lines[-1] = "d x CDS 1 303 . + 0 ID=c3;Parent=g3;product=cytochrome b"
    source = gff3(tmp_path / "in.gff3", lines)
    assert [model.id for model in read_genes(source)[-1].transcripts] == ["g3.t1"]
    for functions, product in (
        ({"g3.t1": f.Function(hit=None, interpro={"IPR000001": "Kringle"})}, "kringle"),
        ({}, "cytochrome b"),
    ):
        record = f.merge_functions(source, tmp_path / "o", tmp_path / "t", functions)
        assert (record["proteins"], record["warnings"]) == (3, [])
        found = {attributes(row[8]).get("ID"): attributes(row[8]) for row in rows(tmp_path / "o")}
        assert product in found["c3"]["product"] and "product" not in found["g3"]
        assert (tmp_path / "t").read_text().splitlines()[-1].startswith("g3\tg3.t1\t")


def test_tables_of_another_gene_set_are_refused(tmp_path):
    functions = {name: f.Function() for name in ("t1", "other1", "other2")}
    with pytest.raises(InputError, match="2 of 3 proteins of the tables are not in"):
        f.merge_functions(gff3(tmp_path / "in.gff3"), tmp_path / "o", tmp_path / "t", functions)
    assert not (tmp_path / "o").exists()
    assert not (tmp_path / "t").exists()


def test_a_file_that_is_not_sorted_is_refused(tmp_path):
    shuffled = gff3(tmp_path / "in.gff3", [*GENES[:4], *GENES[7:10], *GENES[4:7]])
    with pytest.raises(InputError, match="t2 is not next to its gene; sort the file with"):
        f.merge_functions(shuffled, tmp_path / "o", tmp_path / "t", {})


@pytest.mark.parametrize("prefix", ["AB", "1ABC", "abc", "ABCDEFGHIJKLM", "AB_C"])
def test_locus_tag_prefixes_ena_refuses(tmp_path, prefix):
    with pytest.raises(InputError, match="3 to 12 capital letters"):
        f.merge_functions(gff3(tmp_path / "in.gff3"), tmp_path / "o", tmp_path / "t", {}, prefix)
