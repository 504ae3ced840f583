import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useLocation } from "wouter";

import { Nowhere } from "./Page";

export interface Part {
  name: string;
  label: string;
  badge?: ReactNode;
  content: ReactNode;
}

/** The parts of a page as tabs, each with an address below `at`; the first has that of the page. */
export function Parts({ at, part, parts }: { at: string; part: string | undefined; parts: Part[] }) {
  const [, go] = useLocation();
  const first = parts[0]?.name ?? "";
  const chosen = part ?? first;
  return (
    <Tabs
      value={chosen}
      onChange={(next) => go(next === null || next === first ? at : `${at}/${next}`)}
      keepMounted={false}
    >
      <Tabs.List mb="lg">
        {parts.map(({ name, label, badge }) => (
          <Tabs.Tab key={name} value={name} rightSection={badge}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {parts.map(({ name, content }) => (
        <Tabs.Panel key={name} value={name}>
          {content}
        </Tabs.Panel>
      ))}
      {!parts.some(({ name }) => name === chosen) && <Nowhere href={at} label={parts[0]?.label ?? ""} />}
    </Tabs>
  );
}
