"""Golden cases of Silero VAD (legacy, v5) from native onnxruntime, as self-tests.

A vowel-like tone (harmonics of 120 Hz under three formants, rising and falling four times a second,
some noise) is fed frame by frame; kept are two consecutive frames in its middle, with the state that
the frames before them left. Run: python golden.py FOLDER_OF_THE_MODELS
"""

import json
import sys

import numpy as np
import onnxruntime

RATE = 16000
t = np.arange(RATE) / RATE
tone = np.zeros_like(t)
for k in range(1, 30):
    gain = sum(
        a * np.exp(-(((k * 120 - centre) / width) ** 2))
        for a, centre, width in ((1, 700, 130), (0.6, 1220, 150), (0.3, 2600, 250))
    )
    tone += gain * np.sin(2 * np.pi * 120 * k * t)
tone = 0.3 * tone / np.abs(tone).max() * (0.5 + 0.5 * np.sin(2 * np.pi * 4 * t))
tone = (tone + 0.002 * np.random.default_rng(7).standard_normal(RATE)).astype(np.float32)

TYPES = {"float32": "float32", "int64": "int64"}


def plain(array):
    array = np.asarray(array)
    data = [float(str(x)) if array.dtype == np.float32 else int(x) for x in array.ravel()]
    return {"type": TYPES[str(array.dtype)], "dims": list(array.shape), "data": data}


for name, frame, states in (("legacy", 1536, {"h": "hn", "c": "cn"}), ("v5", 512, {"state": "stateN"})):
    session = onnxruntime.InferenceSession(
        f"{sys.argv[1]}/silero_vad_{name}.onnx", providers=["CPUExecutionProvider"]
    )
    state = {s: np.zeros([2, 1, 64 if name == "legacy" else 128], np.float32) for s in states}
    cases = []
    for at in range(0, RATE - frame, frame):
        inputs = {"input": tone[None, at : at + frame], "sr": np.array(RATE, np.int64), **state}
        names = [o.name for o in session.get_outputs()]
        outputs = dict(zip(names, session.run(names, inputs)))
        cases.append(
            {
                "inputs": {k: plain(v) for k, v in inputs.items()},
                "outputs": {k: plain(v) for k, v in outputs.items()},
            }
        )
        state = {s: outputs[o] for s, o in states.items()}
    middle = len(cases) // 2
    test = {
        "v": 1,
        "tolerance": {"default": {"absolute": 1e-4, "relative": 1e-3}},
        "cases": cases[middle : middle + 2],
    }
    print(name, [c["outputs"]["output"]["data"] for c in test["cases"]])
    with open(f"{name}.json", "w") as out:
        json.dump(test, out, separators=(",", ":"))
