"""What looks like personal data and is none, as pairs of value and label."""

# ruff: noqa: E501 - one maker a line reads better than a broken one
from __future__ import annotations

import string
from collections.abc import Callable
from random import Random
from uuid import UUID

from tests.detection.values import WORDS, digits, luhn_digit, nonzero

Pair = tuple[str, str]


def _hex(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789abcdef") for _ in range(count))


def uuid(rng: Random) -> Pair:
    return str(UUID(int=rng.getrandbits(128), version=4)), rng.choice(("trace", "request uuid", "object", "build"))


def digest(rng: Random) -> Pair:
    return _hex(rng, rng.choice((32, 40, 64))), rng.choice(("commit", "sha256", "md5", "etag", "checksum"))


def short_commit(rng: Random) -> Pair:
    return "a" + _hex(rng, 6) + "f", rng.choice(("commit", "revision", "merge"))


def version(rng: Random) -> Pair:
    parts = [str(rng.randrange(0, 30)) for _ in range(rng.choice((3, 4)))]
    return "v" * (len(parts) == 4) + ".".join(parts), rng.choice(("version", "release", "python", "firmware"))


def price(rng: Random) -> Pair:
    amount = f"{rng.randrange(1, 9999):,}.{rng.randrange(100):02d}"
    return rng.choice((f"${amount}", f"{amount} EUR", f"£{amount}", f"USD {amount}")), rng.choice(
        ("price", "total", "amount due")
    )


def quantity(rng: Random) -> Pair:
    return str(rng.randrange(2, 99999)), rng.choice(("quantity", "units sold", "rows", "population", "stock"))


def timestamp(rng: Random) -> Pair:
    day = f"20{rng.randrange(15, 27)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    clock = f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
    return f"{day}T{clock}{rng.choice(('Z', '.123Z', '+02:00'))}", rng.choice(
        ("started", "timestamp", "ts", "updated at")
    )


def epoch(rng: Random) -> Pair:
    return str(rng.randrange(1_500_000_000, 1_800_000_000)), rng.choice(("epoch", "unix time", "expires_at", "mtime"))


def port(rng: Random) -> Pair:
    return str(rng.randrange(1024, 65535)), rng.choice(("port", "listen port", "PORT"))


def colour(rng: Random) -> Pair:
    return f"#{_hex(rng, 6)}", rng.choice(("color", "background", "border-color", "fill"))


def css(rng: Random) -> Pair:
    return f"{rng.randrange(1, 99)}px {rng.randrange(1, 99)}px", rng.choice(("margin", "padding", "grid gap"))


def maths(rng: Random) -> Pair:
    a, b = rng.randrange(10, 9999), rng.randrange(10, 9999)
    return rng.choice((f"{a} + {b} = {a + b}", f"({a} - {b}) / 2", f"x^2 - {a}x + {b}", f"{a} * {b}")), rng.choice(
        ("formula", "sum", "expression")
    )


def month(rng: Random) -> Pair:
    return rng.choice(
        ("May", "Will", "March", "Mark", "Rose", "Monday", "in 2023", "June 2024", "next Friday")
    ), rng.choice(("due", "the plan", "word"))


def product(rng: Random) -> Pair:
    return (
        f"{rng.choice(('Galaxy', 'ThinkPad', 'RTX', 'Boeing', 'Model', 'iPhone'))} {rng.choice('XSTG')}{rng.randrange(1, 5090)}",
        rng.choice(("product", "model", "device type")),
    )


def isbn(rng: Random) -> Pair:
    return f"978-{rng.randrange(10)}-{digits(rng, 3)}-{digits(rng, 5)}-{rng.randrange(10)}", rng.choice(
        ("ISBN", "book")
    )


def broken_card(rng: Random) -> Pair:
    body = "4" + digits(rng, 14)
    wrong = str((int(luhn_digit(body)) + rng.randrange(1, 10)) % 10)
    return body + wrong, rng.choice(("batch", "sequence", "counter", "trace number"))


def decimal(rng: Random) -> Pair:
    return f"{rng.random() * 1000:.{rng.randrange(1, 4)}f}", rng.choice(
        ("ratio", "loss", "accuracy", "temperature", "score")
    )


def code(rng: Random) -> Pair:
    word = rng.choice(WORDS)
    return rng.choice(
        (
            f"self.{word}_count",
            f"{word}.py",
            f"get_{word}(request.user)",
            f"std::vector<{word}>",
            f"@{word}/core",
            f"os.path.join({word})",
            f"{word}[0:4]",
        )
    ), rng.choice(("call", "symbol", "import", "expression"))


def placeholder(rng: Random) -> Pair:
    return rng.choice(
        (
            "********",
            "<password>",
            "${PASSWORD}",
            "required",
            "your-token-here",
            "None",
            "changeme",
            "user@",
            "@property",
        )
    ), rng.choice(("password", "default", "field", "value"))


def year_range(rng: Random) -> Pair:
    year = rng.randrange(1950, 2020)
    return rng.choice((f"{year}-{year + 4}", f"{year}/{(year + 1) % 100:02d}", f"{year} to {year + 9}")), rng.choice(
        ("period", "season", "fiscal years")
    )


def part(rng: Random) -> Pair:
    letters = "".join(rng.choice(string.ascii_uppercase) for _ in range(3))
    return f"{letters}-{nonzero(rng, 4)}", rng.choice(("part", "SKU", "article", "standard"))


def size(rng: Random) -> Pair:
    return rng.choice(
        (
            f"{rng.randrange(100, 4000)}x{rng.randrange(100, 4000)}",
            f"{rng.randrange(1, 900)} MB",
            f"{rng.randrange(1, 900)} km/h",
            f"{rng.randrange(1, 99)} %",
        )
    ), rng.choice(("resolution", "file size", "limit"))


LOOKALIKES: tuple[Callable[[Random], Pair], ...] = (
    uuid, digest, short_commit, version, price, quantity, timestamp, epoch, port, colour, css, maths, month, product, isbn,
    broken_card, decimal, code, placeholder, year_range, part, size,
)  # fmt: skip
