import { Button, Card, Stack, Table, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import { type Jar, jarPath } from "../../api/jars";
import { when } from "../../logic/format";
import { undoable } from "../../parts/notify";
import { texts } from "../../texts";
import { AddSource } from "./AddSource";

const words = texts.data.jar;

/** Where a jar's rows come from, and what happened to it. */
export function Sources({ jar, manages }: { jar: Jar; manages: boolean }) {
  const client = useQueryClient();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const remove = (id: string) => {
    setHidden(new Set([...hidden, id]));
    const show = () => setHidden((ids) => new Set([...ids].filter((one) => one !== id)));
    undoable(
      words.sources,
      () =>
        api
          .remove(jarPath(jar.name, `/sources/${id}`))
          .then(() => client.invalidateQueries({ queryKey: ["jar", jar.name] }))
          .then(show),
      show,
    );
  };
  return (
    <Stack>
      {jar.sources.length > 0 && (
        <Card padding={0}>
          <Title order={2} p="md" pb={0}>
            {words.sources}
          </Title>
          <Table.ScrollContainer minWidth={560}>
            <Table>
              <Table.Tbody>
                {jar.sources
                  .filter((source) => !hidden.has(source.id))
                  .map((source) => (
                    <Table.Tr key={source.id}>
                      <Table.Td>
                        <b>{words.kinds[source.kind] ?? source.kind}</b>
                      </Table.Td>
                      <Table.Td>
                        {jar.tables
                          .filter((table) => table.source === source.id)
                          .map((table) => table.name)
                          .join(", ")}
                      </Table.Td>
                      <Table.Td style={{ whiteSpace: "nowrap" }}>
                        {when(source.refreshed_at ?? source.created_at)}
                      </Table.Td>
                      <Table.Td ta="right">
                        {manages && (
                          <Button
                            size="compact-sm"
                            variant="subtle"
                            color="red"
                            onClick={() => remove(source.id)}
                          >
                            {words.removeSource}
                          </Button>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      )}
      {manages && (
        <div>
          <Title order={2} mb="sm">
            {words.addSource}
          </Title>
          <AddSource jar={jar.name} />
        </div>
      )}
      <Card>
        <Title order={2} mb="sm">
          {words.events}
        </Title>
        <Stack gap={6}>
          {jar.events.map((event) => (
            <Text key={`${event.at}-${event.action}`} size="sm">
              <Text span c="dimmed" className="num">
                {when(event.at)}
              </Text>{" "}
              {event.action}
            </Text>
          ))}
        </Stack>
      </Card>
    </Stack>
  );
}
