#!/usr/bin/env python3
import sys

from linnaea.annotation.snap_genes import export_training_genes, import_models
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(train=export_training_genes, models=import_models)

if __name__ == "__main__":
    sys.exit(run(main))
