import { Badge, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";

import { getPolicy } from "../../api/policies";
import { useRole } from "../../api/session";
import { ObjectRights } from "../../parts/ObjectRights";
import { Loaded, Page } from "../../parts/Page";
import { Parts } from "../../parts/Parts";
import { texts } from "../../texts";
import { Assigned } from "./Assigned";
import { Cases } from "./Cases";
import { Editing } from "./Editing";
import { Versions } from "./Versions";

const words = texts.policies;

/** One policy: its text and form, and its versions. */
export default function Policy() {
  const { name = "", part } = useParams<{ name: string; part?: string }>();
  const editor = useRole("editor");
  const admin = useRole("admin");
  const found = useQuery({ queryKey: ["policy", name], queryFn: () => getPolicy(name) });
  const policy = found.data?.policy;
  const badges = policy && (
    <Group gap={6}>
      <Badge color="gray">{words.sources[policy.source]}</Badge>
      {policy.version > 0 && <Badge color="gray">{words.version(policy.version)}</Badge>}
      {policy.is_default && <Badge>{words.isDefault}</Badge>}
      {admin && <ObjectRights kind="policy" id={name} name={name} />}
    </Group>
  );
  return (
    <Page
      title={name}
      lead={policy?.description}
      back={{ href: "/policies", label: words.title }}
      actions={badges}
    >
      <Loaded query={found}>
        {(answer) => (
          <Parts
            at={`/policies/${encodeURIComponent(name)}`}
            part={part}
            parts={[
              {
                name: "edit",
                label: words.tabs.edit,
                content: <Editing key={name} policy={answer.policy} etag={answer.etag} />,
              },
              {
                name: "keys",
                label: words.tabs.keys,
                content: <Assigned name={name} isDefault={answer.policy.is_default} />,
              },
              {
                name: "versions",
                label: words.tabs.versions,
                content: <Versions name={name} current={answer.policy.version} />,
              },
              ...(editor ? [{ name: "cases", label: words.tabs.cases, content: <Cases name={name} /> }] : []),
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}
