"""The genetic code of a sequence: that of the nucleus, or of the mitochondrion where its name says so."""

import re

# As Ensembl, UCSC and ENA name it, and as it is joined to a nuclear assembly: MT, chrM, MIT, xxSpec1_mito.
_MITOCHONDRION = re.compile(r"(?i)(chr)?(m|mt)|(.*[._-])?(mt|mit|mito|mtdna|mitochondri(on|a|al))")


def is_mitochondrion(sequence: str) -> bool:
    """Whether the name of a sequence is that of a mitochondrion."""
    return _MITOCHONDRION.fullmatch(sequence) is not None


def code_of(sequence: str, nuclear: int = 1, mitochondrial: int | None = None) -> int:
    """NCBI number of the code of a sequence; without a mitochondrial one all are read by the nuclear one."""
    return mitochondrial if mitochondrial and is_mitochondrion(sequence) else nuclear
