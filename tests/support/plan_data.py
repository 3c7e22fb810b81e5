"""Checked inputs for tests of plans, without files."""

from linnaea.input.options import all_parameters

KINDS = ("hifi", "ont", "hic", "illumina", "rnaseq", "isoseq", "proteins", "repeats", "hints", "liftover")


def genome(name, **facts):
    """A genome as the check of the input returns it."""
    record = {
        "id": name, "name": name, "ploidy": 2, "sex": None, "genome_size_bp": None, "assembly": None,
        "annotation": None,
        "reference_annotation": None, "genetic_code": None,
    }  # fmt: skip
    return {**record, **{kind: [] for kind in KINDS}, **facts}


def reads(name, mb, kind="hifi", **facts):
    """A library of `mb` MB."""
    return {
        "library": name,
        "type": kind,
        "format": "fastq",
        "bytes": round(mb * 1e6),
        "coverage": None,
        **facts,
    }


def population(count, mb, reference_mb=300, historical=0):
    """Samples of one library of `mb` MB each, the first ones historical."""
    samples = [
        {
            "sample": f"s{number}", "age_class": "historical" if number < historical else "modern",
            "outgroup": False, "bams": [], "gvcf": None, "sex": None, "group": "all",
            "libraries": [
                {
                    "library": f"s{number}", "bytes": round(mb * 1e6),
                    "lanes": [{"lane": "L1", "fastq_1": "a", "fastq_2": "b", "interleaved": False}],
                }
            ],
        }
        for number in range(count)
    ]  # fmt: skip
    lengths = {f"chr{number}": round(reference_mb * 1e6 / 10) for number in range(10)}
    return {
        "samples": samples, "reference": "x.fasta", "lengths": lengths, "vcfs": [], "vcf_kind": None,
        "gff": "x.gff", "load": True, "absent_programs": [],
    }  # fmt: skip


def parameters(**given):
    """Parameters of a run."""
    return all_parameters(given)
