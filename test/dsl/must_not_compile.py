"""Each case compiles as it stands and must not compile with -DWRONG; then the compiler shows one error, and every `// expect:` text.

usage: must_not_compile.py [--include DIR] CASES COMPILER...
"""
import argparse
import pathlib
import shutil
import subprocess
import sys


def compile_case(compiler, include, case, *options):
    command = [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{include}", *options, str(case)]
    return subprocess.run(command, capture_output=True, text=True)


def mistakes(compiler, include, case):
    expected = [line.split("// expect: ")[1] for line in case.read_text().splitlines() if "// expect: " in line]
    twin = compile_case(compiler, include, case)
    if twin.returncode:
        yield f"the twin does not compile:\n{twin.stderr[:2000]}"
    wrong = compile_case(compiler, include, case, "-DWRONG")
    if wrong.returncode == 0:
        yield "compiles with -DWRONG"
    # g++ shows the text inside a string literal, with escaped quotes.
    shown = wrong.stderr.replace('\\"', '"')
    for text in expected:
        if text not in shown:
            yield f'does not say "{text}":\n{shown[:2000]}'
    if not expected:
        yield "expects nothing"
    count = wrong.stderr.count("error: ")
    if count > 1:
        yield f"shows {count} errors for one mistake:\n{wrong.stderr[:4000]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--include", required=True)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("compilers", nargs="+")
    arguments = parser.parse_args()
    compilers = [c for c in arguments.compilers if shutil.which(c)]
    cases = sorted(arguments.cases.glob("*.cpp"))
    failed = not compilers or not cases
    for compiler in compilers:
        for case in cases:
            for mistake in mistakes(compiler, arguments.include, case):
                print(f"{case.name} ({compiler}): {mistake}")
                failed = True
    print(f"{len(cases)} cases under {' and '.join(compilers)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
