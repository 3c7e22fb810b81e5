#!/bin/sh
# Answers for interproscan.sh, which the test machine cannot install: its version, for runs with -stub-run.
echo "InterProScan version 5.77-108.0"
