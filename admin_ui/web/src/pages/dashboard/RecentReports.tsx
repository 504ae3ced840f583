import { Anchor, Card, Text, Title } from "@mantine/core";
import { Link } from "wouter";

import { texts } from "../../texts";

/** The latest reports, and where to make one. */
export function RecentReports() {
  return (
    <Card>
      <Title order={2} mb="sm">
        {texts.dashboard.reports}
      </Title>
      <Text c="dimmed" size="sm">
        {texts.dashboard.noReports}{" "}
        <Anchor component={Link} href="/reports/new">
          {texts.dashboard.makeReport}
        </Anchor>
      </Text>
    </Card>
  );
}
