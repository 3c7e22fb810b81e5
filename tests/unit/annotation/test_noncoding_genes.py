"""Non-coding genes: the tables of four tools, competition between them, and with coding genes."""

import json
import subprocess
import sys

import pytest

from linnaea.annotation.noncoding_genes import (
    aragorn_hits,
    barrnap_hits,
    best_hits,
    infernal_hits,
    noncoding_genes,
    trnascan_hits,
)
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.formats.gene_models import Gene, Transcript
from linnaea.formats.gff3 import read_genes

BIN = ROOT / "bin"

BARRNAP = """##gff-version 3
c1\tbarrnap:0.9\trRNA\t5001\t5152\t1.6e-36\t-\t.\tName=5_8S_rRNA;product=5.8S ribosomal RNA
c1\tbarrnap:0.9\trRNA\t6001\t7800\t0\t-\t.\tName=18S_rRNA;product=18S ribosomal RNA;note=aligned only 70%
"""
ARAGORN = """>c1 Some species, chromosome 1
3 genes found
1   tRNA-Ala               [1001,1103]\t33  \t(tgc)i(35,31)
2   tRNA-Ile              c[2001,2100]\t34  \t(aat)i(38,18)
3   tRNA-???              c[3001,3080]\t34  \t(tca)
>c2
1 genes found
1   tmRNA                          [1,363]\t90,125\tANDENYALAA**
>c3
0 genes found
>end \t3 sequences 3 tRNA genes 1 tmRNA genes
"""
TRNASCAN = """Sequence\t\ttRNA\tBounds\ttRNA\tAnti\tIntron Bounds\tInf\t
Name    \ttRNA #\tBegin\tEnd\tType\tCodon\tBegin\tEnd\tScore\tNote
--------\t------\t-----\t------\t----\t-----\t-----\t----\t------\t------
c1 \t1\t1001\t1103\tPro\tTGG\t1038\t1068\t67.2\t
c1 \t2\t2100\t2001\tIle\tAAT\t2063\t2046\t60.1\t
c1 \t3\t9080\t9001\tUndet\tNNN\t0\t0\t22.4\tpseudo
c1 \t4\t8001\t8072\tSeC\tTCA\t0\t0\t80.0\t
"""
# cmscan --fmt 2 of Infernal 1.1.4; the second LSU hit lost against a better one of its clan (=).
CMSCAN = """#idx target name accession query name accession clan name mdl (and more)
#--- ----------- --------- ---------- --------- --------- ---
1    SSU_rRNA_eukarya RF01960 c1 - CL00111 cm 1 1851 7799 6002 - no 1 0.47 0.0 1500.5 1e-300 ! ^ - - - - - - x
2    SSU_rRNA_bacteria RF00177 c1 - CL00111 cm 1 1533 7799 6002 - no 1 0.47 0.0 900.0 1e-200 ! = 1 1 1 - - - x
3    U6 RF00026 c1 - - cm 1 104 4001 4104 + no 1 0.47 0.0 90.0 1e-20 ! * - - - - - - x
4    mir-9 RF00237 c1 - - cm 1 80 4201 4280 + 3' 1 0.47 0.0 60.0 1e-9 ! * - - - - - - x
5    SNORD14 RF00016 c1 - - cm 1 80 4401 4480 + no 1 0.47 0.0 20.0 0.5 ? * - - - - - - x
6    Histone3 RF00032 c1 - - cm 1 40 4501 4540 + no 1 0.47 0.0 50.0 1e-9 ! * - - - - - - x
7    tRNA RF00005 c1 - CL00001 cm 1 71 1001 1100 + no 1 0.55 0.0 49.8 1.2e-13 ! * - - - - - - tRNA
#
# Program:         cmscan
"""
CMSEARCH = """#target name accession query name accession mdl mdl from mdl to seq from seq to
#----------- --------- ---------- --------- --- -------- --------
c1 - tRNA RF00005 cm 1 71 153 255 + no 1 0.55 0.0 49.8 1.2e-13 ! -
#
# Program:         cmsearch
"""


@pytest.fixture
def of(tmp_path):
    def read(reader, text):
        path = tmp_path / "table.txt"
        path.write_text(text)
        return list(reader(path))

    return read


def test_barrnap(of):
    short, long = of(barrnap_hits, BARRNAP)
    assert (short.exons, short.strand, short.product, short.kind) == (
        [(5000, 5152)],
        "-",
        "5.8S ribosomal RNA",
        "5.8S",
    )
    assert (long.product, long.kind, long.badness) == ("18S ribosomal RNA", "SSU", 0.0)
    assert long.attributes == {"Note": "aligned only 70%"}


def test_aragorn(of):
    ala, ile, unknown, tm = of(aragorn_hits, ARAGORN)
    assert ala.exons == [(1000, 1034), (1065, 1103)]  # 31 bp of intron from the 35th base
    assert (ala.product, ala.attributes) == ("tRNA-Ala(UGC)", {"anticodon": "UGC"})
    # On the reverse strand the 38th base is 2100 - 37 = 2063, the intron 2046 to 2063.
    assert (ile.strand, ile.exons) == ("-", [(2000, 2045), (2063, 2100)])
    assert unknown.product == "tRNA-Xxx(UCA)"
    assert (tm.type, tm.seqid, tm.exons) == ("tmRNA", "c2", [(0, 363)])


def test_trnascan(of):
    pro, ile, undetermined, sec = of(trnascan_hits, TRNASCAN)
    assert (pro.exons, pro.product) == ([(1000, 1037), (1068, 1103)], "tRNA-Pro(UGG)")
    assert (ile.strand, ile.exons) == ("-", [(2000, 2045), (2063, 2100)])
    assert (undetermined.product, undetermined.attributes, undetermined.pseudo) == ("tRNA-Xxx", {}, True)
    assert (sec.product, sec.pseudo, sec.score) == ("tRNA-Sec(UCA)", False, 80.0)


def test_infernal_both_formats(of):
    ssu, u6, mir, trna = of(infernal_hits, CMSCAN)
    assert (ssu.exons, ssu.strand, ssu.kind, ssu.type) == ([(6001, 7799)], "-", "SSU", "rRNA")
    assert (u6.type, u6.product, u6.attributes["Dbxref"]) == ("snRNA", "U6 spliceosomal RNA", "RFAM:RF00026")
    assert (mir.type, mir.attributes["partial"]) == ("pre_miRNA", "3")
    assert (trna.type, trna.seqid) == ("tRNA", "c1")
    (found,) = of(infernal_hits, CMSEARCH)
    assert (found.seqid, found.type, found.exons, found.score) == ("c1", "tRNA", [(152, 255)], 49.8)


@pytest.mark.parametrize(
    ("reader", "text", "said"),
    [
        (barrnap_hits, "c\tx\tgene\t1\t9\t.\t+\t.\tID=a\n", "line 1: this is not output of barrnap"),
        (aragorn_hits, ">c1\n1 genes found\nsomething else\n", "line 3: this is not output of ARAGORN"),
        (trnascan_hits, TRNASCAN + "c1\tnot\ta table\n", "line 8: this is not output of tRNAscan-SE"),
        (infernal_hits, "c1 c2 c3\n", "line 1: this is not output of Infernal"),
    ],
)
def test_the_wrong_file_is_refused(of, reader, text, said):
    with pytest.raises(InputError, match=said):
        of(reader, text)


def test_one_gene_a_locus(of):
    """tRNAscan-SE before ARAGORN before Infernal; rRNA by E-value; 5.8S is not taken for a part of 28S."""
    hits = [
        *of(barrnap_hits, BARRNAP),
        *of(aragorn_hits, ARAGORN),
        *of(trnascan_hits, TRNASCAN),
        *of(infernal_hits, CMSCAN),
    ]
    kept, lost = best_hits(hits)
    at = {(hit.start, hit.seqid): (hit.tool, hit.product) for hit in kept}
    assert at[1000, "c1"] == ("tRNAscan-SE", "tRNA-Pro(UGG)")
    assert at[2000, "c1"][0] == "tRNAscan-SE"
    assert at[3000, "c1"][0] == "ARAGORN"
    assert at[6000, "c1"][0] == "barrnap"  # E-value 0 against 1e-300
    assert lost == 4
    assert len(kept) == len(hits) - lost
    lsu = of(barrnap_hits, BARRNAP.replace("6001\t7800", "4001\t7800").replace("18S", "28S"))
    assert best_hits(lsu) == ([lsu[1], lsu[0]], 0)


def test_coding_sequence_takes_precedence_but_not_over_rrna(of):
    def coding(name, strand, *parts):
        return Gene(name, "one", strand, [Transcript(f"{name}.t", "one", strand, list(parts), list(parts))])

    genes = [
        coding("in_rrna", "-", (6100, 6400)),
        coding("on_trna", "+", (900, 1010)),
        coding("other_strand", "+", (2000, 2100)),
        coding("around", "-", (2900, 2990), (3090, 3200)),
    ]
    hits = [*of(barrnap_hits, BARRNAP), *of(aragorn_hits, ARAGORN)]
    found, record = noncoding_genes(hits, genes, {"c1": "one", "c2": "two"})
    assert [(gene.type, gene.attributes["biotype"], gene.seqid, gene.start) for gene in found] == [
        ("gene", "tRNA", "one", 2000),
        ("gene", "tRNA", "one", 3000),
        ("gene", "rRNA", "one", 5000),
        ("gene", "rRNA", "one", 6000),
        ("gene", "tmRNA", "two", 0),
    ]
    assert found[3].attributes["overlaps_coding"] == "in_rrna"
    assert (record["dropped_in_coding_sequence"], record["labelled_overlaps_coding"]) == (1, 1)
    assert record["types"][0] in (
        {"type": "rRNA", "tool": "barrnap", "genes": 2},
        {"type": "tRNA", "tool": "ARAGORN", "genes": 2},
    )
    assert sum(row["genes"] for row in record["types"]) == record["genes"] == 5
    backwards, _ = noncoding_genes(of(aragorn_hits, ARAGORN), order=["c2", "c1"])
    assert [gene.seqid for gene in backwards] == ["c2", "c1", "c1", "c1"]
    with pytest.raises(InputError, match="c2, which the map of names lacks"):
        noncoding_genes(of(aragorn_hits, ARAGORN), (), {"c1": "one"})


def test_the_script_writes_valid_genes(tmp_path):
    for name, text in (("b", BARRNAP), ("a", ARAGORN), ("t", TRNASCAN), ("i", CMSCAN)):
        (tmp_path / name).write_text(text)
    (tmp_path / "g.fai").write_text("c1\t20000\t4\t60\t61\nc2\t400\t4\t60\t61\n")
    command = [
        sys.executable, str(BIN / "noncoding_genes.py"), "--id", "x", "--barrnap", "b", "--aragorn", "a",
        "--trnascan", "t", "--infernal", "i", "--lengths", "g.fai", "--out", "o.gff3", "--metrics", "m.json",
    ]  # fmt: skip
    subprocess.run(command, check=True, cwd=tmp_path)
    genes = read_genes(tmp_path / "o.gff3")
    record = json.loads((tmp_path / "m.json").read_text())
    assert len(genes) == record["genes"] == 10
    assert record["pseudogene_candidates"] == 1
    (pseudo,) = [gene for gene in genes if gene.attributes.get("pseudogene_candidate") == "yes"]
    assert pseudo.transcripts[0].attributes["product"] == "tRNA-Xxx"
    assert len({gene.id for gene in genes}) == 10
