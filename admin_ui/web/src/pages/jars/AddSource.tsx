import {
  Alert,
  Anchor,
  Button,
  Card,
  Group,
  MultiSelect,
  Progress,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { api } from "../../api/client";
import { addFile, type Filled, jarPath, type SourceTable, useConnectors, useKinds } from "../../api/jars";
import { Drop } from "../../parts/Drop";
import { Failure, Loading } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.data.source;
const ACCEPT =
  ".csv,.tsv,.txt,.xlsx,.xlsm,.parquet,.json,.jsonl,.ndjson,.gz,.zip,.bz2,.zst,.pdf,.docx,.md,.html";
const sum = (counts: Record<string, number> | undefined) =>
  Object.values(counts ?? {}).reduce((total, one) => total + one, 0);

/** What an import brought, or that it goes on. */
export function Result({ filled }: { filled: Filled }) {
  if (filled.state === "importing") return <Alert icon={<Icon name="clock" />}>{words.goesOn}</Alert>;
  const aside = sum(filled.set_aside);
  return (
    <Alert
      color="teal"
      icon={<Icon name="check" />}
      title={words.done(sum(filled.tables), Object.keys(filled.tables ?? {}).length)}
      role="status"
    >
      <Text size="sm">{words.personal(filled.personal_columns ?? 0, filled.columns ?? 0)}</Text>
      {aside > 0 && <Text size="sm">{words.setAside(aside)}</Text>}
      <Text size="sm">{typeof filled.known === "number" ? words.known(filled.known) : words.notKnown}</Text>
    </Alert>
  );
}

function FromConnector({ jar, onDone }: { jar: string; onDone: (filled: Filled) => void }) {
  const connectors = useConnectors();
  const kinds = useKinds();
  const titleOf = (kind: string) => kinds.data?.items.find((one) => one.kind === kind)?.schema.title ?? kind;
  const [connector, setConnector] = useState<string | null>(null);
  const [tables, setTables] = useState<string[]>([]);
  const found = useQuery({
    queryKey: ["connector", connector, "tables"],
    queryFn: () => api.get<{ items: SourceTable[] }>(`/connectors/${connector ?? ""}/tables`),
    enabled: connector !== null,
    retry: false,
  });
  const take = useMutation({
    mutationFn: () => api.post<Filled>(jarPath(jar, "/sources"), { connector, tables }),
    onSuccess: onDone,
  });
  const items = connectors.data?.items ?? [];
  if (!items.length)
    return (
      <Text c="dimmed">
        {words.noConnectors}{" "}
        <Anchor component={Link} href="/connectors" underline="always">
          {words.setUp}
        </Anchor>
      </Text>
    );
  return (
    <Stack gap="sm">
      <Select
        label={words.chooseConnector}
        data={items.map((item) => ({ value: item.id, label: `${item.name} (${titleOf(item.kind)})` }))}
        value={connector}
        onChange={(value) => {
          setConnector(value);
          setTables([]);
        }}
      />
      {found.error && <Failure error={found.error} onRetry={() => void found.refetch()} />}
      {connector !== null && found.isPending && <Loading />}
      {found.data && (
        <MultiSelect
          label={words.chooseTables}
          description={words.allTables}
          data={found.data.items.map((table) => ({
            value: table.name,
            label: `${table.name} · ${texts.data.connectors.rows(table.rows, table.exact)}`,
          }))}
          value={tables}
          onChange={setTables}
          searchable
          clearable
        />
      )}
      {take.error && <Failure error={take.error} />}
      {found.data && (
        <Button w="fit-content" onClick={() => take.mutate()} loading={take.isPending}>
          {words.take}
        </Button>
      )}
    </Stack>
  );
}

/** Puts a file or tables of a connector into a jar. */
export function AddSource({ jar, onDone }: { jar: string; onDone?: (filled: Filled) => void }) {
  const client = useQueryClient();
  const [share, setShare] = useState(0);
  const [filled, setFilled] = useState<Filled | null>(null);
  const done = (result: Filled) => {
    setFilled(result);
    void client.invalidateQueries({ queryKey: ["jar", jar] });
    void client.invalidateQueries({ queryKey: ["jars"] });
    onDone?.(result);
  };
  const send = useMutation({ mutationFn: (file: File) => addFile(jar, file, setShare), onSuccess: done });
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack gap="sm">
          <Drop
            title={words.drop}
            hint={words.dropHint}
            accept={ACCEPT}
            multiple={false}
            onFiles={([file]) => file && send.mutate(file)}
          />
          {send.isPending && (
            <div role="status">
              <Text size="sm">{share < 1 ? words.sending(send.variables.name) : words.reading}</Text>
              <Progress value={Math.max(4, share * 100)} animated={share >= 1} aria-label={words.reading} />
            </div>
          )}
          {send.error && <Failure error={send.error} />}
        </Stack>
        <Card>
          <Group gap="xs" mb="sm">
            <Icon name="plug" />
            <Title order={3}>{words.fromConnector}</Title>
          </Group>
          <FromConnector jar={jar} onDone={done} />
        </Card>
      </SimpleGrid>
      {filled && <Result filled={filled} />}
    </Stack>
  );
}
