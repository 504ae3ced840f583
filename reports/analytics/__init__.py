"""The analyses of the report engine, by the names that templates use."""

from __future__ import annotations

from collections.abc import Mapping

from reports.analytics.access import access_patterns, risk, security_violations
from reports.analytics.behaviour import behaviour
from reports.analytics.campaigns import campaigns
from reports.analytics.compliance import gateway_exchanges, policy_compliance
from reports.analytics.oddities import odd_orders, odd_results, payment_fraud
from reports.analytics.outcomes import churn, loan_defaults, no_shows
from reports.analytics.overview import overview
from reports.analytics.personal_offers import personalisation
from reports.analytics.resources import resources
from reports.analytics.rfm import rfm
from reports.analytics.segments import segments
from reports.analytics.service_levels import service_levels
from reports.analytics.stages import stage_times
from reports.analytics.trends import costs, trends
from reports.analytics.voices import repeat_contacts, ticket_voices
from reports.results import Analysis

__all__ = ["ANALYSES"]

ANALYSES: Mapping[str, Analysis] = {
    "access_patterns": access_patterns,
    "behaviour": behaviour,
    "campaigns": campaigns,
    "churn": churn,
    "costs": costs,
    "gateway_exchanges": gateway_exchanges,
    "loan_defaults": loan_defaults,
    "no_shows": no_shows,
    "odd_orders": odd_orders,
    "odd_results": odd_results,
    "overview": overview,
    "payment_fraud": payment_fraud,
    "personalisation": personalisation,
    "policy_compliance": policy_compliance,
    "repeat_contacts": repeat_contacts,
    "resources": resources,
    "rfm": rfm,
    "risk": risk,
    "security_violations": security_violations,
    "segments": segments,
    "service_levels": service_levels,
    "stage_times": stage_times,
    "ticket_voices": ticket_voices,
    "trends": trends,
}
