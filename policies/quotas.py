"""What a tenant may have: the figures behind `quotas.profile`."""

from __future__ import annotations

from dataclasses import dataclass

from policies.sections import Quotas


@dataclass(frozen=True, slots=True)
class TenantQuota:
    """Upper limits of one tenant; None sets none. `rows` are rows of all its honey jars together."""

    concurrent_reports: int | None = None
    rows: int | None = None
    users: int | None = None


PROFILES = {
    "community": TenantQuota(concurrent_reports=5, rows=100_000, users=10),
    "enterprise": TenantQuota(concurrent_reports=50, rows=10_000_000, users=1_000),
    "unlimited": TenantQuota(),
}


class QuotaExceeded(Exception):
    """A tenant has all that its profile allows; the message says which limit and what to do."""


def quota_of(quotas: Quotas) -> TenantQuota:
    """The limits that the configuration means."""
    return PROFILES[quotas.profile]


def check_quota(limit: int | None, wanted: int, what: str) -> None:
    """Raise QuotaExceeded when `wanted` (what there is, and what is to come) is over `limit`."""
    if limit is not None and wanted > limit:
        raise QuotaExceeded(f"{what}: the profile allows {limit:,}; delete some or choose another quotas.profile")
