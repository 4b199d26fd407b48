"""The client of the tests by the RFC texts is found beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
