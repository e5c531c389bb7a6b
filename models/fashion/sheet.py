"""A sheet of pictures, each over the class that was predicted for it; red where that is wrong."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

COLUMNS, SIDE, CAPTION, GAP = 8, 96, 26, 6
RIGHT, WRONG = (20, 110, 40), (190, 30, 30)


def some_of(folder, each):
    """The first `each` pictures of every class below `folder`."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    return [picture for path in classes for picture in sorted(path.iterdir())[:each]]


def write(path, predictions):
    """predictions: what `predict --json` answers; a picture's true class is its folder's name."""
    rows = -(-len(predictions) // COLUMNS)
    width, height = COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + CAPTION + GAP) + GAP
    page = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default()
    for i, prediction in enumerate(predictions):
        left, top = GAP + i % COLUMNS * (SIDE + GAP), GAP + i // COLUMNS * (SIDE + CAPTION + GAP)
        picture, best = Path(prediction["image"]), prediction["top"][0]
        page.paste(Image.open(picture).convert("RGB").resize((SIDE, SIDE)), (left, top))
        colour = RIGHT if best["class"] == picture.parent.name else WRONG
        draw.text((left, top + SIDE + 1), best["class"], colour, font)
        draw.text((left, top + SIDE + 12), f"{100 * best['probability']:.0f} %", colour, font)
    page.save(path)
