"""The script of the workflow's `check` job, which proves trusted publishing and uploads nothing.

It needs bash, curl and sed alone, so that nothing is installed where a token can be had. The token
is tried with a complete form and a wrong digest: an index that would take a file of this project
gets as far as the digest, and keeps nothing. `check-project --exchange` reads the lines that
begin with `trusted publishing:`.
"""

from packaging.utils import canonicalize_name

# Every secret goes through standard input or a builtin: none stands in a command's arguments.
SCRIPT = r"""
set -euo pipefail
value() { sed -nE "s/.*\"$1\": *\"([^\"]+)\".*/\1/p"; }
send() { curl --silent --show-error --max-time 60 --write-out '\n%{http_code}' "$@" || true; }
line() { tr -s '[:space:]' ' ' | cut -c1-900; }
json='Content-Type: application/json'
echo "trusted publishing: project $PROJECT"

audience=$(curl -sSf "$INDEX/_/oidc/audience" | value audience)
if [[ "$audience" =~ ^(test)?pypi$ && "$audience" != "$KNOWN_AS" ]]; then
  echo "::error::$INDEX asks for a token that is good for another index."
  exit 1
fi
kind=bearer
identity=$(printf 'Authorization: %s %s\n' "$kind" "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
  | curl -sSf -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$audience" | value value)
answer=$(printf '{"token": "%s"}' "$identity" \
  | send -H "$json" --data-binary @- "$INDEX/_/oidc/mint-token")
token=$(printf '%s\n' "$answer" | value token)
if [ -z "$token" ]; then
  echo "trusted publishing: exchange ${answer##*$'\n'} $(printf '%s' "$answer" | line)"
  echo "::error::The index did not exchange this job's identity token."
  exit 1
fi
echo "trusted publishing: exchange ${answer##*$'\n'}"

proof=$(printf 'user = "__token__:%s"\n' "$token" | send --config - \
  -F ':action=file_upload' -F 'protocol_version=1' -F 'metadata_version=2.1' \
  -F "name=$PROJECT" -F 'version=0.dev0' -F 'filetype=sdist' -F 'pyversion=source' \
  -F "sha256_digest=$(printf '0%.0s' {1..64})" \
  -F "content=none;filename=\"${FILE_NAME}-0.dev0.tar.gz\";type=application/gzip" "$UPLOAD")
printf '{"token": "%s"}' "$token" \
  | send -H "$json" --data-binary @- "$INDEX/_/oidc/burn-token" > /dev/null
echo "trusted publishing: upload ${proof##*$'\n'} $(printf '%s' "$proof" | line)"
if [[ "$proof" != *"digest supplied does not match"* ]]; then
  echo "::error::The index would not take an upload of $PROJECT from this job."
  exit 1
fi
echo "The index takes uploads of $PROJECT from this job. Nothing was uploaded, and the token is burnt."
""".strip()


def file_name(project: str) -> str:
    """The project's name as an sdist's file name begins."""
    return canonicalize_name(project).replace("-", "_")
