"""Run the command as ``python -m pitfalls.cli``."""

import sys

from .main import main

sys.exit(main())
