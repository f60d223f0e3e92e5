"""``python -m payment_channels``: the command line where its script is not on the path."""

import sys

from payment_channels.cli import main

if __name__ == "__main__":
    sys.exit(main())
