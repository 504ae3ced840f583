import { Button, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../api/client";
import type { Schemas } from "../api/schemas";
import { Icon } from "../shell/Icon";
import { texts } from "../texts";
import { GrantForm, GrantTable } from "./Grants";
import { Failure, Loaded } from "./Page";

const words = texts.rights;
type Right = Schemas["Right"];
type Answer = Schemas["RightsAnswer"];

interface RightsProps {
  kind: "policy" | "key" | "report";
  id: string;
  /** As people call it. */
  name: string;
}

async function read(path: string): Promise<{ data: Answer; etag: string }> {
  const response = await api.raw("GET", path);
  return { data: (await response.json()) as Answer, etag: response.headers.get("etag") ?? "" };
}

function Form({ kind, id }: Omit<RightsProps, "name">) {
  const client = useQueryClient();
  const path = `/permissions/${kind}/${encodeURIComponent(id)}`;
  const queryKey = ["permissions", kind, id];
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
          {restricted && !items.length && <Text size="sm">{words.nobody}</Text>}
          {restricted && items.length > 0 && (
            <GrantTable
              items={items}
              names={words.access}
              onRemove={(right) => keep.mutate({ items: items.filter((one) => one !== right), etag })}
            />
          )}
          <GrantForm<Right["access"]>
            words={words}
            names={words.access}
            first="view"
            busy={keep.isPending}
            onAdd={(right) => {
              const kept = items.filter((one) => one.grantee !== right.grantee);
              keep.mutate({ items: [...kept, right], etag });
            }}
          />
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
export function ObjectRights({ kind, id, name }: RightsProps) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<Icon name="lock" size={16} />} onClick={() => setOpened(true)}>
        {words.label}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        size="lg"
        title={words.title(name)}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {opened && <Form kind={kind} id={id} />}
      </Modal>
    </>
  );
}
