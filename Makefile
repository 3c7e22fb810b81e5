.PHONY: setup image demo demo-popgen check test test-all bench generated

# The tools that a Debian 12 or 13 machine lacks, .venv, and the Nextflow engine; nothing to do takes a second.
setup:
	@containers/setup.sh

# One image of all embedded tools, build/linnaea.tar.gz, for any container engine; again only when its lists changed.
image: setup
	@containers/image.sh

# Reads of the simulated species -> judged assembly -> judged genes -> package for ENA; ends with the path of the report.
demo: setup
	@. .venv/bin/activate && { [ -e demo/annotation.yml ] || linnaea simulate --out demo; } \
		&& nextflow run . -profile demo --workflow assembly,annotation,submission -resume \
		&& echo "The report: $$PWD/results/xxLinDemo1/report.html"

# Reads of simulated populations of that species -> genotypes -> statistics; ends with the path of the report.
demo-popgen: setup
	@. .venv/bin/activate && { [ -e demo/population/samples.csv ] || linnaea simulate --out demo --populations only; } \
		&& nextflow run . -profile demo --workflow popgen -resume \
		&& echo "The report: $$PWD/results/popgen/report.html"

# The quick part of the tests: nothing that starts the engine.
check:
	@containers/setup.sh test
	@. .venv/bin/activate && ruff check . && mypy && $(MAKE) --no-print-directory generated CHECK=--check \
		&& env -u PYTHONDONTWRITEBYTECODE pytest -q tests/unit -m "not slow and not nightly"

# The tests of each change, within an hour on two cores; test-all adds those of each night: GATK, the image, full disks, other settings.
test test-all:
	@containers/setup.sh test
	@. .venv/bin/activate && ruff check . && mypy && $(MAKE) --no-print-directory generated CHECK=--check \
		&& tests/run.sh $(if $(filter test-all,$@),all)

bench:
	@containers/setup.sh test
	@. .venv/bin/activate && python bench

# Files made from tables (containers/software.yml, conf/resources.yml, assets/outputs.tsv, the schema, the code); with CHECK=--check
# nothing is written, and one that is out of date is an error.
generated:
	@. .venv/bin/activate && for table in software resources outputs docs; do linnaea $$table $(CHECK) || exit 1; done
