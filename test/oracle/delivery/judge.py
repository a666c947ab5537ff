"""Further cases of the judge's statistics -> judge.json.

    python3 judge.py > judge.json        # Python 3.11, NumPy 2.4.6, SciPy 1.17.1, mpmath 1.3.0

By other ways than the ones under test: mixtures are integrated numerically over their priors, in 40
digits; grids are products over single events; moments are SciPy's hypergeometric; the e-process of
categories is walked through event by event.
"""
import json
import sys

import mpmath as mp
import numpy as np
from scipy import stats

mp.mp.dps = 40
rng = np.random.default_rng(20261125)


def logsum(values):
    most = max(values)
    return most + mp.log(sum(mp.exp(v - most) for v in values))


def binomial_mixture(x, n, p, c, side):
    """ln of the integral over q of the likelihood ratio of q against p, by the beta prior cut to one side.

    Over the logit of q, where the prior has no poles.
    """
    a, b, p = mp.mpf(c) * mp.mpf(p), mp.mpf(c) * (1 - mp.mpf(p)), mp.mpf(p)

    def logit(q):
        return mp.log(q / (1 - q))

    def log_power(k, l, u):
        """ln q^k (1 - q)^l at logit u, without the cancellation of 1 - q."""
        return -k * mp.log1p(mp.exp(-u)) - l * mp.log1p(mp.exp(u))

    def integral(k, l):
        """ln of the integral of q^(k-1) (1-q)^(l-1) over the side."""
        centre, width = logit(k / (k + l)), mp.sqrt(1 / k + 1 / l)
        ends = [-100 / k - 30 * width + min(centre, 0), 100 / l + 30 * width + max(centre, 0)]
        low = logit(p) if side == "above" else ends[0]
        high = logit(p) if side == "below" else ends[1]
        inside = [centre + j * width / 2 for j in range(-24, 25)] + [mp.mpf(0)]
        far = [end + (centre - end) * mp.mpf(2) ** -j for end in ends for j in range(6)]
        points = sorted({mp.mpf(u) for u in [low, high, *inside, *far] if low <= u <= high})
        peak = min(max(centre, low), high)
        shift = log_power(k, l, peak)
        return shift + mp.log(mp.quad(lambda u: mp.exp(log_power(k, l, u) - shift), points))

    return integral(a + x, b + n - x) - integral(a, b) - x * mp.log(p) - (n - x) * mp.log(1 - p)


def ratio_mixture(strata, ratios, null):
    """Equal weights over rate ratios; of each stratum its share and events."""
    bets = []
    for r in ratios:
        total = mp.mpf(0)
        for share, a, b in strata:
            share = mp.mpf(share)
            q, q0 = (share * k / (share * k + 1 - share) for k in (mp.mpf(r), mp.mpf(null)))
            total += b * mp.log(q / q0) + a * mp.log((1 - q) / (1 - q0))
        bets.append(total)
    return logsum(bets) - mp.log(len(ratios))


def normal_mixture(s, v, rho):
    """Prior: half-normal of precision rho over the drift of a Brownian motion, integrated numerically."""
    s, v, rho = mp.mpf(s), mp.mpf(v), mp.mpf(rho)
    mode = max(s / (v + rho), mp.mpf(0))
    width = 1 / mp.sqrt(v + rho)
    shift = s * mode - v * mode**2 / 2
    points = sorted({mp.mpf(0)} | {mode + k * width for k in (-12, -4, 0, 4, 12, 30) if mode + k * width > 0})
    total = mp.quad(lambda d: mp.exp(s * d - v * d * d / 2 - shift - rho * d * d / 2), points)
    return shift + mp.log(2 * mp.sqrt(rho / (2 * mp.pi)) * total)


def rho_of(at, alpha):
    odds = np.log(1 / (2 * alpha))
    return at / (2 * odds + np.log(1 + 2 * odds))


def moments(strata):
    """Excess and variance of the canary's bad devices given all margins."""
    s = v = 0.0
    for st in strata:
        n, x, m = st["nA"] + st["nB"], st["badA"] + st["badB"], st["nB"]
        if st["nA"] and st["nB"]:
            law = stats.hypergeom(n, x, m)
            s, v = s + st["badB"] - law.mean(), v + law.var()
    return float(s), float(v)


def risk_ratio(strata, ratio):
    """In units of the ratio, in exact fractions of the definition."""
    s = v = mp.mpf(0)
    for st in strata:
        na, xa, nb, xb = (mp.mpf(st[k]) for k in ("nA", "badA", "nB", "badB"))
        n = na + nb
        if na and nb:
            s += (ratio * xa * nb - xb * na) / n / ratio
            v += ratio * (na * nb * (xa + xb) - n * xa * xb) / n**2 / ratio**2
    return float(s), float(v)


def walk(windows, worth=10, prior=0.5):
    """Categories, one device after the other; estimates change between windows only."""
    k = len(windows[0]["a"])
    past = {"a": [0] * k, "b": [0] * k}
    total = mp.mpf(0)
    for w in windows:
        both = [(x + y + mp.mpf(prior)) / (sum(past["a"]) + sum(past["b"]) + k * mp.mpf(prior))
                for x, y in zip(past["a"], past["b"])]
        theta = {arm: [(past[arm][y] + worth * both[y]) / (sum(past[arm]) + worth) for y in range(k)] for arm in "ab"}
        na, nb = sum(w["a"]), sum(w["b"])
        for arm in "ab":
            for y in range(k):
                for _ in range(w[arm][y]):
                    total += mp.log(theta[arm][y] * (na + nb) / (na * theta["a"][y] + nb * theta["b"][y]))
        for arm in "ab":
            past[arm] = [x + y for x, y in zip(past[arm], w[arm])]
    return total


def quantile(a, b, p, c):
    def arm(counts, bin_):
        lo, hi, n = sum(counts[:bin_]), sum(counts[: bin_ + 1]), sum(counts)
        x = min(max(mp.mpf(n) * mp.mpf(p), lo), hi)
        al, be = mp.mpf(c) * mp.mpf(p), mp.mpf(c) * (1 - mp.mpf(p))
        return (mp.log(mp.beta(al + x, be + n - x)) - mp.log(mp.beta(al, be))
                - x * mp.log(p) - (n - x) * mp.log(1 - mp.mpf(p)))
    return min(arm(a, i) + arm(b, i) for i in range(len(a)))


def random_strata(t, rate, ratio, size, shares):
    out = []
    for i in range(t):
        share = shares[i * len(shares) // t]
        nb = int(rng.binomial(size, share))
        na = size - nb
        out.append({"shareB": share, "nA": na, "badA": int(rng.binomial(na, rate)),
                    "nB": nb, "badB": int(rng.binomial(nb, min(1, rate * ratio)))})
    return out


GRID = [1.1, 1.5, 2, 3, 5, 10]
RAMP = [0.01, 0.05, 0.25, 0.5]
STRATA = [
    random_strata(3, 0.01, 1, 500, RAMP),
    random_strata(60, 0.01, 2, 400, RAMP),
    random_strata(40, 0.2, 1, 50, RAMP),
    random_strata(12, 0.15, 1.4, 900, RAMP),
    random_strata(200, 0.3, 0.9, 12, [0.5]),
    [{"shareB": 0.1, "nA": 9000000, "badA": 90400, "nB": 1000000, "badB": 10000},
     {"shareB": 0.5, "nA": 10000000, "badA": 101000, "nB": 10003000, "badB": 100500}],
    [{"shareB": 0.05, "nA": 19, "badA": 0, "nB": 1, "badB": 1}, {"shareB": 0.5, "nA": 0, "badA": 0, "nB": 0, "badB": 0},
     {"shareB": 0.5, "nA": 3, "badA": 0, "nB": 2, "badB": 0}],
]

binomial = [(x, n, p, c, side)
            for x, n, p, c in [(0, 0, 0.1, 10), (1, 1, 0.01, 10), (0, 40, 0.1, 10), (25, 60, 0.18, 10),
                               (3, 403, 0.01, 20), (500, 500, 0.5, 10), (12345, 50000, 0.25, 10),
                               (1000000, 10000000, 0.1, 10), (1001500, 10000000, 0.1, 1000), (2, 900, 0.5, 3)]
            for side in ("either", "above", "below")]

json.dump({
    "binomial": [dict(zip(("x", "n", "p", "c", "side"), case)) | {"logE": float(binomial_mixture(*case))}
                 for case in binomial if case[1] or case[4]],
    "strata": [{
        "strata": strata,
        "grid": GRID,
        "ratio": ratio,
        "harm_rare": float(ratio_mixture([(s["shareB"], s["badA"], s["badB"]) for s in strata], GRID, 1)),
        "safe_rare": float(ratio_mixture([(s["shareB"], s["badA"], s["badB"]) for s in strata],
                                         [ratio / g for g in GRID], ratio)),
        "mantel_haenszel": (mh := moments(strata)),
        "harm_common": float(normal_mixture(*mh, rho_of(15, 0.05))) if mh[1] >= 5 else 0.0,
        "risk_ratio": (rr := risk_ratio(strata, ratio)),
        "safe_common": float(normal_mixture(*rr, rho_of(15, 0.05))) if rr[1] >= 5 else 0.0,
    } for strata in STRATA for ratio in (2, 1.25)],
    "categories": [{"windows": w, "logE": float(walk(w))} for w in (
        [{"a": rng.multinomial(90, [0.5, 0.3, 0.2]).tolist(), "b": rng.multinomial(30, [0.4, 0.4, 0.2]).tolist()}
         for _ in range(25)],
        [{"a": [3, 0], "b": [0, 0]}, {"a": [0, 0], "b": [1, 1]}, {"a": [2, 2], "b": [5, 0]}],
        [{"a": [40, 2, 9], "b": [3, 30, 1]}],
    )],
    "quantile": [{"a": a, "b": b, "p": p, "c": c, "logE": float(quantile(a, b, p, c))} for a, b, p, c in (
        ([50, 900, 30, 15, 5], [40, 800, 100, 45, 15], 0.95, 100),
        (rng.poisson(5, 40).tolist(), rng.poisson(5, 40).tolist(), 0.5, 100),
        ([0, 0, 100], [100, 0, 0], 0.5, 20),
        ([10, 0, 0, 10], [9, 1, 1, 9], 0.9, 100),
    )],
}, sys.stdout, indent=1)
