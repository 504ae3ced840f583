import { Anchor, Button, Card, Stack, Table, Text, Title } from "@mantine/core";

import { useAbout } from "../../api/about";
import { api } from "../../api/client";
import { useRole } from "../../api/session";
import { when } from "../../logic/format";
import { said, undoable } from "../../parts/notify";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.settings.about;

/** Empties a public demo before its time; the toast gives some seconds to think again. */
function DemoReset({ next }: { next: string }) {
  const reset = () =>
    undoable(
      words.everything,
      () => api.post("/demo/reset").then(() => said(words.resetting)),
      () => undefined,
    );
  return (
    <Card maw={760}>
      <Title order={2}>{words.reset}</Title>
      <Text c="dimmed" my="xs">
        {words.resetBody(when(next))}
      </Text>
      <Button color="red" variant="light" w="fit-content" onClick={reset}>
        {words.resetNow}
      </Button>
    </Card>
  );
}

export function About() {
  const admin = useRole("admin");
  const about = useAbout();
  return (
    <Loaded query={about}>
      {(found) => (
        <Stack>
          <Card maw={760} padding={0}>
            <Table variant="vertical" layout="fixed">
              <Table.Tbody>
                {(
                  [
                    [words.version, `STING-CE ${found.version} · ${words.licence}`],
                    [words.python, found.python],
                    [words.gateway, found.gateway],
                    [words.console, found.console],
                    [words.stores, found.embedded ? words.embedded : words.external],
                    [words.demo, found.next_reset ? texts.common.on : texts.common.off],
                    [words.externalAi, found.external_ai ? words.allowed : words.forbidden],
                  ] as const
                ).map(([name, value]) => (
                  <Table.Tr key={name}>
                    <Table.Th w="38%">{name}</Table.Th>
                    <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
                  </Table.Tr>
                ))}
                <Table.Tr>
                  <Table.Th>API</Table.Th>
                  <Table.Td>
                    <Anchor size="sm" href="/api/v1/openapi.json">
                      {words.api}
                    </Anchor>
                  </Table.Td>
                </Table.Tr>
              </Table.Tbody>
            </Table>
          </Card>
          {admin && found.next_reset && <DemoReset next={found.next_reset} />}
        </Stack>
      )}
    </Loaded>
  );
}
