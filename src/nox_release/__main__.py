"""`python -m nox_release` is the `nox-release` command."""

import sys

from nox_release.sessions import main

sys.exit(main())
