import { Card, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";

import { api } from "../../api/client";
import { getPolicy } from "../../api/policies";
import type { Schemas } from "../../api/schemas";
import { bytes, duration, when } from "../../logic/format";
import { typeLabel } from "../../logic/kinds";
import { tokens } from "../../logic/spans";
import { Copy } from "../../parts/Copy";
import { Flow, type Hop } from "../../parts/Flow";
import { Framed } from "../../parts/Framed";
import { Loaded, Page } from "../../parts/Page";
import { Said } from "../../parts/Said";
import { Bars } from "../../parts/Stat";
import { Highlight, TypeChip } from "../../parts/Types";
import { texts } from "../../texts";
import { Outcome } from "../dashboard/Latest";
import { actionOf, actLabel, indented, providerSaw, secured } from "./seen";

const words = texts.audit;
type Event = Schemas["WholeEvent"];
type Effective = Record<string, unknown>;

function hops(event: Event, effective: Effective | null | undefined): Hop[] {
  const found = Object.values(event.entities).reduce((sum, count) => sum + count, 0);
  const client: Hop = {
    icon: "user",
    tone: "clear",
    title: `${words.client}: ${event.who}`,
    lines: [
      words.clientLine,
      ...(event.outcome === "ok" && event.provider ? [words.clientBack(event.restored)] : []),
    ],
  };
  const gate: Hop = {
    icon: "shield",
    tone: "gate",
    title: words.gateway,
    lines: [words.gatewayFound(found), words.gatewayPolicy(event.policy)],
  };
  const seen = providerSaw(event, effective);
  const each = Object.entries(seen.by).map(
    ([sight, types]) => `${words.sights[sight] ?? sight} ${types.map(typeLabel).join(", ")}`,
  );
  const said = {
    nothing: [words.providerNothing],
    none: [words.providerNone],
    unscanned: [words.providerUnscanned],
    plain: [words.providerPlain],
    places: [words.providerPlaces],
    waiting: [texts.common.loading],
    unsure: [words.providerUnsure],
    surrogates: [words.providerSaw],
    changed: each,
    part: each,
  }[seen.what];
  const provider: Hop = {
    icon: "model",
    tone: seen.what === "part" || seen.what === "unscanned" ? "clear" : "scrambled",
    title: words.providerName(event.provider),
    lines: [...said, ...(event.model ? [event.model] : [])],
  };
  return [client, gate, provider];
}

/** The demo model is no other process: there is no wire to be told of. */
function answersInside(event: Event): boolean {
  return event.provider === "demo" && event.outcome === "ok" && event.tls_provider === "";
}

interface WireProps {
  event: Event;
  between: readonly string[];
  children: React.ReactNode;
}

/** What a wire carried, and how each hop of it was secured. */
function Wire({ event, between, children }: WireProps) {
  return (
    <>
      {children}
      {event.hops
        .filter((hop) => between.includes(hop.between))
        .map((hop) => {
          const { text, title } = secured(hop);
          return (
            <div key={hop.between} title={title} data-hop={hop.between}>
              {hop.between === "client-proxy" ? `${words.secured.proxy}: ${text}` : text}
            </div>
          );
        })}
    </>
  );
}

function Facts({ event }: { event: Event }) {
  const names = words.fields;
  const act = actLabel(event.route);
  const rows: [string, React.ReactNode][] = [
    [names.at, when(event.at)],
    [names.who, event.who],
    [names.outcome, <Outcome key="outcome" outcome={event.outcome} act={event.kind === "act"} />],
    [names.status, event.status || "–"],
    ...(event.kind === "exchange"
      ? ([
          [names.model, event.model || "–"],
          [names.provider, event.provider || "–"],
          [names.policy, event.policy],
          [names.dialect, event.dialect],
          [names.tokens, `${event.tokens_in} / ${event.tokens_out}`],
          [names.restored, event.restored],
          [names.unknown, event.unknown],
          [names.session, event.session || "–"],
        ] as [string, React.ReactNode][])
      : []),
    ...(event.kind === "act"
      ? ([[names.act, [act.what, act.of].filter(Boolean).join(" ")]] as [string, string][])
      : []),
    [names.route, event.route],
  ];
  return (
    <Card>
      <Title order={2} mb="sm">
        {words.facts}
      </Title>
      <Table variant="vertical" verticalSpacing={5} layout="fixed">
        <Table.Tbody>
          {rows.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={150}>{name}</Table.Th>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

/** `today`: undefined while the policy is being fetched, null when there is none of that name. */
function Found({ event, today }: { event: Event; today: Effective | null | undefined }) {
  const said = (type: string) =>
    today === undefined ? "…" : today ? actionSaid(actionOf(today, type)) : texts.common.unknown;
  return (
    <Card>
      <Title order={2} mb="sm">
        {words.decisions}
      </Title>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.playground.columns.type}</Table.Th>
            <Table.Th>{words.actionNow}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {Object.entries(event.entities).map(([type, count]) => (
            <Table.Tr key={type}>
              <Table.Td>
                <TypeChip type={type}>{count}</TypeChip>
              </Table.Td>
              <Table.Td>{said(type)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

/** An action by its name in the policy, and what that does. */
function actionSaid(action: string): string {
  const does = texts.policies.actions[action];
  return does ? `${action}: ${does}` : action;
}

/** The body that the provider got, as it was kept sealed; tokens marked. */
function Left({ event }: { event: Event }) {
  if (!event.left)
    return (
      <Text c="dimmed">
        <Said text={event.provider ? words.leftGone : words.leftNothing} />
      </Text>
    );
  const { body, size, sha256, truncated } = event.left;
  const text = indented(body);
  return (
    <>
      <Framed label={words.left} testid="left">
        <Highlight text={text} spans={tokens(text)} />
      </Framed>
      {truncated && (
        <Text size="sm" mt="xs">
          {words.leftCut(bytes(size))}
        </Text>
      )}
      <Group gap={4} mt="sm" wrap="nowrap">
        <Text size="xs" c="dimmed" className="mono" truncate>
          {bytes(size)} · SHA-256 {sha256}
        </Text>
        <Copy value={sha256} />
      </Group>
    </>
  );
}

function Timings({ event }: { event: Event }) {
  const rest = Math.max(0, event.ms_total - event.ms_detect - event.ms_vault - event.ms_upstream);
  return (
    <Card>
      <Title order={2} mb="md">
        {words.timings}
      </Title>
      <Bars
        format={duration}
        rows={[
          {
            key: "upstream",
            label: texts.dashboard.provider,
            value: event.ms_upstream,
            color: "var(--k-time)",
          },
          { key: "detect", label: texts.dashboard.detect, value: event.ms_detect },
          { key: "vault", label: texts.dashboard.vault, value: event.ms_vault },
          { key: "rest", label: texts.dashboard.rest, value: rest },
        ]}
      />
    </Card>
  );
}

/** What a policy does, when it is the same today as it was at that time; null else. */
function asOf(at: number, policy: Schemas["PolicyAnswer"] | undefined): Effective | null {
  return policy && (policy.updated_at ?? 0) <= at ? policy.effective : null;
}

/** One exchange in full: who saw what, what was found, where the time went. */
export default function Exchange() {
  const { id = "" } = useParams<{ id: string }>();
  const found = useQuery({
    queryKey: ["audit", "exchange", id],
    queryFn: () => api.get<Event>(`/audit/exchanges/${encodeURIComponent(id)}`),
  });
  const policy = found.data?.policy ?? "";
  const policies = useQuery({
    queryKey: ["policy", policy],
    queryFn: () => getPolicy(policy),
    enabled: policy !== "",
    retry: false,
  });
  const fetching = policies.isPending && policy !== "";
  const effective = fetching ? undefined : asOf(found.data?.at ?? 0, policies.data?.policy);
  const title = found.data?.kind === "act" ? words.act : words.exchange;
  return (
    <Page
      title={title}
      back={{ href: "/audit", label: words.title }}
      lead={
        <span className="mono">
          {id} <Copy value={id} />
        </span>
      }
    >
      <Loaded query={found}>
        {(event) =>
          event.kind === "act" ? (
            <Facts event={event} />
          ) : (
            <Stack gap="lg">
              <Card>
                <Title order={2} mb="md">
                  {words.flow}
                </Title>
                <Flow
                  hops={hops(event, effective)}
                  wires={[
                    <Wire key="in" event={event} between={["client-proxy", "client-gateway"]}>
                      {words.wireIn}
                    </Wire>,
                    <Wire key="out" event={event} between={["gateway-provider"]}>
                      {words.wires[providerSaw(event, effective).what]}
                      {answersInside(event) && <div data-hop="inside">{words.secured.inside}</div>}
                    </Wire>,
                  ]}
                />
              </Card>
              <Card>
                <Title order={2}>{words.left}</Title>
                <Text size="sm" c="dimmed" mb="sm">
                  {words.leftLead}
                </Text>
                <Left event={event} />
              </Card>
              <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
                <Facts event={event} />
                <Stack gap="lg">
                  {Object.keys(event.entities).length > 0 && (
                    <Found
                      event={event}
                      today={fetching ? undefined : (policies.data?.policy.effective ?? null)}
                    />
                  )}
                  <Timings event={event} />
                </Stack>
              </SimpleGrid>
            </Stack>
          )
        }
      </Loaded>
    </Page>
  );
}
