"""Run the command as ``python -m pitfalls.cli``."""

import sys

from . import main

sys.exit(main())
