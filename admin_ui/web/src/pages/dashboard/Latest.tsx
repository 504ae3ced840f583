import { Anchor, Badge, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { ago, duration } from "../../logic/format";
import { useNow } from "../../logic/now";
import { Loaded } from "../../parts/Page";
import { ChipRow } from "../../parts/ChipRow";
import { texts } from "../../texts";
import { routeLabel } from "../audit/seen";

const words = texts.dashboard;
/** What the name and the outcome of an exchange take beside its chips, with the gaps. */
const BESIDE_PX = 290;

/** How an exchange, or an act of a person, ended. */
export function Outcome({ outcome, act = false }: { outcome: string; act?: boolean }) {
  const colour = outcome === "ok" ? "teal" : outcome === "blocked" ? "orange" : "red";
  return (
    <Badge color={colour}>
      {(act && outcome === "ok" ? texts.audit.actDone : texts.audit.outcomes[outcome]) ??
        outcome.replaceAll("_", " ")}
    </Badge>
  );
}

/** The newest exchanges: types and counts, never a text. */
export function Latest({ live }: { live: boolean }) {
  const allowed = useRole("auditor");
  const now = useNow(10_000);
  const { ref, width } = useElementSize();
  const latest = useQuery({
    queryKey: ["audit", "latest"],
    queryFn: () => api.get<Schemas["Events"]>("/audit/exchanges", { limit: 8, kind: "exchange" }),
    refetchInterval: live ? 5_000 : false,
    enabled: allowed,
  });
  if (!allowed) return null;
  return (
    <Card>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{words.exchanges}</Title>
        <Anchor component={Link} href="/audit" size="sm">
          {texts.nav.audit}
        </Anchor>
      </Group>
      <Loaded query={latest}>
        {({ items }) => (
          <Stack gap={0} ref={ref}>
            {items.map((event) => (
              <Link key={event.exchange} href={`/audit/${event.exchange}`} className="row latest">
                <div style={{ minWidth: 0 }}>
                  <Text size="sm" truncate>
                    {event.model || routeLabel(event.route)}
                  </Text>
                  <Text c="dimmed" size="xs" truncate>
                    {[
                      ago(event.at, now),
                      event.who,
                      ...(event.ms_total ? [duration(event.ms_total)] : []),
                    ].join(" · ")}
                  </Text>
                </div>
                <span className="chips hide-small">
                  <ChipRow entities={event.entities} room={width - BESIDE_PX} />
                </span>
                <Outcome outcome={event.outcome} />
              </Link>
            ))}
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}
