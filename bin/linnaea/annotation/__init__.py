"""Repeats, evidence, genes, their functions and their verdict."""
