import { Badge, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { fetchHealth, healthSummary } from "../api/health";

/** The state of the gateway and what it needs, always in sight. */
export function Online() {
  const health = useQuery({
    queryKey: ["health"],
    queryFn: fetchHealth,
    refetchInterval: 15_000,
    retry: false,
  });
  const { colour, label, detail } = healthSummary(health.data, health.isError);
  return (
    <Tooltip label={detail}>
      <Badge
        component={Link}
        href="/settings/health"
        color={colour}
        variant="dot"
        size="lg"
        style={{ cursor: "pointer", flexShrink: 0 }}
        aria-live="polite"
      >
        {label}
      </Badge>
    </Tooltip>
  );
}
