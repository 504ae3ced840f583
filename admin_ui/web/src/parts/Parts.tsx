import { Tabs } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
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
  const list = useRef<HTMLDivElement>(null);
  // On a telephone they stand in one line that scrolls: the chosen one is in sight.
  useEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>("[data-active]");
    if (tab && list.current) list.current.scrollLeft = tab.offsetLeft - list.current.clientWidth / 3;
  }, [chosen]);
  return (
    <Tabs
      value={chosen}
      onChange={(next) => go(next === null || next === first ? at : `${at}/${next}`)}
      keepMounted={false}
    >
      <Tabs.List mb="lg" ref={list} className="sideways">
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
