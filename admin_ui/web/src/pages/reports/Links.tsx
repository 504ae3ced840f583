import { Button, Card, Group, NumberInput, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { when } from "../../logic/format";
import { failed } from "../../parts/notify";
import { Once } from "../../parts/Once";
import { Empty, Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.reports;

/** Links that open the report with its tokens. */
export function Links({ id }: { id: string }) {
  const client = useQueryClient();
  const [days, setDays] = useState(7);
  const [url, setUrl] = useState<string | null>(null);
  const links = useQuery({
    queryKey: ["report", id, "shares"],
    queryFn: () => api.get<Schemas["ShareList"]>(`/reports/${id}/shares`),
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["report", id, "shares"] });
  const make = useMutation({
    mutationFn: () => api.post<Schemas["ShareView"]>(`/reports/${id}/shares`, { days }),
    onSuccess: (made) => setUrl(made.url),
    onError: failed,
    onSettled: refresh,
    gcTime: 0,
  });
  const close = useMutation({
    mutationFn: (share: string) => api.remove(`/reports/${id}/shares/${share}`),
    onError: failed,
    onSettled: refresh,
  });
  return (
    <Stack maw={760}>
      <Group align="flex-end">
        <NumberInput
          label={words.days}
          min={1}
          max={90}
          value={days}
          onChange={(value) => setDays(Number(value) || 7)}
          w={110}
        />
        <Button onClick={() => make.mutate()} loading={make.isPending}>
          {words.makeLink}
        </Button>
      </Group>
      {url && <Once secret={url} title={words.tabs.links} body={words.linkOnce} />}
      <Loaded query={links}>
        {({ items }) =>
          items.length ? (
            <Card padding={0}>
              <Table>
                <Table.Tbody>
                  {items.map((link) => (
                    <Table.Tr key={link.id}>
                      <Table.Td>
                        <Text size="sm">
                          {words.expires} {when(link.expires_at)}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button
                          size="compact-sm"
                          variant="subtle"
                          color="red"
                          onClick={() => close.mutate(link.id)}
                        >
                          {words.closeLink}
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Card>
          ) : (
            <Empty icon="lock" title={words.noLinks} body={words.noLinksBody} />
          )
        }
      </Loaded>
    </Stack>
  );
}
