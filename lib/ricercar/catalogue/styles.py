"""The style of a piece: what kind of dance or song its source calls it.

Goal: one lower-case singular label per piece, taken from what the source says (a
rhythm field, a word in the title, the section of a printed book), never guessed
from the notes, because the notes are what a classifier is later asked to judge by.

Conventions
-----------
A piece's style comes from the first of these that tells one: the user's table of
labels; the folder that a file of the user's own lies in; the file's own metadata (the
rhythm field of ABC, the genre record of kern, MEI or MusicXML); for the collections,
their printed book's section; the names of the parts (exactly soprano, alto, tenor and
bass: a chorale); words in the title; words in the file's name. Where none does, it is
``"other"``, and known from nowhere.

Sources
-------
F. O'Neill, *O'Neill's Music of Ireland*, Chicago 1903: 1,850 numbered melodies in
sections of airs (1 to 700, with Carolan's), double and single jigs, slip jigs, reels,
hornpipes, long dances, marches and miscellaneous.
"""

import re

OTHER = "other"

#: words that a rhythm field or a title uses, in the order in which they are tried
_WORDS = {
    "slip jig": ("slip jig", "slipjig", "hop jig"),
    "hornpipe": ("hornpipe",),
    "strathspey": ("strathspey",),
    "reel": ("reel",),
    "jig": ("jig", "gigue"),
    "highland fling": ("highland fling", "fling"),
    "march": ("march", "quickstep", "quick step", "retreat", "troop"),
    "minuet": ("minuet", "menuet"),
    "gavotte": ("gavotte", "gavot"),
    "waltz": ("waltz",),
    "polka": ("polka",),
    "slide": ("slide",),
    "clog": ("clog",),
    "walkaround": ("walkaround", "walk around"),
    "air": ("air", "song", "ballad"),
}
#: names of folders that tell nothing about the style of what lies in them
_NO_STYLES = frozenset(
    # fmt: off
    (
        "abc",
        "chords",
        "data",
        "files",
        "import",
        "kern",
        "krn",
        "mei",
        "melodies",
        "melody",
        "mid",
        "midi",
        "mscx",
        "music",
        "musicxml",
        "mxl",
        "parts",
        "pieces",
        "scores",
        "tunes",
        "xml",
    )
    # fmt: on
)
#: first number of each section of O'Neill's book
_ONEILL = (
    (1, "air"),
    (701, "jig"),
    (1116, "slip jig"),
    (1176, "reel"),
    (1556, "hornpipe"),
    (1782, "long dance"),
    (1801, "march"),
)


def in_words(text: str) -> str:
    """The style that some words name, or ``"other"``.

    Examples
    --------
    >>> in_words("Beebe's -- Hornpipe"), in_words("Double Jig"), in_words("The Fairy Queen")
    ('hornpipe', 'jig', 'other')
    """
    words = re.sub(r"[^a-z]+", " ", text.lower())
    for style, names in _WORDS.items():
        if re.search(rf"\b(?:{'|'.join(names)})s?\b", words):
            return style
    return OTHER


def told(rhythm: str, title: str, section: str = OTHER) -> tuple[str, str]:
    """The style of a tune and where it is known from.

    Its rhythm field counts before its book's section, that before its title.

    Examples
    --------
    >>> told("double jig", "The Rakes of Kildare"), told("", "The Fairy Reel", section="air")
    (('jig', 'rhythm field'), ('air', 'section'))
    >>> told("", "The Fairy Reel"), told("", "The Fairy Queen")
    (('reel', 'title'), ('other', 'unknown'))
    """
    places = (
        ("rhythm field", in_words(rhythm)),
        ("section", section),
        ("title", in_words(title)),
    )
    return next(((style, place) for place, style in places if style != OTHER), (OTHER, "unknown"))


def in_file_name(stem: str) -> str:
    """The style that a file's name tells, letters and numbers after it not counted.

    Examples
    --------
    >>> in_file_name("reelsa-c12"), in_file_name("jig7b"), in_file_name("marching")
    ('reel', 'jig', 'other')
    """
    words = re.sub(r"[^a-z]+", " ", stem.lower())
    for style, names in _WORDS.items():
        if re.search(rf"\b(?:{'|'.join(names)})(?:e?s)?[a-z]?\b", words):
            return style
    return OTHER


def of_genre(genre: str) -> str:
    """The style that a file's own genre or rhythm field names.

    Examples
    --------
    >>> of_genre("Double jig"), of_genre("Barn dance"), of_genre(" ")
    ('jig', 'barn dance', 'other')
    """
    known = in_words(genre)
    return known if known != OTHER else of_folder(genre[:40]) or OTHER


def oneill_section(number: int) -> str:
    """The section of O'Neill's book that a tune's number lies in.

    Examples
    --------
    >>> oneill_section(700), oneill_section(701), oneill_section(1850)
    ('air', 'jig', 'march')
    """
    return next((style for first, style in reversed(_ONEILL) if number >= first), OTHER)


def of_folder(name: str) -> str:
    """The style that a folder is named after: a known one in the singular, or the name itself.

    Empty for a name that only says what kind of files there are.

    Examples
    --------
    >>> of_folder("Slip_Jigs"), of_folder("waltzes"), of_folder("Film-Music")
    ('slip jig', 'waltz', 'film music')
    >>> of_folder("MIDI"), of_folder("scores")
    ('', '')
    """
    words = " ".join(re.findall(r"[^\W_]+", name.lower()))
    if words in _NO_STYLES:
        return ""
    for style, names in {**_WORDS, "chorale": ("chorale",)}.items():
        if re.fullmatch(rf"(?:{'|'.join(names)})(?:e?s)?", words):
            return style
    return words


def of_parts(names: tuple[str, ...]) -> str:
    """``"chorale"`` for exactly soprano, alto, tenor and bass, else ``"other"``.

    Examples
    --------
    >>> of_parts(("Soprano", "Alto", "Tenor", "Bass"))
    'chorale'
    >>> of_parts(("Horn 2", "Soprano", "Alto", "Tenor", "Bass"))
    'other'
    """
    voices = tuple(re.sub(r"[^a-z]", "", name.lower()) for name in names)
    return "chorale" if voices == ("soprano", "alto", "tenor", "bass") else OTHER
