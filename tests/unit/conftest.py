import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "bin"))

# Files whose tests fit models, draw pages or start the engine: left out by `make check`.
SLOW = {
    "test_bundle", "test_failure", "test_gene_prediction", "test_gene_training", "test_genome_profile",
    "test_population_effective_size", "test_population_likelihoods", "test_population_roh", "test_report",
    "test_report_annotation", "test_report_population", "test_setup", "test_simulate",
    "test_simulate_population", "test_software", "test_strict_syntax",
}  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in SLOW:
            item.add_marker("slow")
