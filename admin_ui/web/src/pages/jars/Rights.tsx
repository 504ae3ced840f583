import { ActionIcon, Autocomplete, Button, Card, Group, Select, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import { type Access, type Jar, jarPath } from "../../api/jars";
import { failed, said } from "../../parts/notify";
import { Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.data.jar;

interface Grant {
  grantee: string;
  access: Access;
}

/** Who else may do what with a jar; each change is kept at once. */
export function Rights({ jar }: { jar: Jar }) {
  const client = useQueryClient();
  const [grantee, setGrantee] = useState("");
  const [access, setAccess] = useState<string>("preview");
  const grants = useQuery({
    queryKey: ["jar", jar.name, "grants"],
    queryFn: () => api.get<{ items: Grant[] }>(jarPath(jar.name, "/grants")),
  });
  const keep = useMutation({
    mutationFn: (wanted: Grant[]) => api.put(jarPath(jar.name, "/grants"), { grants: wanted }),
    onSuccess: () => said(texts.common.saved),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: ["jar", jar.name, "grants"] }),
  });
  return (
    <Stack maw={820}>
      <Text c="dimmed">{words.rightsLead}</Text>
      <Loaded query={grants}>
        {({ items }) => (
          <>
            {items.length > 0 && (
              <Card padding={0}>
                <Table>
                  <Table.Tbody>
                    {items.map((grant) => (
                      <Table.Tr key={grant.grantee + grant.access}>
                        <Table.Td>
                          <b>{grant.grantee}</b>
                        </Table.Td>
                        <Table.Td>{words.rights[grant.access]}</Table.Td>
                        <Table.Td ta="right">
                          <ActionIcon
                            variant="subtle"
                            color="red"
                            aria-label={`${texts.common.remove}: ${grant.grantee}`}
                            onClick={() => keep.mutate(items.filter((one) => one !== grant))}
                          >
                            <Icon name="x" size={16} />
                          </ActionIcon>
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Card>
            )}
            <Group align="flex-end">
              <Autocomplete
                label={words.grantee}
                description={words.granteeHelp}
                data={["*", "role:viewer", "role:auditor", "role:editor"]}
                value={grantee}
                onChange={setGrantee}
              />
              <Select
                label={words.right}
                data={Object.entries(words.rights).map(([value, label]) => ({ value, label }))}
                value={access}
                onChange={(value) => setAccess(value ?? "preview")}
                allowDeselect={false}
              />
              <Button
                disabled={!grantee.trim()}
                loading={keep.isPending}
                onClick={() => {
                  keep.mutate([...items, { grantee: grantee.trim(), access: access as Access }]);
                  setGrantee("");
                }}
              >
                {words.addRight}
              </Button>
            </Group>
          </>
        )}
      </Loaded>
    </Stack>
  );
}
