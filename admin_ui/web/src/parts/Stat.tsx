import { Card, Group, Text, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

import { Icon, type IconName } from "../shell/Icon";

interface StatProps {
  label: string;
  value: ReactNode;
  icon: IconName;
  help?: string;
  note?: ReactNode;
  tone?: string;
}

/** One figure with its name. */
export function Stat({ label, value, icon, help, note, tone }: StatProps) {
  return (
    <Card padding="md">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="sm" c="dimmed" component="div">
          {label}
          {help && (
            <Tooltip label={help} multiline maw={260} events={{ hover: true, focus: true, touch: true }}>
              <span role="img" aria-label={help} style={{ marginLeft: 4, verticalAlign: "-2px" }}>
                <Icon name="info" size={14} />
              </span>
            </Tooltip>
          )}
        </Text>
        <Text component="span" c={tone ?? "dimmed"}>
          <Icon name={icon} />
        </Text>
      </Group>
      <Text fz={28} fw={700} lh={1.2} mt={6} className="num" c={tone}>
        {value}
      </Text>
      {note && (
        <Text size="xs" c="dimmed" mt={2} component="div">
          {note}
        </Text>
      )}
    </Card>
  );
}

/** Rows of a name, a bar and a figure: shares that can be read without a legend. */
export function Bars({
  rows,
  format,
}: {
  rows: { key: string; label: ReactNode; value: number; color?: string }[];
  format: (value: number) => string;
}) {
  const most = Math.max(0, ...rows.map((row) => row.value)) || 1;
  return (
    <div
      style={{
        display: "grid",
        gridTemplateColumns: "minmax(110px, max-content) 1fr max-content",
        gap: "10px 12px",
        alignItems: "center",
      }}
    >
      {rows.map((row) => (
        <div key={row.key} style={{ display: "contents" }}>
          <Text size="sm" component="div" truncate maw={220}>
            {row.label}
          </Text>
          <div style={{ height: 8, borderRadius: 4, background: "var(--sting-line)" }}>
            <div
              style={{
                width: `${Math.max(2, (row.value / most) * 100)}%`,
                height: "100%",
                borderRadius: 4,
                background: row.color ?? "var(--mantine-color-honey-5)",
              }}
            />
          </div>
          <Text size="sm" ta="right" className="num">
            {format(row.value)}
          </Text>
        </div>
      ))}
    </div>
  );
}
