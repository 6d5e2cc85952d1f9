"""``python -m ricercar``: the command ``ricercar``."""

import sys

from ricercar.command import main

if __name__ == "__main__":
    sys.exit(main())
