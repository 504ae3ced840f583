import { Group, Text } from "@mantine/core";

interface BandsProps {
  rows: { at: number; time: string; ok: number; failed: number }[];
  names: { good: string; bad: string };
  summary: string;
}

const GOOD = "var(--mantine-color-honey-5)";
const BAD = "var(--mantine-color-red-6)";

/** Two counts per step as stacked bars. Drawn here: the chart package is twice the size of this whole page. */
export function Bands({ rows, names, summary }: BandsProps) {
  const most = Math.max(1, ...rows.map((row) => row.ok + row.failed));
  const every = Math.ceil(rows.length / 8);
  return (
    <figure style={{ margin: 0 }}>
      <div aria-hidden className="bands">
        {rows.map((row) => (
          <div key={row.at} title={`${row.time}: ${names.good} ${row.ok}, ${names.bad} ${row.failed}`}>
            <div style={{ height: `${(row.failed / most) * 100}%`, background: BAD }} />
            <div style={{ height: `${(row.ok / most) * 100}%`, background: GOOD }} />
          </div>
        ))}
      </div>
      <Group justify="space-between" aria-hidden wrap="nowrap" style={{ overflow: "hidden" }}>
        {rows
          .filter((_, at) => at % every === 0)
          .map((row) => (
            <Text key={row.at} size="xs" c="dimmed" className="num">
              {row.time}
            </Text>
          ))}
      </Group>
      <Text component="figcaption" size="xs" c="dimmed" mt={8}>
        {summary}
      </Text>
    </figure>
  );
}
