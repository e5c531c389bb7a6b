"""Checks that every example in an ODS file stands, line by line, in an .mlir file: examples_match.py ODS MLIR."""
import re
import sys

ods, mlir = (open(path).read() for path in sys.argv[1:3])
lines = {line.strip() for line in mlir.splitlines()}
examples = re.findall(r"```mlir\n(.*?)```", ods, re.DOTALL)
operations = re.findall(r"^def \w+Op : ", ods, re.MULTILINE)
missing = [line.strip() for example in examples for line in example.splitlines() if line.strip() not in lines]
for line in missing:
    print("not in", sys.argv[2] + ":", line)
if len(examples) != len(operations):
    print(f"{len(operations)} operations have {len(examples)} examples")
sys.exit(bool(missing) or len(examples) != len(operations))
