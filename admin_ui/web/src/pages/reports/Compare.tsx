import { Card, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { type Run, useTitle } from "../../api/reports";
import { when } from "../../logic/format";
import { Empty, Loaded, Page } from "../../parts/Page";
import { texts } from "../../texts";
import { changeText } from "./numbers";

const words = texts.reports;

function useRun(id: string): Run | undefined {
  const found = useQuery({
    queryKey: ["report", id],
    queryFn: () => api.get<Run>(`/reports/${encodeURIComponent(id)}`),
  });
  return found.data;
}

/** The figures that two reports tell differently. */
export default function Compare() {
  const { one = "", two = "" } = useParams<{ one: string; two: string }>();
  const titleOf = useTitle();
  const before = useRun(one);
  const after = useRun(two);
  const lead =
    before && after
      ? words.compareLead(
          titleOf(after.template),
          `${before.jar}, ${when(before.created_at)}`,
          `${after.jar}, ${when(after.created_at)}`,
        )
      : undefined;
  const changes = useQuery({
    queryKey: ["report", two, "diff", one],
    queryFn: () =>
      api.get<Schemas["FactChange"][]>(`/reports/${encodeURIComponent(two)}/diff`, { with: one }),
  });
  return (
    <Page title={words.compareTitle} lead={lead} back={{ href: "/reports", label: words.title }}>
      <Loaded query={changes}>
        {(items) => (
          <Card padding={0}>
            {items.length ? (
              <Table.ScrollContainer minWidth={320}>
                <Table horizontalSpacing="xs">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{words.figure}</Table.Th>
                      {[words.before, words.after, words.change].map((name) => (
                        <Table.Th key={name} ta="right">
                          {name}
                        </Table.Th>
                      ))}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((item) => (
                      <Table.Tr key={`${item.id}-${item.group ?? ""}`}>
                        <Table.Td>
                          {item.label}
                          {item.group && ` (${item.group})`}
                        </Table.Td>
                        <Table.Td ta="right" className="num figure">
                          {item.before ?? "–"}
                        </Table.Td>
                        <Table.Td ta="right" className="num figure">
                          {item.after ?? "–"}
                        </Table.Td>
                        <Table.Td ta="right" className="num figure">
                          {item.change === null ? "" : changeText(item.change, String(item.before ?? ""))}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            ) : (
              <Empty icon="check" title={words.same} body={words.sameBody} />
            )}
          </Card>
        )}
      </Loaded>
    </Page>
  );
}
