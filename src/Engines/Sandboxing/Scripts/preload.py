"""Imports what every child of a profile needs, before there is one."""
import os


def warm_up(profile):
    """Imports once what every child needs, and draws a figure, so that caches are filled before the first clone."""
    if profile != "python":
        return {}
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as pyplot
    import numpy
    import pandas

    figure, axes = pyplot.subplots()
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    frame.groupby("y").sum()
    axes.plot([1, 2])
    axes.set_title("warm")
    figure.savefig(open(os.devnull, "wb"), format="png")
    pyplot.close("all")
    versions = {"pandas": pandas.__version__, "numpy": numpy.__version__, "matplotlib": matplotlib.__version__}
    try:
        import openpyxl

        versions["openpyxl"] = openpyxl.__version__
    except ImportError:
        pass
    return versions
