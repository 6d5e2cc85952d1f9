"""The shape of the networks that training and composing share.

Conventions
-----------
Voices are numbered from the highest, 0.
"""

#: how far back each convolution reaches, in cells
DILATIONS = (1, 2, 4, 8)
#: what the tables' weights are multiplied by: rare entries must be able to grow
TABLE_SCALE = 8.0
#: how many bars back the decoder recalls what stood in the same place
RECALLED = (1, 2, 4)
#: over how many beats it compares what was written with what was written then
COMPARED = (1, 4)
#: largest step of a voice that its table tells apart, in semitones
REACH = 24


def order(voices: int) -> list[int]:
    """The order in which voices are decided: highest, lowest, then from below.

    Examples
    --------
    >>> order(4), order(1)
    ([0, 3, 2, 1], [0])
    """
    return [0, *range(voices - 1, 0, -1)]


#: how far apart the generator's wide convolutions look, in beats
GENERATOR_DILATIONS = (1, 2, 4, 8, 4, 1)
