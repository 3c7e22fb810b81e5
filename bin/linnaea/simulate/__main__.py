import argparse
import sys

from linnaea.base.errors import run as run_step
from linnaea.simulate import __doc__ as description
from linnaea.simulate import add_arguments, run

parser = argparse.ArgumentParser(prog="linnaea simulate", description=description)
add_arguments(parser)
sys.exit(run_step(lambda: run(parser.parse_args())))
