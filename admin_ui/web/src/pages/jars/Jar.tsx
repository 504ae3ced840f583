import { Alert, Badge, Button, Group, Tabs } from "@mantine/core";
import { Link, useLocation, useParams } from "wouter";

import { useJar } from "../../api/jars";
import { useRole } from "../../api/session";
import { Empty, Loaded, Page } from "../../parts/Page";
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

/** One jar: its rows as they leave, its columns, where it comes from, who may do what. */
export default function Jar() {
  const { name = "", part = "data" } = useParams<{ name: string; part?: string }>();
  const [, go] = useLocation();
  const editor = useRole("editor");
  const jar = useJar(name);
  const manages = editor && (jar.data?.access.includes("manage") ?? false);
  const waiting =
    jar.data?.tables.flatMap((table) => table.columns).filter((column) => !column.reviewed).length ?? 0;
  const filled = (jar.data?.tables.length ?? 0) > 0;
  const actions = jar.data && (
    <>
      <Badge variant="default" size="lg">
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
            <Tabs
              value={part}
              onChange={(next) => go(`/jars/${encodeURIComponent(name)}/${next ?? "data"}`)}
              keepMounted={false}
            >
              <Tabs.List mb="lg">
                <Tabs.Tab value="data">{words.tabs.data}</Tabs.Tab>
                <Tabs.Tab
                  value="columns"
                  rightSection={waiting ? <Badge size="sm">{waiting}</Badge> : undefined}
                >
                  {words.tabs.columns}
                </Tabs.Tab>
                <Tabs.Tab value="search">{words.tabs.search}</Tabs.Tab>
                <Tabs.Tab value="sources">{words.tabs.sources}</Tabs.Tab>
                {manages && <Tabs.Tab value="rights">{words.tabs.rights}</Tabs.Tab>}
                {manages && <Tabs.Tab value="settings">{words.tabs.settings}</Tabs.Tab>}
              </Tabs.List>
              <Tabs.Panel value="data">
                {filled ? (
                  <DataView jar={found} />
                ) : (
                  <>
                    <Empty icon="jar" title={words.empty} body={words.emptyBody} />
                    {manages && <AddSource jar={name} />}
                  </>
                )}
              </Tabs.Panel>
              <Tabs.Panel value="columns">
                <Columns jar={found} manages={manages} />
              </Tabs.Panel>
              <Tabs.Panel value="search">
                <Search jar={found} manages={manages} />
              </Tabs.Panel>
              <Tabs.Panel value="sources">
                <Group grow={false} display="block">
                  <Sources jar={found} manages={manages} />
                </Group>
              </Tabs.Panel>
              {manages && (
                <Tabs.Panel value="rights">
                  <Rights jar={found} />
                </Tabs.Panel>
              )}
              {manages && (
                <Tabs.Panel value="settings">
                  <JarSettings jar={found} />
                </Tabs.Panel>
              )}
            </Tabs>
          </>
        )}
      </Loaded>
    </Page>
  );
}
