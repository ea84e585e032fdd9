"""One token of each kind that is known; none is real."""

import base64

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbm-F0dX_Jl"
TOKENS = {
    "pypi": "pypi-AgEIcHlwaS5vcmcCJDU3ZTk5" + "x" * 40,
    "pypi of an old form": "pypi-AgEIcHlwaS5vcmc" + "Q" * 150 + "==",
    "github, classic": "ghp_" + "aB3" * 12,
    "github, oauth": "gho_" + "aB3" * 12,
    "github, user to server": "ghu_" + "aB3" * 12,
    "github, installation": "ghs_" + "aB3" * 12,
    "github, refresh": "ghr_" + "aB3" * 25,
    "github, fine-grained": "github_pat_11ABCDEFG0" + "x_Y" * 20,
    "github, installation with a JWT": "ghs_1234567_" + JWT + "x" * 400,
    "github, user with a JWT": "ghu_1234567_" + JWT,
    "github, a kind to come": "ghx_1234567_" + JWT,
    "gitlab": "glpat-" + "aB3-_" * 5,
    "identity token": JWT,
    "identity token after a name": "TOKEN_" + JWT,
    "basic": base64.b64encode(b"__token__:pypi-AgEIcHlwaS5vcmc").decode(),
}
