"""Two real tables, shipped with nnlib as CSV files, to be read as a reader's own would be."""

from importlib import resources

TABLES = {"penguins": "penguins.csv", "breast_cancer": "breast_cancer.csv"}


def example_csv(name):
    """Return the path of a CSV file that comes with nnlib: "penguins" or "breast_cancer".

    Parameters
    ----------
    name : {"penguins", "breast_cancer"}
        344 penguins of three species :cite:p:`gorman2014`, with words and missing values; or 569 biopsies
        :cite:p:`street1993`, numbers only, malignant or not in the last column.

    Returns
    -------
    path
        For ``np.genfromtxt``, ``open``, or pandas.

    Raises
    ------
    ValueError
        If there is no table of that name.

    References
    ----------
    ``tables.md`` beside this file says where they come from, what was changed and under which licence.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlib import example_csv
    >>> np.genfromtxt(example_csv("breast_cancer"), delimiter=",", skip_header=1).shape
    (569, 11)
    """
    check_table(name)
    return resources.files(__package__).joinpath(TABLES[name])


def check_table(name):
    """Raise unless there is a table of that name."""
    if not isinstance(name, str) or name not in TABLES:
        raise ValueError(f"expected the name of a table, {' or '.join(map(repr, TABLES))}, got {name!r}")
