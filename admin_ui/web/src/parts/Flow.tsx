import { Group, Paper, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

import { Icon, type IconName } from "../shell/Icon";

export interface Hop {
  icon: IconName;
  title: string;
  lines: ReactNode[];
  tone: "clear" | "scrambled" | "gate";
}

const COLOUR = {
  clear: "var(--k-person)",
  scrambled: "var(--k-place)",
  gate: "var(--mantine-color-honey-5)",
};

/** Who saw what on the way: client, gateway, provider, with what the wire between them carried. */
export function Flow({ hops, wires }: { hops: readonly Hop[]; wires: readonly ReactNode[] }) {
  return (
    <Group align="stretch" gap={0} wrap="wrap" component="ol" p={0} m={0} style={{ listStyle: "none" }}>
      {hops.map((hop, index) => (
        <Group key={hop.title} component="li" wrap="nowrap" gap={0} style={{ flex: "1 1 250px" }}>
          <Paper
            withBorder
            p="md"
            h="100%"
            className="stretch"
            style={{ borderTop: `3px solid ${COLOUR[hop.tone]}` }}
          >
            <Group gap="xs" mb={6} wrap="nowrap">
              <Icon name={hop.icon} />
              <Text fw={650}>{hop.title}</Text>
            </Group>
            <Stack gap={4}>
              {hop.lines.map((line, at) => (
                <Text key={at} size="sm" component="div">
                  {line}
                </Text>
              ))}
            </Stack>
          </Paper>
          {index < hops.length - 1 && (
            <Stack gap={2} align="center" px={8} w={110} style={{ flexShrink: 0 }}>
              <Text size="xs" ta="center" c="dimmed" component="div">
                {wires[index]}
              </Text>
              <Icon name="right" />
            </Stack>
          )}
        </Group>
      ))}
    </Group>
  );
}
