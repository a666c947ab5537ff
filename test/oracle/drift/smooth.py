"""Orthonormal polynomials and Neyman's smooth test on binned counts, with NumPy and SciPy alone.

The polynomials come from a QR decomposition of the Vandermonde matrix of the bins' mid-ranks, weighted
by the roots of the reference's masses: another way than the one under test. Writes smooth.json.
"""
import json
import pathlib

import numpy as np
from scipy import stats

rng = np.random.default_rng(20261124)


def case(masses, current, m):
    p = np.asarray(masses, float) / np.sum(masses)
    u = np.cumsum(p) - p / 2
    w = np.sqrt(p)
    q, r = np.linalg.qr(np.vander(u, 5, increasing=True) * w[:, None])
    rows = (q * np.sign(np.diag(r)) / w[:, None]).T[1:]
    n = np.sum(current)
    c = rows @ (np.asarray(current) / n)
    statistic = float(np.sum(c**2) / (1 / n + 1 / m))
    return {
        "masses": [float(x) for x in masses],
        "current": [int(x) for x in current],
        "rows": rows.tolist(),
        "components": c.tolist(),
        "statistic": statistic,
        "p_f30": float(stats.f.sf(statistic / 4, 4, 30)),
    }


equal = np.full(20, 500)
uneven = rng.integers(1, 4000, 15)
cases = [
    case(equal, rng.multinomial(1000, equal / equal.sum()), equal.sum()),
    case(equal, rng.multinomial(1000, np.linspace(1, 2, 20) / np.linspace(1, 2, 20).sum()), equal.sum()),
    case(uneven, rng.multinomial(300, uneven / uneven.sum()), uneven.sum()),
    case([5, 1, 1, 1, 2], [3, 4, 1, 0, 9], 10),
]
path = pathlib.Path(__file__).with_name("smooth.json")
path.write_text(json.dumps({"numpy": np.__version__, "cases": cases}) + "\n")
