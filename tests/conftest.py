"""Puts this folder on the path of all tests: pytest adds the folder of a conftest."""
