"""Make the two tables that come with nnlib: python tools/make_tables.py

Writes nnlib/penguins.csv and nnlib/breast_cancer.csv, from pip install palmerpenguins==0.1.6 scikit-learn==1.9.1;
nnlib/tables.md says what they are. No reader needs to run it.
"""

import csv
from importlib import resources
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "nnlib"
MEASURED = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points",
            "symmetry", "fractal_dimension"]


def main():
    penguins = resources.files("palmerpenguins.data").joinpath("penguins.csv").read_text(encoding="utf-8")
    write("penguins.csv", penguins.splitlines())
    cancer = resources.files("sklearn.datasets.data").joinpath("breast_cancer.csv").read_text(encoding="utf-8")
    _, *rows = csv.reader(cancer.splitlines())
    # The first ten of thirty columns; the class turned round, so that 1 is what one looks for.
    write("breast_cancer.csv", [",".join([*MEASURED, "malignant"]),
                                *(",".join([*row[:10], str(1 - int(row[30]))]) for row in rows)])


def write(name, lines):
    (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    print(f"{name}: {(FOLDER / name).stat().st_size:,} bytes, {len(lines) - 1} rows")


if __name__ == "__main__":
    main()
