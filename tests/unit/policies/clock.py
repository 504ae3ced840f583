class Clock:
    """Time that a test moves: `now()` in UTC milliseconds, calling it in seconds."""

    def __init__(self, ms: int = 1_764_000_000_000) -> None:
        self.ms = ms

    def now(self) -> int:
        return self.ms

    def __call__(self) -> float:
        return self.ms / 1000

    def pass_seconds(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)
