#!/usr/bin/env python3
"""The README's commands and links lead to something."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


class ReadmeTest(unittest.TestCase):
    def test_two_commands_of_one_chain_each(self):
        for block in BLOCKS[:2]:
            steps = [step.strip() for step in block.replace("\\\n", " ").strip().split("&&")]
            self.assertNotIn("\n", block.replace("\\\n", " ").strip())
            self.assertEqual(steps[:3], [".ci/deps.sh", "cmake --preset release", "cmake --build --preset release"])
        self.assertIn("--target check-resnetc", BLOCKS[1])
        self.assertTrue((ROOT / BLOCKS[0].split("&&")[-1].strip()).stat().st_mode & 0o100)

    def test_links(self):
        missing = []
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
            for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
                if "://" not in target and not (page.parent / target).exists():
                    missing.append(f"{page.name}: {target}")
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
