import { ActionIcon, Autocomplete, Button, Group, Modal, Select, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../api/client";
import type { Schemas } from "../api/schemas";
import { Icon } from "../shell/Icon";
import { texts } from "../texts";
import { Failure, Loaded } from "./Page";

const words = texts.rights;
type Right = Schemas["Right"];
type Answer = Schemas["RightsAnswer"];

interface RightsProps {
  kind: "policy" | "key" | "report";
  id: string;
}

async function read(path: string): Promise<{ data: Answer; etag: string }> {
  const response = await api.raw("GET", path);
  return { data: (await response.json()) as Answer, etag: response.headers.get("etag") ?? "" };
}

function Given({ items, onRemove }: { items: Right[]; onRemove: (right: Right) => void }) {
  if (!items.length) return <Text size="sm">{words.nobody}</Text>;
  return (
    <Table>
      <Table.Tbody>
        {items.map((right) => (
          <Table.Tr key={right.grantee}>
            <Table.Td fw={600}>{right.grantee}</Table.Td>
            <Table.Td>{words.access[right.access]}</Table.Td>
            <Table.Td ta="right">
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={`${texts.common.remove}: ${right.grantee}`}
                onClick={() => onRemove(right)}
              >
                <Icon name="x" size={16} />
              </ActionIcon>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Form({ kind, id }: RightsProps) {
  const client = useQueryClient();
  const path = `/permissions/${kind}/${encodeURIComponent(id)}`;
  const queryKey = ["permissions", kind, id];
  const [grantee, setGrantee] = useState("");
  const [access, setAccess] = useState<Right["access"]>("view");
  const found = useQuery({ queryKey, queryFn: () => read(path) });
  const keep = useMutation({
    mutationFn: ({ items, etag }: { items: Right[] | null; etag: string }) =>
      items
        ? api.put(path, { items }, { "If-Match": etag })
        : api.raw("DELETE", path, { headers: { "If-Match": etag } }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  return (
    <Loaded query={found}>
      {({ data: { restricted, items }, etag }) => (
        <Stack>
          <Text size="sm" c="dimmed">
            {restricted ? words.restricted : words.open}
          </Text>
          {keep.error && <Failure error={keep.error} />}
          {restricted && (
            <Given
              items={items}
              onRemove={(right) => keep.mutate({ items: items.filter((one) => one !== right), etag })}
            />
          )}
          <Group align="flex-end">
            <Autocomplete
              label={words.who}
              description={words.whoHelp}
              data={["*", "role:viewer", "role:auditor", "role:editor"]}
              value={grantee}
              onChange={setGrantee}
            />
            <Select
              label={words.may}
              data={Object.entries(words.access).map(([value, label]) => ({ value, label }))}
              value={access}
              onChange={(value) => setAccess(value === "edit" ? "edit" : "view")}
              allowDeselect={false}
            />
            <Button
              disabled={!grantee.trim()}
              loading={keep.isPending}
              onClick={() => {
                const kept = items.filter((one) => one.grantee !== grantee.trim());
                keep.mutate({ items: [...kept, { grantee: grantee.trim(), access }], etag });
                setGrantee("");
              }}
            >
              {words.add}
            </Button>
          </Group>
          {restricted && (
            <Button variant="default" w="fit-content" onClick={() => keep.mutate({ items: null, etag })}>
              {words.lift}
            </Button>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

/** A button for administrators: who besides them may see or change one policy, key or report. */
export function ObjectRights({ kind, id }: RightsProps) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<Icon name="lock" size={16} />} onClick={() => setOpened(true)}>
        {words.title}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        size="lg"
        title={words.title}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {opened && <Form kind={kind} id={id} />}
      </Modal>
    </>
  );
}
