#!/bin/sh
# Answers for galba.pl, which the test machine cannot install: its version, for runs with -stub-run.
echo "galba.pl version 1.0.11"
