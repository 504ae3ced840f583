"""Texts in portions that fit one request of the gateway's own API."""

from collections.abc import Iterator, Sequence


def portions(texts: Sequence[str], *, most: int, characters: int) -> Iterator[list[str]]:
    """The texts in order, at most `most` and about `characters` of them at once; a longer text goes alone."""
    portion: list[str] = []
    size = 0
    for text in texts:
        if portion and (len(portion) >= most or size + len(text) > characters):
            yield portion
            portion, size = [], 0
        portion.append(text)
        size += len(text)
    if portion:
        yield portion
