"""What a process remembers of sessions is bounded in number, size and time."""

from __future__ import annotations

from proxy.vault.cache import SessionCache


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def fill(cache: SessionCache, address: str, *tokens: str, stamp: bytes = b"s") -> None:
    cache.put(address, stamp, b"key", "day", dict.fromkeys(tokens, "Ann"))


def test_tokens_of_one_stamp_add_up_and_another_stamp_begins_anew() -> None:
    cache = SessionCache()
    fill(cache, "a", "T1")
    fill(cache, "a", "T2")
    entry = cache.get("a")
    assert entry is not None
    assert set(entry.tokens) == {"T1", "T2"}
    fill(cache, "a", "T3", stamp=b"other")
    entry = cache.get("a")
    assert entry is not None
    assert set(entry.tokens) == {"T3"}


def test_the_least_recently_used_session_goes_first() -> None:
    cache = SessionCache(sessions=2)
    fill(cache, "a")
    fill(cache, "b")
    cache.get("a")
    fill(cache, "c")
    assert [cache.get(address) is not None for address in "abc"] == [True, False, True]


def test_tokens_are_bounded_over_all_sessions() -> None:
    cache = SessionCache(tokens=3)
    fill(cache, "a", "T1", "T2")
    fill(cache, "b", "T1", "T2")
    assert cache.get("a") is None
    assert cache.get("b") is not None
    fill(cache, "c", "T1", "T2", "T3", "T4")  # more than all may have
    assert len(cache) == 0
    fill(cache, "d", "T1")
    assert cache.get("d") is not None


def test_a_session_that_nobody_uses_is_forgotten_in_time() -> None:
    clock = Clock()
    cache = SessionCache(idle=10, clock=clock)
    fill(cache, "a")
    fill(cache, "b")
    clock.now = 8
    cache.get("a")
    clock.now = 12
    assert cache.get("b") is None
    assert cache.get("a") is not None
    cache.drop("a")
    cache.drop("a")
    assert len(cache) == 0


def test_nothing_remembered_shows_in_a_repr() -> None:
    cache = SessionCache()
    cache.put("a", b"stamp", b"data key", "day", {"T1": "Ann"})
    assert "Ann" not in repr(cache.get("a"))
    assert "key'" not in repr(cache.get("a"))
