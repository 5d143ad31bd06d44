"""`make faults`. In a module of this name, since forked processes import any other main module anew."""

from __future__ import annotations

import sys

from tests.chaos.matrix import main

sys.exit(main())
