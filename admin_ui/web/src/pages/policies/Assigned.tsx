import { Badge, Button, Card, Group, Select, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { failed, said } from "../../parts/notify";
import { Empty, Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.policies.assigned;
type Key = Schemas["Key"];

const changeable = (key: Key) => key.source === "database" && !key.system && key.state === "valid";

function useAssign() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, policy }: { key: Key; policy: string | null }) =>
      api.patch(`/keys/${key.id}`, { policy }, { "If-Match": `"${key.version}"` }),
    onSuccess: (_, { key, policy }) =>
      said(policy ? words.now(key.name, policy) : words.nowDefault(key.name)),
    onError: failed,
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["keys"] });
      await client.invalidateQueries({ queryKey: ["policies"] });
    },
  });
}

interface AssignProps {
  policy: string;
  keys: readonly Key[];
  assign: ReturnType<typeof useAssign>;
}

/** Puts one more key under the policy. */
function Assign({ policy, keys, assign }: AssignProps) {
  const [id, setId] = useState<string | null>(null);
  const others = keys.filter((key) => changeable(key) && key.policy !== policy);
  const key = others.find((other) => other.id === id);
  return (
    <Group align="flex-end">
      <Select
        label={words.key}
        placeholder={others.length ? undefined : words.noOthers}
        data={others.map((other) => ({ value: other.id, label: other.name }))}
        value={key?.id ?? null}
        onChange={setId}
        searchable
        w={260}
        maw="100%"
      />
      <Button
        disabled={!key}
        loading={assign.isPending}
        onClick={() => key && assign.mutate({ key, policy }, { onSuccess: () => setId(null) })}
      >
        {words.assign}
      </Button>
    </Group>
  );
}

/** The virtual keys whose requests run under a policy; editors put keys under it and take them away. */
export function Assigned({ name, isDefault }: { name: string; isDefault: boolean }) {
  const editor = useRole("editor");
  const assign = useAssign();
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => api.get<Schemas["Keys"]>("/keys") });
  return (
    <Loaded query={keys}>
      {({ items }) => {
        const under = items.filter(
          (key) => key.state === "valid" && (key.policy === name || (isDefault && key.policy === null)),
        );
        return (
          <Stack>
            <Text c="dimmed">{isDefault ? words.leadDefault : words.lead}</Text>
            {editor && <Assign policy={name} keys={items} assign={assign} />}
            <Card padding={0}>
              {under.length ? (
                <Table>
                  <Table.Tbody>
                    {under.map((key) => (
                      <Table.Tr key={key.id} data-key={key.name}>
                        <Table.Td>
                          <b>{key.name}</b>
                        </Table.Td>
                        <Table.Td>
                          {key.policy === null && <Badge variant="default">{words.byDefault}</Badge>}
                          {!changeable(key) && (
                            <Text size="xs" c="dimmed">
                              {key.system ? texts.keys.system : texts.keys.fromConfig}
                            </Text>
                          )}
                        </Table.Td>
                        <Table.Td ta="right">
                          {editor && changeable(key) && key.policy !== null && (
                            <Button
                              size="compact-sm"
                              variant="default"
                              onClick={() => assign.mutate({ key, policy: null })}
                            >
                              {words.back}
                            </Button>
                          )}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              ) : (
                <Empty icon="key" title={words.none} body={words.noneBody} />
              )}
            </Card>
          </Stack>
        );
      }}
    </Loaded>
  );
}
