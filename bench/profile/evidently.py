"""Evidently's data drift preset on two CSV files, for `npm run bench -- profile --python PROGRAM`.

    pip install evidently==0.7.21
    python3 evidently.py reference.csv current.csv

Prints one JSON object: seconds of reading and of the report, peak memory, and the score of each column.
"""
import json
import re
import resource
import sys
import time
import warnings

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")
started = time.perf_counter()
reference, current = (pd.read_csv(path) for path in sys.argv[1:3])
read = time.perf_counter()
report = Report([DataDriftPreset()]).run(
    Dataset.from_pandas(current, data_definition=DataDefinition()),
    Dataset.from_pandas(reference, data_definition=DataDefinition()),
)
scores = {}
for metric in report.dict()["metrics"]:
    found = re.match(r"ValueDrift\(column=(.+?),method=(.+),threshold=(.+)\)", metric["metric_name"])
    if found:
        scores[found[1]] = {"method": found[2], "score": float(metric["value"])}
done = time.perf_counter()
print(json.dumps({
    "rows": len(reference),
    "read_s": read - started,
    "report_s": done - read,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "scores": scores,
}))
