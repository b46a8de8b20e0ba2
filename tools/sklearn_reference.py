"""Let scikit-learn solve the two tasks of chapter 21: python tools/sklearn_reference.py

Writes tests/sklearn_reference.npz, with which tests/test_tables.py compares nnlib's results and the chapter's; only
this script needs scikit-learn, and no reader does. Made with pip install scikit-learn==1.9.1. Also PyTorch's
BCEWithLogitsLoss on a few logits, where torch 2 is installed beside it; else those numbers stay as they are.
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "tests" / "sklearn_reference.npz"
LOGITS = [-1000.0, -40.0, -3.0, -0.5, 0.0, 1e-3, 2.0, 36.0, 800.0]


def penguins():
    """The measurements, the species as three columns, male or not; and the mass in grams."""
    rows = [line.split(",") for line in (ROOT / "nnlib" / "penguins.csv").read_text().splitlines()[1:]]
    rows = [row for row in rows if "NA" not in row]
    kinds = sorted({row[0] for row in rows})
    X = [[*map(float, row[2:5]), *(float(row[0] == kind) for kind in kinds), float(row[6] == "male")] for row in rows]
    return np.array(X), np.array([float(row[5]) for row in rows])


def biopsies():
    table = np.loadtxt(ROOT / "nnlib" / "breast_cancer.csv", delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


def split(X, y, share):
    """The chapter's split, standardized by the training part."""
    test, train = np.split(np.random.default_rng(0).permutation(len(X)), [len(X) // share])
    mean, std = X[train].mean(axis=0), X[train].std(axis=0)
    return (X[train] - mean) / std, y[train], (X[test] - mean) / std, y[test]


def by_sklearn():
    import sklearn
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.metrics import (
        accuracy_score,
        log_loss,
        mean_absolute_error,
        precision_score,
        recall_score,
        roc_auc_score,
        root_mean_squared_error,
    )
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    made = {"sklearn": sklearn.__version__}
    X, y, X_test, y_test = split(*penguins(), 5)
    mean, std = y.mean(), y.std()
    linear = LinearRegression().fit(X, y)
    made["line predicts"] = linear.predict(X_test)
    made["line"] = errors(made["line predicts"], y_test, root_mean_squared_error, mean_absolute_error)
    nets = [MLPRegressor(hidden_layer_sizes=(16,), max_iter=2000, random_state=seed).fit(X, (y - mean) / std)
            for seed in range(10)]
    made["net regressor"] = [errors(net.predict(X_test) * std + mean, y_test, root_mean_squared_error,
                                    mean_absolute_error) for net in nets]

    X, y, X_test, y_test = split(*biopsies(), 4)
    logistic = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10**6, solver="newton-cholesky").fit(X, y)
    p = logistic.predict_proba(X_test)[:, 1]
    made |= {"logistic w": logistic.coef_.T, "logistic b": logistic.intercept_, "logistic p": p,
             "logistic loss": [log_loss(y, logistic.predict_proba(X)), log_loss(y_test, p)],
             "logistic": [accuracy_score(y_test, p > 0.5), precision_score(y_test, p > 0.5),
                          recall_score(y_test, p > 0.5), roc_auc_score(y_test, p)]}
    nets = [MLPClassifier((8,), max_iter=5000, random_state=seed).fit(X, y) for seed in range(10)]
    made["net classifier"] = [[accuracy_score(y_test, net.predict(X_test)),
                               roc_auc_score(y_test, net.predict_proba(X_test)[:, 1])] for net in nets]
    return made


def errors(prediction, target, *measures):
    return [measure(target, prediction) for measure in measures]


def by_torch():
    import torch

    made = {"torch": torch.__version__, "logits": LOGITS}
    for label in 0, 1:
        z = torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True)
        losses = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.full_like(z, label), reduction="none")
        losses.sum().backward()
        made |= {f"loss of {label}": losses.detach().numpy(), f"gradient of {label}": z.grad.numpy()}
    return made


def main():
    arrays = dict(np.load(FILE)) if FILE.exists() else {}
    for part in by_sklearn, by_torch:
        try:
            arrays |= part()
        except ModuleNotFoundError as error:
            print(f"{part.__name__} left as it is: {error}", file=sys.stderr)
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes by scikit-learn {arrays['sklearn']}, PyTorch {arrays['torch']}")


if __name__ == "__main__":
    main()
