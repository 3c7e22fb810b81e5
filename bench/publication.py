"""What is made of results: a catalogue of 200 species, the provenance of a run of many tasks, encryption."""

import json
import sys
from pathlib import Path

from timing import Limit, at_most, compare, compare_functions

TESTS = Path(__file__).parents[1] / "tests"
# Times the CPU of reading the same files, and of crypt4gh alone.
CATALOGUE_TIMES, CRATE_TIMES, ENCRYPTION_TIMES = 2, 15, 1.2
SPECIES, TASKS, SECRET_MB = 200, 8000, 300
LINNAEA = Path(sys.executable).with_name("linnaea")


def catalogue(folder: Path, runs: int) -> list[Limit]:
    """The site of many species beside parsing their records."""
    sys.path += [str(TESTS / "support")]
    from results_folders import write_results

    from linnaea.publication.site import catalogue as write_site

    names = {f"ilSpeNum{i}": f"Species number{i:03}" for i in range(SPECIES)}
    results = write_results(folder / "results", names)

    def plain() -> None:
        for path in results.rglob("*"):
            if path.is_file():
                (json.loads if path.suffix == ".json" else str)(path.read_text())

    site = folder / "site"
    functions = {
        "catalogue": lambda: write_site([str(results)], out=site),
        "reading the results": plain,
    }
    measured = compare_functions(f"Catalogue of {SPECIES} species", functions, runs)
    return [at_most(CATALOGUE_TIMES, *measured.values(), *measured)]


def crate(folder: Path, runs: int) -> list[Limit]:
    """The provenance of a run of thousands of tasks beside splitting the rows of its trace."""
    sys.path += [str(TESTS / "support")]
    from results_folders import write_results, write_trace

    from linnaea.base.tables import read_table
    from linnaea.run.crate import run_crate

    results = write_results(folder / "results", {"ilAusBus1": "Aus bus"})
    write_trace(results, {"CALL_REGION": TASKS, "SAMPLE_BAM": TASKS // 16})
    functions = {
        "crate": lambda: run_crate(results),
        "reading the trace": lambda: read_table(results / "pipeline_info/trace.tsv"),
    }
    measured = compare_functions(f"Provenance of a run of {TASKS:,} tasks", functions, runs)
    return [at_most(CRATE_TIMES, *measured.values(), *measured)]


def encryption(folder: Path, runs: int) -> list[Limit]:
    """Encrypted files with their checksums beside crypt4gh, which writes none."""
    import os
    import subprocess

    folder.mkdir()
    secret, public = folder / "secret.key", folder / "public.key"
    keys = [str(LINNAEA.with_name("crypt4gh-keygen")), "--sk", str(secret), "--pk", str(public), "--nocrypt"]
    subprocess.run(keys, check=True, stdout=subprocess.DEVNULL)
    data = folder / "reads.fastq.gz"
    data.write_bytes(os.urandom(SECRET_MB * 1_000_000))
    program = LINNAEA.with_name("crypt4gh")
    alone = f"{program} encrypt --sk {secret} --recipient_pk {public} < {data} > {folder}/alone.c4gh"
    commands = {
        "linnaea encrypt": [str(LINNAEA), "encrypt", "--files", str(data), "--recipient", str(public),
                            "--out", str(folder / "encrypted")],
        "crypt4gh": ["bash", "-c", alone],
    }  # fmt: skip
    measured = compare(f"Encryption of {SECRET_MB} MB", commands, runs)
    ours, peer = measured["linnaea encrypt"], measured["crypt4gh"]
    return [at_most(ENCRYPTION_TIMES, ours.wall, peer.wall, "linnaea encrypt", "crypt4gh", "wall")]


def limits(folder: Path, runs: int) -> list[Limit]:
    """All limits of what is made of results."""
    return [
        *catalogue(folder / "catalogue", runs),
        *crate(folder / "crate", runs),
        *encryption(folder / "encryption", runs),
    ]
