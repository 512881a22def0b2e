"""The words that the validator knows: what Python code may use, and what it may not."""
import re

MODULES = set("""
abc base64 bisect calendar cmath collections collections.abc colorsys contextlib copy csv dataclasses datetime decimal difflib enum fractions functools hashlib heapq io
itertools json math numbers operator pprint random re statistics steward string textwrap time typing unicodedata uuid warnings zoneinfo
numpy numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.typing
pandas pandas.api.types pandas.plotting pandas.tseries.frequencies pandas.tseries.offsets
matplotlib matplotlib.cm matplotlib.colors matplotlib.dates matplotlib.gridspec matplotlib.lines matplotlib.patches matplotlib.pyplot matplotlib.ticker
openpyxl openpyxl.chart openpyxl.styles openpyxl.utils __future__
""".split())
DUNDERS = {"__name__", "__doc__", "__init__", "__version__", "__post_init__"}
UNDERSCORED = {"_asdict", "_replace", "_fields", "_make"}
ATTRIBUTES = {
    # Modules that others carry along.
    **dict.fromkeys("os sys builtins subprocess importlib socket ctypes shutil pathlib posix inspect gc pickle marshal codecs threading multiprocessing asyncio signal platform runpy "
                    "code pdb sqlite3 urllib http tempfile linecache tracemalloc ctypeslib f2py distutils testing animation backends backend_bases core compat computation npyio "
                    "pickle_compat texmanager dviread copyreg bltns atexit logging tarfile zipfile gzip bz2 lzma zlib mmap locale posixpath genericpath encodings traceback weakref shlex "
                    "pwd grp six dateutil font_manager cbook rcsetup backend_managers backend_tools".split(), "a module that is not allowed"),
    # Ways back from a frame, a function or an error to what it closes over.
    **dict.fromkeys("f_globals f_locals f_builtins f_back f_code f_trace gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await ag_frame ag_code tb_frame tb_next "
                    "func_globals func_code co_code co_consts obj mro with_traceback FunctionType CodeType LambdaType MethodType ModuleType CellType new_class "
                    "as_strided exec getattr setattr delattr globals locals vars breakpoint".split(), "the interpreter's insides"),
    # Ways to name an attribute in a string.
    **dict.fromkeys("attrgetter methodcaller Formatter format_map get_type_hints singledispatch singledispatchmethod vformat get_field".split(), "names attributes in a string"),
    # Ways to make objects or run code from data.
    **dict.fromkeys("read_pickle to_pickle read_hdf to_hdf read_sql read_sql_query read_sql_table to_sql read_gbq to_gbq read_clipboard to_clipboard read_xml read_html eval "
                    "urlopen ZipFile memmap open_memmap DataSource NpzFile read_array lookfor import_optional_dependency runstring from_custom_template switch_backend open_code FileIO system popen load_library rc_file rc_params_from_file".split(), "runs code or reaches outside"),
}
# Their arguments are read here, so they must stand where they are called.
DIRECT = {"load", "query", "use"}
# Patterns without names read attributes that a class names in strings; these classes name none.
PLAIN = set("int float str bytes bytearray bool list tuple dict set frozenset".split())
# Methods that run when nobody calls them, and hand over what no attribute gives.
HOOKS = set("__reduce__ __reduce_ex__ __setstate__ __setattr__ __getattribute__ __instancecheck__ __subclasscheck__ __subclasshook__ __mro_entries__ __prepare__".split())
# What modules call the modules that they use for themselves.
INSIDE = {"_os", "_sys", "_io", "_builtins", "_subprocess", "_importlib", "_socket", "_ctypes", "_posix", "_gc", "_thread"}
TESTS = {"isinstance", "issubclass", "map", "apply", "applymap", "type"}
AGGREGATES = {"apply", "agg", "aggregate", "transform", "map", "pipe"}
# Only by the name of the argument.
NAMED_AGGREGATES = {"pivot_table", "crosstab"}
# Whatever is no name in the work directory, where a file is asked for.
OUTSIDE = re.compile(r"\s*(/(?!job/)|~|\w+://|file:)|(.*/)?\.\.(/|\Z)", re.S)
OPENS = set("open use print_figure load save savez savez_compressed savetxt loadtxt genfromtxt fromfile tofile fromregex dump savefig imread imsave load_workbook from_file ExcelFile ExcelWriter".split())
# A number where these expect a name is a descriptor.
WRITES = set("to_csv to_json to_excel to_html to_string to_latex to_parquet to_feather to_stata to_xml".split())
PLACES = set("filepath_or_buffer path_or_buf path io file fname filename excel_writer buf".split())
DUNDER_TEXT = re.compile(r"__\w+__\Z")
# The strings of a condition, and its names in backticks: one that holds the mark of the other is none.
QUERY_PARTS = re.compile(r"""'(?:\\.|[^'\\`])*'|"(?:\\.|[^"\\`])*"|`[^`'"]*`""")
UNCLEAR = re.compile(r"""[#\n\r\\]|'''|\"\"\"""")
FORMAT_TEXT = re.compile(r"\{\w*(?:\.\w+|\[\w+\])*[.\[]__")
NODES, CHARACTERS, FINDINGS = 50_000, 262_144, 50
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]|\r(?!\n)")
COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
