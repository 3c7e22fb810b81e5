import os
import subprocess
from pathlib import Path

import pytest
from launches import Launch

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def reads(tmp_path_factory):
    """genomes.yml of a genome of 300 kb with HiFi reads only."""
    folder = tmp_path_factory.mktemp("species")
    subprocess.run(
        ["linnaea", "simulate", "--out", folder / "sim", "--size", "300000",
         "--chromosomes", "1", "--hifi-coverage", "12", "--hic-coverage", "0", "--rnaseq-pairs", "0",
         "--no-proteins", "--mitochondrion-coverage", "0", "--contaminant-coverage", "0",
         "--symbiont-coverage", "0", "--dropouts", "0"],
        check=True,
    )  # fmt: skip
    return folder / "sim" / "genomes.yml"


@pytest.fixture(scope="session")
def undisturbed(reads, tmp_path_factory):
    """A run on this machine in which nothing went wrong."""
    launch = Launch(tmp_path_factory.mktemp("undisturbed") / "run", reads)
    code, said = launch.run()
    assert code == 0, said
    return launch


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """Folder of a private Slurm of two nodes that enforces memory."""
    folder = tmp_path_factory.mktemp("slurm")
    script = HERE / "slurm.sh"
    sizes = {"NODE_CPUS": "2", "NODE_MB": "6000", "CGROUP": "1"}
    try:
        subprocess.run([script, "start", folder, "2"], env=os.environ | sizes, check=True)
        yield folder
    finally:
        subprocess.run([script, "stop", folder], check=True)


@pytest.fixture
def launch(tmp_path, reads):
    """A launch directory for runs on this machine."""
    return Launch(tmp_path / "run", reads)
