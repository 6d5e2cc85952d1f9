"""Pieces and notes: the music21 corpus, folders of music, quarantine, export.

Goal: turn music from anywhere into the tables ``pieces`` and ``notes``, with its
licence and the digest of its source, and notes back into files.

============================================ =====================================
:func:`collect`                              a catalogue from collections and a folder
:mod:`~ricercar.catalogue.corpus`            the collections and their licences
:mod:`~ricercar.catalogue.listings`          what a collection holds, listed once
:mod:`~ricercar.catalogue.folder`            a folder of the user's own files
:mod:`~ricercar.catalogue.labels`            a table of labels, and what licences allow
:mod:`~ricercar.catalogue.formats`           which format is which, and its reader
:mod:`~ricercar.catalogue.reading`           what a reader returns
:mod:`~ricercar.catalogue.notation`          MusicXML, ABC, kern, MEI
:mod:`~ricercar.catalogue.midi`              MIDI, both ways
:mod:`~ricercar.catalogue.gathering`         every piece read once, and kept
:mod:`~ricercar.catalogue.cache`             readings kept on disk
:mod:`~ricercar.catalogue.assembling`        the tables, put together
:mod:`~ricercar.catalogue.duplicates`        the same notes twice are one entry
:mod:`~ricercar.catalogue.works`             known versions of one work
:mod:`~ricercar.catalogue.groups`            works that sound alike
:mod:`~ricercar.catalogue.export`            notes to MIDI and MusicXML, and back
============================================ =====================================
"""

from ricercar.catalogue.collecting import Collected, collect
from ricercar.catalogue.corpus import COLLECTIONS

__all__ = ["COLLECTIONS", "Collected", "collect"]
