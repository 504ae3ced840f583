import { Anchor, Badge, Button, Card, Group, Menu, Stack, Switch, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { address, api } from "../../api/client";
import { useJar } from "../../api/jars";
import type { Block, Document, Run } from "../../api/reports";
import { when } from "../../logic/format";
import { useWhenHidden } from "../../logic/hidden";
import { Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { BlockView } from "./Blocks";
import { paired } from "./layout";

const words = texts.reports;
const FORMATS = ["pdf", "html", "docx", "xlsx", "md", "json"];

function Downloads({ id, originals }: { id: string; originals: boolean }) {
  const file = (format: string, original: boolean) =>
    address(`/reports/${encodeURIComponent(id)}/export`, { format, original });
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="down" size={16} />}>
          {words.download}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(originals ? [false, true] : [false]).map((original) => (
          <div key={String(original)}>
            <Menu.Label>{original ? words.downloadOriginals : words.downloadTokens}</Menu.Label>
            {FORMATS.map((format) => (
              <Menu.Item key={format} component="a" href={file(format, original)} download>
                {format.toUpperCase()}
              </Menu.Item>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Contents({ document }: { document: Document }) {
  return (
    <nav aria-label={words.contents} className="contents">
      <Text fw={650} size="sm" mb={6}>
        {words.contents}
      </Text>
      <Stack gap={6}>
        {document.sections.map((section) => (
          <Anchor
            key={section.id}
            size="sm"
            component="button"
            type="button"
            ta="left"
            onClick={() =>
              window.document.getElementById(`section-${section.id}`)?.scrollIntoView({ behavior: "smooth" })
            }
          >
            {section.title}
          </Anchor>
        ))}
      </Stack>
    </nav>
  );
}

function Blocks({ blocks }: { blocks: readonly Block[] }) {
  const pairs = paired(blocks);
  return (
    <div className="blocks">
      {blocks.map((block, at) => (
        <div key={at} data-half={pairs[at]} data-text={block.kind === "paragraph" || block.kind === "points"}>
          <BlockView block={block} />
        </div>
      ))}
    </div>
  );
}

/** The report as a page. Originals are asked for when they are switched on, and dropped when they are switched off. */
export function Viewer({ run }: { run: Run }) {
  const [original, setOriginal] = useState(false);
  useWhenHidden(() => setOriginal(false));
  // Where the jar is out of sight nobody knows here; the server does.
  const may = useJar(run.jar).data?.access.includes("original") ?? true;
  const found = useQuery({
    queryKey: ["report", run.id, "document", original],
    queryFn: ({ signal }) =>
      api.get<Document>(`/reports/${encodeURIComponent(run.id)}/document`, { original }, signal),
    gcTime: 0,
    retry: false,
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Switch
          label={words.originals}
          description={may ? words.originalsHelp : texts.data.jar.noOriginal}
          disabled={!may}
          checked={original}
          onChange={(event) => setOriginal(event.currentTarget.checked)}
        />
        <Downloads id={run.id} originals={may} />
      </Group>
      <Loaded query={found}>
        {(document) => (
          <div className="report">
            <Contents document={document} />
            <Stack gap="lg" component="article" style={{ minWidth: 0 }}>
              <Card>
                <Title order={2} fz="h1">
                  {document.title}
                </Title>
                <Text c="dimmed">{document.subtitle}</Text>
                <Group gap={6} mt="sm">
                  <Badge variant="default">{words.levels[document.level]?.title}</Badge>
                  <Badge variant="default">{when(document.created)}</Badge>
                  {document.jars.map((jar) => (
                    <Badge key={jar} variant="default">
                      {jar}
                    </Badge>
                  ))}
                </Group>
                <Text size="sm" mt="sm">
                  {document.seen.explanation} {words.leftOut(document.seen.suppressed)}
                </Text>
              </Card>
              {document.sections.map((section) => (
                <Card
                  key={section.id}
                  component="section"
                  id={`section-${section.id}`}
                  style={{ scrollMarginTop: 70 }}
                >
                  <Title order={2} mb="md">
                    {section.title}
                  </Title>
                  {section.degraded && (
                    <Text size="sm" c="dimmed" mb="sm">
                      {section.degraded}
                    </Text>
                  )}
                  <Blocks blocks={section.blocks} />
                </Card>
              ))}
            </Stack>
          </div>
        )}
      </Loaded>
    </Stack>
  );
}
