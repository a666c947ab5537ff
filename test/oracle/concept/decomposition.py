"""Accuracy and residuals, and what their change is made of, on raw rows -> decomposition.json.

    python3 decomposition.py > decomposition.json     # NumPy 2.4.6, SciPy 1.17.1

Only the rows' bins and counts are handed to the code under test. Here everything is computed from the
rows themselves, by the textbook: isotonic regression by SciPy, the delete-a-group jackknife by leaving
rows out, Student's t by SciPy.
"""
import json

import numpy as np
from scipy import stats
from scipy.optimize import isotonic_regression

GROUPS = 16


def jackknife(figure, group):
    ids = np.unique(group)
    without = np.array([figure(group != g) for g in ids])
    g = len(ids)
    return figure(np.ones(len(group), bool)), (g - 1) / g * ((without - without.mean()) ** 2).sum(), g


def part(value, variance, groups):
    se = float(np.sqrt(variance))
    return {"value": float(value), "standardError": se, "p": float(2 * stats.t.sf(abs(value) / se, groups - 1))}


def parts(y_ref, k_ref, y, k, group, strata_mean, strata_variance, overall):
    """y figures, k strata; the two parts of mean(y) - overall."""
    expected = strata_mean[k]
    est, est_var, groups = jackknife(lambda m: expected[m].mean(), group)
    res, res_var, _ = jackknife(lambda m: (y[m] - expected[m]).mean(), group)
    m_k = np.bincount(k_ref, minlength=len(strata_mean)).astype(float)
    share = np.bincount(k, minlength=len(strata_mean)) / len(k)
    usual = m_k / m_k.sum()
    has = m_k > 0
    known = np.where(has, strata_variance / np.where(has, m_k, 1), 0)
    concept = (share**2 * known).sum()
    mix = ((share - usual) ** 2 * known).sum() + (usual * (strata_mean - overall) ** 2).sum() / m_k.sum()
    return {
        "labels": len(y),
        "groups": int(groups),
        "reference": float(overall),
        "estimated": float(est),
        "realised": float(y.mean()),
        "inputShift": part(est - overall, est_var + mix, groups),
        "conceptShift": part(res, res_var + concept, groups),
    }


def classification(seed, confidences, truth_shift, n, labelled):
    rng = np.random.default_rng(seed)
    curve = lambda c: np.clip(c - 0.1 * (1 - c), 0, 1)
    # reference
    c_ref = rng.beta(6, 2, 5000)
    right_ref = (rng.random(5000) < curve(c_ref)).astype(int)
    bin_ref = np.minimum((c_ref * 50).astype(int), 49)
    n_b = np.bincount(bin_ref, minlength=50)
    acc = np.divide(np.bincount(bin_ref, right_ref, 50), n_b, where=n_b > 0, out=np.zeros(50))
    fitted = isotonic_regression(acc[n_b > 0], weights=n_b[n_b > 0]).x
    # An empty bin takes the value of the bin before it, or of the first one.
    calibration, at = [], 0
    for b in range(50):
        calibration.append(float(fitted[at]) if n_b[b] else (calibration[-1] if calibration else float(fitted[0])))
        at += bool(n_b[b])
    calibration = np.round(np.array(calibration), 12)
    # now: predictions of clustered devices
    group = rng.integers(0, GROUPS, n)
    c = rng.beta(*confidences, n)
    b = np.minimum((c * 50).astype(int), 49)
    right = (rng.random(n) < np.clip(curve(c) + truth_shift + 0.03 * rng.normal(size=GROUPS)[group], 0, 1)).astype(int)
    told = rng.random(n) < labelled
    values, block = np.unique(calibration, return_inverse=True)
    m_k = np.bincount(block[bin_ref], minlength=len(values))
    jeffreys = (values * m_k + 0.5) / (m_k + 1)
    out = parts(right_ref, block[bin_ref], right[told], block[b[told]], group[told], values,
                jeffreys * (1 - jeffreys), right_ref.mean())
    estimate, variance, _ = jackknife(lambda m: calibration[b[m]].mean(), group)
    share = np.bincount(block[b], minlength=len(values)) / n
    variance += (share**2 * jeffreys * (1 - jeffreys) / np.maximum(m_k, 1))[m_k > 0].sum()
    table = lambda bins, hits: np.stack([np.bincount(bins[hits == 0], minlength=50), np.bincount(bins[hits == 1], minlength=50)], 1).ravel().tolist()
    return {
        "reference": {"reliability": table(bin_ref, right_ref), "calibration": calibration.tolist()},
        "confidence": [np.bincount(b[group == g], minlength=50).tolist() for g in range(GROUPS)],
        "reliability": [table(b[told & (group == g)], right[told & (group == g)]) for g in range(GROUPS)],
        "expected": {**out, "all": {"n": n, "accuracy": float(estimate), "standardError": float(np.sqrt(variance))}},
    }


def regression(seed, values, factor, n):
    """Prices whose residuals are a share of them, in bands of the predicted value."""
    rng = np.random.default_rng(seed)
    v_ref = np.exp(rng.normal(12, 0.4, 3000))
    e_ref = v_ref * rng.normal(0, 0.12, 3000)
    edges = np.quantile(v_ref, np.arange(1, 8) / 8)
    k_ref = np.searchsorted(edges, v_ref)
    group = rng.integers(0, GROUPS, n)
    v = np.exp(rng.normal(values, 0.4, n))
    e = factor * v * (1 + rng.normal(0, 0.12, n) + 0.01 * rng.normal(size=GROUPS)[group]) - v
    k = np.searchsorted(edges, v)
    out = {}
    for name, f in (("size", np.abs), ("bias", lambda x: x)):
        mean = np.array([f(e_ref[k_ref == b]).mean() for b in range(8)])
        var = np.array([f(e_ref[k_ref == b]).var(ddof=1) for b in range(8)])
        out[name] = parts(f(e_ref), k_ref, f(e), k, group, mean, var, f(e_ref).mean())
    sigma = float(np.sqrt(np.mean([(e_ref[i] - e_ref[k_ref == k_ref[i]].mean()) ** 2 for i in range(len(e_ref))])))
    rows = lambda *columns: [[float(f"{x:.6g}") if isinstance(x, float) else int(x) for x in row] for row in zip(*(c.tolist() for c in columns))]
    return {
        "edges": edges.tolist(),
        "reference": rows(v_ref, e_ref),
        "rows": rows(v, e, group),
        "expected": {**out, "referenceSigma": sigma},
    }


print(json.dumps({
    "classification": {
        "as the reference": classification(1, (6, 2), 0, 4000, 1),
        "harder inputs": classification(2, (4, 3), 0, 4000, 1),
        "another concept": classification(3, (6, 2), -0.12, 4000, 0.5),
        "both, few labels": classification(4, (4, 3), -0.12, 4000, 0.1),
    },
    "regression": {
        "as the reference": regression(5, 12, 1, 1500),
        "prices up 20 %": regression(6, 12, 1.2, 1500),
        "larger houses": regression(7, 12.3, 1, 1500),
    },
}, separators=(",", ":")))
