"""Show results: figures, tables, engraved scores, sound and report pages.

Goal: one call per thing shown, so that a notebook's cell holds the question and
not the plumbing, and so that everything shown has a caption, a description for
readers who cannot see it, and the label *simulated* where it was made from
simulated listeners.

    from ricercar import show
    show.style()
    show.figure(fig, "Reels are faster.", alt="Two histograms, reels to the right.")

Conventions
-----------
* What is shown is HTML that stands alone: pictures and sound are embedded, no
  address outside the page, and every text that comes from data is escaped.
* The same input gives the same bytes, so that two runs can be compared.
* Rows of notes are in the schema of :mod:`ricercar.tables`: 480 ticks to a
  quarter, MIDI pitches, part 0 is the highest.

Report pages are made by :mod:`ricercar.show.page` and :mod:`ricercar.show.overview`.
"""

from ricercar.show.engraving import score
from ricercar.show.frames import ASSUMED, figure, markdown
from ricercar.show.plots import palette, piano_roll, style
from ricercar.show.sound import audio, encode_ogg
from ricercar.show.sound import render as render_audio
from ricercar.show.tables import table

__all__ = [
    "ASSUMED",
    "audio",
    "encode_ogg",
    "figure",
    "markdown",
    "palette",
    "piano_roll",
    "render_audio",
    "score",
    "style",
    "table",
]
