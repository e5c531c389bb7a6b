"""A sheet of pictures, a row a class, each over the class that was predicted for it; red where that is wrong."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIDE, CAPTION, GAP, HEAD, LABEL = 96, 26, 6, 34, 84
RIGHT, WRONG, INK = (20, 110, 40), (190, 30, 30), (40, 40, 40)


def some_of(folder, each):
    """The first `each` pictures of every class below `folder`."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    return [picture for path in classes for picture in sorted(path.iterdir())[:each]]


def write(path, predictions):
    """predictions: what `predict --json` answers; a picture's true class is its folder's name."""
    rows = {}
    for prediction in predictions:
        rows.setdefault(Path(prediction["image"]).parent.name, []).append(prediction)
    width = LABEL + max(map(len, rows.values())) * (SIDE + GAP) + GAP
    page = Image.new("RGB", (max(width, 480), HEAD + len(rows) * (SIDE + CAPTION + GAP) + GAP), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default()
    draw.text((GAP, GAP), "A row a class; under each picture what was predicted, and how surely:", INK, font)
    draw.text((GAP, GAP + 13), "green is right,", RIGHT, font)
    draw.text((GAP + 100, GAP + 13), "red is wrong.", WRONG, font)
    for row, (name, of_class) in enumerate(rows.items()):
        top = HEAD + row * (SIDE + CAPTION + GAP)
        draw.text((GAP, top + SIDE // 2), name, INK, font)
        for column, prediction in enumerate(of_class):
            left, best = LABEL + column * (SIDE + GAP), prediction["top"][0]
            page.paste(Image.open(prediction["image"]).convert("RGB").resize((SIDE, SIDE)), (left, top))
            colour = RIGHT if best["class"] == name else WRONG
            draw.text((left, top + SIDE + 1), best["class"], colour, font)
            draw.text((left, top + SIDE + 12), f"{100 * best['probability']:.0f} %", colour, font)
    page.save(path)
