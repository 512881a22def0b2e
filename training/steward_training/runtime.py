"""Runs an ONNX file with the native library that the build fetches, so that figures are those of the shipped file."""

import ctypes
import glob
import os

import numpy

_KINDS = {numpy.dtype("float32"): 1, numpy.dtype("int64"): 7}
_API_VERSION = 20


def _library():
    here = os.path.dirname(os.path.abspath(__file__))
    known = os.environ.get("STEWARD_ONNXRUNTIME") or next(iter(sorted(glob.glob(
        os.path.join(here, "..", "..", "artifacts", "native", "onnxruntime-*", "libonnxruntime.so.1")))), None)
    if not known:
        raise FileNotFoundError("libonnxruntime.so.1: build compat/OnnxRuntime once, or set STEWARD_ONNXRUNTIME to it")
    return ctypes.CDLL(known)


class _Base(ctypes.Structure):
    _fields_ = [("get_api", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)), ("version", ctypes.c_void_p)]


class Session:
    """One model on one thread. Slots are positions in ONNX Runtime's append-only function table."""

    _api = None
    _env = None

    def __init__(self, path):
        if Session._api is None:
            library = _library()
            library.OrtGetApiBase.restype = ctypes.POINTER(_Base)
            Session._api = ctypes.cast(library.OrtGetApiBase().contents.get_api(_API_VERSION),
                                       ctypes.POINTER(ctypes.c_void_p))
            Session._env = ctypes.c_void_p()
            self._call(3, ctypes.c_int(3), ctypes.c_char_p(b"steward"), ctypes.byref(Session._env))
        options, self.session, self.memory = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        self._call(10, ctypes.byref(options))
        self._call(24, options, ctypes.c_int(1))
        with open(path, "rb") as file:
            data = file.read()
        self._call(8, Session._env, ctypes.c_char_p(data), ctypes.c_size_t(len(data)), options,
                   ctypes.byref(self.session))
        self._call(69, ctypes.c_int(1), ctypes.c_int(0), ctypes.byref(self.memory))

    @staticmethod
    def _call(slot, *arguments, result=ctypes.c_void_p):
        function = ctypes.CFUNCTYPE(result, *[type(a) if not hasattr(a, "_obj") else ctypes.c_void_p
                                              for a in arguments])(Session._api[slot])
        status = function(*[ctypes.cast(a, ctypes.c_void_p) if hasattr(a, "_obj") else a for a in arguments])
        if result is ctypes.c_void_p and status:
            text = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(Session._api[2])(status)
            raise RuntimeError(text.decode("utf-8", "replace"))

    def run(self, output, **inputs):
        """The named output as float32 for int64 inputs of one shape."""
        values, kept = [], []
        for array in inputs.values():
            array = numpy.ascontiguousarray(array)
            shape = (ctypes.c_int64 * array.ndim)(*array.shape)
            value = ctypes.c_void_p()
            self._call(49, self.memory, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes),
                       ctypes.cast(shape, ctypes.c_void_p), ctypes.c_size_t(array.ndim),
                       ctypes.c_int(_KINDS[array.dtype]), ctypes.byref(value))
            values.append(value)
            kept.append((array, shape))
        names = (ctypes.c_char_p * len(inputs))(*[n.encode() for n in inputs])
        handles = (ctypes.c_void_p * len(inputs))(*[v.value for v in values])
        outputs, results = (ctypes.c_char_p * 1)(output.encode()), (ctypes.c_void_p * 1)(None)
        self._call(9, self.session, ctypes.c_void_p(None), ctypes.cast(names, ctypes.c_void_p),
                   ctypes.cast(handles, ctypes.c_void_p), ctypes.c_size_t(len(inputs)),
                   ctypes.cast(outputs, ctypes.c_void_p), ctypes.c_size_t(1), ctypes.cast(results, ctypes.c_void_p))
        value, info, rank, data = ctypes.c_void_p(results[0]), ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_void_p()
        self._call(65, value, ctypes.byref(info))
        self._call(61, info, ctypes.byref(rank))
        shape = (ctypes.c_int64 * rank.value)()
        self._call(62, info, ctypes.cast(shape, ctypes.c_void_p), rank)
        self._call(51, value, ctypes.byref(data))
        count = int(numpy.prod(list(shape)))
        found = numpy.ctypeslib.as_array(ctypes.cast(data, ctypes.POINTER(ctypes.c_float)), (count,)).copy()
        self._call(99, info, result=None)
        for used in values + [value]:
            self._call(96, used, result=None)
        return found.reshape(list(shape))
