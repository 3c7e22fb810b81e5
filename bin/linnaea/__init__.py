"""Linnaea: quality control, verdicts and reports behind the Nextflow workflows."""

__version__ = "0.1.0"
