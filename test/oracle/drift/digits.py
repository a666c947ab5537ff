"""Three columns of scikit-learn's digits, in its order, for nannyml_univariate_digits.json. Writes digits.json."""
import json
import pathlib

import sklearn
from sklearn.datasets import load_digits

digits = load_digits()
columns = {
    "pixel_2_4": digits.images[:, 2, 4],
    "ink": digits.data.sum(axis=1),
    "target": digits.target,
}
path = pathlib.Path(__file__).with_name("digits.json")
out = {"sklearn": sklearn.__version__, **{name: [int(x) for x in column] for name, column in columns.items()}}
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
