import { Anchor, Badge, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { tokens } from "../../logic/spans";
import { stepLabel } from "../../logic/steps";
import { Framed } from "../../parts/Framed";
import { Empty, Loaded } from "../../parts/Page";
import { Highlight, TypeChip } from "../../parts/Types";
import { texts } from "../../texts";

const words = texts.reports;

/** Every request to a model, exactly as it left. */
export function Prompts({ id }: { id: string }) {
  const auditor = useRole("auditor");
  const seen = useQuery({
    queryKey: ["report", id, "prompts"],
    queryFn: () => api.get<Schemas["PromptsView"]>(`/reports/${encodeURIComponent(id)}/prompts`),
    retry: false,
  });
  return (
    <Loaded query={seen}>
      {({ items, titles, entities, policy }) => (
        <Stack>
          <Text c="dimmed">{words.seenLead}</Text>
          <Group gap={6}>
            <Badge variant="default">
              {texts.playground.policy}: {policy}
            </Badge>
            {Object.entries(entities).map(([type, count]) => (
              <TypeChip key={type} type={type}>
                {count}
              </TypeChip>
            ))}
          </Group>
          {!items.length && <Empty icon="shield" title={words.seenNothing} body="" />}
          {items.map((item, at) => (
            <Card key={`${item.exchange}-${at}`}>
              <Group justify="space-between" mb="xs">
                <Title order={3}>
                  {titles[item.section] ?? (item.section || stepLabel(item.step))} · {item.model}
                </Title>
                {auditor && item.exchange && (
                  <Anchor component={Link} href={`/audit/${item.exchange}`} size="sm">
                    {words.exchange}
                  </Anchor>
                )}
              </Group>
              <div className="two">
                <div>
                  <Text size="sm" fw={600}>
                    {words.prompt}
                  </Text>
                  <Framed label={words.prompt}>
                    <Highlight text={item.prompt} spans={tokens(item.prompt)} />
                  </Framed>
                </div>
                <div>
                  <Text size="sm" fw={600}>
                    {words.answer}
                  </Text>
                  <Framed label={words.answer}>
                    <Highlight text={item.answer} spans={tokens(item.answer)} />
                  </Framed>
                </div>
              </div>
            </Card>
          ))}
        </Stack>
      )}
    </Loaded>
  );
}
