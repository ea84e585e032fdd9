"""The parts of a long log that are read: its first and last megabyte, and the errors between.

What failed stands at the beginning or at the end; between them only the lines around the runner's
own error marks are worth reading.
"""

_END = 1_000_000
_AROUND = 4_000
_MARKS = 40


def parts_of(content: str | bytes) -> tuple[tuple[int, str], ...]:
    """The parts, each with the number of its first line. A short log comes back whole."""
    if len(content) <= 2 * _END:
        return ((1, _text(content)),)
    parts = []
    line, counted = 1, 0
    for start, stop in _spans(content):
        line += _count_lines(content, counted, start)
        counted = start
        parts.append((line, _text(content[start:stop])))
    return tuple(parts)


def _spans(content: str | bytes) -> list[tuple[int, int]]:
    end = _line_start(content, len(content) - _END)
    spans = [(0, _line_start(content, _END))]
    while len(spans) <= _MARKS and (mark := _find_mark(content, spans[-1][1], end)) >= 0:
        start = max(_line_start(content, mark - _AROUND), spans[-1][1])
        stop = _line_start(content, min(mark + _AROUND, end))
        spans.append((start, max(stop, mark + 1)))
    return [*spans, (max(end, spans[-1][1]), len(content))]


def _find_mark(content: str | bytes, start: int, stop: int) -> int:
    if isinstance(content, str):
        return content.find("##[error]", start, stop)
    return content.find(b"##[error]", start, stop)


def _line_start(content: str | bytes, position: int) -> int:
    """Where the line that holds this position begins, or the position if its line is very long."""
    floor = max(position - _AROUND, 0)
    if isinstance(content, str):
        return content.rfind("\n", floor, position) + 1 or position
    return content.rfind(b"\n", floor, position) + 1 or position


def _count_lines(content: str | bytes, start: int, stop: int) -> int:
    if isinstance(content, str):
        return content.count("\n", start, stop)
    return content.count(b"\n", start, stop)


def _text(part: str | bytes) -> str:
    return part if isinstance(part, str) else part.decode("utf-8", "replace")
