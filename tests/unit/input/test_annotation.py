"""The input check of an annotation: what is given, what it needs, whether it fits, in exact words."""

import gzip
import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import plan_data
import pytest
import yaml
from Bio.Data.CodonTable import unambiguous_dna_by_id
from sentences import like

import check_input as step
from linnaea.input import files as input_files
from linnaea.input.annotation import AUGUSTUS_CODES, CONTEXT_CODES
from linnaea.input.genomes import SCHEMA, check_genomes
from linnaea.input.options import SCHEMA as PARAMETERS
from linnaea.input.options import all_parameters, check_run
from linnaea.input.programs import missing_programs

READ = "@r1\nACGTACGTAC\n+\nIIIIIIIIII\n"


def gff(*rows: tuple[str, int, int], kind: str = "CDS") -> str:
    lines = [f"{name}\tx\t{kind}\t{start}\t{end}\t.\t+\t.\tID=g{start}" for name, start, end in rows]
    return "\n".join(["##gff-version 3", *lines, ""])


@pytest.fixture
def folder(tmp_path):
    """A folder with one good file of every kind: assemblies of c1 and c2, of d1, of r1 (3000 bp each)."""
    rng = random.Random(1)
    bases = "".join(rng.choices("ACGT", k=3000))
    protein = "MEEPQSDPSVEPPLSQETFSDLWKLLPEN"
    for name, text in {
        "hap1.fa": f">c1 first\n{bases}\n>c2\n{bases[::-1]}\n",
        "hap2.fa": f">d1\n{bases}\n",
        "relative.fa": f">r1\n{bases}\n",
        "relative.faa": f">p\n{protein}*\n>q\n{protein}\n",
        "rna_1.fq": READ,
        "rna_2.fq": READ,
        "hifi.fastq": READ,
        "families.fa": f">f1\n{bases[:200]}\n",
        "genes.gff3": gff(("c1", 1, 900), ("c2", 5, 3000)),
        "relative.gff3": gff(("r1", 1, 900)),
        "hints.gff": "c1\tb2h\tintron\t100\t200\t0\t+\t.\tmult=3;src=E\n",
        "more_hints.gff": "c2\tx\tstart\t100\t102\t0\t-\t0\tsrc=P\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def good(**others):
    """A genome with an assembly and proteins; None takes a key away."""
    genome = {
        "name": "Aus bus",
        "assembly": {"stage": "curated", "primary": "hap1.fa"},
        "proteins": [{"fasta": "relative.faa"}],
        **others,
    }
    return {key: value for key, value in genome.items() if value is not None}


def check(folder, genome, **parameters):
    path = folder / "genomes.yml"
    path.write_text(yaml.safe_dump(genome, sort_keys=False))
    return check_genomes(str(path), all_parameters({"workflow": "annotation", **parameters}))


def plain(folder, remarks):
    """Remarks without the input's path and its line, and with files named as in the folder."""
    texts = [text.replace(f"{folder}/", "").removeprefix("genomes.yml, ") for text in remarks]
    return [text.split(", ", 1)[1] if text.startswith("line ") else text for text in texts]


def faults(folder, genome, **parameters):
    return plain(folder, check(folder, genome, **parameters)[2])


def notes(folder, genome, **parameters):
    _, noted, found = check(folder, genome, **parameters)
    assert found == []
    return plain(folder, noted)


# What is given


def test_hints_relatives_and_reference_are_normalised(folder):
    relative = {"assembly": "relative.fa", "annotation": "relative.gff3"}
    genome = good(
        hints=["hints.gff", "more_hints.gff"],
        liftover=[relative, {**relative, "library": "cousin"}],
        reference_annotation=relative,
    )
    (record,), noted, found = check(folder, genome)
    assert (noted, found) == ([], [])
    at = {key: str(folder / name) for key, name in relative.items()}
    assert record["hints"] == [str(folder / "hints.gff"), str(folder / "more_hints.gff")]
    assert record["liftover"] == [{"library": "liftover1", **at}, {"library": "cousin", **at}]
    assert record["reference_annotation"] == at
    assert record["annotation"] is None


@pytest.mark.parametrize("code", [27, 28, 31])
def test_codes_in_which_a_codon_is_stop_and_amino_acid_are_refused(folder, code):
    found = faults(folder, good(genetic_code=code), gene_finder="none")
    assert len(found) == 1
    assert found[0] == like(f"… genetic code {code} … stops or amino acids …")
    table = unambiguous_dna_by_id[code]
    assert set(table.stop_codons) & set(table.forward_table)


def test_the_codes_that_are_refused_are_all_there_are():
    twofold = {n for n, t in unambiguous_dna_by_id.items() if set(t.stop_codons) & set(t.forward_table)}
    assert twofold == CONTEXT_CODES


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("proteins", ">c\n" + "ACGUACGUGG" * 9 + "\n", "holds nucleotides where proteins are expected"),
        ("proteins", ">c\n" + "ACGTNNACGT" * 9 + "\n", "holds nucleotides where proteins are expected"),
        (
            "proteins",
            ">a\nMEEPQSDPSV\n>b\nMEEPQSDPSVEPPLSQETF\n",
            "its longest protein has 19 residues, and 20 are",
        ),
        ("proteins", ">a\nME*PQ\n>b\nM*EPQ\n", "2 of 2 proteins have internal stop codons"),
        ("proteins", "LOCUS  x\nORIGIN\n", "not FASTA, FASTQ or BAM"),
        ("repeats", ">a\nMEEPQSDPSV\n", "which is not a nucleotide"),
        (
            "repeats",
            ">chr1\n" + "ACGT" * 50_001 + "\n",
            "has a sequence of 200,004 bp, which is a contig, not a repeat",
        ),
        ("repeats", "HMMER3/f [3.3.2]\nNAME  DF1\n", "not FASTA, FASTQ or BAM"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_sequences_that_are_not_what_their_key_says(folder, key, text, says, zipped):
    name = "given.fa" + (".gz" if zipped else "")
    (folder / name).write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    found = faults(folder, good(**{key: [{"fasta": name}]}))
    assert len(found) == 1 and says in found[0] and name in found[0]


@pytest.mark.parametrize(("masker", "used"), [("windowmasker", True), ("given", False), ("none", False)])
def test_a_library_of_repeats_that_nothing_uses(folder, masker, used):
    noted = notes(folder, good(repeats=[{"fasta": "families.fa"}]), repeat_masker=masker)
    assert any("the library is not used" in note for note in noted) != used


def test_what_becomes_of_the_code_of_the_mitochondrion(folder):
    unused = "mito_code: not used: no sequence of the assembly is named as a mitochondrion (MT, chrM, x_mito)"
    assert [note.split(", ", 1)[-1] for note in notes(folder, good(mito_code=5))] == [unused]
    path = folder / "hap1.fa"
    path.write_text(path.read_text() + ">chrM\nACGTACGTAC\n")
    (told,) = notes(folder, good(mito_code=5))
    assert told.endswith("mito_code: genes on chrM are translated with it")


@pytest.mark.parametrize(("code", "refused"), [(1, False), (12, False), (6, True), (10, True)])
def test_snap_knows_the_stops_of_the_standard_code_only(folder, code, refused):
    found = faults(folder, good(genetic_code=code), snap=True)
    assert len(found) == refused
    assert all("but genetic code" in fault and "leave out --snap" in fault for fault in found)


def test_one_hint_file_and_one_relative_need_no_list(folder):
    genome = good(
        hints="hints.gff",
        liftover={"assembly": "relative.fa", "annotation": "relative.gff3"},
        reference_annotation={"annotation": "genes.gff3"},
    )
    (record,), noted, found = check(folder, genome)
    assert (noted, found) == ([], [])
    assert record["hints"] == [str(folder / "hints.gff")]
    assert [relative["library"] for relative in record["liftover"]] == ["liftover1"]
    assert record["reference_annotation"] == {"assembly": None, "annotation": str(folder / "genes.gff3")}


def test_a_reference_on_the_annotated_assembly_needs_no_lifting(folder):
    (folder / "link.fa").symlink_to(folder / "hap1.fa")
    reference = {"annotation": "genes.gff3", "assembly": "link.fa"}
    (record,), _, found = check(folder, good(reference_annotation=reference))
    assert found == []
    assert record["reference_annotation"]["assembly"] is None


def test_gtf_and_gzip_are_annotations_as_well(folder):
    gtf = 'c1\tx\tCDS\t1\t90\t.\t+\t.\tgene_id "a"; transcript_id "b";\n'
    (folder / "genes.gtf.gz").write_bytes(gzip.compress(gtf.encode()))
    (record,), _, found = check(folder, good(reference_annotation={"annotation": "genes.gtf.gz"}))
    assert found == []
    assert record["reference_annotation"]["annotation"] == str(folder / "genes.gtf.gz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hints": []}, "hints: it is empty; fill it in or remove the key"),
        ({"hints": {"file": "hints.gff"}},
         "hints: expected a path to a file, or a list of such paths, found a mapping of keys"),
        ({"liftover": "relative.gff3"}, "liftover: expected a mapping with `assembly` and `annotation`, or a "
         "list of them, found the text 'relative.gff3'"),
        ({"liftover": {"annotation": "relative.gff3"}}, "liftover: `assembly` is missing; add it"),
        ({"liftover": [{"assembly": "relative.fa"}]}, "liftover[1]: `annotation` is missing; add it"),
        ({"liftover": {"assembly": "relative.fa", "annotation": "relative.gff3", "libary": "x"}},
         "liftover.libary: unknown key `libary`; did you mean `library`?"),
        ({"liftover": {"assembly": "relative.fa", "annotation": "relative.gff3", "library": "proteins1"}},
         "liftover[1].library: the library name `proteins1` is also that of proteins[1]; rename one"),
        ({"reference_annotation": "genes.gff3"}, "reference_annotation: expected a mapping with `annotation` "
         "(and `assembly`), found the text 'genes.gff3'"),
        ({"reference_annotation": {"assembly": "hap1.fa"}},
         "reference_annotation: `annotation` is missing; add it"),
        ({"hints": "bare.gff"}, "hints: bare.gff holds no features; give a GFF file with features"),
        ({"hints": "spaces.gff"}, "hints: spaces.gff is not GFF (its first row has 1 columns, not 9); give "
         "GFF3 or GTF"),
        ({"hints": ["hints.gff", "sub/hints.gff"]}, None),
        ({"proteins": [{"fasta": "hap1.fa"}]},
         "proteins[1].fasta: hap1.fa holds nucleotides where proteins are expected; give proteins"),
        ({"proteins": [{"fasta": "blank.faa"}]},
         "proteins[1].fasta: blank.faa holds no sequences; give a FASTA file with sequences"),
        ({"proteins": [{"fasta": "frame.faa"}]}, "proteins[1].fasta: frame.faa: 2 of 3 proteins have "
         "internal stop codons, as in translations of a wrong frame; give proteins of genes"),
        ({"genetic_code": 8},
         "genetic_code: 8 is not one of 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, "
         "26, 27, 28, 29, 30, 31, 32, 33"),
        ({"locus_tag": "ab1"}, "locus_tag: 'ab1' cannot be used; a locus tag prefix has 3 to 12 capital "
         "letters and digits and starts with a letter"),
    ],
)  # fmt: skip
def test_a_fault_of_what_is_given(folder, change, says):
    (folder / "bare.gff").write_text("##gff-version 3\n# nothing\n")
    (folder / "spaces.gff").write_text("c1 x gene 1 9 . + . ID=g\n")
    (folder / "sub").mkdir()
    (folder / "sub/hints.gff").write_text("c2\tx\tstart\t1\t3\t0\t-\t0\tsrc=P\n")
    (folder / "blank.faa").write_text(">a\n>b\n")
    (folder / "frame.faa").write_text(">a\nMEE*PQ\n>b\nM*EPQ*\n>c\nMEEPQ*\n")
    found = [fault.removeprefix("genome 1 (Aus bus), ") for fault in faults(folder, good(**change))]
    if says is None:
        (fault,) = found
        assert fault.startswith(
            "hints[2]: the file name hints.gff is that of another file at genomes.yml, line"
        )
        assert fault.endswith("hints[1]; rename one or give a link with another name")
    else:
        assert says in found


def test_a_file_is_judged_by_each_kind_that_it_is_given_as(folder):
    assembly = {"stage": "curated", "primary": "hap2.fa"}
    other = good(name="Cus dus", assembly=assembly, proteins=[{"fasta": "hap1.fa"}])
    found = faults(folder, [good(), other])
    assert found == [
        "genome 2 (Cus dus), proteins[1].fasta: hap1.fa holds nucleotides where proteins are expected; "
        "give proteins"
    ]


def test_the_known_codes_are_those_of_ncbi():
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    listed = json.loads(SCHEMA.read_text())["$defs"]["code"]["enum"]
    assert set(listed) == set(unambiguous_dna_by_id)


def test_augustus_is_given_no_code_whose_stops_it_lacks():
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    for code in AUGUSTUS_CODES:
        assert set(unambiguous_dna_by_id[code].stop_codons) <= {"TAA", "TAG", "TGA"}
    assert unambiguous_dna_by_id[26].stop_codons == unambiguous_dna_by_id[1].stop_codons


def test_stops_inside_proteins_are_counted_and_those_at_their_end_are_not(folder):
    (folder / "some.faa").write_text(">a\nMEEPQ*\n>b\nM*E\n*PQ*\n>c\nMEEPQSDPSVEPPLSQETFSD\n>d\nMEEPK\n")
    assert notes(folder, good(proteins=[{"fasta": "some.faa"}])) == [
        like("genome 1 (Aus bus), proteins[1].fasta: 1 of the 4 proteins … stop codons …")
    ]


def test_an_assembly_in_lower_case_is_named(folder):
    (folder / "lower.fa").write_text((folder / "hap1.fa").read_text().lower())
    assembly = {"stage": "raw", "primary": "lower.fa"}
    assert notes(folder, good(assembly=assembly)) == [
        like("genome 1 (Aus bus), assembly: … lower case … upper case")
    ]
    text = (folder / "hap1.fa").read_text()
    (folder / "lower.fa").write_text(text[:1000] + text[1000:1500].lower() + text[1500:])
    assert notes(folder, good(assembly=assembly), repeat_masker="given") == []
    assert notes(folder, good(), repeat_masker="given") == [
        like("genome 1 (Aus bus), assembly: --repeat_masker given … no lower case …")
    ]


# What is needed


@pytest.mark.parametrize(
    ("change", "parameters", "says"),
    [
        ({"assembly": None}, {}, "an annotation needs an assembly: give one under `assembly:`, or make one "
         "in the same run with --workflow assembly,annotation"),
        ({"assembly": None}, {"workflow": "assembly,annotation", "steps": "reads,report"},
         "an annotation needs an assembly: give one under `assembly:` or add assemble to --steps"),
        ({"assembly": None, "annotation": "genes.gff3"}, {},
         "annotation: a gene set needs its assembly: give that under `assembly:`"),
        ({"assembly": None, "hifi": [{"reads": "hifi.fastq"}], "reference_annotation": {"annotation": ""
         "genes.gff3"}},
         {"workflow": "assembly,annotation"}, "reference_annotation: the assembly of this run has other "
         "sequence names: give the assembly of this annotation as `assembly:` next to it"),
        ({"proteins": None}, {}, "no evidence for genes is given, so no gene model can be trained or chosen: "
         "give rnaseq, isoseq, proteins, hints or liftover, or name a relative's model with "
         "--augustus_species"),
        ({"proteins": None}, {"augustus_species": "train"}, "no evidence for genes is given, so no gene "
         "model can be trained or chosen: give rnaseq, isoseq, proteins, hints or liftover, or name a "
         "relative's model with --augustus_species"),
        ({"proteins": None}, {"gene_finder": "galba"},
         "galba needs proteins of a relative: give them under `proteins`"),
        ({"proteins": None, "hints": "hints.gff"}, {"gene_finder": "braker3"},
         "braker3 needs RNA or proteins: give rnaseq, isoseq or proteins"),
        ({"proteins": None, "hints": "hints.gff"}, {"gene_finder": "none"}, "--gene_finder none makes genes "
         "only from evidence, but none is given: give rnaseq, isoseq, proteins or liftover"),
        ({"genetic_code": 23}, {}, "genetic_code: AUGUSTUS cannot predict with genetic code 23 (it can with "
         "1, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 21, 24, 26); use --gene_finder none, which makes "
         "genes only from evidence"),
        ({"genetic_code": 6}, {"gene_finder": "braker3"},
         "genetic_code: braker3 only supports genetic code 1 here; use --gene_finder augustus"),
        ({}, {"repeat_masker": "repeatmasker"}, "--repeat_masker repeatmasker needs a library of repeats: "
         "give one under `repeats`, or add --repeat_modeler"),
    ],
)  # fmt: skip
def test_what_is_needed_and_absent_is_a_fault(folder, change, parameters, says):
    start = "genome 1 (Aus bus)" + (", " if says.split(":")[0] in change else ": ")
    assert faults(folder, good(**change), **parameters) == [start + says]


@pytest.mark.parametrize(
    ("change", "parameters"),
    [
        ({}, {}),
        ({"proteins": None, "rnaseq": [{"read1": "rna_1.fq", "read2": "rna_2.fq"}]}, {}),
        ({"proteins": None, "hints": "hints.gff"}, {}),
        ({"proteins": None, "isoseq": [{"reads": "rna_1.fq"}]}, {"gene_finder": "braker3"}),
        ({"genetic_code": 6}, {}),
        ({"genetic_code": 23}, {"gene_finder": "none"}),
        ({"genetic_code": 23, "annotation": "genes.gff3", "proteins": None}, {}),
        ({"repeats": [{"fasta": "families.fa"}]}, {"repeat_masker": "repeatmasker"}),
        ({}, {"repeat_masker": "repeatmasker", "repeat_modeler": True}),
        ({"assembly": None, "hifi": [{"reads": "hifi.fastq"}]}, {"workflow": "assembly,annotation"}),
    ],
)
def test_what_is_enough_is_neither_fault_nor_note(folder, change, parameters):
    """Above all no word of reads, Hi-C or k-mers when only an annotation is made."""
    noted = notes(folder, good(**change), **parameters)
    assembled = "assembly" in parameters.get("workflow", "")
    assert [note for note in noted if not (assembled and "no Hi-C reads" in note)] == []


def test_evidence_alone_does_not_stop_an_assembly(folder):
    """The needs of an annotation are none of an assembly."""
    genome = good(proteins=None, assembly=None, hifi=[{"reads": "hifi.fastq"}], annotation="relative.gff3")
    assert faults(folder, genome, workflow="assembly") == []


def test_a_gene_set_of_ones_own_and_no_evidence_are_told(folder):
    assert notes(folder, good(annotation="genes.gff3", hints="hints.gff")) == [
        like("genome 1 (Aus bus), annotation: … proteins, hints not used")
    ]
    assert notes(folder, good(proteins=None), augustus_species="fly") == [
        like("genome 1 (Aus bus): … ab initio … fly")
    ]
    assert notes(folder, good(proteins=None, hints="hints.gff"), snap=True) == [
        like("genome 1 (Aus bus): no proteins … SNAP …")
    ]


# Whether files fit each other

STRANGE = (
    "strange.gff3: 2 of 3 rows lie on 2 sequences that the assembly lacks (x1, x2; it has c1, c2); rename "
    "them or give the matching assembly"
)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"annotation": "strange.gff3"}, "annotation"),
        ({"hints": ["strange.gff3"]}, "hints"),
        ({"reference_annotation": {"annotation": "strange.gff3"}}, "reference_annotation"),
        ({"reference_annotation": {"annotation": "strange.gff3", "assembly": "copy.fa.gz"}},
         "reference_annotation"),
        ({"liftover": {"annotation": "strange.gff3", "assembly": "copy.fa.gz"}}, "liftover"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sampled", [False, True])
def test_rows_on_sequences_that_the_assembly_lacks(folder, monkeypatch, change, where, sampled):
    rows = (("c1", 1, 9), ("x1", 21, 29), ("x2", 31, 39))
    (folder / "strange.gff3").write_text(gff(*rows, kind="intron" if where == "hints" else "CDS"))
    (folder / "copy.fa.gz").write_bytes(gzip.compress((folder / "hap1.fa").read_bytes()))
    if sampled:
        monkeypatch.setattr(input_files, "WHOLE_ANNOTATION_BYTES", 10)
    says = STRANGE
    if sampled:
        says = says.replace("2 of 3 rows lie on 2 sequences", "2 of its first 3 rows are on sequences")
    assert faults(folder, good(**change)) == [f"genome 1 (Aus bus), {where}: {says}"]


def test_few_strange_rows_are_a_note_and_rows_beyond_an_end_count(folder):
    (folder / "most.gff3").write_text(gff(("c1", 1, 9), ("c1", 20, 30), ("x1", 41, 49)))
    assert notes(folder, good(reference_annotation={"annotation": "most.gff3"})) == [
        like("genome 1 (Aus bus), reference_annotation: most.gff3: 1 of 3 rows … (x1; it has c1, c2); …")
    ]
    (folder / "long.gff3").write_text(gff(("c1", 1, 3001), ("c2", 20, 4000), ("c2", 1, 9), kind="intron"))
    assert faults(folder, good(hints="long.gff3")) == [
        like("genome 1 (Aus bus), hints: long.gff3: 2 of 3 rows … (c1, c2; c1 has 3000 bp); …")
    ]


def test_a_broken_row_is_told_with_its_line(folder):
    (folder / "broken.gff3").write_text(gff(("c1", 1, 9), ("c1", 30, 20)))
    assert faults(folder, good(annotation="broken.gff3", proteins=None)) == [
        like("genome 1 (Aus bus), annotation: broken.gff3, line 3: 30 to 20 …")
    ]


def test_of_two_haplotypes_the_first_by_name_is_annotated(folder):
    both = {"stage": "curated", "haplotypes": {"hap2": "hap2.fa", "hap1": "hap1.fa"}}
    assert faults(folder, good(assembly=both, annotation="genes.gff3", proteins=None)) == []
    (folder / "second.gff3").write_text(gff(("d1", 1, 9)))
    (fault,) = faults(folder, good(assembly=both, annotation="second.gff3", proteins=None))
    assert "(d1; it has c1, c2)" in fault


def test_names_of_very_large_assemblies_are_left_to_the_run(folder, monkeypatch):
    (folder / "strange.gff3").write_text(gff(("x1", 1, 9), kind="intron"))
    monkeypatch.setattr(input_files, "LARGEST_NAMED_BP", 100)
    assert faults(folder, good(hints="strange.gff3")) == []


# Options of a run


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"workflow": "assembly,anotation"}, "option --workflow: unknown workflow 'anotation'; did you mean "
         "annotation?"),
        ({"workflow": ""}, "option --workflow: unknown workflow ''; known are assembly, annotation, popgen, "
         "submission"),
        ({"steps": "noncodng"}, "option --steps: unknown step 'noncodng'; did you mean noncoding?"),
        ({"gene_finder": "braker"}, "option --gene_finder: 'braker' is not one of augustus, braker3, galba, "
         "none; did you mean braker3?"),
        ({"max_intron": 10}, "option --max_intron: 10 is less than 1000; correct it"),
        ({"augustus_candidates": "fly, human"}, "option --augustus_candidates: 'fly, human' cannot be used; "
         "list models with commas and without spaces"),
        ({"augustus_species": "fly;ls"}, "option --augustus_species: 'fly;ls' cannot be used; a model has "
         "letters, digits and . _ - only"),
        ({"rfam": "nowhere"}, "option --rfam: nowhere is not a folder; give one with Rfam.cm and "
         "Rfam.clanin"),
        ({"rfam": "data"}, "option --rfam: data has no Rfam.clanin; give one with Rfam.cm and Rfam.clanin"),
        ({"eggnog_data": "data"}, "option --eggnog_data: data has no eggnog.db; give the one that "
         "download_eggnog_data.py filled"),
        ({"busco_lineage": "hap1.fa"}, "option --busco_lineage: hap1.fa is not a folder; give a downloaded "
         "BUSCO lineage"),
        ({"omark_database": "hap1.fa", "omark_taxonomy": "taxa.sqlite"}, "option --omark_database: hap1.fa "
         "is not an OMAmer database (HDF5); give one such as LUCA.h5"),
        ({"omark_database": "pfam.hmm.gz", "omark_taxonomy": "taxa.sqlite"}, "option --omark_database: "
         "pfam.hmm.gz is gzip; unpack it with `gunzip` and give the plain file"),
        ({"omark_database": "families.h5", "omark_taxonomy": "hap1.fa"}, "option --omark_taxonomy: hap1.fa "
         "is not the NCBI taxonomy as ete3 makes it; give taxa.sqlite, written by "
         "`ete3.NCBITaxa(dbfile='taxa.sqlite', taxdump_file='taxdump.tar.gz')`"),
        ({"omark_database": "families.h5", "omark_taxonomy": "old.sqlite"}, "option --omark_taxonomy: "
         "old.sqlite is not the NCBI taxonomy as ete3 makes it; give taxa.sqlite, written by "
         "`ete3.NCBITaxa(dbfile='taxa.sqlite', taxdump_file='taxdump.tar.gz')`"),
        ({"omark_database": "families.h5"}, "option --omark_database: OMArk needs --omark_taxonomy as well; "
         "give both, or neither"),
        ({"omark_taxonomy": "taxa.sqlite"}, "option --omark_taxonomy: OMArk needs --omark_database as well; "
         "give both, or neither"),
        ({"function_proteins": "nowhere.fa"}, "option --function_proteins: file nowhere.fa does not exist; "
         "give an existing path (relative paths start at the folder where the run is started)"),
        ({"function_proteins": "hap1.fa"}, "option --function_proteins: hap1.fa holds nucleotides where "
         "proteins are expected; give proteins"),
        ({"pfam": "hap1.fa"}, "option --pfam: hap1.fa is not a file of HMMER 3 profiles; give Pfam-A.hmm"),
        ({"pfam": "pfam.hmm.gz"}, "option --pfam: pfam.hmm.gz is gzip; unpack it with `gunzip` and give the "
         "plain file"),
        ({"interproscan": "hap1.fa"}, "option --interproscan: hap1.fa is not an executable program; "
         "give interproscan.sh of an installation (`chmod +x` if it is yours)"),
        ({"interproscan": "a b.sh"}, None),
        ({"repeat_modeler": True}, "option --repeat_modeler: its families are used by RepeatMasker only; "
         "add --repeat_masker repeatmasker, or leave it out"),
    ],
)  # fmt: skip
def test_a_fault_of_an_option(folder, monkeypatch, given, says):
    (folder / "data").mkdir()
    (folder / "data/Rfam.cm").write_text("INFERNAL1/a")
    (folder / "pfam.hmm.gz").write_bytes(gzip.compress(b"HMMER3/f"))
    (folder / "families.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    for name, version in (("taxa.sqlite", 2), ("old.sqlite", 1)):
        with closing(sqlite3.connect(folder / name)) as taxa:
            taxa.executescript(f"CREATE TABLE stats (version INT); INSERT INTO stats VALUES ({version})")
    monkeypatch.chdir(folder)
    assert check_run(all_parameters({"omark_database": "families.h5", "omark_taxonomy": "taxa.sqlite"})) == []
    (fault,) = check_run(all_parameters({"outdir": "results", **given}))
    if says is None:
        assert fault.startswith("option --interproscan: the path")
        assert "holds a space, which breaks tools" in fault
    else:
        assert fault.replace(f"{folder}/", "") == says


def test_good_options_have_no_fault(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "rfam").mkdir()
    for name in ("rfam/Rfam.cm", "rfam/Rfam.clanin", "interproscan.sh", "set.dmnd"):
        (folder / name).write_text("x\n")
    (folder / "interproscan.sh").chmod(0o755)
    (folder / "pfam.hmm").write_text("HMMER3/f [3.3.2]\n")
    given = {"rfam": "rfam", "interproscan": "interproscan.sh", "pfam": "pfam.hmm", "workflow": "annotation"}
    for proteins in ("relative.faa", "set.dmnd"):
        assert check_run(all_parameters({**given, "function_proteins": proteins})) == []


def test_the_defaults_of_the_schema_are_good_and_complete(folder):
    schema = json.loads(PARAMETERS.read_text())
    referred = {entry["$ref"].rsplit("/", 1)[1] for entry in schema["allOf"]}
    assert referred == set(schema["$defs"])
    assert check_run(all_parameters({"outdir": str(folder)})) == []
    assert all_parameters({"steps": "reads"})["steps"] == "reads"


# Programs


def install(folder: Path, *programs: str) -> None:
    """Make a folder of stand-ins the whole PATH."""
    folder.mkdir(exist_ok=True)
    for program in programs:
        (folder / program).write_text("#!/bin/sh\n")
        (folder / program).chmod(0o755)


# What the default choices of an annotation without reads or proteins call.
PREPARED = (
    "seqkit", "windowmasker", "dustmasker", "tantan", "samtools", "bgzip", "bedtools", "gt", "barrnap",
    "aragorn", "multiqc",
)  # fmt: skip


@pytest.fixture
def annotated(tmp_path):
    """Makes a genome with an assembly of its own."""
    fasta = tmp_path / "a.fasta"
    fasta.write_text(">a\nACGT\n")
    assembly = {"stage": "curated", "haplotypes": {"primary": str(fasta)}, "maps": []}
    return lambda **facts: plan_data.genome("aAusBus1", assembly=assembly, hints=["x"], **facts)


def of_kind(kind):
    return [plan_data.reads(kind, 1, kind, paired=True)]


def test_programs_of_the_chosen_tools_must_be_there_and_no_others(tmp_path, monkeypatch, annotated):
    def lacking(record, **given):
        parameters = all_parameters({"workflow": "annotation", **given})
        return missing_programs(parameters, {"genomes": [annotated(**record)], "population": None})

    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    install(tmp_path / "bin", *PREPARED)
    it = "not found on this machine; install it (`linnaea doctor` shows how)"
    assert lacking({}, gene_finder="none") == []
    assert lacking({}) == [
        like(
            "option --gene_finder: … augustus and etraining … --gene_finder braker3 … --gene_finder galba … "
            "--gene_finder none"
        )
    ]
    assert lacking({"annotation": "genes.gff3", "proteins": of_kind("proteins")}) == []
    proteins = {"proteins": of_kind("proteins")}
    assert lacking(proteins, gene_finder="none") == [
        like("option --protein_aligner: miniprot … --protein_aligner spaln")
    ]
    assert lacking(proteins, gene_finder="none", protein_aligner="spaln") == [
        like("option --protein_aligner: spaln … --protein_aligner miniprot")
    ]
    assert lacking({"rnaseq": of_kind("rnaseq")}, gene_finder="none") == [
        like("option --workflow: annotation … fastp and stringtie …"),
        like("option --rna_aligner: … hisat2 and hisat2-build … --rna_aligner star"),
    ]
    assert lacking({"liftover": of_kind("liftover")}, gene_finder="none") == [
        f"option --workflow: annotation needs minimap2, {it}"
    ]
    assert lacking({}, gene_finder="none", trna_finder="trnascan") == [
        like("option --trna_finder: trnascan … tRNAscan-SE … --trna_finder aragorn")
    ]
    assert lacking({}, gene_finder="none", trna_finder="trnascan", steps="function,quality") == []
    assert lacking({}, gene_finder="none", pfam="pfam.hmm") == [like("option --pfam: … hmmsearch … --pfam …")]
    assert lacking({}, gene_finder="none", pfam="pfam.hmm", steps="noncoding") == []
    assert lacking({}, workflow="assembly", steps="reads") == []


def test_a_species_model_that_augustus_lacks(tmp_path, monkeypatch, annotated):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    install(tmp_path / "bin", *PREPARED, "augustus", "etraining")
    for name in ("generic", "fly", "human"):
        (tmp_path / "config/species" / name).mkdir(parents=True)
        (tmp_path / f"config/species/{name}/{name}_parameters.cfg").write_text("")
    monkeypatch.setenv("AUGUSTUS_CONFIG_PATH", str(tmp_path / "config"))

    def said(**given):
        parameters = all_parameters({"workflow": "annotation", **given})
        return missing_programs(parameters, {"genomes": [annotated()], "population": None})

    for species in ("auto", "train", "fly"):
        assert said(augustus_species=species) == []
    assert said(augustus_species="Flyy") == [
        "option --augustus_species: AUGUSTUS has no species model 'Flyy'; did you mean fly?"
    ]
    assert said(augustus_species="salmon") == [
        like("option --augustus_species: … 'salmon' … `augustus --species=help` …")
    ]
    assert said(augustus_candidates="fly,humn,auto") == [
        like("option --augustus_candidates: … 'humn' … human?"),
        like("option --augustus_candidates: … 'auto' … `augustus --species=help` …"),
    ]
    assert said(augustus_species="flyy", gene_finder="none") == []


def test_a_species_table_that_spaln_lacks(tmp_path, monkeypatch, annotated):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    install(tmp_path / "bin", *PREPARED, "spaln")
    (tmp_path / "tables/InsectDm").mkdir(parents=True)
    (tmp_path / "tables/gnm2tab").write_text("drosmela\tInsectDm\tDrosophila melanogaster\n")
    monkeypatch.setenv("ALN_TAB", str(tmp_path / "tables"))

    def said(table):
        given = {
            "workflow": "annotation",
            "gene_finder": "none",
            "protein_aligner": "spaln",
            "spaln_table": table,
        }
        checked = {"genomes": [annotated(proteins=of_kind("proteins"))], "population": None}
        return missing_programs(all_parameters(given), checked)

    assert said("InsectDm") == said("drosmela") == []
    assert said("InsectDn") == [like("option --spaln_table: … 'InsectDn' … InsectDm?")]


# The step


def test_the_step_prints_faults_of_options_and_input_together(folder, capsys):
    (folder / "genomes.yml").write_text(yaml.safe_dump(good(assembly=None)))
    parameters = {
        "input": str(folder / "genomes.yml"), "workflow": "annotation", "steps": "quality",
        "outdir": str(folder / "results"), "assembler": "hifiasm", "check_tools": False,
    }  # fmt: skip
    assert step.main(["--parameters", json.dumps({**parameters, "max_intron": 5, "snap": None})]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split(": ")[1] for line in printed.err.splitlines()] == [
        "option --max_intron",
        f"{folder}/genomes.yml, line 1, genome 1 (Aus bus)",
    ]
    (folder / "genomes.yml").write_text(yaml.safe_dump(good(hints="hints.gff")))
    assert step.main(["--parameters", json.dumps(parameters)]) == 0
    (record,) = json.loads(capsys.readouterr().out)["genomes"]
    assert record["hints"] == [str(folder / "hints.gff")]
