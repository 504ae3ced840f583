import { Table, Text } from "@mantine/core";

import type { Block } from "../../api/reports";
import { heatOf, numberText } from "./numbers";

type Chart = Extract<Block, { kind: "chart" }>["chart"];

/** Two categories against one another; the number stands in its cell, and the cell is the deeper the larger it is. */
export function HeatMap({ chart }: { chart: Chart }) {
  const { across, down, most } = heatOf(chart);
  const column = chart.data.columns.find((one) => one.name === chart.series);
  return (
    <figure style={{ margin: 0 }}>
      <Table.ScrollContainer minWidth={90 * (across.length + 1)}>
        <Table withRowBorders={false} verticalSpacing={6} highlightOnHover={false}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th />
              {across.map((name) => (
                <Table.Th key={name} ta="center">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {down.map(({ name, cells }) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                {cells.map((value, at) => (
                  <Table.Td
                    key={across[at]}
                    ta="center"
                    className="num heat"
                    style={
                      {
                        "--share": `${value && most > 0 ? 8 + (value / most) * 52 : 0}%`,
                      } as React.CSSProperties
                    }
                  >
                    {value === null ? "–" : numberText(value, column?.digits ?? 0, "")}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text component="figcaption" size="xs" c="dimmed" mt={4}>
        {chart.alt}
      </Text>
    </figure>
  );
}
