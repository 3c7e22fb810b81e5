"""Keys, qualifiers and values that INSDC has, as ENA's validator reads them.

https://www.insdc.org/submitting-standards/feature-table/
"""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON = _words(
    "allele citation db_xref experiment function gene gene_synonym inference locus_tag map note "
    "old_locus_tag partial standard_name"
)
_NO_FUNCTION = _COMMON - {"function"}
_PSEUDO = frozenset(("pseudo", "pseudogene", "product"))


def _with(words: str, base: frozenset[str] = _COMMON) -> frozenset[str]:
    return base | _words(words)


_SIGNAL = _NO_FUNCTION - {"standard_name"}
_SEGMENT = _NO_FUNCTION | _PSEUDO
_BARE = frozenset(("citation", "db_xref", "experiment", "inference", "note", "standard_name"))
# Qualifiers that a feature may have, by its key.
ALLOWED: dict[str, frozenset[str]] = {
    "gene": _with("operon phenotype trans_splicing", _COMMON | _PSEUDO),
    "CDS": _with(
        "EC_number artificial_location circular_RNA codon_start exception number operon protein_id "
        "ribosomal_slippage trans_splicing transl_except transl_table translation",
        _COMMON | _PSEUDO,
    ),
    "mRNA": _with("artificial_location circular_RNA operon trans_splicing", _COMMON | _PSEUDO),
    "tRNA": _with("anticodon operon trans_splicing", _COMMON | _PSEUDO),
    "rRNA": _with("circular_RNA operon", _COMMON | _PSEUDO),
    "ncRNA": _with("ncRNA_class operon trans_splicing", _COMMON | _PSEUDO),
    "tmRNA": _with("tag_peptide", _COMMON - {"partial"} | _PSEUDO),
    "misc_RNA": _with("operon trans_splicing", _COMMON | _PSEUDO),
    "precursor_RNA": _with("operon product trans_splicing"),
    "prim_transcript": _with("operon"),
    "exon": _with("EC_number number trans_splicing", _COMMON | _PSEUDO),
    "intron": _with("number pseudo pseudogene trans_splicing"),
    "5'UTR": _with("trans_splicing"),
    "3'UTR": _with("trans_splicing"),
    "mat_peptide": _with("EC_number", _COMMON | _PSEUDO),
    "propeptide": _COMMON - {"partial"} | _PSEUDO,
    "sig_peptide": _COMMON | _PSEUDO,
    "transit_peptide": _COMMON | _PSEUDO,
    "operon": _words(
        "allele citation db_xref experiment function inference map note standard_name operon phenotype "
        "pseudo pseudogene"
    ),
    "repeat_region": _with("rpt_family rpt_type rpt_unit_range rpt_unit_seq satellite"),
    "mobile_element": _with("mobile_element_type rpt_family rpt_type"),
    "LTR": _COMMON,
    "iDNA": _with("number"),
    "telomere": _BARE | {"rpt_type", "rpt_unit_range", "rpt_unit_seq"},
    "centromere": _BARE,
    "gap": frozenset(("estimated_length", "experiment", "inference", "map", "note")),
    "assembly_gap": frozenset(("estimated_length", "gap_type", "linkage_evidence")),
    "regulatory": _with("bound_moiety operon phenotype pseudo pseudogene regulatory_class"),
    "promoter": _with("bound_moiety operon phenotype pseudo pseudogene"),
    "terminator": _with("operon", _NO_FUNCTION),
    "attenuator": _with("operon phenotype", _SIGNAL),
    "enhancer": _with("bound_moiety", _NO_FUNCTION),
    "RBS": _COMMON,
    "-10_signal": _with("operon", _NO_FUNCTION),
    "-35_signal": _with("operon", _NO_FUNCTION),
    "CAAT_signal": _SIGNAL,
    "GC_signal": _SIGNAL,
    "TATA_signal": _SIGNAL,
    "polyA_signal": _SIGNAL,
    "polyA_site": _SIGNAL - {"partial"},
    "D-loop": _SIGNAL,
    "rep_origin": _with("direction"),
    "oriT": _with(
        "bound_moiety direction rpt_family rpt_type rpt_unit_range rpt_unit_seq", _NO_FUNCTION - {"partial"}
    ),
    "stem_loop": _with("operon"),
    "protein_bind": _with("bound_moiety operon"),
    "primer_bind": _with("PCR_conditions", _NO_FUNCTION),
    "misc_binding": _with("bound_moiety", _COMMON - {"standard_name"}),
    "misc_difference": _with("clone compare phenotype replace", _NO_FUNCTION),
    "misc_feature": _with("number phenotype", _COMMON | _PSEUDO),
    "misc_recomb": _with("recombination_class", _NO_FUNCTION),
    "misc_signal": _with("operon phenotype"),
    "misc_structure": _COMMON,
    "modified_base": _with("frequency mod_base", _SIGNAL - {"partial"}),
    "old_sequence": _with("compare replace", _SIGNAL),
    "unsure": _with("compare replace", _SIGNAL - {"partial"}),
    "variation": _with("compare frequency phenotype product replace", _NO_FUNCTION),
    "STS": _NO_FUNCTION,
    **dict.fromkeys(
        ("C_region", "D_segment", "J_segment", "N_region", "S_region", "V_region", "V_segment"), _SEGMENT
    ),
    "source": _words(
        "PCR_primers altitude bio_material cell_line cell_type chromosome citation clone clone_lib "
        "collected_by collection_date country cultivar culture_collection db_xref dev_stage ecotype "
        "environmental_sample focus geo_loc_name germline haplogroup haplotype host identified_by isolate "
        "isolation_source lab_host lat_lon macronuclear map mating_type metagenome_source mol_type note "
        "organelle organism plasmid pop_variant proviral rearranged segment serotype serovar sex "
        "specimen_voucher strain sub_clone sub_species sub_strain submitter_seqid tissue_lib tissue_type "
        "transgenic type_material variety"
    ),
}
QUALIFIERS = frozenset().union(*ALLOWED.values()) | {"GO_term", "func_characterised"}
MANDATORY = {
    "assembly_gap": ("gap_type", "estimated_length"),
    "gap": ("estimated_length",),
    "mobile_element": ("mobile_element_type",),
    "ncRNA": ("ncRNA_class",),
    "regulatory": ("regulatory_class",),
    "modified_base": ("mod_base",),
    "operon": ("operon",),
    "protein_bind": ("bound_moiety",),
    "misc_binding": ("bound_moiety",),
    "source": ("organism",),
}


def _lower(*values: str) -> frozenset[str]:
    return frozenset(value.lower() for value in values)


# Values that qualifiers may have, case ignored; of a mobile element what stands before the colon.
VALUES = {
    "ncRNA_class": _lower(
        "other",
        "ribozyme",
        "snoRNA",
        "snRNA",
        "SRP_RNA",
        "antisense_RNA",
        "autocatalytically_spliced_intron",
        "hammerhead_ribozyme",
        "RNase_P_RNA",
        "RNase_MRP_RNA",
        "telomerase_RNA",
        "guide_RNA",
        "rasiRNA",
        "vault_RNA",
        "piRNA",
        "miRNA",
        "siRNA",
        "scRNA",
        "lncRNA",
        "pre_miRNA",
        "sgRNA",
        "scaRNA",
        "Y_RNA",
        "circRNA",
    ),
    "rpt_type": _lower(
        "tandem",
        "inverted",
        "flanking",
        "terminal",
        "direct",
        "dispersed",
        "other",
        "nested",
        "long_terminal_repeat",
        "non_ltr_retrotransposon_polymeric_tract",
        "centromeric_repeat",
        "telomeric_repeat",
        "x_element_combinatorial_repeat",
        "y_prime_element",
    ),
    "mobile_element_type": _lower(
        "LINE",
        "MITE",
        "SINE",
        "insertion sequence",
        "integron",
        "non-LTR retrotransposon",
        "other",
        "retrotransposon",
        "transposon",
    ),
    "pseudogene": _lower("processed", "unprocessed", "unitary", "allelic", "unknown"),
    "gap_type": _lower(
        "within scaffold",
        "between scaffolds",
        "telomere",
        "centromere",
        "short arm",
        "heterochromatin",
        "repeat within scaffold",
        "repeat between scaffolds",
        "contamination",
        "unknown",
    ),
    "linkage_evidence": _lower(
        "paired-ends",
        "align genus",
        "align xgenus",
        "align trnscpt",
        "within clone",
        "clone contig",
        "map",
        "proximity ligation",
        "strobe",
        "pcr",
        "unspecified",
    ),
    # The validator spells the second value so, and refuses it as INSDC spells it.
    "artificial_location": _lower("low-quality sequence region", "heterogenous population sequenced"),
    "exception": _lower(
        "RNA editing",
        "reasons given in citation",
        "rearrangement required for product",
        "annotated by transcript or proteomic data",
    ),
}
LINKED = _lower("within scaffold", "repeat within scaffold", "contamination")
PATTERNS = {
    "EC_number": re.compile(r"(\d{0,3}-?\.){3}n?\d{0,3}-?"),
    "estimated_length": re.compile(r"unknown|\d+"),
    "codon_start": re.compile("[123]"),
    "transl_table": re.compile(r"\d+"),
    "number": re.compile("[A-Za-z0-9]+"),
    "old_locus_tag": re.compile(r"\S+"),
    "anticodon": re.compile(r"\(pos:.*,\s*aa:[^\s,]+(,\s*seq:\s*[a-zA-Z]+)?\)"),
    "transl_except": re.compile(r"\(pos:.*,\s*aa:[^\s,]+\)"),
}
PROTEIN_ID = re.compile(r"[A-Z]{3}(\d{5}|\d{7})\.\d+")
EC_IN_TEXT = re.compile(r"\bEC[ :=]?\d+(\.(\d+|-)){3}")
# Keys at whose place another feature of the key may stand.
MAY_REPEAT = frozenset(("CDS", "source"))
