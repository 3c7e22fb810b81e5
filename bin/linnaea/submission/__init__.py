"""Packages for archives: annotated genomes as ENA and NCBI take them, and checks before they see a file."""
