#!/usr/bin/env python3
"""Runs the whole demo and reads its last two lines: a trunk trained on other garments has to be worth 25 points.

  fashion_test.py BUILD
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINE = r"{} top1 (0\.\d{{3}}) lr (?:0\.01|0\.1)"

with tempfile.TemporaryDirectory() as out:
    command = [ROOT / "models" / "fashion" / "run.py", "--build", sys.argv[1], "--out", out]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    print(done.stdout)
    if done.returncode:
        sys.exit(f"the demo ended with {done.returncode}")
    found = [re.fullmatch(LINE.format(name), line) for name, line in zip(("pretrained", "random"), done.stdout.splitlines()[-2:])]
    if not all(found):
        sys.exit("the last two lines are not the results")
    pretrained, random = (float(match[1]) for match in found)
    if pretrained - random < 0.25:
        sys.exit(f"the trained trunk leads by {100 * (pretrained - random):.1f} points, expected 25")
    if not Path(out, "predictions.png").stat().st_size:
        sys.exit("predictions.png is empty")
