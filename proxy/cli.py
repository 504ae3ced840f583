"""The gateway's commands, for the entry point `sting.commands`; import-light, so that `sting --help` is quick."""

from __future__ import annotations

from proxy.commands import gateway
from proxy.commands_alerts import alerts
from proxy.commands_files import restore, scramble
from proxy.commands_policies import attach_policy_commands
from proxy.commands_texts import scan
from proxy.commands_values import values
from proxy.commands_verify import verify
from proxy.detectors.evaluation.command import EVAL_COMMAND

COMMANDS = (gateway, verify, scan, scramble, restore, values, alerts, EVAL_COMMAND)

attach_policy_commands()
