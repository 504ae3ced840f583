import { Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { keptOf } from "../../logic/settings";
import { texts } from "../../texts";

const words = texts.settings.installation;

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
      <Text size="sm">{name}</Text>
      <Text size="sm" ta="right" fw={600} component="div">
        {children}
      </Text>
    </Group>
  );
}

/** What most people look for in the configuration: how one signs in, and for how long what is kept. */
export function Kept({ settings }: { settings: object }) {
  const { oidc, scim, auditDays, payloads } = keptOf(settings);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Card>
        <Title order={2} mb="sm">
          {words.signIn}
        </Title>
        <Stack gap={8}>
          <Line name={words.oidc}>{oidc ?? texts.common.off}</Line>
          <Line name={words.scim}>{scim ? texts.common.on : texts.common.off}</Line>
        </Stack>
        <Text size="xs" c="dimmed" mt="sm">
          {words.signInHelp}
        </Text>
      </Card>
      <Card>
        <Title order={2} mb="sm">
          {words.retention}
        </Title>
        <Stack gap={8}>
          <Line name={words.keptAudit}>{words.days(auditDays)}</Line>
          <Line name={words.keptLeft}>{payloads ? words.days(auditDays) : words.notKept}</Line>
          <Line name={words.keptSessions}>
            <Anchor component={Link} href="/policies" size="sm">
              {words.byPolicy}
            </Anchor>
          </Line>
          <Line name={words.keptJars}>
            <Anchor component={Link} href="/jars" size="sm">
              {words.byJar}
            </Anchor>
          </Line>
        </Stack>
        <Text size="xs" c="dimmed" mt="sm">
          {words.retentionHelp}
        </Text>
      </Card>
    </SimpleGrid>
  );
}
