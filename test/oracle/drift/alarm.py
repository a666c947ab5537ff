"""What SciPy says of the alarm's parts, each by another way than the one under test. Writes alarm.json.

design_effects: one-way analysis of variance of 16 groups of zeros and ones, the mean square between
  groups over the variance p (1 - p). With equal groups that is the design effect of a rate.
needed: the least non-centrality at which an F test has a power of 80 %, from the non-central F
  distribution itself.
rates: one-sided p-values of a rate that went up: hypergeometric for counts divided by the design effect,
  Student's t for the difference over its standard error. The larger, times two tests.
"""
import json
import math
import pathlib

import numpy as np
import scipy
from scipy import optimize, stats

rng = np.random.default_rng(20261125)


def design_effect(size, hits):
    groups = [np.r_[np.ones(h), np.zeros(size - h)] for h in hits]
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (16 * size - 16)
    p = np.concatenate(groups).mean()
    between = stats.f_oneway(*groups).statistic * within
    return {"size": size, "hits": [int(h) for h in hits], "deff": float(between / (p * (1 - p)))}


def needed(d, df, alpha):
    critical = stats.f.isf(alpha, d, df)
    root = optimize.brentq(lambda x: stats.ncf.sf(critical, d, df, x) - 0.8, 1, 500)
    return {"dimensions": d, "df": df, "alpha": alpha, "noncentrality": float(root)}


def rate(hits, n, reference_hits, m, deff, df):
    a, b = math.floor(hits / deff), round(n / deff)
    exact = stats.hypergeom.sf(a - 1, b + m, a + reference_hits, b)
    p, q = hits / n, reference_hits / m
    spread = math.sqrt(deff * p * (1 - p) / n + q * (1 - q) / m)
    t = stats.t.sf((p - q) / spread, df)
    about = {"hits": hits, "n": n, "reference_hits": reference_hits, "m": m, "deff": deff, "df": df}
    return {**about, "exact": float(exact), "t": float(t), "p": float(min(1, 2 * max(exact, t)))}


out = {
    "scipy": scipy.__version__,
    "design_effects": [
        design_effect(40, rng.binomial(40, 0.2, 16)),
        design_effect(40, rng.binomial(40, rng.beta(1, 4, 16))),
        design_effect(10, [9] * 3 + [1] * 13),
    ],
    "needed": [needed(d, df, 0.005 / 60) for d in (1, 2, 4) for df in (15, 30)]
    + [needed(4, 30, 0.01), needed(4, 30, 0.05)],
    "rates": [
        rate(60, 1600, 1000, 100_000, 1, 30),
        rate(60, 1600, 1000, 100_000, 2.5, 30),
        rate(30, 1600, 50, 100_000, 5, 15),
        rate(900, 16_000, 5000, 100_000, 1.5, 30),
    ],
}
path = pathlib.Path(__file__).with_name("alarm.json")
path.write_text(json.dumps(out) + "\n")
