#!/usr/bin/env python3
"""Draws accuracy against speed, a panel for each trunk, from what precision.py and `bench --what features` have measured.

  precision_chart.py --out FILE.svg --speed f32=RATE --speed bf16=RATE --speed int8=RATE
                     TITLE=FILE.json,FILE.json [TITLE=FILE.json,...]

A RATE is images a second, the same for all panels. Each FILE is what `precision.py --json` writes of one precision. A ring is a
seed's top-1 in it less that in f32, a mark their mean.
"""

import argparse
import json
import statistics
from html import escape
from pathlib import Path

COLOURS = {"f32": "#000000", "bf16": "#0072b2", "int8": "#d55e00"}  # Okabe and Ito's
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 300, 60, 20, 40, 50
REACH = 1.5  # points of accuracy above and below f32


def text(x, y, anchor, words, colour="black"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>\n'


def panel(offset, title, measured, speeds, fastest):
    """One trunk's: `measured` is {precision: [difference to f32 in points of each seed]}."""
    at_x = lambda rate: offset + LEFT + rate / fastest * (WIDTH - LEFT - RIGHT)
    at_y = lambda points: TOP + (REACH - points) / (2 * REACH) * (HEIGHT - TOP - BOTTOM)
    svg = text(offset + LEFT, TOP - 16, "start", f"{title}: top-1, points above f32") + text(at_x(fastest / 2), HEIGHT - 12, "middle", "frozen layers, images/s")
    for points in (-1, 0, 1):
        svg += f'<path d="M{at_x(0):.1f} {at_y(points):.1f}H{at_x(fastest):.1f}" stroke="{"#888" if points == 0 else "#ddd"}"/>\n'
        svg += text(at_x(0) - 8, at_y(points) + 4, "end", f"{points:+d}" if points else "f32")
    for rate in range(0, int(fastest) + 1, 50):
        svg += text(at_x(rate), HEIGHT - BOTTOM + 18, "middle", str(rate))
    for precision, differences in measured.items():
        x, mean, colour = at_x(speeds[precision]), statistics.mean(differences), COLOURS[precision]
        for difference in differences:
            svg += f'<circle cx="{x:.1f}" cy="{at_y(difference):.1f}" r="5" fill="none" stroke="{colour}"/>\n'
        svg += f'<path d="M{x - 8:.1f} {at_y(mean):.1f}h16" stroke="{colour}" stroke-width="3"/>\n'
        if precision == "f32":  # below, where a neighbour's words are above
            svg += text(x, at_y(0) + 22, "middle", precision, colour)
        else:
            svg += text(x, at_y(max(differences)) - 12, "middle", f"{precision} {mean:+.2f}", colour)
    return svg


def read(files, speeds):
    measured = {"f32": [0.0]}
    for name in files.split(","):
        found = json.loads(Path(name).read_text())
        measured[found["precision"]] = [row["top1"] - row["f32"] for row in found["seeds"]]
    return {precision: measured[precision] for precision in speeds if precision in measured}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("panels", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--speed", action="append", required=True)
    arguments = parser.parse_args()
    speeds = {name: float(rate) for name, rate in (each.split("=") for each in arguments.speed)}
    fastest = max(speeds.values()) * 1.15
    svg = "".join(
        panel(number * WIDTH, title, read(files, speeds), speeds, fastest)
        for number, (title, files) in enumerate(each.rsplit("=", 1) for each in arguments.panels)
    )
    width = WIDTH * len(arguments.panels)
    arguments.out.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n{svg}</svg>\n'
    )


if __name__ == "__main__":
    main()
