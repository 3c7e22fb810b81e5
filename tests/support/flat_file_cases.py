"""One change each to a small assembly; what ENA's validator says of each is in submission/verdicts.tsv."""

from collections.abc import Callable
from itertools import pairwise

from flat_files import Assembly, Feature

CASES: dict[str, Callable[[Assembly], None]] = {}
LOW_QUALITY = "low-quality sequence region"


def case(change: Callable[[Assembly], None]) -> None:
    CASES[change.__name__.removeprefix("_")] = change


def case_of(name: str, key: str = "CDS", tag: str = "LINN_000010", **qualifiers: str | None) -> None:
    """A case that sets qualifiers of a feature of chromosome 1."""

    def change(a: Assembly) -> None:
        for qualifier, value in qualifiers.items():
            a.one.of(tag, key).set(qualifier, value)

    CASES[name] = change


def feature_case(name: str, key: str, location: str = "10..200", **qualifiers: str | None) -> None:
    """A case that adds a feature to chromosome 1."""
    CASES[name] = lambda a: a.one.features.append(Feature(key, location, list(qualifiers.items()))) or None


def list_case(name: str, row: int, text: str) -> None:
    """A case that replaces a row of the chromosome list."""

    def change(a: Assembly) -> None:
        a.chromosomes[row] = text

    CASES[name] = change


def place_case(name: str, location: str, *, key: str = "CDS", **qualifiers: str | None) -> None:
    """A case that moves a feature of the first gene."""

    def change(a: Assembly) -> None:
        feature = a.one.of("LINN_000010", key)
        feature.location = location
        for qualifier, value in qualifiers.items():
            feature.set(qualifier, value)

    CASES[name] = change


def retag(a: Assembly, new: Callable[[str], str], tags: tuple[str, ...] = ()) -> None:
    for entry in a.entries:
        for feature in entry.features:
            feature.qualifiers = [
                (name, new(value) if name == "locus_tag" and (not tags or value in tags) else value)
                for name, value in feature.qualifiers
            ]


# The file and its lines


@case
def base(a):
    pass


@case
def ac_no_underscore(a):
    a.one.head["name"] = "AC * SUPER_1"


@case
def no_ACstar(a):
    a.one.head["name"] = ""


@case
def no_DE(a):
    a.one.head["DE"] = ""


@case
def no_PR(a):
    a.one.head["PR"] = ""


@case
def no_SQ_counts(a):
    a.one.head["SQ"] = "SQ"


@case
def id_XXX(a):
    a.one.head["ID"] = "ID   XXX; XXX; linear; genomic DNA; XXX; XXX;"


@case
def id_len_wrong(a):
    a.one.head["ID"] = f"ID   XXX; XXX; linear; genomic DNA; XXX; XXX; {len(a.one.letters) - 1} BP."


@case
def topo_mismatch(a):
    a.mito.topology = "linear"


@case
def dup_name(a):
    a.other.name = "SUPER_1"


@case
def name_long(a):
    a.other.name = "s" * 51


@case
def name_space(a):
    a.other.name = "scaffold 7"


@case
def non_ascii(a):
    a.one.of("LINN_000010", "CDS").set("note", "från Ångström")


# Sequences


@case
def all_N(a):
    a.other.letters = "n" * 350


@case
def ends_N(a):
    a.other.letters += "n" * 8
    a.other.features[0].location = "1..358"


@case
def short_contig(a):
    a.other.letters, a.other.name = a.other.letters[:19], "tiny"
    a.other.features[0].location = "1..19"


@case
def single_contig(a):
    a.entries = [a.loose]
    a.chromosomes = a.unlocalised = None


@case
def feature_beyond(a):
    a.one.of("LINN_000030", "gene").location = f"{a.last}..>{len(a.one.letters) + 17}"


# Lists and manifest


@case
def asm_name_bad(a):
    a.manifest["ASSEMBLYNAME"] = "bParMaj1/1"


@case
def cov_bad(a):
    a.manifest["COVERAGE"] = "45x"


list_case("chr_2col", 0, "SUPER_1\t1")
list_case("chr_MT_noloc", 1, "scaffold_MT\tMIT\tcircular-chromosome")
list_case("chr_dup", 1, "scaffold_MT\t1\tcircular-chromosome\tMitochondrion")
list_case("chr_loc_bad", 0, "SUPER_1\t1\tchromosome\tnucleus")
list_case("chr_name_hash", 0, "SUPER_1\t1#a\tchromosome")
list_case("chr_name_long", 0, f"SUPER_1\t{'1' * 33}\tchromosome")
list_case("chr_name_unknown", 0, "SUPER_1\tUnknown1\tchromosome")
list_case("chr_spaces", 0, "SUPER_1  1  chromosome")
list_case("chr_type_bad", 0, "SUPER_1\t1\tautosome")
list_case("mito_5col", 1, "scaffold_MT\tMIT\tcircular-chromosome\tMitochondrion\t")
list_case("telomere_chr", 0, "SUPER_1\t1\tlinear-chromosome")


@case
def chr_name_chr1(a):
    a.chromosomes[0] = "SUPER_1\tchr1\tchromosome"
    a.unlocalised = ["SUPER_1_unloc_1\tchr1"]


for _name in ("chr_name_hash", "chr_name_long", "chr_name_unknown"):

    def _without_unlocalised(a, change=CASES[_name]):
        change(a)
        a.unlocalised = None

    CASES[_name] = _without_unlocalised


@case
def chr_obj_missing(a):
    a.chromosomes.append("SUPER_9\t9\tchromosome")


@case
def no_lists(a):
    a.chromosomes = a.unlocalised = None


@case
def unloc_is_chr(a):
    a.unlocalised.append("SUPER_1\t1")


@case
def unloc_missing_chr(a):
    a.unlocalised = ["SUPER_1_unloc_1\t5"]


@case
def unloc_missing_obj(a):
    a.unlocalised.append("SUPER_8_UNLOC_1\t1")


# Source


@case
def no_source(a):
    del a.one.features[0]


@case
def other_organism(a):
    a.one.features[0].set("organism", "Homo sapiens")


@case
def country_old(a):
    a.one.features[0].set("country", "Sweden")


@case
def source_extra(a):
    a.one.features[0].set("sex", "female")


@case
def no_organelle_mt(a):
    a.mito.features[0].drop("organelle")


@case
def no_transl_table_mt(a):
    a.mito.of("LINN_MT001", "CDS").drop("transl_table")


@case
def transl_table_wrong(a):
    a.mito.of("LINN_MT001", "CDS").set("transl_table", "1")


# Qualifiers of a CDS and its gene

case_of("artif_heterogeneous", artificial_location="heterogeneous population sequenced")
case_of("bad_dbxref", db_xref="Unheard:1")
case_of("bad_dbxref2", db_xref="P60706")
case_of("bad_ec", tag="LINN_000020", EC_number="1.2.3")
case_of("bad_inference", inference="guess")
case_of("go_dbxref", db_xref="GO:0005524")
case_of("interpro", db_xref="InterPro:IPR000719")
case_of("hypo_ec", EC_number="1.2.3.4")
case_of("note_html", note="<b>bold</b> &amp; more")
case_of("product_with_ec", product="kinase EC 2.7.11.1")
case_of("protein_id", protein_id="LINN_1")
case_of("pseudo_with_product", pseudo=None)
case_of("pseudogene_bad_value", pseudogene="pseudo")
case_of("qual_not_allowed", key="gene", transl_table="1")
case_of("unknown_qual", Ontology_term="GO:0005524")
case_of("quote_in_note", note='a "quoted" word')
case_of("gene_diff_same_locus", tag="LINN_000020", gene="actg")


@case
def no_product_CDS(a):
    a.one.of("LINN_000010", "CDS").drop("product")


@case
def two_cds_same_loc(a):
    a.one.features.append(a.one.of("LINN_000010", "CDS"))


@case
def two_mrna_same_loc(a):
    a.one.features.append(a.one.of("LINN_000010", "mRNA"))


@case
def two_genes_same_locus(a):
    a.one.add("gene", "20..200", locus_tag="LINN_000010")


# Locus tags


@case
def lower_locus(a):
    retag(a, str.lower)


@case
def wrong_prefix(a):
    retag(a, lambda tag: tag.replace("LINN", "ABCD"))


@case
def lt_dash(a):
    retag(a, lambda tag: tag.replace("_", "-"), ("LINN_000010",))


@case
def lt_space(a):
    retag(a, lambda tag: tag.replace("_", " "), ("LINN_000010",))


@case
def prefix_only(a):
    retag(a, lambda tag: tag.replace("_", ""), ("LINN_000010",))


@case
def lt_mRNA_suffix(a):
    for key in ("mRNA", "CDS"):
        a.one.of("LINN_000010", key).set("locus_tag", "LINN_000010-RA")


@case
def no_locus_tag_one_gene(a):
    for feature in a.one.features[1:4]:
        feature.drop("locus_tag")


@case
def no_locus_tags_at_all(a):
    for feature in a.one.features:
        feature.drop("locus_tag")


# How a CDS reads


@case
def internal_stop(a):
    a.one.put(400, "taa")


@case
def internal_stop_pseudogene(a):
    a.one.put(400, "taa")
    cds = a.one.of("LINN_000010", "CDS")
    cds.drop("product")
    cds.set("pseudogene", "unknown")


@case
def artif_heterogenous(a):
    a.one.put(400, "taa")
    a.one.of("LINN_000010", "CDS").set("artificial_location", "heterogenous population sequenced")


@case
def wrong_start(a):
    a.one.put(301, "gca")


@case
def stop_missing_nonpartial(a):
    a.one.put(484, "gca")


@case
def minus_order(a):
    for key in ("mRNA", "CDS"):
        parts = ",".join(f"complement({exon})" for exon in a.exons)
        a.one.of("LINN_000020", key).location = f"join({parts})"


def _cut(name: str, intron: int, **qualifiers: str | None) -> None:
    """A CDS with an intron after its first 100 bases, in a frame that stops behind it."""

    def change(a: Assembly) -> None:
        cds = a.one.of("LINN_000010", "CDS")
        cds.location = f"join(301..400,{401 + intron}..486)"
        for qualifier, value in qualifiers.items():
            cds.set(qualifier, value)
        if intron == 9:
            a.one.put(400, "tcc")
            a.one.put(409, "caa")

    CASES[name] = change


_cut("intron8", 8)
_cut("intron9", 9)
_cut("intron_exact9", 9)
_cut("intron10", 10)
_cut("short_intron", 4)
_cut("short_intron_artif", 4, artificial_location=LOW_QUALITY)
place_case("mrna_short_intron", "join(301..400,405..486)", key="mRNA")
place_case("overlap_exons", "join(301..400,395..486)")
place_case("partial5_frame_nostart", "301..486", codon_start="2")


@case
def overlap_cds_bad(a):
    first, second, third = a.exons
    start = int(second.split("..")[0]) - 85
    a.one.of(
        "LINN_000020", "CDS"
    ).location = f"complement(join({first},{start}..{second.split('..')[1]},{third}))"


@case
def cds_spans_gap(a):
    end = a.last + 242
    a.one.of("LINN_000030", "CDS").location = f"{a.gap - 60}..>{end}"


@case
def partial5_ok(a):
    a.one.put(301, "gca")
    for key in ("gene", "mRNA", "CDS"):
        a.one.of("LINN_000010", key).location = "<301..486"


@case
def partial5_frame2(a):
    a.one.put(300, "g")
    for key in ("gene", "mRNA", "CDS"):
        a.one.of("LINN_000010", key).location = "<300..486"
    a.one.of("LINN_000010", "CDS").set("codon_start", "2")


# Other features

feature_case("exon_no_lt", "exon", "301..400")
feature_case("lnc", "ncRNA", locus_tag="LINN_000050", ncRNA_class="lncRNA")
feature_case("ncRNA_lnc", "ncRNA", locus_tag="LINN_000050", ncRNA_class="lncRNA", product="RNA 1")
feature_case("ncRNA_badclass", "ncRNA", locus_tag="LINN_000050", ncRNA_class="lnc_RNA")
feature_case("ncRNA_noclass", "ncRNA", locus_tag="LINN_000050")
feature_case("unknown_feature", "lnc_RNA", locus_tag="LINN_000050")
feature_case("tRNA", "tRNA", locus_tag="LINN_000050", product="tRNA-Ala")
feature_case("utr", "5'UTR", "290..300", locus_tag="LINN_000010")
feature_case("repeat", "repeat_region", locus_tag="LINN_000050", rpt_type="tandem")
feature_case("repeat_family_nolt", "repeat_region", rpt_type="dispersed", rpt_family="Alu")
feature_case("repeat_type_bad", "repeat_region", rpt_type="LINE")
feature_case("mobile", "mobile_element", mobile_element_type="transposon:hAT")
feature_case("mobile_bad", "mobile_element", mobile_element_type="DNA transposon:hAT")


@case
def exon_introns(a):
    for number, exon in enumerate(a.exons):
        a.one.add("exon", f"complement({exon})", locus_tag="LINN_000020", gene="actb", number=str(number + 1))
    ends = [tuple(map(int, exon.split(".."))) for exon in a.exons]
    for left, right in pairwise(ends):
        a.one.add(
            "intron", f"complement({left[1] + 1}..{right[0] - 1})", locus_tag="LINN_000020", gene="actb"
        )


def _exons_that_touch(a, change=CASES["exon_no_lt"]):
    change(a)
    a.one.add("exon", "401..486")


CASES["exon_no_lt"] = _exons_that_touch


def _trna(name: str, anticodon: str) -> None:
    def change(a: Assembly) -> None:
        a.one.put(133, "cgg")
        a.one.add("tRNA", "100..172", locus_tag="LINN_000050", product="tRNA-Ala", anticodon=anticodon)

    CASES[name] = change


_trna("trna_ok", "(pos:133..135,aa:Ala)")
_trna("trna_seqbad", "(pos:133..135,aa:Ala,seq:tgc)")


# Gaps


def gap_case(name: str, **qualifiers: str | None) -> None:
    def change(a: Assembly) -> None:
        gap = next(f for f in a.one.features if f.key == "assembly_gap")
        for qualifier, value in qualifiers.items():
            gap.set(qualifier, value)

    CASES[name] = change


gap_case("gap_badlen", estimated_length="150")
gap_case("gap_badlink", linkage_evidence="Hi-C")
gap_case("gap_unknown_len200", estimated_length="unknown")


@case
def gap_nolink(a):
    next(f for f in a.one.features if f.key == "assembly_gap").drop("linkage_evidence")


@case
def gap_feature_instead(a):
    gap = next(f for f in a.one.features if f.key == "assembly_gap")
    gap.key, gap.qualifiers = "gap", [("estimated_length", "200")]


@case
def no_assembly_gap(a):
    a.one.features = [f for f in a.one.features if f.key != "assembly_gap"]
