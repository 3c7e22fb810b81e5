#!/usr/bin/env python3
"""Answers for eggNOG-mapper, which the test machine cannot install: its version, for runs with -stub-run."""

print("emapper-2.1.13")
