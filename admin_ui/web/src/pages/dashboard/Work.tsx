import { Anchor, Card, Group, SimpleGrid, Table, Text, Title } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { Link } from "wouter";

import { api } from "../../api/client";
import { type Findings, jarPath, useJars } from "../../api/jars";
import { useReports, useTitle } from "../../api/reports";
import { count, duration } from "../../logic/format";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";
import { byTemplate } from "./figures";

const words = texts.dashboard;
const MOST = 6;

interface FiguresProps {
  title: string;
  href: string;
  more: string;
  heads: string[];
  rows: { key: string; href: string; cells: string[] }[];
  none: string;
  /** What the rows are made from: they are neither there nor missing before it has come. */
  query: Parameters<typeof Loaded>[0]["query"];
}

function Figures({ title, href, more, heads, rows, none, query }: FiguresProps) {
  return (
    <Card>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{title}</Title>
        <Anchor component={Link} href={href} size="sm">
          {more}
        </Anchor>
      </Group>
      <Loaded query={query}>
        {() =>
          rows.length ? (
            <Table verticalSpacing={5} horizontalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  {heads.map((head, at) => (
                    <Table.Th key={head} ta={at ? "right" : "left"}>
                      {head}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.key}>
                    {row.cells.map((cell, at) => (
                      <Table.Td
                        key={heads[at]}
                        ta={at ? "right" : "left"}
                        className="num"
                        style={at ? { whiteSpace: "nowrap" } : undefined}
                      >
                        {at ? (
                          cell
                        ) : (
                          <Anchor component={Link} href={row.href} size="sm">
                            {cell}
                          </Anchor>
                        )}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          ) : (
            <Text c="dimmed" size="sm">
              {none}
            </Text>
          )
        }
      </Loaded>
    </Card>
  );
}

/** How long reports of each template take and how often they fail. */
function Templates() {
  const titleOf = useTitle();
  const reports = useReports();
  const rows = byTemplate(reports.data?.items ?? []).slice(0, MOST);
  return (
    <Figures
      title={words.templates}
      href="/reports"
      more={texts.nav.reports}
      heads={[words.template, words.made, words.typical, words.failedRequests]}
      none={words.noReports}
      query={reports}
      rows={rows.map((row) => ({
        key: row.template,
        href: "/reports",
        cells: [titleOf(row.template), count(row.made), duration(row.median), count(row.failed)],
      }))}
    />
  );
}

/** The largest jars: rows, and cells of columns that hold personal values. */
function Collections() {
  const jars = useJars();
  const largest = [...(jars.data?.items ?? [])].sort((one, two) => two.rows - one.rows).slice(0, MOST);
  const findings = useQueries({
    queries: largest.map((jar) => ({
      queryKey: ["jar", jar.name, "findings"],
      queryFn: () => api.get<Findings>(jarPath(jar.name, "/findings")),
      staleTime: 60_000,
      retry: false,
    })),
  });
  const personal = (at: number) =>
    findings[at]?.data?.entity_types.reduce((sum, type) => sum + type.cells, 0) ?? null;
  return (
    <Figures
      title={words.jars}
      href="/jars"
      more={texts.nav.jars}
      heads={[words.jar, words.rows, words.personal]}
      none={words.noJars}
      query={jars}
      rows={largest.map((jar, at) => ({
        key: jar.id,
        href: `/jars/${encodeURIComponent(jar.name)}`,
        cells: [jar.name, count(jar.rows), count(personal(at))],
      }))}
    />
  );
}

/** What is done with one's own data: reports by template, and the jars. */
export function Work() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Templates />
      <Collections />
    </SimpleGrid>
  );
}
