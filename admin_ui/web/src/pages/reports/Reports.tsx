import { Button, Card, Checkbox, Group, Select, Text } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";

import { type Run, useReports, useTitle } from "../../api/reports";
import { useRole } from "../../api/session";
import { when } from "../../logic/format";
import { Empty, Loaded, Page } from "../../parts/Page";
import { VirtualList } from "../../parts/VirtualList";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { Schedules } from "./Schedules";
import { State } from "./State";

const words = texts.reports;

interface RowProps {
  run: Run;
  title: string;
  chosen: boolean;
  choosable: boolean;
  onChoose: () => void;
}

function Row({ run, title, chosen, choosable, onChoose }: RowProps) {
  return (
    <div className="row reports">
      <Checkbox
        checked={chosen}
        disabled={!choosable}
        onChange={onChoose}
        aria-label={`${words.compare}: ${title}, ${run.jar}`}
        size="xs"
      />
      <Link
        href={`/reports/${run.id}`}
        style={{ color: "inherit", fontWeight: 600, overflow: "hidden", textOverflow: "ellipsis" }}
      >
        {title}
      </Link>
      <Text size="sm" truncate className="hide-small">
        {run.jar}
      </Text>
      <Text size="sm" className="hide-small" truncate>
        {words.levels[run.level]?.title}
      </Text>
      <State run={run} />
      <Text size="sm" c="dimmed" className="hide-small" truncate>
        {when(run.created_at)} · {run.owner}
      </Text>
    </div>
  );
}

function Header() {
  const { columns } = words;
  return (
    <div className="row reports" style={{ fontWeight: 600 }}>
      <span />
      <span>{columns.report}</span>
      <span className="hide-small">{columns.data}</span>
      <span className="hide-small">{columns.level}</span>
      <span>{columns.state}</span>
      <span className="hide-small">{columns.made}</span>
    </div>
  );
}

/** All reports: what is being made and what was made; two of one template can be compared. */
export default function Reports() {
  const editor = useRole("editor");
  const titleOf = useTitle();
  const [, go] = useLocation();
  const [state, setState] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Run[]>([]);
  const [template, setTemplate] = useState<string | null>(null);
  const [jar, setJar] = useState<string | null>(null);
  const reports = useReports(state);
  const all = reports.data?.items ?? [];
  const filtered = Boolean(state ?? template ?? jar);
  const choose = (run: Run) =>
    setChosen(
      chosen.some((one) => one.id === run.id) ? chosen.filter((one) => one.id !== run.id) : [...chosen, run],
    );
  const first = chosen[0];
  const filters = (
    <div className="filters">
      <Select
        aria-label={words.filterTemplate}
        placeholder={words.filterTemplate}
        data={[...new Set(all.map((run) => run.template))].map((value) => ({ value, label: titleOf(value) }))}
        value={template}
        onChange={setTemplate}
        clearable
      />
      <Select
        aria-label={words.filterJar}
        placeholder={words.filterJar}
        data={[...new Set(all.map((run) => run.jar))].sort()}
        value={jar}
        onChange={setJar}
        clearable
      />
      <Select
        aria-label={words.filterState}
        placeholder={words.filterState}
        data={Object.entries(words.states).map(([value, label]) => ({ value, label }))}
        value={state}
        onChange={setState}
        clearable
      />
    </div>
  );
  const actions = (
    <>
      {chosen.length === 2 && (
        <Button
          variant="default"
          leftSection={<Icon name="diff" size={16} />}
          onClick={() => {
            const [one, two] = [...chosen].sort((a, b) => a.created_at - b.created_at);
            if (one && two) go(`/reports/compare/${one.id}/${two.id}`);
          }}
        >
          {words.compare}
        </Button>
      )}
      {editor && (
        <Button component={Link} href="/reports/new" leftSection={<Icon name="plus" size={16} />}>
          {words.create}
        </Button>
      )}
    </>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={actions}>
      {(all.length > 0 || filtered) && filters}
      <Loaded query={reports}>
        {({ items: found }) => {
          const items = found.filter(
            (run) => (!template || run.template === template) && (!jar || run.jar === jar),
          );
          return items.length ? (
            <>
              <VirtualList
                label={words.title}
                header={<Header />}
                items={items}
                rowHeight={48}
                height="calc(100vh - 260px)"
                row={(run) => (
                  <Row
                    run={run}
                    title={titleOf(run.template)}
                    chosen={chosen.some((one) => one.id === run.id)}
                    choosable={
                      run.state === "done" &&
                      (!first || first.template === run.template) &&
                      (chosen.length < 2 || chosen.some((one) => one.id === run.id))
                    }
                    onChoose={() => choose(run)}
                  />
                )}
              />
              {chosen.length < 2 && (
                <Text size="xs" c="dimmed">
                  {words.compareHint}
                </Text>
              )}
            </>
          ) : (
            <Card>
              <Empty
                icon="report"
                title={filtered ? words.noneFits : words.none}
                body={filtered ? words.noneFitsBody : words.noneBody}
                action={
                  editor &&
                  !filtered && (
                    <Group mt="sm">
                      <Button component={Link} href="/reports/new">
                        {words.create}
                      </Button>
                    </Group>
                  )
                }
              />
            </Card>
          );
        }}
      </Loaded>
      <Schedules />
    </Page>
  );
}
