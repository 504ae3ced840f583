import { Card, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { settingRows } from "../../logic/settings";
import { Breaking } from "../../parts/Breaking";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";
import { Kept } from "./Kept";

const words = texts.settings.installation;

/** The configuration as it counts, section by section. */
export function Installation() {
  const settings = useQuery({
    queryKey: ["settings"],
    queryFn: () => api.get<Schemas["SettingsAnswer"]>("/settings"),
  });
  return (
    <Stack>
      <Text c="dimmed">{words.lead}</Text>
      <Loaded query={settings}>
        {(found) => (
          <>
            <Kept settings={found} />
            <div className="columns">
              {settingRows(found).map(({ section, rows }) => (
                <Card key={section} padding={0}>
                  <Title order={2} p="md" pb="xs" className="mono">
                    {section || words.general}
                  </Title>
                  <Table variant="vertical" layout="fixed" verticalSpacing={6}>
                    <Table.Tbody>
                      {rows.map(({ name, value }) => (
                        <Table.Tr key={name}>
                          <Table.Th w="45%" className="mono" style={{ overflowWrap: "anywhere" }}>
                            <Breaking name={name} />
                          </Table.Th>
                          <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Card>
              ))}
            </div>
          </>
        )}
      </Loaded>
    </Stack>
  );
}
