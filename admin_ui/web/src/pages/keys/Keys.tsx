import { useParams } from "wouter";

import { Page } from "../../parts/Page";
import { Parts } from "../../parts/Parts";
import { texts } from "../../texts";
import { Models } from "./Models";
import { Prices } from "./Prices";
import { Providers } from "./Providers";
import { Usage } from "./Usage";
import { VirtualKeys } from "./VirtualKeys";

const words = texts.keys;

export default function Keys() {
  const { part } = useParams<{ part?: string }>();
  return (
    <Page title={words.title} lead={words.lead}>
      <Parts
        at="/keys"
        part={part}
        parts={[
          { name: "keys", label: words.tabs.keys, content: <VirtualKeys /> },
          { name: "providers", label: words.tabs.providers, content: <Providers /> },
          { name: "models", label: words.tabs.models, content: <Models /> },
          { name: "prices", label: words.tabs.prices, content: <Prices /> },
          { name: "usage", label: words.tabs.usage, content: <Usage /> },
        ]}
      />
    </Page>
  );
}
