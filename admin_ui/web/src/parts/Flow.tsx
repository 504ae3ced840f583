import { Group, Paper, Stack, Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";

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
    <ol className="flow">
      {hops.map((hop, index) => (
        <Fragment key={hop.title}>
          <li>
            <Paper withBorder p="md" h="100%" style={{ borderTop: `3px solid ${COLOUR[hop.tone]}` }}>
              <Group gap="xs" mb={6} wrap="nowrap" align="flex-start">
                <Icon name={hop.icon} />
                <Text fw={650} className="stretch" style={{ overflowWrap: "anywhere" }}>
                  {hop.title}
                </Text>
              </Group>
              <Stack gap={4}>
                {hop.lines.map((line, at) => (
                  <Text key={at} size="sm" component="div">
                    {line}
                  </Text>
                ))}
              </Stack>
            </Paper>
          </li>
          {index < hops.length - 1 && (
            <li className="wire">
              <Text size="xs" c="dimmed" component="div">
                {wires[index]}
              </Text>
              <Icon name="right" />
            </li>
          )}
        </Fragment>
      ))}
    </ol>
  );
}
