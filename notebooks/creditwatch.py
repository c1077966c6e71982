"""Reads the published views of creditwatch into pandas, over the read-only HTTP address of `creditwatch serve`.

Needs pandas alone. The address and the analyst come from the environment:

    CREDITWATCH_URL       default http://127.0.0.1:8080
    CREDITWATCH_USER      name of serve.users
    CREDITWATCH_PASSWORD  its password

    import creditwatch as cw
    cw.query('''SELECT * FROM latest_scores WHERE grade = {grade:String}''', grade="CC")
"""

import base64
import datetime
import io
import os
import urllib.error
import urllib.parse
import urllib.request

import pandas as pd


def query(sql, **params):
    """Asks one question. Values are bound to {name:Type} in the SQL, never pasted into it."""
    address = os.environ.get("CREDITWATCH_URL", "http://127.0.0.1:8080").rstrip("/")
    asked = {"database": "creditwatch", "default_format": "CSVWithNamesAndTypes"}
    for name, value in params.items():
        if isinstance(value, (datetime.date, pd.Timestamp)):
            value = value.strftime("%Y-%m-%d")
        asked["param_" + name] = str(value)
    request = urllib.request.Request(address + "/?" + urllib.parse.urlencode(asked), data=sql.encode())
    user = os.environ.get("CREDITWATCH_USER", "")
    if user:
        word = user + ":" + os.environ.get("CREDITWATCH_PASSWORD", "")
        request.add_header("Authorization", "Basic " + base64.b64encode(word.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return _table(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{error.code}: {error.read(2000).decode(errors='replace').strip()}") from None
    except urllib.error.URLError as error:
        raise RuntimeError(f"{address} does not answer ({error.reason}); is `creditwatch serve` running?") from None


def _table(text):
    """Reads CSV with a line of names and a line of types; null stays null."""
    head = pd.read_csv(io.StringIO(text), nrows=1, header=None, skiprows=1, dtype=str)
    frame = pd.read_csv(io.StringIO(text), skiprows=[1], dtype=str, keep_default_na=False, na_values=["\\N"])
    for name, kind in zip(frame.columns, head.iloc[0]):
        kind = kind.removeprefix("LowCardinality(").removeprefix("Nullable(")
        if kind.startswith("Date"):
            frame[name] = pd.to_datetime(frame[name])
        elif kind.startswith(("Int", "UInt")):
            frame[name] = pd.to_numeric(frame[name]).astype("Int64")
        elif kind.startswith(("Float", "Decimal")):
            frame[name] = pd.to_numeric(frame[name])
        elif kind.startswith("Bool"):
            frame[name] = frame[name].map({"true": True, "false": False})
    return frame


def style():
    """Sets up tables, and matplotlib for charts whose labels may be Chinese."""
    import matplotlib.pyplot as plt

    pd.options.display.float_format = lambda v: f"{v:,.0f}" if abs(v) >= 1000 else f"{v:.4g}"
    plt.rcParams.update({
        # matplotlib sees the first face of the Noto CJK collection only; its glyphs are right for Chinese
        "font.family": ["Noto Sans CJK JP", "DejaVu Sans"],
        "figure.figsize": (9, 4),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.3,
    })
    return plt
