import { Anchor, Badge, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { fetchHealth } from "../../api/health";
import { useReports } from "../../api/reports";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.dashboard;

/** One thing and its state. */
function Line({ name, ok, said }: { name: string; ok: boolean; said: string }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm">{name}</Text>
      <Badge color={ok ? "teal" : "red"}>{said}</Badge>
    </Group>
  );
}

/** Whether each part that a request needs works, and what waits in the queue of reports. */
export function Standing() {
  const health = useQuery({
    queryKey: ["health"],
    queryFn: fetchHealth,
    refetchInterval: 15_000,
    retry: false,
  });
  const runs = useReports().data?.items;
  const inState = (state: string) => runs?.filter((run) => run.state === state).length ?? 0;
  return (
    <Card>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{words.standing}</Title>
        <Anchor component={Link} href="/settings/health" size="sm">
          {texts.settings.tabs.health}
        </Anchor>
      </Group>
      <Loaded query={health}>
        {({ parts }) => (
          <Stack gap={8}>
            {parts.map((part) => (
              <Line
                key={part.name}
                name={texts.settings.health.parts[part.name] ?? part.name}
                ok={part.ok}
                said={part.ok ? words.works : words.broken}
              />
            ))}
          </Stack>
        )}
      </Loaded>
      {runs && (
        <Text size="sm" mt="sm">
          {words.queue}: {words.queued(inState("queued"), inState("running"), inState("waiting"))}
        </Text>
      )}
    </Card>
  );
}
