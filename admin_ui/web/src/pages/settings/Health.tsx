import { Badge, Card, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { fetchHealth } from "../../api/health";
import { Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.settings.health;

export function Health() {
  const health = useQuery({
    queryKey: ["health"],
    queryFn: fetchHealth,
    refetchInterval: 15_000,
    retry: false,
  });
  return (
    <Stack maw={760}>
      <Text c="dimmed">{words.lead}</Text>
      <Loaded query={health}>
        {({ parts }) =>
          parts.map((part) => (
            <Card key={part.name} padding="md">
              <Group justify="space-between" wrap="nowrap">
                <Group wrap="nowrap">
                  <Text c={part.ok ? "teal" : "red"} component="span" style={{ display: "flex" }}>
                    <Icon name={part.ok ? "check" : "alert"} />
                  </Text>
                  <div>
                    <Text fw={600}>{words.parts[part.name] ?? part.name}</Text>
                    {part.problem && (
                      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                        {part.problem}
                      </Text>
                    )}
                  </div>
                </Group>
                <Badge color={part.ok ? "teal" : "red"}>{part.ok ? words.ok : words.broken}</Badge>
              </Group>
            </Card>
          ))
        }
      </Loaded>
    </Stack>
  );
}
