import { Badge, Group, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useParams } from "wouter";

import { getPolicy } from "../../api/policies";
import { useRole } from "../../api/session";
import { ObjectRights } from "../../parts/ObjectRights";
import { Loaded, Page } from "../../parts/Page";
import { texts } from "../../texts";
import { Assigned } from "./Assigned";
import { Cases } from "./Cases";
import { Editing } from "./Editing";
import { Versions } from "./Versions";

const words = texts.policies;

/** One policy: its text and form, and its versions. */
export default function Policy() {
  const { name = "", part = "edit" } = useParams<{ name: string; part?: string }>();
  const [, go] = useLocation();
  const editor = useRole("editor");
  const admin = useRole("admin");
  const found = useQuery({ queryKey: ["policy", name], queryFn: () => getPolicy(name) });
  const policy = found.data?.policy;
  const badges = policy && (
    <Group gap={6}>
      <Badge variant="default" size="lg">
        {words.sources[policy.source]}
      </Badge>
      {policy.version > 0 && (
        <Badge variant="default" size="lg">
          {words.version(policy.version)}
        </Badge>
      )}
      {policy.is_default && <Badge size="lg">{words.isDefault}</Badge>}
      {admin && <ObjectRights kind="policy" id={name} />}
    </Group>
  );
  return (
    <Page
      title={name}
      lead={policy?.description}
      back={{ href: "/policies", label: words.title }}
      actions={badges}
    >
      <Tabs value={part} onChange={(next) => go(`/policies/${name}/${next ?? "edit"}`)} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="edit">{words.tabs.edit}</Tabs.Tab>
          <Tabs.Tab value="keys">{words.tabs.keys}</Tabs.Tab>
          <Tabs.Tab value="versions">{words.tabs.versions}</Tabs.Tab>
          {editor && <Tabs.Tab value="cases">{words.tabs.cases}</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="edit">
          <Loaded query={found}>
            {(answer) => <Editing key={name} policy={answer.policy} etag={answer.etag} />}
          </Loaded>
        </Tabs.Panel>
        {editor && (
          <Tabs.Panel value="cases">
            <Cases name={name} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="keys">
          <Assigned name={name} isDefault={policy?.is_default ?? false} />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions name={name} current={policy?.version ?? 0} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
