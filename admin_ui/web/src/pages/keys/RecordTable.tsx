import { ActionIcon, Badge, Button, Card, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";

import { api } from "../../api/client";
import { useRole } from "../../api/session";
import { undoable } from "../../parts/notify";
import { Empty, Failure, Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

export interface Named {
  name: string;
  source: "config" | "database";
  version: number;
}

interface RecordTableProps<T extends Named, F> {
  path: string;
  lead: string;
  add: string;
  empty: { title: string; body: string };
  columns: { label: string; cell: (item: T) => ReactNode }[];
  blank: F;
  formOf: (item: T) => F;
  /** The name and the body to keep. */
  bodyOf: (form: F) => { name: string; body: object };
  fields: (form: F, set: (part: Partial<F>) => void, existing: boolean) => ReactNode;
}

/** A table of named records with a form to add and change them; each save names the version that it replaces. */
export function RecordTable<T extends Named, F>(props: RecordTableProps<T, F>) {
  const { path, lead, add, empty, columns, blank, formOf, bodyOf, fields } = props;
  const client = useQueryClient();
  const editor = useRole("editor");
  const records = useQuery({ queryKey: [path.slice(1)], queryFn: () => api.get<{ items: T[] }>(path) });
  const [editing, setEditing] = useState<{ form: F; version: number | null } | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const refresh = () => client.invalidateQueries({ queryKey: [path.slice(1)] });
  const save = useMutation({
    mutationFn: ({ form, version }: { form: F; version: number | null }) => {
      const { name, body } = bodyOf(form);
      return api.put(
        `${path}/${encodeURIComponent(name)}`,
        body,
        version ? { "If-Match": `"${version}"` } : {},
      );
    },
    onSuccess: async () => {
      setEditing(null);
      await refresh();
    },
  });
  const remove = (item: T) => {
    setHidden(new Set([...hidden, item.name]));
    const show = () => setHidden((names) => new Set([...names].filter((name) => name !== item.name)));
    undoable(
      item.name,
      () =>
        api
          .raw("DELETE", `${path}/${encodeURIComponent(item.name)}`, {
            headers: { "If-Match": `"${item.version}"` },
          })
          .then(refresh)
          .then(show),
      show,
    );
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (editing) save.mutate(editing);
  };
  const open = (form: F, version: number | null) => {
    save.reset();
    setEditing({ form, version });
  };
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">{lead}</Text>
        {editor && (
          <Button onClick={() => open(blank, null)} leftSection={<Icon name="plus" size={16} />}>
            {add}
          </Button>
        )}
      </Group>
      <Loaded query={records}>
        {({ items }) =>
          items.length ? (
            <Card padding={0}>
              <Table.ScrollContainer minWidth={560}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      {columns.map((column) => (
                        <Table.Th key={column.label}>{column.label}</Table.Th>
                      ))}
                      <Table.Th w={120} aria-label={texts.common.actions} />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items
                      .filter((item) => !hidden.has(item.name))
                      .map((item) => (
                        <Table.Tr key={item.name}>
                          {columns.map((column) => (
                            <Table.Td key={column.label}>{column.cell(item)}</Table.Td>
                          ))}
                          <Table.Td>
                            {item.source === "config" && <Badge color="gray">{texts.keys.fromConfig}</Badge>}
                            {editor && item.source === "database" && (
                              <Group gap={2} wrap="nowrap" justify="flex-end">
                                <Button
                                  size="compact-sm"
                                  variant="subtle"
                                  color="gray"
                                  onClick={() => open(formOf(item), item.version)}
                                >
                                  {texts.common.edit}
                                </Button>
                                <ActionIcon
                                  variant="subtle"
                                  color="red"
                                  onClick={() => remove(item)}
                                  aria-label={`${texts.common.remove} ${item.name}`}
                                >
                                  <Icon name="trash" size={16} />
                                </ActionIcon>
                              </Group>
                            )}
                          </Table.Td>
                        </Table.Tr>
                      ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </Card>
          ) : (
            <Card>
              <Empty
                icon="model"
                title={empty.title}
                body={empty.body}
                action={
                  editor && (
                    <Button variant="default" onClick={() => open(blank, null)}>
                      {add}
                    </Button>
                  )
                }
              />
            </Card>
          )
        }
      </Loaded>
      <Modal
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={add}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {editing && (
          <form onSubmit={submit}>
            <Stack gap="sm">
              {fields(
                editing.form,
                (part) => setEditing({ ...editing, form: { ...editing.form, ...part } }),
                editing.version !== null,
              )}
              {save.error && <Failure error={save.error} />}
              <Button type="submit" loading={save.isPending}>
                {texts.common.save}
              </Button>
            </Stack>
          </form>
        )}
      </Modal>
    </Stack>
  );
}
