# What `creditwatch bench models` lets other libraries do: one training and some scorings of the table of the task, in
# this process alone. The task is the argument, the answer a line of JSON. Without an argument it says which libraries are
# there. Texts are categories for all of them; numbers come as float32 rows, which both libraries take without conversion.
import importlib.metadata
import json
import resource
import sys
import time

LIBRARIES = {"xgboost": "xgboost", "lightgbm": "lightgbm", "sklearn": "scikit-learn"}


def peak():
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB; bytes on Darwin
    return used if sys.platform == "darwin" else used * 1024


def versions():
    found = {}
    for module, package in LIBRARIES.items():
        try:
            __import__(module)
            found[module] = importlib.metadata.version(package)
        except Exception as err:  # absent, or there but not to be loaded: either way no peer
            found[module] = ""
            print(f"{module}: {err}", file=sys.stderr)
    return found


def xgboost_trainer(task, categories):
    import xgboost

    shape = {"grow_policy": "depthwise", "max_depth": task["depth"], "max_leaves": 0} if task["depth"] else {"grow_policy": "lossguide", "max_depth": 0, "max_leaves": task["leaves"]}
    params = {"objective": "binary:logistic", "tree_method": "hist", "max_bin": task["bins"], "eta": task["rate"], "lambda": 1,
              "min_child_weight": 1, "nthread": task["threads"], "verbosity": 0, "seed": 1, **shape}
    kinds = ["c" if i in categories else "q" for i in range(task["columns"])]

    def train(x, y):
        data = xgboost.QuantileDMatrix(x, y, feature_types=kinds, enable_categorical=True, max_bin=task["bins"], nthread=task["threads"])
        return xgboost.train(params, data, task["trees"])

    return train, lambda model, x: model.inplace_predict(x, predict_type="margin")


def lightgbm_trainer(task, categories):
    import lightgbm

    params = {"objective": "binary", "max_bin": task["bins"] + 1, "learning_rate": task["rate"], "num_leaves": task["leaves"],  # its bins count that of missing values
              "max_depth": task["depth"] or -1, "lambda_l2": 1, "min_sum_hessian_in_leaf": 1, "min_data_in_leaf": 1, "num_threads": task["threads"],
              "verbose": -1, "seed": 1}

    def train(x, y):
        data = lightgbm.Dataset(x, y, categorical_feature=categories or "auto", params=params, free_raw_data=True)
        return lightgbm.train(params, data, task["trees"])

    return train, lambda model, x: model.predict(x, raw_score=True, num_threads=task["threads"])


def sklearn_trainer(task, categories):
    from sklearn.ensemble import HistGradientBoostingClassifier

    def train(x, y):
        return HistGradientBoostingClassifier(
            max_iter=task["trees"], learning_rate=task["rate"], max_leaf_nodes=task["leaves"], max_depth=task["depth"] or None, max_bins=task["bins"],
            l2_regularization=1, min_samples_leaf=1, early_stopping=False, categorical_features=categories or None, random_state=1).fit(x, y)

    return train, lambda model, x: model.decision_function(x)


def run(task):
    import numpy as np

    texts = task["texts"] or []
    categories = list(range(task["columns"] - len(texts), task["columns"]))
    train, score = globals()[task["library"] + "_trainer"](task, categories)
    bare = peak()
    n = task["rows"] + task["held"]
    x = np.empty((n, task["columns"]), dtype=np.float32)
    with open(task["path"], "rb") as f:
        y = np.fromfile(f, dtype="<f8", count=n).astype(np.float32)
        for i in range(task["columns"]):
            x[:, i] = np.fromfile(f, dtype="<f8", count=n)
    took = []
    for _ in range(task["rounds"]):
        at, used = time.perf_counter(), time.process_time()
        model = train(x[: task["rows"]], y[: task["rows"]])
        took.append((time.perf_counter() - at, time.process_time() - used))
    scored = []
    for _ in range(5):
        at = time.perf_counter()
        out = score(model, x[task["rows"] :])
        scored.append(time.perf_counter() - at)
    np.asarray(out, dtype="<f8").tofile(task["scores"])
    return {"train": [a for a, _ in took], "processor": [b for _, b in took], "score": scored, "bare": bare, "peak": peak()}


print(json.dumps(run(json.loads(sys.argv[1])) if len(sys.argv) > 1 else versions()))
