"""The words the starter world is made of, and which combinations are held out of training."""
from paint import rgb

COLOURS = {
    "red": rgb(205, 38, 36), "orange": rgb(240, 132, 28), "yellow": rgb(246, 214, 48),
    "green": rgb(52, 148, 62), "turquoise": rgb(46, 196, 190), "blue": rgb(38, 84, 200),
    "purple": rgb(122, 52, 168), "pink": rgb(244, 142, 182), "brown": rgb(122, 76, 42),
    "black": rgb(30, 29, 33), "white": rgb(244, 243, 240), "grey": rgb(134, 136, 140),
}
NOUNS = ["house", "tower", "boat", "balloon", "tree", "flower", "ball", "cube", "star", "fish", "bird", "lantern"]
TIMES = ["dawn", "day", "dusk", "night", "storm"]
GROUNDS = ["sea", "lake", "hills", "mountains", "snow", "desert", "meadow", "forest", "road", "river"]
MATERIALS = ["brick", "planks", "stone", "tiles", "stripes", "checks", "dots"]
STYLES = ["plain", "flat", "watercolour", "ink", "pixel", "mosaic", "pencil"]
SIZES = ["small", "medium", "large"]
PLACES = ["left", "middle", "right"]
WATER = ("sea", "lake", "river")
EXTRAS = ["sun", "moon", "clouds", "stars"]

_C = {c: i for i, c in enumerate(COLOURS)}


def held_out(colour, noun):
    """True for the tenth of (colour, noun) that no training picture holds."""
    return (3 * _C[colour] + 7 * NOUNS.index(noun)) % 10 == 4


def scene_held_out(time, ground):
    """True for the tenth of (time, ground) that no training picture holds."""
    return (2 * TIMES.index(time) + GROUNDS.index(ground)) % 10 == 7
