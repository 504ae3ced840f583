import { Alert, Button, Card, Menu, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedValue, useElementSize, useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { memo, useState } from "react";
import { Link } from "wouter";

import { address, api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { duration, whenShort } from "../../logic/format";
import { COMMON_TYPES, typeLabel, typeNamed } from "../../logic/kinds";
import { useNow } from "../../logic/now";
import { failed } from "../../parts/notify";
import { Empty, Failure, Loading, Page } from "../../parts/Page";
import { ChipRow } from "../../parts/ChipRow";
import { TypeField } from "../../parts/TypeField";
import { VirtualList } from "../../parts/VirtualList";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { Outcome } from "../dashboard/Latest";
import { actLabel, routeLabel } from "./seen";

const words = texts.audit;
type Event = Schemas["Event"];

interface Filters {
  kind: "exchange" | "act";
  since: string;
  until: string;
  model: string;
  type: string;
  outcome: string | null;
  key: string | null;
}

const NONE: Filters = {
  kind: "exchange",
  since: "",
  until: "",
  model: "",
  type: "",
  outcome: null,
  key: null,
};
/** A row on a telephone: two lines and the air around them. */
const TWO_LINES_PX = 64;
const stamp = (local: string) => (local ? new Date(local).getTime() : undefined);

/** One act of a person: what was done, in words. */
const Act = memo(function Act({ event, now }: { event: Event; now: number }) {
  const { what, of } = actLabel(event.route);
  return (
    <Link href={`/audit/${event.exchange}`} className="row acts" style={{ textDecoration: "none" }}>
      <span className="cut num dimmed">{whenShort(event.at, now)}</span>
      <span className="cut">{event.who}</span>
      <span className="cut">
        {what} <span className="dimmed">{of}</span>
      </span>
      <Outcome outcome={event.outcome} act />
    </Link>
  );
});

/** One row, in plain elements: a list of many is drawn anew at every turn of the wheel. */
const Row = memo(function Row({ event, now, room }: { event: Event; now: number; room: number }) {
  return (
    <Link href={`/audit/${event.exchange}`} className="row audit" style={{ textDecoration: "none" }}>
      <span className="cut num dimmed">{whenShort(event.at, now)}</span>
      <span className="cut">{event.who}</span>
      <span className="cut hide-small">{event.model || routeLabel(event.route)}</span>
      <span className="chips hide-small">
        <ChipRow entities={event.entities} room={room} />
      </span>
      <Outcome outcome={event.outcome} />
      <span className="num took" style={{ textAlign: "right" }}>
        {event.ms_total ? duration(event.ms_total) : ""}
      </span>
    </Link>
  );
});

function FilterBar({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const set = <K extends keyof Filters>(name: K, value: Filters[K]) =>
    onChange({ ...filters, [name]: value });
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => api.get<Schemas["Keys"]>("/keys") });
  const names = (keys.data?.items ?? []).map((key) => ({ value: key.id, label: key.name }));
  return (
    <Card padding="sm">
      <div className="filters">
        <SegmentedControl
          style={{ flex: "0 0 auto", maxWidth: "none" }}
          aria-label={words.filters.kind}
          data={Object.entries(words.kinds).map(([value, label]) => ({ value, label }))}
          value={filters.kind}
          onChange={(value) => set("kind", value as Filters["kind"])}
        />
        <TextInput
          label={words.filters.from}
          type="datetime-local"
          value={filters.since}
          onChange={(event) => set("since", event.currentTarget.value)}
        />
        <TextInput
          label={words.filters.until}
          type="datetime-local"
          value={filters.until}
          onChange={(event) => set("until", event.currentTarget.value)}
        />
        {filters.kind === "exchange" && (
          <>
            <Select
              label={words.filters.key}
              placeholder={words.filters.any}
              data={names}
              value={filters.key}
              onChange={(value) => set("key", value)}
              clearable
              searchable
            />
            <TextInput
              label={words.filters.model}
              placeholder={words.filters.any}
              value={filters.model}
              onChange={(event) => set("model", event.currentTarget.value)}
            />
            <TypeField
              label={words.filters.type}
              placeholder={words.filters.any}
              known={COMMON_TYPES}
              value={filters.type}
              onChange={(type) => set("type", type)}
            />
            <Select
              label={words.filters.outcome}
              placeholder={words.filters.any}
              data={Object.entries(words.outcomes).map(([value, label]) => ({ value, label }))}
              value={filters.outcome}
              onChange={(value) => set("outcome", value)}
              clearable
            />
          </>
        )}
      </div>
    </Card>
  );
}

function Verdict({ verdict }: { verdict: Schemas["VerdictAnswer"] }) {
  const { intact, rows, checkpoints, bad_row: row, reason } = verdict;
  return (
    <Alert
      role="status"
      color={intact ? "teal" : "red"}
      icon={<Icon name={intact ? "check" : "alert"} />}
      title={intact ? words.verified(rows, checkpoints) : words.broken(row)}
    >
      {!intact && <div className="sentence">{`${reason}. ${words.brokenHelp}`}</div>}
    </Alert>
  );
}

function Export({ filters }: { filters: Filters }) {
  const range = { since: stamp(filters.since), until: stamp(filters.until) };
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="down" size={16} />}>
          {words.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {["csv", "jsonl", "cef"].map((format) => (
          <Menu.Item
            key={format}
            component="a"
            href={address("/audit/export", { ...range, format })}
            download
          >
            {format.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The trail: filters, rows as they come, verification and export. */
export default function Audit() {
  const [filters, setFilters] = useState(NONE);
  const [settled] = useDebouncedValue(filters, 300);
  const now = useNow(3_600_000);
  const trail = useInfiniteQuery({
    queryKey: ["audit", "trail", settled],
    queryFn: ({ pageParam, signal }) =>
      api.get<Schemas["Events"]>(
        "/audit/exchanges",
        {
          kind: settled.kind,
          since: stamp(settled.since),
          until: stamp(settled.until),
          model: settled.model || undefined,
          entity_type: settled.type.trim() ? typeNamed(settled.type, COMMON_TYPES) : undefined,
          outcome: settled.outcome,
          key: settled.key,
          cursor: pageParam,
          limit: 200,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const verify = useMutation({
    mutationFn: () => api.post<Schemas["VerdictAnswer"]>("/audit/verify"),
    onError: failed,
  });
  const narrow = useMediaQuery("(max-width: 48em)");
  const { ref: found, width: room } = useElementSize();
  const items = trail.data?.pages.flatMap((page) => page.items) ?? [];
  const acts = settled.kind === "act";
  const header = acts ? (
    <div className="row acts" style={{ fontWeight: 600 }}>
      <span>{words.columns.time}</span>
      <span>{words.columns.who}</span>
      <span>{words.columns.what}</span>
      <span>{words.columns.outcome}</span>
    </div>
  ) : (
    <div className="row audit" style={{ fontWeight: 600 }}>
      <span>{words.columns.time}</span>
      <span>{words.columns.who}</span>
      <span className="hide-small">{words.columns.what}</span>
      <span className="hide-small" ref={found}>
        {words.columns.found}
      </span>
      <span>{words.columns.outcome}</span>
      <span className="took" style={{ textAlign: "right" }}>
        {words.columns.duration}
      </span>
    </div>
  );
  const actions = (
    <>
      <Export filters={filters} />
      <Button
        onClick={() => verify.mutate()}
        loading={verify.isPending}
        leftSection={<Icon name="shield" size={16} />}
      >
        {words.verify}
      </Button>
    </>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={actions}>
      {verify.data && <Verdict verdict={verify.data} />}
      <FilterBar filters={filters} onChange={setFilters} />
      {trail.error && <Failure error={trail.error} onRetry={() => void trail.refetch()} />}
      {trail.isPending && <Loading />}
      {trail.data && !items.length && (
        <Card>
          <Empty icon="eye" title={filters === NONE ? words.noneYet : words.none} body={words.noneBody} />
        </Card>
      )}
      {items.length > 0 && (
        <VirtualList
          label={`${words.title}, ${words.newest}${settled.type ? `, ${typeLabel(typeNamed(settled.type, COMMON_TYPES))}` : ""}`}
          items={items}
          header={header}
          even
          rowHeight={narrow ? TWO_LINES_PX : undefined}
          height="calc(100vh - 330px)"
          onEnd={() => {
            if (trail.hasNextPage && !trail.isFetchingNextPage) void trail.fetchNextPage();
          }}
          row={(event) =>
            event.kind === "act" ? (
              <Act event={event} now={now} />
            ) : (
              <Row event={event} now={now} room={room} />
            )
          }
        />
      )}
    </Page>
  );
}
