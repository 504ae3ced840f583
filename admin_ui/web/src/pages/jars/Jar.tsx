import { Alert, Badge, Button } from "@mantine/core";
import { Link, useParams } from "wouter";

import { type Jar as JarAnswer, useJar } from "../../api/jars";
import { useRole } from "../../api/session";
import { Empty, Loaded, Page } from "../../parts/Page";
import { type Part, Parts } from "../../parts/Parts";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { AddSource } from "./AddSource";
import { Columns } from "./Columns";
import { DataView } from "./DataView";
import { JarSettings } from "./JarSettings";
import { Rights } from "./Rights";
import { Search } from "./Search";
import { Sources } from "./Sources";

const words = texts.data.jar;

const jarPage = (name: string) => `/jars/${encodeURIComponent(name)}`;

function Rows({ jar, manages }: { jar: JarAnswer; manages: boolean }) {
  if (jar.tables.length) return <DataView jar={jar} />;
  return (
    <>
      <Empty icon="jar" title={words.empty} body={words.emptyBody} />
      {manages && <AddSource jar={jar.name} />}
    </>
  );
}

function partsOf(jar: JarAnswer, manages: boolean): Part[] {
  const waiting = jar.tables.flatMap((table) => table.columns).filter((column) => !column.reviewed).length;
  const parts: Part[] = [
    { name: "data", label: words.tabs.data, content: <Rows jar={jar} manages={manages} /> },
    {
      name: "columns",
      label: words.tabs.columns,
      badge: waiting ? (
        <Badge size="sm" title={words.waiting(waiting)}>
          {waiting}
        </Badge>
      ) : undefined,
      content: <Columns jar={jar} manages={manages} />,
    },
    { name: "search", label: words.tabs.search, content: <Search jar={jar} manages={manages} /> },
    { name: "sources", label: words.tabs.sources, content: <Sources jar={jar} manages={manages} /> },
  ];
  if (!manages) return parts;
  return [
    ...parts,
    { name: "rights", label: words.tabs.rights, content: <Rights jar={jar} /> },
    { name: "settings", label: words.tabs.settings, content: <JarSettings jar={jar} /> },
  ];
}

/** One jar: its rows as they leave, its columns, where it comes from, who may do what. */
export default function Jar() {
  const { name = "", part } = useParams<{ name: string; part?: string }>();
  const editor = useRole("editor");
  const jar = useJar(name);
  const manages = editor && (jar.data?.access.includes("manage") ?? false);
  const filled = (jar.data?.tables.length ?? 0) > 0;
  const actions = jar.data && (
    <>
      <Badge color="gray" mr={4}>
        {texts.data.jars.kinds[jar.data.kind]}
      </Badge>
      {editor && filled && jar.data.access.includes("use") && (
        <Button
          component={Link}
          href={`/reports/new?jar=${encodeURIComponent(name)}`}
          leftSection={<Icon name="report" size={16} />}
        >
          {texts.data.source.report}
        </Button>
      )}
    </>
  );
  return (
    <Page
      title={name}
      lead={jar.data?.description}
      back={{ href: "/jars", label: texts.data.jars.title }}
      actions={actions}
    >
      <Loaded query={jar}>
        {(found) => (
          <>
            {found.importing.map((one) => (
              <Alert key={one.table} icon={<Icon name="clock" />} role="status">
                {words.importing(one.table, one.rows)}
              </Alert>
            ))}
            <Parts at={jarPage(name)} part={part} parts={partsOf(found, manages)} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
