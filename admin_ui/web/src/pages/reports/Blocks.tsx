import { Alert, Badge, List, SimpleGrid, Table, Text, Title } from "@mantine/core";
import { lazy, Suspense } from "react";

import type { Block } from "../../api/reports";
import { tokens } from "../../logic/spans";
import { Loading } from "../../parts/Page";
import { Highlight } from "../../parts/Types";
import { Icon, type IconName } from "../../shell/Icon";
import { texts } from "../../texts";
import { HeatMap } from "./HeatMap";
import { axisOf, factText, numberText, rowsOf } from "./numbers";

const Chart = lazy(() => import("../../parts/Charts"));
const words = texts.reports;
type Of<K extends Block["kind"]> = Extract<Block, { kind: K }>;
type Data = Of<"table">["table"];

const TONES: Record<string, { color: string; icon: IconName }> = {
  info: { color: "blue", icon: "info" },
  good: { color: "teal", icon: "check" },
  warning: { color: "orange", icon: "alert" },
  critical: { color: "red", icon: "alert" },
  recommendation: { color: "honey", icon: "right" },
};
const COLOURS = ["honey.5", "teal.6", "blue.6", "grape.6", "orange.7", "gray.6"];

const LYING = ["bars", "diverging", "ranges"];

function Say({ text }: { text: string }) {
  return <Highlight text={text} spans={tokens(text)} />;
}

function DataTable({ table }: { table: Data }) {
  return (
    <figure style={{ margin: 0 }}>
      <Text component="figcaption" fw={600} size="sm" mb={4} className="sentence">
        {table.title}
      </Text>
      <Table.ScrollContainer minWidth={Math.min(900, 130 * table.columns.length)}>
        <Table verticalSpacing={5}>
          <Table.Thead>
            <Table.Tr>
              {table.columns.map((column, at) => (
                <Table.Th
                  key={column.name}
                  title={column.note}
                  ta={table.rows.some((row) => typeof row[at] === "number") ? "right" : "left"}
                >
                  {column.name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {table.rows.map((row, at) => (
              <Table.Tr key={at}>
                {row.map((cell, column) => (
                  <Table.Td key={column} className="num" ta={typeof cell === "number" ? "right" : "left"}>
                    {typeof cell === "number" ? (
                      numberText(cell, table.columns[column]?.digits ?? 0, table.columns[column]?.unit ?? "")
                    ) : cell === null ? (
                      "–"
                    ) : (
                      <Say text={String(cell)} />
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </figure>
  );
}

function ChartBlock({ chart }: { chart: Of<"chart">["chart"] }) {
  const { rows, series } = rowsOf(chart);
  const lying = LYING.includes(chart.spec);
  const kind = /line|trend|area|series/.test(chart.spec) ? "line" : "bar";
  if (chart.spec === "heatmap")
    return (
      <div>
        <Title order={3} mb="xs" className="sentence">
          {chart.title}
        </Title>
        <HeatMap chart={chart} />
      </div>
    );
  return (
    <div>
      <Title order={3} mb="xs" className="sentence">
        {chart.title}
      </Title>
      <Suspense fallback={<Loading />}>
        <Chart
          data={rows}
          x="x"
          kind={kind}
          stacked={chart.spec.includes("stack")}
          lying={lying}
          height={lying ? 50 + 38 * rows.length : 280}
          series={series.map((name, at) => ({
            name,
            label: name,
            color: COLOURS[at % COLOURS.length] ?? "gray.6",
          }))}
          format={axisOf(chart)}
          summary={chart.alt}
        />
      </Suspense>
    </div>
  );
}

function Facts({ block }: { block: Of<"facts"> }) {
  if (block.layout === "figures")
    return (
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3, lg: 4 }}>
        {block.facts.map((fact) => (
          <div key={fact.id}>
            <Text fz={26} fw={700} lh={1.2} className="num" style={{ overflowWrap: "anywhere" }}>
              {factText(fact)}
            </Text>
            <Text size="sm" c="dimmed">
              {fact.label}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    );
  const table = (
    <Table verticalSpacing={5}>
      <Table.Tbody>
        {block.facts.map((fact) => (
          <Table.Tr key={fact.id}>
            <Table.Td>
              {fact.label} {fact.group && <Badge variant="default">{fact.group}</Badge>}
            </Table.Td>
            <Table.Td ta="right" className="num">
              {factText(fact)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
  if (!block.title) return table;
  return (
    <details className="more">
      <summary>{words.figures(block.title, block.facts.length)}</summary>
      {table}
    </details>
  );
}

/** What a column stands for, as words: "order.customer" is the customer of the order. */
const roleSaid = (role: string) => role.replaceAll("_", " ").split(".").reverse().join(" of the ");

/** One block of a report. Every text is shown as text, tokens marked. */
export function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "paragraph":
      return (
        <div title={words.writtenBy[block.origin]}>
          <Say text={block.text} />
          {block.doubts.length > 0 && (
            <Alert color="orange" mt="xs" icon={<Icon name="alert" size={16} />}>
              {words.doubts(block.doubts.join(", "))}
            </Alert>
          )}
        </div>
      );
    case "points":
      return (
        <List type={block.ordered ? "ordered" : "unordered"} spacing={4}>
          {block.items.map((item, at) => (
            <List.Item key={at}>
              <Say text={item} />
            </List.Item>
          ))}
        </List>
      );
    case "facts":
      return <Facts block={block} />;
    case "table":
      return <DataTable table={block.table} />;
    case "chart":
      return <ChartBlock chart={block.chart} />;
    case "callout": {
      const tone = TONES[block.tone];
      return (
        <Alert color={tone?.color} icon={<Icon name={tone?.icon ?? "info"} />} title={block.title}>
          <Say text={block.text} />
        </Alert>
      );
    }
    case "quote":
      return (
        <blockquote className="quote">
          <Say text={block.text} />
          <Text size="xs" c="dimmed">
            {block.source}
          </Text>
        </blockquote>
      );
    case "missing":
      return (
        <Alert color="gray" icon={<Icon name="info" />} title={`${words.missing}: ${block.what}`}>
          <div className="sentence">
            {block.needed.length
              ? `${block.why}. ${words.needed} ${block.needed.map(roleSaid).join(", ")}.`
              : `${block.why}.`}
          </div>
        </Alert>
      );
  }
}
