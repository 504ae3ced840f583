import { Button, Card, Group, SegmentedControl, Select, Stack, Table, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { address, api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { count, money } from "../../logic/format";
import { Empty, Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.keys.usage;

/** Use and cost by key, model, policy, provider, tag or end user. */
export function Usage() {
  const [group, setGroup] = useState("key");
  const [range, setRange] = useState("30d");
  const usage = useQuery({
    queryKey: ["usage", group, range],
    queryFn: () => api.get<Schemas["UsageAnswer"]>("/usage", { group, range }),
    placeholderData: keepPreviousData,
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Group>
          <Select
            aria-label={words.by}
            data={Object.entries(words.groups).map(([value, label]) => ({ value, label }))}
            value={group}
            onChange={(value) => setGroup(value ?? "key")}
            allowDeselect={false}
            size="xs"
            w={130}
          />
          <SegmentedControl
            aria-label={texts.dashboard.range}
            data={Object.entries(texts.dashboard.ranges).map(([value, label]) => ({ value, label }))}
            value={range}
            onChange={setRange}
            size="xs"
          />
        </Group>
        <Button
          component="a"
          href={address("/usage", { group, range, format: "csv" })}
          download
          variant="default"
          size="xs"
          leftSection={<Icon name="down" size={14} />}
        >
          CSV
        </Button>
      </Group>
      {group === "end_user" && (
        <Text size="sm" c="dimmed">
          {words.endUsers}
        </Text>
      )}
      <Loaded query={usage}>
        {({ items }) => (
          <Card padding={0}>
            {items.length ? (
              <Table.ScrollContainer minWidth={620}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{words.groups[group]}</Table.Th>
                      {[words.requests, words.failed, words.tokensIn, words.tokensOut, words.cost].map(
                        (name) => (
                          <Table.Th key={name} ta="right">
                            {name}
                          </Table.Th>
                        ),
                      )}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((row) => (
                      <Table.Tr key={row.id}>
                        <Table.Td>{row.name || (words.none_of[group] ?? texts.dashboard.noModel)}</Table.Td>
                        {[
                          count(row.requests),
                          count(row.failed),
                          count(row.tokens_in),
                          count(row.tokens_out),
                          money(row.cost),
                        ].map((value, at) => (
                          <Table.Td key={at} ta="right" className="num">
                            {value}
                          </Table.Td>
                        ))}
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            ) : (
              <Empty icon="chart" title={words.none} body={texts.dashboard.noTrafficBody} />
            )}
          </Card>
        )}
      </Loaded>
    </Stack>
  );
}
