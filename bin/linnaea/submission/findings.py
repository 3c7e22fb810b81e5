"""What checks of a submission find: the classes, what ENA does with each, and how to mend it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from linnaea.base.tables import write_table
from linnaea.base.text import some

# What ENA does: it refuses the file; it repairs it without a word, so that the archive holds something else
# than the file; webin-cli refuses it before the validation; it changes the text only; it takes it as it is.
Verdict = Literal["refused", "repaired", "webin", "changed", "accepted"]
STOPPING: tuple[Verdict, ...] = ("refused", "repaired", "webin")


class Kind(NamedTuple):
    """A class of findings: what is wrong, what ENA does, what to do."""

    ena: Verdict
    what: str
    does: str
    remedy: str


KINDS = {
    # repaired without a word
    "internal_stop": Kind(
        "repaired",
        "CDS with a stop codon within",
        "makes the CDS /pseudo: its protein is lost",
        "correct the model; --resolve internal_stop=drop or =pseudogene; /transl_except for a selenocysteine",
    ),
    "no_start": Kind(
        "repaired",
        "CDS without a start codon that is not marked 5' partial",
        "adds `<`",
        "correct the model or mark it partial; --resolve no_start=partial",
    ),
    "no_stop": Kind(
        "repaired",
        "CDS without a stop codon that is not marked 3' partial",
        "adds `>`",
        "correct the model (GTF leaves the stop codon out) or mark it partial; --resolve no_stop=partial",
    ),
    "frame": Kind(
        "repaired",
        "length of a complete CDS is not a multiple of 3",
        "adds `<` and `>`",
        "correct the model; --resolve frame=partial",
    ),
    "codon_start": Kind(
        "repaired",
        "codon_start 2 or 3 of a CDS that is not marked 5' partial",
        "adds `<`",
        "mark the 5' end as partial",
    ),
    "stop_at_open_end": Kind(
        "repaired",
        "stop codon at a 3' end that is marked partial",
        "removes `>`",
        "remove `>`",
    ),
    "tag_case": Kind(
        "repaired",
        "locus tag in lower case",
        "writes it in capitals",
        "write the prefix in capitals",
    ),
    "gene_twice": Kind(
        "repaired",
        "several gene features of one locus tag",
        "drops one",
        "give each gene its own locus tag",
    ),
    "qualifier_place": Kind(
        "repaired",
        "qualifier that its feature may not have",
        "removes it",
        "remove it",
    ),
    "protein_id": Kind(
        "repaired",
        "/protein_id that is not an accession of INSDC",
        "removes it",
        "remove it; ENA gives accessions",
    ),
    "gap_missing": Kind(
        "repaired",
        "more than 10 N without an assembly_gap",
        "adds a gap of unknown type",
        "add assembly_gap features",
    ),
    "gap_evidence": Kind(
        "repaired",
        "linkage evidence of a gap that is not within a scaffold",
        "removes it",
        "remove it, or correct the gap type",
    ),
    "circular_unlisted": Kind(
        "repaired",
        "circular sequence that is not in the chromosome list",
        "makes it linear",
        "add it to the list as circular",
    ),
    # refused
    "cds_length": Kind(
        "refused",
        "CDS of fewer than 3 bases that is not marked partial",
        "refuses",
        "remove the CDS or mark it partial",
    ),
    "exception": Kind(
        "refused",
        "/exception without /translation",
        "refuses",
        "write the protein as /translation, or remove the exception",
    ),
    "translation": Kind(
        "refused",
        "/translation that is not what the CDS reads as",
        "refuses",
        "remove it; ENA translates",
    ),
    "not_read": Kind(
        "refused", "location that cannot be read", "refuses", "write n..m, join() and complement()"
    ),
    "beyond_end": Kind(
        "refused",
        "feature beyond the end of its sequence",
        "refuses",
        "give the assembly that was annotated",
    ),
    "all_n": Kind("refused", "sequence without a known base", "refuses", "remove the sequence"),
    "short_sequence": Kind("refused", "sequence shorter than 20 bp", "refuses", "remove the sequence"),
    "sequence_name": Kind(
        "refused",
        "sequence without a name, or one of more than 50 characters",
        "refuses",
        "write `AC * _name`, at most 50 characters",
    ),
    "sequence_name_twice": Kind("refused", "two sequences of one name", "refuses", "rename one"),
    "id_length": Kind(
        "refused", "length in the ID line is not that of the sequence", "refuses", "correct the ID line"
    ),
    "topology": Kind(
        "refused",
        "topology of the entry is not that of the chromosome list",
        "refuses",
        "correct one of both",
    ),
    "key": Kind("refused", "feature key that INSDC does not have", "refuses", "choose a key of INSDC"),
    "qualifier": Kind(
        "refused", "qualifier that INSDC does not have", "refuses", "remove it, or write /note"
    ),
    "qualifier_missing": Kind(
        "refused", "feature without a qualifier that it must have", "refuses", "add it"
    ),
    "value": Kind("refused", "value that its qualifier may not have", "refuses", "choose an allowed value"),
    "quote": Kind("refused", "quotation mark within a value", "refuses", "write two apostrophes"),
    "locus_tag": Kind(
        "refused",
        "locus tag whose prefix (before the first _) is not registered",
        "refuses",
        "write PREFIX_id with the prefix of the study",
    ),
    "locus_tag_missing": Kind(
        "refused", "annotated sequence without a locus tag", "refuses", "give every gene a tag"
    ),
    "locus_names": Kind(
        "refused",
        "features of one locus tag with different /gene values",
        "refuses",
        "give them one gene name",
    ),
    "duplicate": Kind(
        "refused",
        "two features of one key at one place",
        "refuses",
        "merge them; --resolve duplicate=merge",
    ),
    "abutting_exons": Kind("refused", "exon features that touch", "refuses", "leave exon features out"),
    "short_intron": Kind(
        "refused",
        "intron of at most 8 bp in a CDS",
        "refuses",
        "correct the model; --resolve short_intron=artificial or =drop; /ribosomal_slippage for a frameshift",
    ),
    "transl_table": Kind(
        "refused",
        "genetic code is not that of the organism and organelle",
        "refuses",
        "name the organelle in the chromosome list, give the right code",
    ),
    "anticodon": Kind(
        "refused",
        "anticodon that the sequence does not have, or of another amino acid",
        "refuses",
        "correct it or leave it out",
    ),
    "gap_linkage": Kind(
        "refused",
        "gap within a scaffold without linkage evidence",
        "refuses",
        "write how the sides were joined",
    ),
    "gap_place": Kind(
        "refused", "assembly_gap that is not exactly a run of N", "refuses", "place it on the run"
    ),
    "assembly_name": Kind(
        "refused",
        "name of the assembly",
        "refuses",
        "letters, digits and _ - . # and spaces, a letter or digit first, at most 50",
    ),
    "chromosome_list": Kind("refused", "chromosome list or unlocalised list", "refuses", "correct the line"),
    "list_sequence": Kind(
        "refused",
        "sequence of a list that the assembly lacks",
        "refuses",
        "name the sequences as in the assembly",
    ),
    "sequence_count": Kind(
        "refused",
        "one contig alone, without a chromosome list",
        "refuses",
        "give a chromosome list",
    ),
    # refused by webin-cli before the validation
    "manifest": Kind("webin", "manifest", "webin-cli refuses it", "correct the manifest"),
    # changed
    "not_ascii": Kind("changed", "letters that are not ASCII", "transliterates them", "write them in ASCII"),
    "name_letters": Kind(
        "changed",
        "sequence name with letters that ENA removes or replaces by _",
        "changes the name",
        "use letters, digits and _ - .",
    ),
    "chromosome_word": Kind(
        "changed",
        "chromosome name with a word that ENA strips (chr1 becomes 1)",
        "strips it",
        "leave it out",
    ),
    "end_n": Kind(
        "changed",
        "sequence that starts or ends with N",
        "trims it, moves or deletes features",
        "trim the sequence",
    ),
    "gene_on_part": Kind(
        "changed",
        "gene at exactly the place of its CDS or RNA",
        "removes the gene feature",
        "nothing",
    ),
    "product_of_pseudogene": Kind(
        "changed",
        "product of a pseudogene",
        "moves it to /note",
        "write it as /note",
    ),
    "ec_in_product": Kind("changed", "EC number in a product", "moves it to /EC_number", "write /EC_number"),
    # accepted
    "gap_in_cds": Kind(
        "accepted",
        "CDS over an assembly gap",
        "takes it, with unknown amino acids",
        "cut the model at the gap; --resolve gap_in_cds=drop",
    ),
    "cds_overlap": Kind(
        "accepted",
        "parts of a CDS overlap without /ribosomal_slippage",
        "takes it, with bases read twice",
        "correct the model, or say that the ribosome slips",
    ),
    "no_product": Kind(
        "accepted", "CDS without a product", "takes it", "write /product, at least hypothetical protein"
    ),
    "organism": Kind(
        "accepted",
        "organism is not the one expected",
        "replaces it by that of the sample",
        "make sure that file and sample belong together",
    ),
    "tag_suffix": Kind(
        "accepted",
        "mRNA or CDS whose locus tag no gene has (LINN_1-RA)",
        "takes it as another locus",
        "give all features of a gene its tag",
    ),
    "no_cds": Kind(
        "accepted",
        "mRNA of a gene without a CDS",
        "ignores it",
        "add the CDS, or make it ncRNA or misc_RNA",
    ),
    "code_unknown": Kind(
        "accepted",
        "organelle whose genetic code was not given: translations are not checked",
        "knows it",
        "give --mito-code",
    ),
}


class Finding(NamedTuple):
    kind: str
    file: str
    line: int
    place: str
    text: str


class Findings:
    """Findings of a check, by class."""

    def __init__(self) -> None:
        self.all: list[Finding] = []

    def add(self, kind: str, file: str | Path, place: str, text: str, line: int = 0) -> None:
        if kind not in KINDS:
            raise KeyError(kind)
        self.all.append(Finding(kind, str(file), line, place, text))

    def by_kind(self) -> dict[str, list[Finding]]:
        grouped = defaultdict(list)
        for finding in self.all:
            grouped[finding.kind].append(finding)
        return {kind: grouped[kind] for kind in KINDS if kind in grouped}

    def verdict(self, allowed: Collection[str] = ()) -> Verdict:
        """The worst of what ENA would do: refused, repaired or accepted."""
        verdicts = {KINDS[finding.kind].ena for finding in self.all if finding.kind not in allowed}
        order: tuple[Verdict, ...] = ("webin", "refused", "repaired", "changed")
        return next((verdict for verdict in order if verdict in verdicts), "accepted")

    def sentences(self) -> Iterable[str]:
        """A line per class: how often, what ENA does, the first places, the remedy."""
        for name, listed in self.by_kind().items():
            kind = KINDS[name]
            shown = some([f"{one.place}: {one.text}" if one.text else one.place for one in listed], 2)
            yield f"{name}: {len(listed)} × {kind.what}; ENA {kind.does}. {shown}. Remedy: {kind.remedy}"

    def write(self, path: str | Path) -> None:
        """Write a table with a row per finding."""
        columns = ("class", "ena", "file", "line", "place", "text")
        rows = [(f.kind, KINDS[f.kind].ena, f.file, f.line or None, f.place, f.text) for f in self.all]
        write_table(path, columns, rows)
