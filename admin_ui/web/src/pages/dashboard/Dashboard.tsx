import { Button, Card, Group, SegmentedControl, SimpleGrid, Stack, Switch, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { address, api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { change, count, duration, money } from "../../logic/format";
import { Empty, Loaded, Page } from "../../parts/Page";
import { Bars, Stat } from "../../parts/Stat";
import { kindStyle, TypeChip } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { labelled, latencyParts } from "./figures";
import { Bands } from "./Bands";
import { Latest } from "./Latest";
import { RecentReports } from "./RecentReports";
import { Standing } from "./Standing";
import { Work } from "./Work";

const words = texts.dashboard;
type Summary = Schemas["Summary"];
type Range = Summary["range"];

interface VersusProps {
  range: Range;
  now: number | null;
  before: number | null;
  format?: (value: number) => string;
}

/** The change against the period of the same length before; nothing when there is none to compare with. */
function Versus({ range, now, before, format = count }: VersusProps) {
  const text = now === null ? null : change(now, before);
  if (text === null || before === null) return null;
  return (
    <div data-versus title={words.versusHelp(format(before))}>
      <b className="num">{text}</b> {words.versus[range]}
    </div>
  );
}

function Figures({ summary }: { summary: Summary }) {
  const { now, before, range } = summary;
  return (
    <SimpleGrid cols={{ base: 2, md: 3, xl: 6 }} spacing="md">
      <Stat
        label={words.requests}
        value={count(now.requests)}
        icon="chart"
        note={<Versus range={range} now={now.requests} before={before.requests} />}
      />
      <Stat
        label={words.protectedItems}
        value={count(now.findings)}
        icon="shield"
        note={<Versus range={range} now={now.findings} before={before.findings} />}
      />
      <Stat
        label={words.blocked}
        value={count(now.blocked)}
        icon="lock"
        help={words.blockedHelp}
        note={
          <>
            <Versus range={range} now={now.blocked} before={before.blocked} />
            {now.failed > now.blocked && <div>{words.failedOf(now.failed - now.blocked)}</div>}
          </>
        }
        tone={now.blocked ? "red" : undefined}
      />
      <Stat
        label={words.restored}
        value={count(now.restored)}
        icon="rotate"
        help={words.unknownHelp}
        note={
          <>
            <Versus range={range} now={now.restored} before={before.restored} />
            <div>{words.unknownOf(now.unknown)}</div>
          </>
        }
      />
      <Stat
        label={words.gateway}
        value={duration(now.ms_gateway_p50)}
        icon="clock"
        help={words.gatewayHelp}
        note={
          <>
            <Versus range={range} now={now.ms_gateway_p50} before={before.ms_gateway_p50} format={duration} />
            <div>{words.p95(duration(now.ms_gateway_p95))}</div>
          </>
        }
      />
      <Stat
        label={words.cost}
        value={money(now.cost)}
        icon="coin"
        help={words.costHelp}
        note={
          <>
            <Versus range={range} now={now.cost} before={before.cost} format={money} />
            <div>{words.tokens(now.tokens_in, now.tokens_out)}</div>
          </>
        }
      />
    </SimpleGrid>
  );
}

function Traffic({ summary }: { summary: Summary }) {
  const { requests, failed } = summary.now;
  return (
    <Card>
      <Title order={2} mb="md">
        {words.traffic}
      </Title>
      <Bands
        rows={labelled(summary)}
        names={{ good: words.series.ok, bad: words.series.failed }}
        summary={words.trafficSummary(requests, failed)}
      />
    </Card>
  );
}

function Found({ findings }: { findings: Summary["findings"] }) {
  const rows = Object.entries(findings)
    .sort((one, two) => two[1] - one[1])
    .slice(0, 9);
  return (
    <Card>
      <Title order={2} mb="md">
        {words.findings}
      </Title>
      {rows.length ? (
        <Bars
          format={count}
          rows={rows.map(([type, value]) => ({
            key: type,
            label: <TypeChip type={type} />,
            value,
            color: String((kindStyle(type) as Record<string, string>)["--kind"]),
          }))}
        />
      ) : (
        <Text c="dimmed">{words.nothingFound}</Text>
      )}
    </Card>
  );
}

function Parts({ now }: { now: Summary["now"] }) {
  const parts = latencyParts(now);
  return (
    <Card>
      <Title order={2} mb="md">
        {words.latency}
      </Title>
      <Bars
        format={duration}
        rows={[
          { key: "upstream", label: words.provider, value: parts.upstream, color: "var(--k-time)" },
          { key: "detect", label: words.detect, value: parts.detect },
          { key: "vault", label: words.vault, value: parts.vault },
          { key: "rest", label: words.rest, value: parts.rest },
        ]}
      />
      <Text size="xs" c="dimmed" mt="md">
        {words.latencyNote}
      </Text>
    </Card>
  );
}

function Top({ title, rows, none }: { title: string; rows: Schemas["UsageRow"][]; none?: string }) {
  return (
    <Card>
      <Title order={2} mb="md">
        {title}
      </Title>
      <Bars
        format={count}
        rows={rows.slice(0, 6).map((row) => ({ key: row.id, label: row.name || none, value: row.requests }))}
      />
    </Card>
  );
}

function NoTraffic() {
  return (
    <Stack gap="md">
      <Card>
        <Empty
          icon="chart"
          title={words.noTraffic}
          body={words.noTrafficBody}
          action={
            <Group mt="sm">
              <Button component={Link} href="/welcome">
                {words.start}
              </Button>
              <Button component={Link} href="/playground" variant="default">
                {words.playground}
              </Button>
            </Group>
          }
        />
      </Card>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Standing />
        <RecentReports />
      </SimpleGrid>
    </Stack>
  );
}

function Content({ summary, live }: { summary: Summary; live: boolean }) {
  if (!summary.now.requests && !summary.before.requests) return <NoTraffic />;
  return (
    <Stack gap="md">
      <Figures summary={summary} />
      <div className="wide-left">
        <Traffic summary={summary} />
        <Found findings={summary.findings} />
      </div>
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 4 }} spacing="md">
        <Parts now={summary.now} />
        <Top title={words.models} rows={summary.models} none={words.noModel} />
        <Top title={words.teams} rows={summary.teams} none={texts.keys.usage.none_of.team} />
        <Top title={words.keys} rows={summary.keys} none={texts.common.unknown} />
      </SimpleGrid>
      <div className="wide-left">
        <Latest live={live} />
        <RecentReports />
      </div>
      <Work />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Top title={words.policies} rows={summary.policies} none={words.noPolicy} />
        <Standing />
      </SimpleGrid>
    </Stack>
  );
}

/** What went through the gateway, in figures. */
export default function Dashboard() {
  const [range, setRange] = useState<Range>("24h");
  const [live, setLive] = useState(true);
  const summary = useQuery({
    queryKey: ["metrics", range],
    queryFn: () => api.get<Summary>("/metrics/summary", { range }),
    refetchInterval: live ? 5_000 : false,
    placeholderData: keepPreviousData,
  });
  const actions = (
    <>
      <SegmentedControl
        aria-label={words.range}
        data={Object.entries(words.ranges).map(([value, label]) => ({ value, label }))}
        value={range}
        onChange={(value) => setRange(value as Range)}
        size="xs"
      />
      <Switch
        label={words.live}
        checked={live}
        onChange={(event) => setLive(event.currentTarget.checked)}
        size="sm"
      />
      <Button
        component="a"
        href={address("/usage", { range, group: "key", format: "csv" })}
        download
        variant="default"
        size="xs"
        leftSection={<Icon name="down" size={14} />}
      >
        CSV
      </Button>
    </>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={actions}>
      <Loaded query={summary}>{(found) => <Content summary={found} live={live} />}</Loaded>
    </Page>
  );
}
