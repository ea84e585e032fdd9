"""Warnings that tell the maintainer nothing: of strangers' code, and of libraries about themselves."""

import contextlib
import threading
import warnings
from collections.abc import Generator

# Before Python 3.14 the filters are those of the whole process: two threads that change them and
# put them back would leave each other's behind.
_FILTERS = threading.RLock()


@contextlib.contextmanager
def without_warnings() -> Generator[None]:
    """Leave warnings unheard meanwhile, one thread at a time."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
