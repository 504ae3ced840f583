import { Anchor, Card, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "wouter";

import { useReports, useTitle } from "../../api/reports";
import { ago } from "../../logic/format";
import { useNow } from "../../logic/now";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";
import { State } from "../reports/State";

/** The latest reports, and where to make one. */
export function RecentReports() {
  const now = useNow(10_000);
  const titleOf = useTitle();
  const reports = useReports();
  const items = reports.data?.items.slice(0, 6) ?? [];
  return (
    <Card>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{texts.dashboard.reports}</Title>
        <Anchor component={Link} href="/reports" size="sm">
          {texts.nav.reports}
        </Anchor>
      </Group>
      <Loaded query={reports}>
        {() =>
          items.length ? (
            <Stack gap={10}>
              {items.map((run) => (
                <Group key={run.id} justify="space-between" wrap="nowrap">
                  <div style={{ minWidth: 0 }}>
                    <Anchor component={Link} href={`/reports/${run.id}`} size="sm">
                      {titleOf(run.template)}
                    </Anchor>
                    <Text size="xs" c="dimmed" truncate>
                      {run.jar} · {ago(run.created_at, now)}
                    </Text>
                  </div>
                  <State run={run} />
                </Group>
              ))}
            </Stack>
          ) : (
            <Text c="dimmed" size="sm">
              {texts.dashboard.noReports}{" "}
              <Anchor component={Link} href="/reports/new" underline="always">
                {texts.dashboard.makeReport}
              </Anchor>
            </Text>
          )
        }
      </Loaded>
    </Card>
  );
}
