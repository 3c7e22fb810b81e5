"""What is made of results: a catalogue of 200 species, the provenance of a run of many tasks, encryption."""

import json
import os
import subprocess
import sys
from pathlib import Path

from timing import Limit, apart, at_most, below, compare, compare_functions

TESTS = Path(__file__).parents[1] / "tests"
# Times the CPU of reading the same files, and of crypt4gh alone.
CATALOGUE_TIMES, CRATE_TIMES, ENCRYPTION_TIMES = 2, 15, 1.2
# However large the file is.
ENCRYPTION_MB = 150
SPECIES, TASKS, SECRET_MB = 200, 8000, 300
LINNAEA = Path(sys.executable).with_name("linnaea")


def catalogue(folder: Path, runs: int) -> list[Limit]:
    """The site of many species beside parsing their records."""
    from results_folders import write_results

    from linnaea.publication.site import catalogue as write_site

    names = {f"ilSpeNum{i}": f"Species number{i:03}" for i in range(SPECIES)}
    results = write_results(folder / "results", names)

    def plain() -> None:
        for path in results.rglob("*"):
            if path.is_file():
                text = path.read_text()
                if path.suffix == ".json":
                    json.loads(text)

    functions = {
        "catalogue": lambda: write_site([str(results)], out=folder / "site"),
        "reading the results": plain,
    }
    measured = compare_functions(f"Catalogue of {SPECIES} species", functions, runs)
    return [at_most(CATALOGUE_TIMES, *measured.values(), *measured)]


def crate(folder: Path, runs: int) -> list[Limit]:
    """The provenance of a run of thousands of tasks beside splitting the rows of its trace."""
    from results_folders import write_results, write_trace

    from linnaea.base.tables import read_table
    from linnaea.run.crate import run_crate

    results = write_results(folder / "results", {"ilAusBus1": "Aus bus"})
    write_trace(results, {"CALL_REGION": TASKS})
    functions = {
        "crate": lambda: run_crate(results),
        "reading the trace": lambda: read_table(results / "pipeline_info/trace.tsv"),
    }
    measured = compare_functions(f"Provenance of a run of {TASKS:,} tasks", functions, runs)
    return [at_most(CRATE_TIMES, *measured.values(), *measured)]


def make_secret(folder: Path) -> None:
    """A key pair and a file to encrypt."""
    folder.mkdir()
    keygen = [str(LINNAEA.with_name("crypt4gh-keygen")), "--nocrypt"]
    keys = ["--sk", str(folder / "secret.key"), "--pk", str(folder / "public.key")]
    subprocess.run([*keygen, *keys], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "reads.fastq.gz").write_bytes(os.urandom(SECRET_MB * 1_000_000))


def encryption(folder: Path, runs: int) -> list[Limit]:
    """Encrypted files with their checksums beside crypt4gh, which writes none."""
    apart(make_secret, folder)
    data, public, encrypted = folder / "reads.fastq.gz", folder / "public.key", folder / "encrypted"
    ours = f"rm -rf {encrypted} && {LINNAEA} encrypt --files {data} --recipient {public} --out {encrypted}"
    keys = f"--sk {folder}/secret.key --recipient_pk {public}"
    alone = f"{LINNAEA.with_name('crypt4gh')} encrypt {keys} < {data} > {folder}/alone.c4gh"
    commands = {"linnaea encrypt": ["bash", "-c", ours], "crypt4gh": ["bash", "-c", alone]}
    measured = compare(f"Encryption of {SECRET_MB} MB", commands, runs)
    used, peer = measured["linnaea encrypt"], measured["crypt4gh"]
    return [
        at_most(ENCRYPTION_TIMES, used.wall, peer.wall, "linnaea encrypt", "crypt4gh", "wall"),
        below(ENCRYPTION_MB, used.mb, "linnaea encrypt"),
    ]


def limits(folder: Path, runs: int) -> list[Limit]:
    """All limits of what is made of results."""
    sys.path += [str(TESTS / "support")]
    return [
        *catalogue(folder / "catalogue", runs),
        *crate(folder / "crate", runs),
        *encryption(folder / "encryption", runs),
    ]
