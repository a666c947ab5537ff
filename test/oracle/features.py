"""Independent figures for the worker's extractors and its reading of answers.

Run:  python3 test/oracle/features.py > test/oracle/features.json
Made with Python 3.11, NumPy 1.24.2, SciPy 1.10.1, Pillow 9.4.0 (Debian 12).

Nothing here is shared with the code under test: resizing is SciPy's spline interpolation of order 1
at half-pixel centres, the Laplacian is scipy.ndimage.laplace, saturation is the standard library's
colorsys, luma is Pillow's matrix conversion, softmax and entropy are SciPy's.
"""

import colorsys
import json
import platform

import numpy as np
import PIL
import scipy
from PIL import Image
from scipy import ndimage, special, stats

random = np.random.default_rng(20261124)


def resized(plane, width, height):
    """Bilinear, half-pixel centres, edges repeated, no antialiasing."""
    h, w = plane.shape
    y = (np.arange(height) + 0.5) * h / height - 0.5
    x = (np.arange(width) + 0.5) * w / width - 0.5
    at = np.meshgrid(y, x, indexing="ij")
    return ndimage.map_coordinates(plane.astype(np.float64), at, order=1, mode="nearest")


def luma(planes):
    if len(planes) == 1:
        return planes[0]
    # Pillow's "L" weights (ITU-R 601-2), without the rounding that its 8-bit mode adds.
    return planes[0] * 299 / 1000 + planes[1] * 587 / 1000 + planes[2] * 114 / 1000


def saturation(planes):
    if len(planes) == 1:
        return 0.0
    pixels = zip(*(plane.ravel() / 255 for plane in planes))
    return float(np.mean([colorsys.rgb_to_hsv(*pixel)[1] for pixel in pixels]))


def image(name, width, height, stride, to_width, to_height, smooth=False):
    data = random.integers(0, 256, (height, width, stride), dtype=np.uint8)
    if smooth:
        ramp = np.linspace(0, 255, width * height).reshape(height, width, 1)
        data = np.repeat(ramp, stride, axis=2).astype(np.uint8)
    planes = [data[:, :, c] for c in range(1 if stride == 1 else 3)]
    small = [resized(plane, to_width, to_height) for plane in planes]
    light = luma(small)
    inner = ndimage.laplace(light)[1:-1, 1:-1]
    case = {
        "name": name,
        "width": width,
        "height": height,
        "stride": stride,
        "data": data.ravel().tolist(),
        "to": {"width": to_width, "height": to_height},
        "resized": [plane.ravel().tolist() for plane in small],
        "light": light.ravel().tolist(),
        "aspect": width / height,
        "luminance": float(light.mean()),
        "contrast": float(light.std()),
        "sharpness": float(inner.var()) if inner.size else None,
        "saturation": saturation(small),
    }
    if stride == 3:
        case["pillowLuma"] = np.asarray(Image.fromarray(data, "RGB").convert("L")).ravel().tolist()
        # (channel / 255 - mean) / scale, mean .45 and scale .225, in both layouts
        stack = (np.stack(small) / 255 - 0.45) / 0.225
        case["nchw"] = stack.ravel().tolist()
        case["nhwc"] = stack.transpose(1, 2, 0).ravel().tolist()
    return case


def tensor(name, values):
    array = np.asarray(values, dtype=np.float32).astype(np.float64)
    finite = array[np.isfinite(array)]
    return {
        "name": name,
        "data": ["NaN" if np.isnan(x) else "Infinity" if np.isposinf(x) else float(x) for x in array],
        "norm": float(np.linalg.norm(finite)),
        "mean": float(finite.mean()),
        "sigma": float(finite.std()),
        "zeros": float(np.count_nonzero(array == 0) / array.size),
        "nan": int(np.isnan(array).sum()),
    }


def answer(name, logits):
    shares = special.softmax(np.asarray(logits, dtype=np.float64))
    ordered = np.sort(shares)[::-1]
    return {
        "name": name,
        "logits": logits,
        "shares": shares.tolist(),
        "best": int(shares.argmax()),
        "confidence": float(ordered[0]),
        "margin": float(ordered[0] - ordered[1]),
        "entropy": float(stats.entropy(shares) / np.log(len(logits))),
    }


print(
    json.dumps(
        {
            "madeBy": "test/oracle/features.py",
            "versions": {
                "python": platform.python_version(),
                "numpy": np.__version__,
                "scipy": scipy.__version__,
                "pillow": PIL.__version__,
            },
            "images": [
                image("gray, as it is", 5, 4, 1, 5, 4),
                image("gray, enlarged", 4, 3, 1, 7, 8),
                image("gray, reduced unevenly", 13, 9, 1, 4, 5),
                image("rgb, as it is", 6, 5, 3, 6, 5),
                image("rgb, reduced", 12, 10, 3, 5, 4),
                image("rgb, one column wide", 1, 7, 3, 3, 3),
                image("rgba, enlarged", 5, 5, 4, 8, 6),
                image("rgba, a smooth ramp", 10, 6, 4, 5, 3, smooth=True),
                image("gray, too small for a Laplacian", 9, 9, 1, 2, 2),
            ],
            "tensors": [
                tensor("normal", random.normal(3, 2, 64)),
                tensor("with zeros, NaN and infinity", [0, 1.5, -2, float("nan"), 0, float("inf"), 4]),
                tensor("far from zero", random.normal(1000, 1, 50)),
                tensor("one element", [-3.25]),
            ],
            "answers": [
                answer("plain", [1.0, 2.0, 0.5]),
                answer("large", [1000.0, 998.0, -1000.0, 0.0]),
                answer("very negative", [-1000.0, -1001.0, -1003.5]),
                answer("even", [0.25, 0.25, 0.25, 0.25]),
                answer("sure", [90.0, 0.0]),
            ],
        }
    )
)
