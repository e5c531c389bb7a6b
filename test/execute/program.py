"""Compiled modules: builds them, holds their buffers, and calls them through abi.h.

Every buffer has a guard behind it, and the arena is filled with not-a-numbers before each call: what writes too far or reads
what it has not written does not go unseen.
"""

import argparse
import ctypes
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import abi

GUARD = 64  # bytes behind a buffer
SKIPPED = 77  # the exit code of a test whose code this CPU does not run
PROC_NAMES = {  # of /proc/cpuinfo, by LLVM's
    "sse3": "pni",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "bmi": "bmi1",
    "lzcnt": "abm",
    "avx512vnni": "avx512_vnni",
    "avx512bf16": "avx512_bf16",
}


def parser(description):
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--tools", type=Path, required=True, help="where compile_modules and libexecute_pool.so are")
    result.add_argument("--work", type=Path, required=True)
    result.add_argument("--mcpu", default="native")
    result.add_argument("--tiles-of", default="", help="the CPU whose registers shape the tiles; default: --mcpu's")
    result.add_argument("--conv", default="auto", help="as resnetc's: auto, direct or winograd")
    result.add_argument("--jobs", type=int, default=1, help="compilers that run at the same time")
    return result


def machine_runs(features):
    """Whether this CPU has the features, by LLVM's names."""
    with open("/proc/cpuinfo") as file:
        flags = next(line for line in file if line.startswith("flags")).split()
    return all(PROC_NAMES.get(name, name) in flags for name in features)


class Buffer:
    """A 64-byte aligned array with a guard behind it."""

    def __init__(self, count, dtype):
        dtype = np.dtype(dtype)
        size = int(count) * dtype.itemsize
        self._bytes = np.zeros(size + GUARD + 63, np.uint8)
        start = -self._bytes.ctypes.data % 64
        self._guard = self._bytes[start + size : start + size + GUARD]
        self._guard[:] = 0xA5
        self.array = self._bytes[start : start + size].view(dtype)

    @staticmethod
    def of(array):
        buffer = Buffer(array.size, array.dtype)
        buffer.array[:] = array.reshape(-1)
        return buffer

    @property
    def address(self):
        return self.array.ctypes.data

    def check(self, name):
        if not (self._guard == 0xA5).all():
            raise AssertionError(f"{name} was written beyond its end")


def blocks(channels):
    return -(-channels // abi.BLOCK)


def pack(values):
    """[N,C,...] to the flat [N][C/32][...][32] of a record, pads zero."""
    n, c = values.shape[:2]
    padded = np.zeros((n, blocks(c) * abi.BLOCK, *values.shape[2:]), values.dtype)
    padded[:, :c] = values
    split = padded.reshape(n, blocks(c), abi.BLOCK, *values.shape[2:])
    return np.moveaxis(split, 2, -1).reshape(n, -1)


def unpack(flat, shape):
    """The inverse for one value of `shape` [C,...]; the pads must be zero."""
    n, (c, *rest) = len(flat), shape
    split = np.moveaxis(flat.reshape(n, blocks(c), *rest, abi.BLOCK), -1, 2)
    padded = split.reshape(n, blocks(c) * abi.BLOCK, *rest)
    if padded[:, c:].any():
        raise AssertionError(f"the pads of a value of shape {shape} are not zero")
    return padded[:, :c].copy()


def record_elements(shape):
    return blocks(shape[0]) * abi.BLOCK * math.prod(shape[1:])


class Program:
    def __init__(self, library, table, number=0):
        variants = (ctypes.POINTER(abi.Variant) * (number + 1)).in_dll(library, table)
        self.variant = variants[number].contents
        self.library, self.table = library, table
        self.model = self.variant.model.contents
        for struct in (self.variant, self.model):
            if struct.struct_size < ctypes.sizeof(struct):
                raise AssertionError("abi.py has drifted from abi.h")
        self.dtype = np.dtype(np.float64 if self.variant.dtype else np.float32)
        self.tensors = {t.name.decode(): t for t in self.model.tensors[: self.model.tensor_count]}
        sizes = {space: getattr(self.model, f"{space}_size") for space in ("frozen", "trained", "stats")}
        sizes |= {space: getattr(self.model, f"{space}_size") for space in ("frozen_derived", "trained_derived")}
        sizes |= dict.fromkeys(("gradients", "state1", "state2"), self.model.trained_size)
        self.buffers = {name: Buffer(size, self.dtype) for name, size in sizes.items()}
        self._where = {}  # of each tensor, see _positions

    def plain(self):
        """The variant in float32 beside this one."""
        return Program(self.library, self.table, 1)

    def scales(self):
        """Names of the activations in int8, in the order of their scales."""
        return [scale.name.decode() for scale in self.variant.scales[: self.variant.scale_count]]

    def features(self):
        """The CPU features that the code uses."""
        names = []
        while name := self.variant.cpu_features[len(names)]:
            names.append(name.decode())
        return names

    def _positions(self, name):
        """(places in the blocked form that hold elements, the elements' logical indices), both flat."""
        if name in self._where:
            return self._where[name]
        tensor = self.tensors[name]
        shape = tensor.shape[: tensor.rank]
        logical = [np.zeros((), np.int64)] * tensor.rank
        sizes = tensor.blocked_size[: tensor.blocked_rank]
        for axis, size in enumerate(sizes):
            dim = tensor.blocked_dim[axis]
            along = np.arange(size).reshape([-1 if i == axis else 1 for i in range(len(sizes))])
            logical[dim] = logical[dim] + along * tensor.blocked_step[axis]
        inside = np.logical_and.reduce([np.broadcast_to(i < n, sizes) for i, n in zip(logical, shape)])
        flat = sum(index * math.prod(shape[d + 1 :]) for d, index in enumerate(logical))
        self._where[name] = np.flatnonzero(inside), np.broadcast_to(flat, sizes)[inside]
        return self._where[name]

    def _place(self, name, buffer):
        tensor = self.tensors[name]
        array = self.buffers[buffer or abi.SPACES[tensor.space]].array
        return tensor, array[tensor.offset : tensor.offset + tensor.blocked_count]

    def write(self, name, values, buffer=None):
        """Sets a tensor of the state_dict (in another buffer of the same layout, where given)."""
        tensor, place = self._place(name, buffer)
        where, element = self._positions(name)
        place[where] = np.asarray(values).reshape(-1)[element]

    def read(self, name, buffer=None):
        """A tensor, the pads of which must be zero; with buffer "gradients" its gradient."""
        tensor, place = self._place(name, buffer)
        where, element = self._positions(name)
        values = np.empty(len(where), self.dtype)
        values[element] = place[where]
        if np.count_nonzero(place) != np.count_nonzero(values):
            raise AssertionError(f"the pads of {name} are not zero")
        return values.reshape(tensor.shape[: tensor.rank])

    def call(self, function, batch, pool=None, threads=1, **fields):
        """Calls a function of the seam; `fields` are those of the call, arrays or buffers for its pointers."""
        arena = abi.Arena()
        if function != "apply":
            of = {"prepare": "logits", "refresh": "logits", "calibrate": "features"}.get(function, function.removesuffix("_single"))
            arena = getattr(self.model, f"{of}_arena")
        held = dict(self.buffers)
        held["arena"] = Buffer(arena.fixed + batch * arena.per_image + threads * arena.per_thread, np.uint8)
        held["arena"].array[:] = 0xFF
        call = abi.Call(struct_size=ctypes.sizeof(abi.Call), threads=threads, pool=pool, batch=batch, loss_divisor=batch)
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                value = Buffer.of(value)
            if isinstance(value, Buffer):
                held[name] = value
            else:
                setattr(call, name, value)
        for name, buffer in held.items():
            setattr(call, name, buffer.address)
        getattr(self.variant, function)(ctypes.byref(call))
        for name, buffer in held.items():
            buffer.check(f"{name}, in {function},")

    def run_features(self, images, shapes, **fields):
        """Images [N,C,H,W] to the records, values of `shapes`."""
        batch = len(images)
        sizes = [record_elements(shape) for shape in shapes]
        if sum(sizes) != self.model.record_size:
            raise AssertionError(f"the table says {self.model.record_size} elements a record, expected {sum(sizes)}")
        records = Buffer(batch * sum(sizes), self.dtype)
        records.array[:] = np.nan
        nhwc = np.moveaxis(images, 1, -1).astype(self.dtype)
        self.call("features", batch, images=nhwc, records=records, **fields)
        rows = np.split(records.array.reshape(batch, -1), np.cumsum(sizes)[:-1], axis=1)
        return [unpack(row, shape) for row, shape in zip(rows, shapes)]


def load_pool(tools):
    """The runtime's thread pool; must be there before emitted code is loaded."""
    pool = ctypes.CDLL(tools / "libexecute_pool.so", mode=ctypes.RTLD_GLOBAL)
    pool.make_pool.restype = ctypes.c_void_p
    pool.free_pool.argtypes = [ctypes.c_void_p]
    return pool


def link(objects, path):
    subprocess.run([shutil.which("c++"), "-shared", "-o", path, *objects, "-lm"], check=True)


def compile_modules(texts, folder, arguments, stage):
    """Objects, one a module, by `--jobs` processes."""
    share = -(-len(texts) // arguments.jobs)
    processes, objects = [], []
    for first in range(0, len(texts), share):
        part, name = texts[first : first + share], folder / str(first)
        name.mkdir()
        (name / "modules.mlir").write_text("// -----\n".join(part))
        command = [arguments.tools / "compile_modules", name / "modules.mlir", name, f"--first={first}"]
        options = dict(mcpu=arguments.mcpu, tiles_of=arguments.tiles_of, conv=arguments.conv) | {"from": stage}
        options |= {"precision": getattr(arguments, "precision", "f32")}
        processes.append(subprocess.Popen([*command, *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]))
        objects += [name / f"{first + i}.o" for i in range(len(part))]
    if any([process.wait() for process in processes]):
        sys.exit("the modules could not be compiled")
    return objects


def load(texts, folder, arguments, stage):
    folder.mkdir()
    link(compile_modules(texts, folder, arguments, stage), folder / "modules.so")
    library = ctypes.CDLL(folder / "modules.so")
    return [Program(library, f"resnetc_variants_{i}") for i in range(len(texts))]


def build(texts, arguments, stage="forward"):
    """A Program for each module. Where this CPU lacks what the code uses: none, some are compiled, and a line says so."""
    load_pool(arguments.tools)
    arguments.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        if machine_runs(load(texts[:1], Path(folder, "first"), arguments, stage)[0].features()):
            return load(texts, Path(folder, "all"), arguments, stage)
        some = texts[::7]
        load(some, Path(folder, "some"), arguments, stage)
    print(f"{len(some)} of {len(texts)} modules compiled for {arguments.mcpu}, which this CPU does not run")
    return []
