"""A Redis that knows just what the drainer needs."""

from typing import Any


class MemoryStream:
    """Stream and lock in memory; answers as redis-py does under RESP2 with bytes. `now` moves the lock's expiry."""

    def __init__(self, now: Any) -> None:
        self.entries: list[tuple[int, dict[str, str]]] = []
        self.lock: tuple[str, int] | None = None
        self.fails: Exception | None = None
        self._next = 1
        self._now = now

    def add(self, **flat: object) -> None:
        self.entries.append((self._next, {name: str(value) for name, value in flat.items()}))
        self._next += 1

    async def execute_command(self, *args: Any, **_options: Any) -> Any:
        if self.fails:
            raise self.fails
        if self.lock and self.lock[1] <= self._now():
            self.lock = None
        return getattr(self, f"_{args[0].lower()}")(*args[1:])

    def _set(self, _key: str, token: str, _nx: str, _px: str, ms: int) -> bool | None:
        if self.lock:
            return None
        self.lock = (token, self._now() + ms)
        return True

    def _eval(self, script: str, _count: int, _key: str, token: str, ms: int = 0) -> int:
        if not self.lock or self.lock[0] != token:
            return 0
        self.lock = (token, self._now() + ms) if "PEXPIRE" in script else None
        return 1

    def _xread(self, *args: Any) -> Any:
        count, after = args[1], int(args[-1].split("-")[0])
        found = [(n, flat) for n, flat in self.entries if n > after][:count]
        encoded = [(f"{n}-0".encode(), {k.encode(): v.encode() for k, v in flat.items()}) for n, flat in found]
        return [[args[-2].encode(), encoded]] if encoded else None

    def _xdel(self, _key: str, *ids: str) -> int:
        gone = {int(entry_id.split("-")[0]) for entry_id in ids}
        self.entries = [entry for entry in self.entries if entry[0] not in gone]
        return len(gone)
