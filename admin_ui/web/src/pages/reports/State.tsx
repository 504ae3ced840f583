import { Badge, Group } from "@mantine/core";

import type { Run } from "../../api/reports";
import { texts } from "../../texts";

const COLOURS: Record<string, string> = {
  done: "teal",
  failed: "red",
  cancelled: "gray",
  waiting: "honey",
  running: "blue",
  queued: "gray",
};

export function State({ run }: { run: Run }) {
  const words = texts.reports;
  return (
    <Group gap={4}>
      <Badge color={COLOURS[run.state]}>
        {words.states[run.state]}
        {run.state === "running" && ` · ${run.progress} %`}
      </Badge>
      {run.approved_by && <Badge color="teal">{words.published}</Badge>}
      {run.degraded && run.state === "done" && <Badge color="orange">{words.degraded}</Badge>}
    </Group>
  );
}
