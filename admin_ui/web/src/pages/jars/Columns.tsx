import {
  Alert,
  Badge,
  Button,
  Card,
  Group,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "../../api/client";
import { type Column, type Findings, type Jar, jarPath } from "../../api/jars";
import { count, percent } from "../../logic/format";
import { Breaking } from "../../parts/Breaking";
import { failed, said } from "../../parts/notify";
import { Loaded } from "../../parts/Page";
import { TypeChip } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { ColumnChip } from "./ColumnChip";
import { ReviewQueue } from "./ReviewQueue";

const words = texts.data.jar;

export interface Word {
  table: string;
  name: string;
  confirm?: boolean;
  entity_type?: string | null;
  /** Of the column as it was shown: what somebody else has said meanwhile is not written over. */
  version?: string;
}

export function useReview(jar: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (columns: Word[]) => api.put(jarPath(jar, "/columns"), { columns }),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: ["jar", jar] }),
  });
}

function Row({ column, manages, onSay }: { column: Column; manages: boolean; onSay: (word: Word) => void }) {
  const say = (word: Word) => onSay({ ...word, version: column.version });
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: "anywhere" }}>
        <b>
          <Breaking name={column.name} />
        </b>
        <Text size="xs" c="dimmed">
          {words.dtypes[column.dtype.replace(/\(.*\)$/, "")] ?? column.dtype}
        </Text>
      </Table.Td>
      <Table.Td>
        <ColumnChip column={column} readOnly={!manages} onSay={say} />
      </Table.Td>
      <Table.Td>{words.roles[column.role]}</Table.Td>
      <Table.Td>
        <Group gap={8} wrap="nowrap">
          <Progress
            value={column.confidence * 100}
            w={60}
            color="honey"
            aria-label={words.sure(percent(column.confidence))}
          />
          <Text size="xs" className="num">
            {percent(column.confidence)}
          </Text>
        </Group>
      </Table.Td>
      <Table.Td className="num">{percent(column.share)}</Table.Td>
      <Table.Td>
        {column.reviewed ? (
          <Badge color="teal">{words.reviewedBy}</Badge>
        ) : (
          manages && (
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => say({ table: column.table, name: column.name, confirm: true })}
            >
              {words.confirm}
            </Button>
          )
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Summary({ jar }: { jar: Jar }) {
  const found = useQuery({
    queryKey: ["jar", jar.name, "findings"],
    queryFn: () => api.get<Findings>(jarPath(jar.name, "/findings")),
  });
  return (
    <Card>
      <Title order={2} mb="sm">
        {words.summary}
      </Title>
      <Loaded query={found}>
        {({ entity_types, k_anonymity }) => (
          <Stack gap="sm">
            <Group gap={6}>
              {entity_types.map((type) => (
                <TypeChip key={type.entity_type} type={type.entity_type} title={words.cells(type.cells)}>
                  {count(type.cells)}
                </TypeChip>
              ))}
            </Group>
            {k_anonymity.map((table) =>
              typeof table.k === "number" ? (
                <Text key={table.table} size="sm" title={words.kHelp}>
                  {words.alone(table.table, table.k)}
                </Text>
              ) : null,
            )}
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}

/** Every column with its class, to be confirmed or corrected one by one or in the queue. */
export function Columns({ jar, manages }: { jar: Jar; manages: boolean }) {
  const client = useQueryClient();
  const [open, { open: start, close }] = useDisclosure(false);
  const review = useReview(jar.name);
  const all = jar.tables.flatMap((table) => table.columns);
  const waiting = all
    .filter((column) => !column.reviewed)
    .sort((one, two) => one.confidence - two.confidence);
  const rescan = useMutation({
    mutationFn: () => api.post<{ changed: string[] }>(jarPath(jar.name, "/rescan")),
    onSuccess: async (found) => {
      said(words.rescanned(found.changed.length));
      await client.invalidateQueries({ queryKey: ["jar", jar.name] });
    },
    onError: failed,
  });
  const say = (word: Word) => review.mutate([word]);
  // A report waits until the gateway knows the values as they were reviewed.
  const finish = () => {
    close();
    rescan.mutate();
  };
  return (
    <Stack>
      {manages && !jar.values_known && (
        <Alert color="orange" icon={<Icon name="alert" />} title={words.valuesUnknown}>
          <Button size="xs" mt={4} onClick={() => rescan.mutate()} loading={rescan.isPending}>
            {words.tellValues}
          </Button>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card>
          <Title order={2} mb={4}>
            {words.queue}
          </Title>
          <Text c="dimmed" mb="sm">
            {words.waiting(waiting.length)}
          </Text>
          {manages && (
            <Group>
              {waiting.length > 0 && (
                <Button onClick={start} leftSection={<Icon name="check" size={16} />}>
                  {words.queue}
                </Button>
              )}
              <Button variant="default" onClick={() => rescan.mutate()} loading={rescan.isPending}>
                {words.rescan}
              </Button>
            </Group>
          )}
        </Card>
        <Summary jar={jar} />
      </SimpleGrid>
      {jar.tables.map((table) => (
        <Card key={table.name} padding={0}>
          <Group gap="xs" px="var(--table-horizontal-spacing, 10px)" pt="md" pb={4}>
            <Title order={2}>{table.name}</Title>
            <Badge variant="default">{texts.common.rows(table.rows)}</Badge>
          </Group>
          <Table.ScrollContainer minWidth={820}>
            <Table verticalSpacing={6} layout="fixed">
              <Table.Thead>
                <Table.Tr>
                  {words.heads.map((head) => (
                    <Table.Th key={head}>{head}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {table.columns.map((column) => (
                  <Row key={column.name} column={column} manages={manages} onSay={say} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      ))}
      {open && (
        <ReviewQueue columns={waiting} onSay={(word) => review.mutateAsync([word])} onClose={finish} />
      )}
    </Stack>
  );
}
