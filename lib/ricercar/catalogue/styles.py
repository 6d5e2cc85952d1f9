"""The style of a piece: what kind of dance or song its source calls it.

Goal: one lower-case singular label per piece, taken from what the source says (a
rhythm field, a word in the title, the section of a printed book), never guessed
from the notes, because the notes are what a classifier is later asked to judge by.

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


def of_tune(rhythm: str, title: str, section: str = OTHER) -> str:
    """The style of a tune: its rhythm field, else its book's section, else its title.

    Examples
    --------
    >>> of_tune("double jig", "The Rakes of Kildare")
    'jig'
    >>> of_tune("", "The Fairy Reel", section="air")
    'air'
    """
    for found in (in_words(rhythm), section, in_words(title)):
        if found != OTHER:
            return found
    return OTHER


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

    Examples
    --------
    >>> of_folder("Slip_Jigs"), of_folder("waltzes"), of_folder("Film-Music")
    ('slip jig', 'waltz', 'film music')
    """
    words = re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()
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
