"""Ricercar: a notebook workbench for composing and recommending music.

Importing the package costs nothing: no TensorFlow, no music21, no work and no
configuration. Import the module you need (``from ricercar import features``).
"""

__version__ = "0.1.0"
