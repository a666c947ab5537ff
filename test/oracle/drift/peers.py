"""What Evidently and NannyML themselves say of raw columns, edge cases included. Writes peers.json.

Only the modules that do the arithmetic are executed, found by the packages' names: Evidently's
legacy/calculations/stattests/*.py and NannyML's drift/univariate/methods.py, chunk.py and thresholds.py.
What they import besides (registries, usage logging, plotting) is replaced by empty modules, so neither
package's own dependencies are needed: NumPy, SciPy and pandas are. Evidently's cleaning of a column (NaN
and ±inf removed, data_drift.py) and NannyML's of a chunk (NaN removed, base.py) are done here in a line.

A score of null is NaN; an "error" is what was raised. `python peers.py --many SEED COUNT FILE` writes
random cases of all sizes, to hunt for disagreement.
"""
import importlib.util
import json
import math
import pathlib
import sys
import types
import warnings
from enum import Enum

import numpy as np
import pandas as pd
import scipy

warnings.simplefilter("ignore")
VERSIONS = {"evidently": "0.7.21", "nannyml": "0.13.1", "numpy": np.__version__, "scipy": scipy.__version__, "pandas": pd.__version__}


def stub(name, **members):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__dict__.update(members)
    sys.modules[name] = module


def load(name):
    package, _, rest = name.partition(".")
    root = pathlib.Path(importlib.util.find_spec(package).submodule_search_locations[0]) if package not in ROOTS else ROOTS[package]
    ROOTS[package] = root
    spec = importlib.util.spec_from_file_location(name, root / (rest.replace(".", "/") + ".py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


ROOTS = {}
for package in ("evidently", "nannyml"):
    ROOTS[package] = pathlib.Path(importlib.util.find_spec(package).submodule_search_locations[0])


class ColumnType(Enum):
    Numerical = "num"
    Categorical = "cat"


TESTS = {}


class StatTest:
    def __init__(self, name, display_name, allowed_feature_types, default_threshold=0.05):
        self.name, self.kinds, self.threshold = name, allowed_feature_types, default_threshold


def register(test, default_impl=None):
    TESTS[test.name] = (test, default_impl)


STATTESTS = "evidently.legacy.calculations.stattests"
for name in ("evidently", "evidently.legacy", "evidently.legacy.calculations", STATTESTS):
    stub(name)
stub("evidently.legacy.core", ColumnType=ColumnType)
stub(STATTESTS + ".registry", StatTest=StatTest, register_stattest=register)
load(STATTESTS + ".utils")
for name in (
    "anderson_darling_stattest", "chisquare_stattest", "cramer_von_mises_stattest", "energy_distance",
    "epps_singleton_stattest", "hellinger_distance", "jensenshannon", "kl_div", "ks_stattest",
    "mann_whitney_urank_stattest", "psi", "t_test", "wasserstein_distance_norm", "z_stattest",
):
    load(f"{STATTESTS}.{name}")

for name in ("nannyml", "nannyml.drift", "nannyml.drift.univariate"):
    stub(name)
stub("nannyml._typing", Self=object)
stub("nannyml.base", _remove_nans=lambda data: data[~data.isna()].reset_index(drop=True).infer_objects())
load("nannyml.exceptions")
chunk = load("nannyml.chunk")
thresholds = load("nannyml.thresholds")
methods = load("nannyml.drift.univariate.methods")


def number(x):
    return float(f"{x:.11g}") if math.isfinite(x) else None


def evidently(reference, current, kind, skip=()):
    clean = [pd.Series(x).replace([-np.inf, np.inf], np.nan).dropna() for x in (reference, current)]
    if any(x.empty for x in clean):
        return {"error": "empty"}
    feature = ColumnType.Numerical if kind == "numeric" else ColumnType.Categorical
    # _get_default_stattest of registry.py, which cannot be loaded alone.
    values = pd.concat(clean).nunique()
    if len(clean[0]) <= 1000:
        chosen = "ks" if kind == "numeric" and values > 5 else "chisquare" if values > 2 else "z"
    else:
        chosen = "wasserstein" if kind == "numeric" and values > 5 else "jensenshannon"
    tests = {}
    for name, (test, run) in TESTS.items():
        if (feature not in test.kinds and name != chosen) or name in skip:
            continue
        try:
            score, drifted = run(clean[0].copy(), clean[1].copy(), feature, test.threshold)
            tests[name] = {"score": number(score), "drifted": bool(drifted), "threshold": test.threshold}
        except Exception as thrown:
            tests[name] = {"error": f"{type(thrown).__name__}: {thrown}"[:80]}
    return {"chosen": chosen, "tests": tests}


def nannyml(reference, current, kind, size=None, count=None):
    feature = methods.FeatureType.CONTINUOUS if kind == "numeric" else methods.FeatureType.CATEGORICAL
    chunker = chunk.SizeBasedChunker(size) if size else chunk.CountBasedChunker(count) if count else chunk.DefaultChunker()
    dtype = float if kind == "numeric" else None
    reference, current = [pd.Series(x, name="x", dtype=dtype) for x in (reference, current)]
    out = {}
    for name, by_kind in methods.MethodFactory.registry.items():
        if feature not in by_kind:
            continue
        try:
            method = by_kind[feature](
                chunker=chunker, threshold=thresholds.StandardDeviationThreshold(std_lower_multiplier=None), computation_params={}
            ).fit(reference)
            chunks = []
            for part in chunker.split(current.to_frame()):
                value = method.calculate(part.data["x"])
                chunks.append((number(value), int(method.alert(value)), number(method._p_value) if name == "chi2" else 0))
            upper = method.upper_threshold_value
            values, alerts, ps = zip(*chunks)
            out[name] = {"upper": None if upper is None else number(upper), "values": values, "alerts": alerts}
            if name == "chi2":
                out[name]["p"] = ps
        except Exception as thrown:
            out[name] = {"error": f"{type(thrown).__name__}: {thrown}"[:80]}
    return out


def lcg(seed, size, add, scale):
    """Sums of three of Park and Miller's uniform numbers: the test makes the same."""
    x, out = seed, []
    for _ in range(size):
        total = 0.0
        for _ in range(3):
            x = x * 16807 % 2147483647
            total += x / 2147483647
        out.append(total * scale + add)
    return out


FAMILIES = {
    "normal": lambda r, n, s: r.normal(s * 0.4, 1 + s * 0.2, n),
    "lognormal": lambda r, n, s: r.lognormal(s * 0.2, 1 + s * 0.2, n),
    "cauchy": lambda r, n, s: r.standard_cauchy(n) * (1 + s) + s,
    "pareto": lambda r, n, s: r.pareto(0.6 + s * 0.2, n),
    "offset": lambda r, n, s: 1e6 + r.normal(s * 0.3, 1, n),
    "tiny": lambda r, n, s: r.normal(s * 0.3, 1, n) * 1e-9,
    "huge": lambda r, n, s: r.normal(s * 0.3, 1, n) * 1e12,
    "counts": lambda r, n, s: r.poisson(3 + s, n).astype(float),
    "integers": lambda r, n, s: r.integers(0, 1000 + int(s * 300), n).astype(float),
    "ties": lambda r, n, s: np.round(r.normal(s * 0.3, 1, n), 1),
    "zeros": lambda r, n, s: np.where(r.random(n) < 0.4 + s * 0.1, 0, r.normal(1, 1, n)),
    "binary": lambda r, n, s: (r.random(n) < 0.3 + s * 0.1).astype(float),
    "few": lambda r, n, s: r.choice([0.1, 0.2, 0.7, 1.5], n, p=[0.4 - s * 0.1, 0.3, 0.2, 0.1 + s * 0.1]),
    "five": lambda r, n, s: r.choice([1.0, 2, 3, 4, 5, 6][: 5 + int(s)], n),
    "constant": lambda r, n, s: np.full(n, 2.5 + int(s)),
}


def category(r, n, s, k, coded):
    p = 1 / np.arange(1, k + 1) ** (1 + s * 0.3)
    codes = r.choice(k, n, p=p / p.sum())
    if s:
        codes = np.where(r.random(n) < 0.03, k, codes)
    else:
        codes = np.where(r.random(n) < 0.03, k + 1, codes)
    return [int(c) + 8 for c in codes] if coded else [f"c{c}" for c in codes]


def with_missing(r, values, share):
    return [None if r.random() < share else v for v in values]


def random_case(r, sizes, digits=None):
    m, n = int(sizes(r)), int(sizes(r))
    shift = r.choice([0.0, 0.3, 1.0, 2.0])
    missing = r.choice([0, 0, 0.1])
    if r.random() < 0.25:
        k, coded = int(r.choice([1, 2, 3, 8, 30])), bool(r.random() < 0.4)
        kind, family = "categorical", f"{k} {'coded' if coded else 'named'}"
        columns = [category(r, m, 0, k, coded), category(r, n, shift, k, coded)]
    else:
        kind, family = "numeric", str(r.choice(list(FAMILIES)))
        columns = [FAMILIES[family](r, m, 0.0).tolist(), FAMILIES[family](r, n, shift).tolist()]
        if digits is not None:
            columns = [[float(f"{x:.{digits}g}") for x in c] for c in columns]
    columns = [with_missing(r, c, missing) for c in columns]
    return case(f"{family} {m} {n}", kind, *columns, **(chunks_of(r, m, n)))


def chunks_of(r, m, n):
    pick = r.random()
    return {"size": int(max(1, m // 7))} if pick < 0.2 else {"count": int(r.choice([3, 5, 12]))} if pick < 0.4 else {}


def case(title, kind, reference, current, size=None, count=None, made=None):
    unknown = [[np.nan if x is None and kind == "numeric" else x for x in c] for c in (reference, current)]
    # An exact Mann-Whitney table of 8 x thousands takes SciPy minutes.
    skip = ("mannw",) if min(len(reference), len(current)) <= 8 and max(len(reference), len(current)) > 400 else ()
    out = {"title": title, "kind": kind, "chunkSize": size, "chunkNumber": count}
    out.update(made if made else {"reference": [as_json(x) for x in reference], "current": [as_json(x) for x in current]})
    out["evidently"] = evidently(*unknown, kind, skip)
    out["nannyml"] = nannyml(*unknown, kind, size, count)
    return out


def as_json(x):
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x


def made(title, reference, current, **more):
    """A large case, named by how it is made."""
    return case(title, "numeric", lcg(*reference), lcg(*current), made={"make": [list(reference), list(current)]}, **more)


def checked_in():
    r = np.random.default_rng(20261125)
    small = lambda r: r.choice([5, 6, 8, 9, 12, 19, 20, 21, 24, 25, 40, 60])
    cases = [random_case(r, small, 5) for _ in range(70)]
    middle = lambda r: r.choice([100, 150, 250])
    cases += [random_case(r, middle, 4) for _ in range(12)]
    for m, n in [(1, 1), (1, 5), (5, 1), (2, 2), (2, 3), (3, 1), (1, 3), (4, 4), (10, 10), (10, 5)]:
        cases.append(case(f"{m} against {n}", "numeric", r.integers(0, 9, m).astype(float).tolist(), r.integers(2, 11, n).astype(float).tolist()))
        cases.append(case(f"{m} against {n} categories", "categorical", r.choice(list("abc"), m).tolist(), r.choice(list("bcd"), n).tolist()))
    ten = [float(x) for x in range(1, 11)]
    cases += [
        case("the same column twice", "numeric", ten * 3, ten * 3),
        case("one constant", "numeric", [2.5] * 20, [2.5] * 30),
        case("two constants", "numeric", [2.5] * 20, [7.0] * 30),
        case("constant, then not", "numeric", [2.0] * 12, ten),
        case("infinities", "numeric", ten * 2 + [math.inf], ten * 2 + [-math.inf, math.inf]),
        case("nothing in the current file", "numeric", ten * 2, [None] * 10),
        case("nothing in common", "categorical", list("aabbcc") * 4, list("xxyyzz") * 4),
        case("a chunk with nothing in it", "numeric", ten * 4, ten + [None] * 10, size=10),
        case("one category", "categorical", ["a"] * 20, ["a"] * 20),
        case("categories, one missing in a chunk", "categorical", list("aab") * 10, ["a"] * 15 + list("bc") * 10),
        case("astral and accented", "categorical", ["\U0001f600", "\uff5e", "z", "é"] * 5, ["\uff5e", "z", "z", "é"] * 5),
    ]
    for title, a, b in [
        ("1000 and 1000", (7, 1000, 0, 1), (11, 1000, 0.02, 1)),
        ("1001 and 900", (13, 1001, 0, 1), (17, 900, 0.05, 1.1)),
        ("10 000 and 9 999", (19, 10000, 0, 1), (23, 9999, 0.01, 1)),
        ("9 999 and 10 001", (29, 9999, -1, 2), (31, 10001, -1, 2.05)),
        ("50 000 and 20", (37, 50000, 5, 1), (41, 20, 5.4, 1)),
        ("100 000 and 100 000", (43, 100000, 0, 1), (47, 100000, 0.004, 1)),
        ("12 000 far from 12 000", (53, 12000, 0, 1), (59, 12000, 2, 1)),
    ]:
        cases.append(made(title, a, b))
    return cases


if __name__ == "__main__":
    if sys.argv[1:2] == ["--many"]:
        seed, count, file = int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
        r = np.random.default_rng(seed)
        sizes = lambda r: 10 ** r.uniform(0, float(sys.argv[5]) if len(sys.argv) > 5 else 3.5)
        cases = [random_case(r, sizes) for _ in range(count)]
    else:
        file, cases = pathlib.Path(__file__).with_name("peers.json"), checked_in()
    file.write_text(json.dumps({"versions": VERSIONS, "cases": cases}, separators=(",", ":"), allow_nan=False) + "\n")
