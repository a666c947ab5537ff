"""What a reference profile learns, by NumPy and SciPy: principal components and isotonic calibration.

    python3 reference.py > reference.json

Components as NannyML's DataReconstructionDriftCalculator makes them (frequency encoding, mean imputation,
standardisation, sklearn's rule for n_components = .65), from NumPy's symmetric eigenvalues alone.
"""
import json

import numpy as np
import scipy
from scipy.optimize import isotonic_regression

rng = np.random.default_rng(3)
n = 120
a = rng.normal(50, 10, n)
columns = {
    "a": a,
    "b": 2 * a + rng.normal(0, 8, n),
    "c": rng.exponential(3, n),
    "d": -a + rng.normal(0, 15, n),
    "e": rng.normal(0, 1, n),
}
for name, value in columns.items():
    columns[name] = np.round(value, 3)
missing = {"b": [3, 50], "e": [0, 7, 8]}
roofs = rng.choice(["flat", "hip", "gable"], n, p=[0.6, 0.3, 0.1])

encoded = []
for name, values in columns.items():
    values = values.copy()
    gone = missing.get(name, [])
    fill = np.delete(values, gone).mean()
    values[gone] = fill
    encoded.append(values)
shares = {roof: float((roofs == roof).mean()) for roof in ["flat", "hip", "gable"]}
encoded.append(np.array([shares[roof] for roof in roofs]))

x = np.stack(encoded, axis=1)
z = (x - x.mean(axis=0)) / x.std(axis=0)
values, vectors = np.linalg.eigh(z.T @ z / n)
values, vectors = values[::-1], vectors[:, ::-1]
keep = int(np.searchsorted(np.cumsum(values) / values.sum(), 0.65, side="right")) + 1
components = []
for k in range(keep):
    row = vectors[:, k]
    components.append((row * np.sign(row[np.argmax(np.abs(row))])).tolist())
w = np.array(components)
rest = z - z @ w.T @ w

rows = []
for i in range(n):
    row = {name: (None if i in missing.get(name, []) else float(v[i])) for name, v in columns.items()}
    row["roof"] = str(roofs[i])
    rows.append(row)

isotonic = []
for size in (1, 5, 12, 50):
    y = np.round(rng.uniform(0, 1, size) + np.linspace(0, 1, size), 3)
    weights = rng.integers(1, 30, size)
    fitted = isotonic_regression(y, weights=weights).x
    isotonic.append({"y": y.tolist(), "weights": weights.tolist(), "fitted": fitted.tolist()})

print(json.dumps({
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "rows": rows,
    "means": x.mean(axis=0).tolist(),
    "scales": x.std(axis=0).tolist(),
    "components": components,
    "errors": np.sqrt((rest**2).sum(axis=1)).tolist(),
    "isotonic": isotonic,
}))
