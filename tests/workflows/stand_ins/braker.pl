#!/bin/sh
# Answers for braker.pl, which the test machine cannot install: its version, for runs with -stub-run.
echo "braker.pl version 3.0.8"
