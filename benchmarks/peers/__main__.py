"""Sets up the peers: python -m benchmarks.peers setup [NAME ...]; without a name, all."""

from __future__ import annotations

import argparse
import sys

from benchmarks.peers._venvs import NAMES, set_up


def main(argv: list[str] | None = None) -> int:
    """Make the environments that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("verb", choices=["setup"])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    asked = parser.parse_args(argv)
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"no peer is called {name}; there are {', '.join(NAMES)}")
    for name in asked.names or NAMES:
        set_up(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
