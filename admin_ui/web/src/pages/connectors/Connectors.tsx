import { Badge, Button, Card, Group, Modal, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import { type Connector, type SourceTable, useConnectors, useKinds } from "../../api/jars";
import { useRole } from "../../api/session";
import { failed, said, undoable } from "../../parts/notify";
import { Empty, Failure, Loaded, Loading, Page } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { ConnectorForm } from "./ConnectorForm";

const words = texts.data.connectors;

function Tables({ connector }: { connector: Connector }) {
  const found = useQuery({
    queryKey: ["connector", connector.id, "tables"],
    queryFn: () => api.get<{ items: SourceTable[] }>(`/connectors/${connector.id}/tables`),
    retry: false,
  });
  if (found.isPending) return <Loading />;
  if (found.error) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  return (
    <Stack gap={6}>
      {found.data.items.map((table) => (
        <Group key={table.name} justify="space-between">
          <Text fw={600}>{table.name}</Text>
          <Text size="sm" c="dimmed">
            {words.columns(table.columns.length)} · {words.rows(table.rows, table.exact)}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

interface ConnectorCardProps {
  connector: Connector;
  title: string;
  editor: boolean;
  onEdit: () => void;
  onTables: () => void;
  onRemove: () => void;
}

function ConnectorCard({ connector, title, editor, onEdit, onTables, onRemove }: ConnectorCardProps) {
  const test = useMutation({
    mutationFn: () => api.post(`/connectors/${connector.id}/test`),
    onSuccess: () => said(words.works),
    onError: failed,
  });
  return (
    <Card>
      <Group justify="space-between" mb={6}>
        <Title order={2}>{connector.name}</Title>
        <Badge variant="default">{title}</Badge>
      </Group>
      <Text size="sm" c="dimmed" style={{ flex: 1, overflowWrap: "anywhere" }}>
        {[connector.config.host, connector.config.database, connector.config.url]
          .filter((part) => typeof part === "string")
          .join(" / ")}
      </Text>
      {editor && (
        <Group gap={4} mt="md">
          <Button size="compact-sm" variant="default" onClick={() => test.mutate()} loading={test.isPending}>
            {words.test}
          </Button>
          <Button size="compact-sm" variant="default" onClick={onTables}>
            {words.tables}
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" onClick={onEdit}>
            {texts.common.edit}
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" onClick={onRemove}>
            {texts.common.remove}
          </Button>
        </Group>
      )}
    </Card>
  );
}

/** Saved connectors: set up from the kinds' own schemas, tested, looked into. */
export default function Connectors() {
  const client = useQueryClient();
  const editor = useRole("editor");
  const connectors = useConnectors();
  const kinds = useKinds();
  const [editing, setEditing] = useState<Connector | "new" | null>(null);
  const [looking, setLooking] = useState<Connector | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const titleOf = (kind: string) => kinds.data?.items.find((one) => one.kind === kind)?.schema.title ?? kind;
  const remove = (connector: Connector) => {
    setHidden(new Set([...hidden, connector.id]));
    const show = () => setHidden((ids) => new Set([...ids].filter((id) => id !== connector.id)));
    undoable(
      connector.name,
      () =>
        api
          .remove(`/connectors/${connector.id}`)
          .then(() => client.invalidateQueries({ queryKey: ["connectors"] }))
          .then(show),
      show,
    );
  };
  const create = (variant: "filled" | "default") =>
    editor && (
      <Button
        variant={variant}
        onClick={() => setEditing("new")}
        leftSection={<Icon name="plus" size={16} />}
      >
        {words.create}
      </Button>
    );
  const close = { "aria-label": texts.common.close };
  return (
    <Page title={words.title} lead={words.lead} actions={create("filled")}>
      <Loaded query={connectors}>
        {({ items }) =>
          items.length ? (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              {items
                .filter((connector) => !hidden.has(connector.id))
                .map((connector) => (
                  <ConnectorCard
                    key={connector.id}
                    connector={connector}
                    title={titleOf(connector.kind)}
                    editor={editor}
                    onEdit={() => setEditing(connector)}
                    onTables={() => setLooking(connector)}
                    onRemove={() => remove(connector)}
                  />
                ))}
            </SimpleGrid>
          ) : (
            <Card>
              <Empty icon="plug" title={words.none} body={words.noneBody} action={create("default")} />
            </Card>
          )
        }
      </Loaded>
      <Modal
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing === "new" ? words.create : editing?.name}
        size="lg"
        closeButtonProps={close}
      >
        {editing && (
          <ConnectorForm
            kinds={kinds.data?.items ?? []}
            connector={editing === "new" ? null : editing}
            onDone={() => {
              setEditing(null);
              said(words.saved);
              void client.invalidateQueries({ queryKey: ["connectors"] });
            }}
          />
        )}
      </Modal>
      <Modal
        opened={looking !== null}
        onClose={() => setLooking(null)}
        title={looking?.name}
        size="lg"
        closeButtonProps={close}
      >
        {looking && <Tables connector={looking} />}
      </Modal>
    </Page>
  );
}
