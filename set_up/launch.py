"""What the Python of .venv runs: the `pitfalls` command.

It takes seconds to load where the disk is slow; whoever stops it then gets a sentence as well.
"""

import sys

if __name__ == "__main__":
    try:
        from pitfalls.cli import main

        sys.exit(main())
    except KeyboardInterrupt:
        print("Interrupted before it began.", file=sys.stderr)
        sys.exit(130)
