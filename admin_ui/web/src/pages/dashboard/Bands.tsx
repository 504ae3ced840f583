import { Text } from "@mantine/core";

import { count } from "../../logic/format";

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
      <Text aria-hidden size="xs" c="dimmed" className="num">
        {count(most)}
      </Text>
      <div aria-hidden className="bands">
        {rows.map((row) => (
          <div key={row.at} title={`${row.time}: ${names.good} ${row.ok}, ${names.bad} ${row.failed}`}>
            <div style={{ height: `${(row.failed / most) * 100}%`, background: BAD }} />
            <div style={{ height: `${(row.ok / most) * 100}%`, background: GOOD }} />
          </div>
        ))}
      </div>
      <div aria-hidden className="bands-axis">
        {rows.map((row, at) =>
          at % every === 0 ? (
            <Text
              key={row.at}
              size="xs"
              c="dimmed"
              className="num"
              style={{ left: `${(at / rows.length) * 100}%` }}
            >
              {row.time}
            </Text>
          ) : null,
        )}
      </div>
      <Text component="figcaption" size="xs" c="dimmed" mt={8}>
        {summary}
      </Text>
    </figure>
  );
}
