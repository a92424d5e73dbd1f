"""What the demo's `upgrade.command` runs, by its path: upgrades a member, or asks for its version.

A script is compiled at each start, what it imports is not: hence it is small. Exit codes: 0 done,
or (`--is`) the member runs that version; 1 (`--is`) it does not; 2 a fault.
"""

import sys

if __name__ == "__main__":
    sys.path.append(__file__.rpartition("/")[0])
    sys.exit(__import__("upgrade").main())
