"""Which refs start a workflow."""

from nox_release.workflows.ref_patterns import filters_take
from nox_release.workflows.syntax import Event


def push_starts(trigger: Event, ref: str) -> bool:
    """Whether a push of `ref` fits the filters of a `push` trigger, paths apart.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpushbranchestagsbranches-ignoretags-ignore
    """
    if ref.startswith("refs/tags/"):
        name, wanted, unwanted = ref[10:], trigger.tags, trigger.tags_ignore
        other = trigger.branches is not None or trigger.branches_ignore is not None
    elif ref.startswith("refs/heads/"):
        name, wanted, unwanted = ref[11:], trigger.branches, trigger.branches_ignore
        other = trigger.tags is not None or trigger.tags_ignore is not None
    else:
        return False
    if wanted is None and unwanted is None:
        return not other
    if unwanted is not None:
        return not filters_take(name, unwanted)
    return filters_take(name, wanted or ())
