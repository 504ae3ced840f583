import { ActionIcon, Card, Group, SegmentedControl, Select, Stack, Table, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import { type Cell, type Jar, jarPath, type Preview } from "../../api/jars";
import { tokens } from "../../logic/spans";
import { useWhenHidden } from "../../logic/hidden";
import { Loaded } from "../../parts/Page";
import { Highlight, TypeChip } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.data.jar;
const SIZE = 20;
type View = "scrambled" | "original";

function Shown({ cell, view }: { cell: Cell; view: View }) {
  if (cell.scrambled === null) return <Text c="dimmed">–</Text>;
  if (view === "original" && cell.original !== null)
    return <Highlight text={cell.original} spans={cell.findings} />;
  return <Highlight text={cell.scrambled} spans={tokens(cell.scrambled)} />;
}

/** Rows of a table, as they leave or as they are. Originals are asked for, shown, and dropped: never kept. */
export function DataView({ jar }: { jar: Jar }) {
  const [name, setName] = useState(jar.tables[0]?.name ?? "");
  const [offset, setOffset] = useState(0);
  const [view, setView] = useState<View>("scrambled");
  useWhenHidden(() => setView("scrambled"));
  const table = jar.tables.find((one) => one.name === name) ?? jar.tables[0];
  const rows = useQuery({
    queryKey: ["jar", jar.name, "preview", table?.name, offset, view],
    queryFn: ({ signal }) =>
      api.post<Preview>(
        jarPath(jar.name, "/preview"),
        { table: table?.name, offset, limit: SIZE, view },
        { signal },
      ),
    gcTime: 0,
    placeholderData: view === "scrambled" ? keepPreviousData : undefined,
    retry: false,
  });
  const types = new Map(table?.columns.map((column) => [column.name, column.entity_type]));
  const total = table?.rows ?? 0;
  const originals = jar.access.includes("original");
  return (
    <Stack>
      <Group justify="space-between" align="flex-end">
        <Group align="flex-end">
          <Select
            label={words.table}
            data={jar.tables.map((one) => one.name)}
            value={table?.name ?? null}
            allowDeselect={false}
            onChange={(value) => {
              setName(value ?? "");
              setOffset(0);
            }}
          />
          <SegmentedControl
            aria-label={words.tabs.data}
            data={[
              { value: "scrambled", label: words.scrambled },
              { value: "original", label: words.original, disabled: !originals },
            ]}
            value={view}
            onChange={(value) => setView(value as View)}
          />
        </Group>
        <Group gap={4}>
          <ActionIcon
            variant="default"
            aria-label={texts.common.back}
            disabled={offset === 0}
            onClick={() => setOffset(Math.max(0, offset - SIZE))}
          >
            <Icon name="left" size={16} />
          </ActionIcon>
          <Text size="sm" className="num">
            {words.rowsOf(total ? offset + 1 : 0, Math.min(offset + SIZE, total), total)}
          </Text>
          <ActionIcon
            variant="default"
            aria-label={texts.common.next}
            disabled={offset + SIZE >= total}
            onClick={() => setOffset(offset + SIZE)}
          >
            <Icon name="right" size={16} />
          </ActionIcon>
        </Group>
      </Group>
      <Text size="xs" c="dimmed">
        {originals ? words.originalHelp : words.noOriginal}
      </Text>
      <Loaded query={rows}>
        {(found) => (
          <Card padding={0} data-view={view}>
            <Table.ScrollContainer minWidth={Math.min(2400, 170 * found.columns.length)}>
              <Table verticalSpacing={5} className="cells">
                <Table.Thead>
                  <Table.Tr>
                    {found.columns.map((column) => {
                      const type = types.get(column);
                      return (
                        <Table.Th key={column}>
                          {column}
                          <div>{type && <TypeChip type={type} />}</div>
                        </Table.Th>
                      );
                    })}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {found.rows.map((row, at) => (
                    <Table.Tr key={offset + at}>
                      {row.map((cell, column) => (
                        <Table.Td key={found.columns[column]} style={{ verticalAlign: "top" }}>
                          <div className="cell">
                            <Shown cell={cell} view={view} />
                          </div>
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </Card>
        )}
      </Loaded>
    </Stack>
  );
}
