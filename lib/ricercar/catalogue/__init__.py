"""Pieces and notes: the music21 corpus, folders of music, quarantine, export.

Goal: turn music from anywhere into the tables ``pieces`` and ``notes``, with its
licence and the digest of its source, and notes back into files.

============================================ =====================================
:func:`collect`                              a catalogue from collections and a folder
:mod:`~ricercar.catalogue.corpus`            the collections and their licences
:mod:`~ricercar.catalogue.folder`            a folder of the user's own files
:mod:`~ricercar.catalogue.reading`           what a reader returns; which format is which
:mod:`~ricercar.catalogue.notation`          MusicXML, ABC, kern
:mod:`~ricercar.catalogue.midi`              MIDI, both ways
:mod:`~ricercar.catalogue.works`             versions of one work
:mod:`~ricercar.catalogue.export`            notes to MIDI and MusicXML, and back
============================================ =====================================
"""

from ricercar.catalogue.collecting import Collected, collect
from ricercar.catalogue.corpus import COLLECTIONS

__all__ = ["COLLECTIONS", "Collected", "collect"]
