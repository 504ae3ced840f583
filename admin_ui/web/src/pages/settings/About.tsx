import { Anchor, Card, Table } from "@mantine/core";

import { useAbout } from "../../api/about";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.settings.about;

export function About() {
  const about = useAbout();
  return (
    <Loaded query={about}>
      {(found) => (
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
                  [words.demo, found.demo_mode ? texts.common.on : texts.common.off],
                  [words.externalAi, found.external_ai ? words.allowed : words.forbidden],
                ] as const
              ).map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th w={220}>{name}</Table.Th>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
                </Table.Tr>
              ))}
              <Table.Tr>
                <Table.Th>API</Table.Th>
                <Table.Td>
                  <Anchor href="/api/v1/openapi.json">{words.api}</Anchor>
                </Table.Td>
              </Table.Tr>
            </Table.Tbody>
          </Table>
        </Card>
      )}
    </Loaded>
  );
}
