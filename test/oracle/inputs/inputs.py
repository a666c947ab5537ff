"""Independent figures for texts, sound, tensors far from zero and the reconstruction error.

Run:  python3 test/oracle/inputs/inputs.py > test/oracle/inputs/inputs.json

Nothing here is shared with the code under test: words are cut by walking over unicodedata's
categories and not by a regular expression, sound is measured on whole NumPy arrays, principal
components come from scipy.linalg.svd of standardised rows.
"""

import json
import platform
import unicodedata

import numpy as np
import scipy
from scipy import linalg

random = np.random.default_rng(20261124)


def words(text):
    """Runs of letters and digits, marks after the first; one apostrophe may join two runs."""
    kinds = [unicodedata.category(c)[0] for c in text]
    found, i = [], 0
    while i < len(text):
        if kinds[i] not in "LN":
            i += 1
            continue
        start = i
        while i < len(text):
            if kinds[i] in "LNM":
                i += 1
            elif text[i] in "'\u2019" and i + 1 < len(text) and kinds[i + 1] in "LNM":
                i += 1
            else:
                break
        found.append(text[start:i])
    return found


VOCABULARY = ["<pad>", "<unk>", "the", "cat", "don't", "straße", "naïve", "1", "москва", "हिन्दी"]


def text(name, value, length=6):
    lower = value.lower()
    found = words(lower)
    letters = sum(unicodedata.category(c).startswith("L") for c in value)
    ids = [VOCABULARY.index(w) if w in VOCABULARY else 1 for w in found]
    points = [ord(c) for c in lower]
    fit = lambda list: (list + [0] * length)[:length]
    return {
        "name": name,
        # By code point: not every reader of JSON takes a lone surrogate.
        "text": [ord(c) for c in value],
        "length": length,
        "characters": len(value),
        "empty": int(len(value) == 0),
        "words": len(found),
        "nonLetters": (len(value) - letters) / len(value) if value else None,
        "oov": sum(w not in VOCABULARY for w in found) / len(found) if found else None,
        "ids": fit(ids),
        "points": fit(points),
    }


def audio(name, samples, rate):
    x = np.asarray(samples, dtype=np.float32)
    y = x.astype(np.float64)
    n = len(y)
    frame = round(rate * 0.02)
    frames = y[: n // frame * frame].reshape(-1, frame) if n >= frame else y.reshape(1, -1)
    loud = np.sqrt(np.mean(frames**2, axis=1)) if n else np.array([])
    return {
        "name": name,
        "sampleRate": rate,
        "samples": ["NaN" if np.isnan(v) else float(v) for v in x],
        "duration": n / rate,
        "rms": None if n == 0 else "NaN" if np.isnan(y).any() else float(np.sqrt(np.mean(y**2))),
        "clipping": float(np.mean(np.abs(y) >= 32767 / 32768)) if n else None,
        "silence": float(np.mean(20 * np.log10(np.maximum(loud, 1e-300)) < -60)) if n else None,
        "crossings": float(np.mean(np.diff((y < 0).astype(int)) != 0)) if n > 1 else None,
    }


def tensor(name, values):
    x = np.asarray(values, dtype=np.float32)
    y = x.astype(np.float64)
    return {
        "name": name,
        "data": [float(v) for v in x],
        "norm": float(np.linalg.norm(y)),
        "mean": float(np.mean(y)),
        "sigma": float(np.std(y)),
    }


def reconstruction():
    """300 rows of two numbers that go together, one that does not, and a category."""
    n = 300
    a = random.normal(50, 12, n)
    b = 3 * a + random.normal(0, 6, n)
    c = random.exponential(2, n)
    names = np.array(["flat", "gable", "hip"])
    roof = names[random.choice(3, n, p=[0.5, 0.4, 0.1])]
    shares = {name: float(np.mean(roof == name)) for name in names}
    encoded = np.column_stack([a, b, c, [shares[r] for r in roof]])
    mean, scale = encoded.mean(axis=0), encoded.std(axis=0)
    x = (encoded - mean) / scale
    _, _, vt = linalg.svd(x, full_matrices=False)
    w = vt[:2]
    rows = [
        [55.0, 166.0, 1.5, "flat"],
        [55.0, 20.0, 1.5, "gable"],
        [50.0, 150.0, 40.0, "hip"],
        [None, 150.0, "NaN", "hip"],
        [50.0, "Infinity", 2.0, "thatched"],
        [50.0, 150.0, 2.0, None],
    ]
    fill = [float(np.mean(a)), float(np.mean(b)), float(np.mean(c)), shares["flat"]]
    by_bin = [0.0, 0.0, *(shares[name] for name in names)]
    cases = []
    for row in rows:
        number = [f if v is None or isinstance(v, str) else v for v, f in zip(row[:3], fill)]
        share = by_bin[0] if row[3] is None else shares.get(row[3], by_bin[1])
        z = (np.array([*number, share]) - mean) / scale
        cases.append(
            {"row": row, "z": z.tolist(), "error": float(np.linalg.norm(z - w.T @ (w @ z)))}
        )
    series = ["input/a", "input/b", "input/c", "input/roof"]
    features = [
        {"series": s, "mean": float(m), "scale": float(d), "fill": f}
        for s, m, d, f in zip(series, mean, scale, fill)
    ]
    features[3]["shares"] = by_bin
    return {
        "categories": names.tolist(),
        "pca": {"features": features, "components": w.tolist()},
        "cases": cases,
    }


rate = 8000
t = np.arange(rate // 16) / rate
tone = 0.5 * np.sin(2 * np.pi * 440 * t)
speech = np.where((t * 40).astype(int) % 2 == 0, 0.3, 0.0002) * random.normal(0, 1, len(t))

print(
    json.dumps(
        {
            "madeBy": "test/oracle/inputs/inputs.py",
            "versions": {
                "python": platform.python_version(),
                "unicode": unicodedata.unidata_version,
                "numpy": np.__version__,
                "scipy": scipy.__version__,
            },
            "vocabulary": VOCABULARY,
            "texts": [
                text("plain", "The cat sat."),
                text("empty", ""),
                text("white space", " \t\n "),
                text("cut", "the cat the cat the cat the cat"),
                text("apostrophes", "Don't 'quote' rock'n'roll' dogs' l\u2019eau --'-- 'tis don''t"),
                text("digits and signs", "1 + 1 = 2; 3.14, 1/2 \u00bd \u0663 x_y"),
                text("emoji", "cat \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea 1\ufe0f\u20e3"),
                text("lone surrogates", "cat\ud83d the \udc00\ud800"),
                text("composed", "Na\u00efve Stra\u00dfe"),
                text("decomposed", "nai\u0308ve \u0301the"),
                text("Cyrillic", "МОСКВА, я"),
                text("Devanagari with marks", "हिन्दी में"),
                text("Han, Hangul, Arabic", "東京都 안녕 سلام\u064c"),
                text("letters beyond the first plane", "\U00010400\U0001d49c cat"),
                text("lower case is longer", "\u0130stanbul \u03a3\u03a3"),
                text("NUL and soft hyphen", "a\u0000b\u00adc\u200bd\ufeff"),
            ],
            "audio": [
                audio("a tone", tone, rate),
                audio("bursts and silence", speech, rate),
                audio("clipped", np.clip(3 * tone[:400], -1, 32767 / 32768), rate),
                audio("just not clipped", [32766.9 / 32768, -32766.9 / 32768, 32767 / 32768, -1], rate),
                audio("digital silence", np.zeros(333), rate),
                audio("shorter than a frame", tone[:50], rate),
                audio("a frame and a bit", np.concatenate([np.zeros(160), tone[1:40]]), rate),
                audio("zeros between", [0.5, 0.0, -0.0, -0.5, 0.0, -0.25, -0.125, 0.5], rate),
                audio("at the edge of silence", np.concatenate([np.full(160, 0.00099), np.full(160, 0.00101)]), rate),
                audio("a rate with an uneven frame", tone[:480], 11025),
                audio("one sample", [0.25], rate),
                audio("none", [], rate),
                audio("a NaN", [0.5, float("nan"), -0.5, 0.25], rate),
            ],
            "tensors": [
                tensor("a million from zero", random.normal(1e6, 1, 100)),
                tensor("ten million from zero, sigma 8", random.normal(-1e7, 8, 100)),
                tensor("large and even", [16777216.0] * 9),
            ],
            "reconstruction": reconstruction(),
        },
        allow_nan=False,
    )
)
