import { Tabs } from "@mantine/core";
import { useLocation, useParams } from "wouter";

import { Page } from "../../parts/Page";
import { texts } from "../../texts";
import { Models } from "./Models";
import { Prices } from "./Prices";
import { Providers } from "./Providers";
import { Usage } from "./Usage";
import { VirtualKeys } from "./VirtualKeys";

const words = texts.keys;
const PARTS = { keys: VirtualKeys, providers: Providers, models: Models, prices: Prices, usage: Usage };

export default function Keys() {
  const { part = "keys" } = useParams<{ part?: string }>();
  const [, go] = useLocation();
  return (
    <Page title={words.title} lead={words.lead}>
      <Tabs
        value={part}
        onChange={(next) => go(next === "keys" ? "/keys" : `/keys/${next ?? ""}`)}
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          {Object.entries(words.tabs).map(([name, label]) => (
            <Tabs.Tab key={name} value={name}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {Object.entries(PARTS).map(([name, Part]) => (
          <Tabs.Panel key={name} value={name}>
            <Part />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
