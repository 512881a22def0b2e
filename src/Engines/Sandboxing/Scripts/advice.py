"""What the validator says of a mistake: what is wrong, and what to write instead. Whoever reads it is a model that has one more try."""
import re

FILES = "files lie in the work directory: open() takes their name"
NETWORK = "there is no network; steward.connector() calls a system"
SQL = "steward.sql() runs a query"
DRAWS = "matplotlib draws"
ONE = "write one step after the other: there is one processor and no event loop"
INSIDES = "the interpreter's insides"
INSTEAD = {
    **dict.fromkeys("os pathlib glob shutil tempfile fileinput fnmatch".split(), FILES),
    **dict.fromkeys("requests urllib urllib3 httpx aiohttp http socket ssl ftplib smtplib websocket boto3".split(), NETWORK),
    **dict.fromkeys("sqlite3 sqlalchemy psycopg psycopg2 pymysql mysql pyodbc duckdb pymongo redis".split(), SQL),
    **dict.fromkeys("seaborn plotly bokeh altair pylab PIL mplfinance".split(), DRAWS),
    **dict.fromkeys("threading multiprocessing concurrent asyncio queue joblib signal sched".split(), ONE),
    **dict.fromkeys("pickle dill shelve marshal configparser yaml toml tomllib tomli".split(), "csv and json keep data"),
    **dict.fromkeys("ctypes cffi importlib runpy code builtins inspect gc types ast dis tracemalloc pdb weakref".split(), INSIDES),
    **dict.fromkeys("sys logging rich tqdm getpass".split(), "print() writes output"),
    **dict.fromkeys("argparse click optparse getopt dotenv".split(), "write the values into the code"),
    **dict.fromkeys("zipfile tarfile gzip bz2 lzma zlib".split(), 'pandas.read_csv() reads a file that is packed, as in "x.csv.gz"'),
    **dict.fromkeys("xlsxwriter xlrd xlwt docx reportlab fpdf".split(), "openpyxl and df.to_excel() write workbooks"),
    **dict.fromkeys("html xml lxml bs4 markdown".split(), "re finds what is wanted in a text"),
    **dict.fromkeys("scipy sklearn statsmodels xgboost torch tensorflow prophet sympy".split(), "numpy and pandas compute: numpy.polyfit() fits a line, df.corr() correlates"),
    **dict.fromkeys("polars pyarrow dask modin".split(), "pandas reads and computes tables"),
    **dict.fromkeys("pytz dateutil arrow pendulum babel".split(), "zoneinfo has time zones, pandas.to_datetime() reads dates, pandas.DateOffset adds months"),
    **dict.fromkeys("tabulate prettytable IPython ipywidgets streamlit dash".split(), "steward.table(frame) shows a table, display() is there without an import"),
    "subprocess": "no program can be started", "platform": "it does not matter here which machine it is", "traceback": "an error that is not caught is reported with its line",
    "locale": 'an f-string formats numbers, such as f"{x:,.2f}"', "secrets": "random draws", "timeit": "time.perf_counter() measures",
}
NAMES = {
    "eval": "write the expression itself; json.loads() reads data", "exec": "write the code itself", "compile": "write the code itself", "breakpoint": "print() shows a value",
    "getattr": 'write the attribute out, x.name; a column is df["name"]', "setattr": 'write the attribute out, x.name = value; a column is df["name"] = value', "delattr": 'write it out, del x.name',
    "vars": "keep the values in a dictionary", "globals": "keep the values in a dictionary", "locals": "keep the values in a dictionary", "input": "nobody answers while it runs: write the value into the code",
    "help": "nobody reads it; print() shows a value", "memoryview": "bytes and numpy arrays hold data", "dir": "list(df.columns) names the columns",
}
DUNDERS = {"__class__": "type(x) says what x is", "__import__": "an import statement imports", "__dict__": "name the attributes", "__file__": FILES, "__builtins__": INSIDES}
ATTRIBUTES = {
    **dict.fromkeys("read_pickle to_pickle read_hdf to_hdf".split(), "csv and json keep data"),
    **dict.fromkeys("read_sql read_sql_query read_sql_table read_gbq".split(), "steward.sql(query) runs a query and gives a data frame"),
    **dict.fromkeys("to_sql to_gbq".split(), "steward.sql() only reads; to_csv() keeps data"),
    **dict.fromkeys("read_html read_xml".split(), "re finds what is wanted in a text; read_csv(), read_json() and read_excel() read tables"),
    **dict.fromkeys("read_clipboard to_clipboard".split(), FILES), "eval": 'write the expression itself, such as df["c"] = df["a"] + df["b"]', "memmap": "np.load() and np.fromfile() read a file",
    "switch_backend": "figures are shown and saved without it", **dict.fromkeys(("system", "popen"), "no program can be started"), "format_map": "an f-string does the same",
    "with_traceback": "raise the error as it is", "attrgetter": "a lambda reads an attribute", "methodcaller": "a lambda calls a method", "mro": "isinstance(x, A) tests it",
}
FENCE, MAGIC = re.compile(r"\s*```"), re.compile(r"\s*([%!]\s*\w)")


def module(name, allowed):
    """Why it cannot be imported. Of a package that is there in part, the parts that are."""
    root = name.split(".")[0]
    parts = sorted(one for one in allowed if one.split(".")[0] == root)
    if root in INSTEAD:
        return f"{name} is not allowed: {INSTEAD[root]}"
    if parts:
        return f"{name} is not allowed: of {root} there are {', '.join(parts)}"
    return f"{name} is not allowed: pandas, numpy, matplotlib, openpyxl and what computes in the standard library can be imported, such as datetime, json, re and collections"


def name(word):
    return f"{word} is not allowed: {NAMES[word]}"


def dunder(word, what=""):
    return f"{what}{word} is not allowed" + (f": {DUNDERS[word]}" if word in DUNDERS else "")


def attribute(name, why):
    if name in ATTRIBUTES:
        return f"the attribute {name} is not allowed: {ATTRIBUTES[name]}"
    return f"the attribute {name} is not allowed: {why}" + (f'; a column is df["{name}"], and anything of your own wants another name' if why.startswith("a module") else "")


def place(written):
    """Of a file outside the work directory, or on the network."""
    if "://" in written and not written.startswith("file:"):
        return NETWORK + "; a file is given together with the code"
    last = re.split(r"[/\\]", written)[-1]
    return FILES + (f', here "{last[:80]}"' if re.fullmatch(r"[\w][\w. -]*", last) else "")


def syntax(error, code):
    lines = code.split("\n")
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    if FENCE.match(line):
        return "leave the lines with ``` out: the code alone"
    if MAGIC.match(line):
        return "leave lines that begin with % or ! out: this is no notebook, and what can be imported is there already"
    return f"the code does not parse: {error.msg}" + (f", at: {line.strip()[:120]}" if line.strip() else "")
