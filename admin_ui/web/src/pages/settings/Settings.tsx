import { useParams } from "wouter";

import { useRole } from "../../api/session";
import { Page } from "../../parts/Page";
import { Parts } from "../../parts/Parts";
import { texts } from "../../texts";
import { About } from "./About";
import { Account } from "./Account";
import { Alerts } from "./Alerts";
import { Health } from "./Health";
import { Installation } from "./Installation";
import { People } from "./People";

const words = texts.settings;

export default function Settings() {
  const { part } = useParams<{ part?: string }>();
  const admin = useRole("admin");
  const auditor = useRole("auditor");
  const people = { name: "people", label: words.tabs.people, content: <People /> };
  const alerts = { name: "alerts", label: words.tabs.alerts, content: <Alerts /> };
  const installation = { name: "installation", label: words.tabs.installation, content: <Installation /> };
  return (
    <Page title={words.title}>
      <Parts
        at="/settings"
        part={part}
        parts={[
          { name: "account", label: words.tabs.account, content: <Account /> },
          ...(admin ? [people] : []),
          { name: "health", label: words.tabs.health, content: <Health /> },
          ...(auditor ? [alerts] : []),
          ...(admin ? [installation] : []),
          { name: "about", label: words.tabs.about, content: <About /> },
        ]}
      />
    </Page>
  );
}
