import { Badge, Button, Card, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { percent, when } from "../../logic/format";
import { said } from "../../parts/notify";
import { Empty, Failure, Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.settings.alerts;
const COLOURS: Record<string, string> = { pending: "yellow", sent: "teal", failed: "red" };

function Channels({ found }: { found: Schemas["AlertsAnswer"] }) {
  const client = useQueryClient();
  const admin = useRole("admin");
  const test = useMutation({
    mutationFn: (name: string) => api.post(`/alerts/channels/${encodeURIComponent(name)}/test`),
    onSuccess: async (_, name) => {
      said(words.sent(name));
      await client.invalidateQueries({ queryKey: ["alerts"] });
    },
  });
  return (
    <Stack gap="xs">
      {test.error && <Failure error={test.error} />}
      {found.channels.map((channel) => (
        <Card key={channel.name} padding="sm">
          <Group justify="space-between">
            <div>
              <Text fw={600}>
                {channel.name} · {words.kinds[channel.kind]}
              </Text>
              <Text size="sm" c="dimmed">
                {channel.events.map((event) => words.events[event] ?? event).join(" · ")}
              </Text>
            </div>
            {admin && (
              <Button
                variant="default"
                size="xs"
                onClick={() => test.mutate(channel.name)}
                loading={test.isPending && test.variables === channel.name}
                aria-label={`${words.test}: ${channel.name}`}
              >
                {words.test}
              </Button>
            )}
          </Group>
        </Card>
      ))}
      <Text size="sm" c="dimmed">
        {words.budget(percent(found.budget_share))}
      </Text>
    </Stack>
  );
}

function Told({ items }: { items: Schemas["AlertView"][] }) {
  return (
    <Card padding={0}>
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={170}>{words.when}</Table.Th>
              <Table.Th>{words.what}</Table.Th>
              <Table.Th w={220}>{words.how}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((item) => (
              <Table.Tr key={item.id}>
                <Table.Td className="num">{when(item.at)}</Table.Td>
                <Table.Td>{item.text}</Table.Td>
                <Table.Td>
                  {item.deliveries.map(({ channel, state, fault }) => (
                    <div key={channel}>
                      <Badge color={COLOURS[state]}>
                        {channel}: {words.states[state] ?? state}
                      </Badge>
                      {fault && state !== "sent" && (
                        <Text size="xs" c="dimmed">
                          {fault}
                        </Text>
                      )}
                    </div>
                  ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

/** The channels, a test of each, and what was told. */
export function Alerts() {
  const alerts = useQuery({
    queryKey: ["alerts"],
    queryFn: () => api.get<Schemas["AlertsAnswer"]>("/alerts"),
    refetchInterval: (query) =>
      query.state.data?.items.some((item) => item.deliveries.some(({ state }) => state === "pending"))
        ? 2_000
        : 30_000,
  });
  return (
    <Stack maw={900}>
      <Text c="dimmed">{words.lead}</Text>
      <Loaded query={alerts}>
        {(found) => (
          <>
            <Title order={2}>{words.channels}</Title>
            {found.channels.length ? (
              <Channels found={found} />
            ) : (
              <Card>
                <Empty icon="info" title={words.none} body={words.noneBody} />
              </Card>
            )}
            <Title order={2} mt="md">
              {words.told}
            </Title>
            {found.items.length ? (
              <Told items={found.items} />
            ) : (
              <Card>
                <Empty icon="check" title={words.toldNone} body={words.toldNoneBody} />
              </Card>
            )}
          </>
        )}
      </Loaded>
    </Stack>
  );
}
