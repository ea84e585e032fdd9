"""Which project an imported name comes from, for names that are known well enough to say so.

A name that is not in here is never offered as something to install: a stranger may have it.
"""

from packaging.utils import canonicalize_name

_OTHERWISE = {
    "pkg_resources": "setuptools", "distutils": "setuptools", "yaml": "pyyaml", "PIL": "pillow",
    "cv2": "opencv-python", "sklearn": "scikit-learn", "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "attr": "attrs", "git": "gitpython",
    "OpenSSL": "pyopenssl", "serial": "pyserial", "jwt": "pyjwt", "skimage": "scikit-image",
    "Crypto": "pycryptodome", "usb": "pyusb", "zmq": "pyzmq", "win32api": "pywin32",
    "win32con": "pywin32", "magic": "python-magic", "docx": "python-docx", "pptx": "python-pptx",
    "imp": "zombie-imp", "asyncore": "pyasyncore", "asynchat": "pyasynchat", "cgi": "legacy-cgi",
    "telnetlib": "standard-telnetlib", "imghdr": "standard-imghdr", "sndhdr": "standard-sndhdr",
    "mpl_toolkits": "matplotlib", "pylab": "matplotlib", "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient", "rest_framework": "djangorestframework", "socks": "pysocks",
    "OpenGL": "pyopengl", "fitz": "pymupdf", "umap": "umap-learn", "multipart": "python-multipart",
    "slugify": "python-slugify", "jose": "python-jose", "telegram": "python-telegram-bot",
    "discord": "discord.py", "nacl": "pynacl", "markdown": "markdown", "Xlib": "python-xlib",
    "gi": "pygobject", "wx": "wxpython", "faiss": "faiss-cpu", "mpi4py": "mpi4py",
    "importlib_metadata": "importlib-metadata", "importlib_resources": "importlib-resources",
    "absl": "absl-py", "grpc": "grpcio", "google.protobuf": "protobuf", "ruamel": "ruamel.yaml",
    "flask_sqlalchemy": "flask-sqlalchemy", "typing_extensions": "typing-extensions",
}  # fmt: skip
_ALIKE = frozenset(
    [
        "aiofiles",
        "aiohttp",
        "alembic",
        "anyio",
        "appdirs",
        "argcomplete",
        "attrs",
        "black",
        "boto3",
        "botocore",
        "cachetools",
        "celery",
        "certifi",
        "cffi",
        "chardet",
        "click",
        "cloudpickle",
        "colorama",
        "coverage",
        "cryptography",
        "cython",
        "dask",
        "django",
        "docutils",
        "fastapi",
        "filelock",
        "flask",
        "fsspec",
        "gevent",
        "greenlet",
        "h5py",
        "httpcore",
        "httpx",
        "hypothesis",
        "idna",
        "ipython",
        "jax",
        "jinja2",
        "joblib",
        "jsonschema",
        "keras",
        "kombu",
        "loguru",
        "lxml",
        "mako",
        "markupsafe",
        "matplotlib",
        "mock",
        "more_itertools",
        "msgpack",
        "mypy",
        "networkx",
        "nltk",
        "numba",
        "numpy",
        "openpyxl",
        "orjson",
        "packaging",
        "pandas",
        "paramiko",
        "pexpect",
        "platformdirs",
        "plotly",
        "pluggy",
        "polars",
        "prettytable",
        "prompt_toolkit",
        "protobuf",
        "psutil",
        "psycopg",
        "pyarrow",
        "pycparser",
        "pydantic",
        "pygments",
        "pymongo",
        "pyparsing",
        "pyproj",
        "pyqt5",
        "pyqt6",
        "pytest",
        "pytz",
        "redis",
        "regex",
        "requests",
        "rich",
        "ruff",
        "scipy",
        "seaborn",
        "setuptools",
        "simplejson",
        "six",
        "sortedcontainers",
        "sphinx",
        "sqlalchemy",
        "starlette",
        "sympy",
        "tabulate",
        "tenacity",
        "tensorflow",
        "toml",
        "tomli",
        "tomlkit",
        "torch",
        "tornado",
        "tqdm",
        "traitlets",
        "trio",
        "twisted",
        "tzlocal",
        "ujson",
        "urllib3",
        "uvicorn",
        "uvloop",
        "virtualenv",
        "watchdog",
        "websockets",
        "werkzeug",
        "wheel",
        "wrapt",
        "xarray",
        "xlrd",
        "yarl",
        "zstandard",
    ]
)


def project_of(name: str) -> str | None:
    """The project that the top-level import `name` comes from; `None` where that is not known."""
    return _OTHERWISE.get(name) or (canonicalize_name(name) if name.lower() in _ALIKE else None)


def squash(name: str) -> str:
    return canonicalize_name(name).replace("-", "")


def brings(project: str, name: str) -> bool:
    """Whether the project of this name may well be what `import name` needs.

    Generous: `umap-learn` brings `umap`, and `flask-sqlalchemy` brings `sqlalchemy` along.
    """
    given, wanted = squash(project), squash(name.split(".", maxsplit=1)[0])
    if project_of(name) is not None and canonicalize_name(project) == project_of(name):
        return True
    if given == squash(name) or given.startswith(squash(name)):
        return True
    return len(wanted) > 2 and (wanted in given or (len(given) > 3 and given in wanted))
