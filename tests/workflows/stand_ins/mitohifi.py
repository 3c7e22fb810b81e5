#!/usr/bin/env python3
"""Stands in for MitoHiFi 3.2.3, which is published as an image only: finds none, in its words."""

import sys
from pathlib import Path

if sys.argv[1:] == ["--version"]:
    sys.exit("MitoHiFi 3.2.3")
Path("mitohifi_arguments.txt").write_text(" ".join(sys.argv[1:]))
given = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
if not Path(given["-g"]).read_text().startswith("LOCUS") or not Path(given["-f"]).read_text().startswith(">"):
    sys.exit("the relative is not FASTA and GenBank")
if not Path(given["-r"]).exists():
    sys.exit("no reads")
sys.exit("You need to run further scripts to check if you have mito reads pulled to a large NUMT")
