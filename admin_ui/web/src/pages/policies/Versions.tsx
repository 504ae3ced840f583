import { Badge, Button, Card, Group, SimpleGrid, Stack, Text, UnstyledButton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import { listVersions, rollback } from "../../api/policies";
import { useRole } from "../../api/session";
import { when } from "../../logic/format";
import { failed, said } from "../../parts/notify";
import { Empty, Loaded, Loading } from "../../parts/Page";
import { texts } from "../../texts";

const Editor = lazy(() => import("../../parts/Editor"));
const words = texts.policies;

/** The versions of a policy, what each one changed, and the way back. */
export function Versions({ name, current }: { name: string; current: number }) {
  const client = useQueryClient();
  const editor = useRole("editor");
  const versions = useQuery({ queryKey: ["policy", name, "versions"], queryFn: () => listVersions(name) });
  const [chosen, setChosen] = useState<number | null>(null);
  const back = useMutation({
    mutationFn: (version: number) => rollback(name, version),
    onSuccess: async () => {
      said(words.rolledBack);
      setChosen(null);
      await client.invalidateQueries({ queryKey: ["policy", name] });
      await client.invalidateQueries({ queryKey: ["policies"] });
    },
    onError: failed,
  });
  return (
    <Loaded query={versions}>
      {({ items }) => {
        const at = Math.max(
          0,
          items.findIndex((version) => version.version === chosen),
        );
        const shown = items[at];
        if (!shown) return <Empty icon="clock" title={words.noVersions} body={words.noVersionsBody} />;
        return (
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Stack gap="xs">
              <Text c="dimmed">{words.versionsLead}</Text>
              {items.map((version, index) => (
                <UnstyledButton
                  key={version.version}
                  onClick={() => setChosen(version.version)}
                  aria-pressed={index === at}
                >
                  <Card padding="sm" style={index === at ? { borderColor: "var(--sting-focus)" } : undefined}>
                    <Group justify="space-between">
                      <Text fw={600}>{words.version(version.version)}</Text>
                      {version.version === current && <Badge color="teal">{words.current}</Badge>}
                    </Group>
                    <Text size="sm" c="dimmed">
                      {when(version.at)} {words.by(version.who_name || version.who)}
                    </Text>
                    {version.note && <Text size="sm">{version.note}</Text>}
                    {version.removed && <Badge color="gray">{words.removed}</Badge>}
                  </Card>
                </UnstyledButton>
              ))}
            </Stack>
            <Stack gap="xs">
              <Group justify="space-between">
                <Text c="dimmed">{words.diffPrevious}</Text>
                {editor && shown.version !== current && !shown.removed && (
                  <Button size="xs" onClick={() => back.mutate(shown.version)} loading={back.isPending}>
                    {words.rollback}
                  </Button>
                )}
              </Group>
              <Suspense fallback={<Loading />}>
                <Editor
                  key={shown.version}
                  value={shown.yaml}
                  before={items[at + 1]?.yaml ?? ""}
                  label={words.diffPrevious}
                />
              </Suspense>
            </Stack>
          </SimpleGrid>
        );
      }}
    </Loaded>
  );
}
