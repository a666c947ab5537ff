"""Changes that river's detectors tell on seeded streams -> detectors.json.

    python3 detectors.py > detectors.json      # needs river (online-ml/river) and NumPy

The streams of `published` are those of river's docstrings and tests, and so are the indices that
stand beside them here: the script stops if river answers otherwise.
"""
import json
import random

import numpy as np
from river import drift


def two_levels():
    rng = random.Random(12345)
    return rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)


def four_levels():
    rng = random.Random(42)
    out = []
    for _ in range(2):
        out += rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)
    return out


def bits_docstring():
    rng = random.Random(42)
    return rng.choices([0, 1], k=1000) + rng.choices([0, 1], k=1000, weights=[0.3, 0.7])


def integers():
    np.random.seed(12345)
    return [int(v) for v in np.concatenate((np.random.randint(2, size=1000), np.random.randint(8, size=1000)))]


def binomial():
    np.random.seed(12345)
    low = [np.random.binomial(1, 0.2) for _ in range(1000)]
    return low + [np.random.binomial(1, 0.8) for _ in range(1000)]


def levels_of_bits():
    np.random.seed(12345)
    parts = [np.random.normal(mean, 0.1, 500) > 0 for mean in (0.0, 0.25, 0.0, 0.25)]
    return [int(v) for v in np.concatenate(parts)]


def rates(seed, levels, n):
    """Error rates of windows of 50 labels."""
    rng = np.random.default_rng(seed)
    return [float(v) / 50 for level in levels for v in rng.binomial(50, level, n)]


def run(name, stream):
    detector = {"page_hinkley": drift.PageHinkley, "ddm": drift.binary.DDM, "adwin": drift.ADWIN}[name]()
    changes, warnings = [], []
    for i, value in enumerate(stream):
        detector.update(value)
        if detector.drift_detected:
            changes.append(i)
        if name == "ddm" and detector.warning_detected:
            warnings.append(i)
    out = {"detector": name, "changes": changes}
    if name == "ddm":
        out["warnings"] = warnings
    if name == "adwin":
        out.update(width=detector.width, mean=detector.estimation, variance=detector.variance)
    return out


PUBLISHED = [
    # https://riverml.xyz/latest/api/drift/PageHinkley/, ADWIN, and binary/DDM: "Examples"
    ("page_hinkley", "docstring", two_levels(), [1006]),
    ("adwin", "docstring", two_levels(), [1023]),
    ("ddm", "docstring", bits_docstring(), [1334]),
    # river/drift/test_drift_detectors.py, test_adwin_regression.py
    ("page_hinkley", "test_page_hinkley, both", levels_of_bits(), [588, 1097, 1585]),
    ("ddm", "test_ddm", binomial(), [1049]),
    ("ddm", "test_ddm, ones", [1] * 1000, []),
    ("adwin", "test_basic_drift_at_expected_index", integers(), [1023]),
    ("adwin", "test_multiple_drifts", four_levels(), [1023, 2015, 3007]),
]

FURTHER = [
    ("rates .2 then .3", rates(1, [0.2, 0.3], 400)),
    ("rates .1, .6, .1", rates(2, [0.1, 0.6, 0.1], 300)),
    ("rates .25 throughout", rates(3, [0.25], 2000)),
    ("rates .05, .5", rates(4, [0.05, 0.5], 200)),
    ("bits .1, .3", [float(v) for p in (0.1, 0.3) for v in np.random.default_rng(5).binomial(1, p, 1500)]),
]

cases = []
for name, title, stream, expected in PUBLISHED:
    found = run(name, stream)
    if found["changes"] != expected:
        raise SystemExit(f"{name} {title}: {found['changes']}, published {expected}")
    cases.append({"title": f"published: {title}", "published": expected, "stream": stream, **found})
for title, stream in FURTHER:
    cases.extend({"title": title, "stream": stream, **run(name, stream)} for name in ("page_hinkley", "ddm", "adwin"))
print(json.dumps(cases, separators=(",", ":")))
