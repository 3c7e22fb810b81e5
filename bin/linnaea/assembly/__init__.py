"""Reads, k-mers, assemblies and their verdict."""
