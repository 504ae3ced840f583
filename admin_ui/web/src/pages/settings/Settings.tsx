import { Tabs } from "@mantine/core";
import { useLocation, useParams } from "wouter";

import { useRole } from "../../api/session";
import { Page } from "../../parts/Page";
import { texts } from "../../texts";
import { About } from "./About";
import { Account } from "./Account";
import { Alerts } from "./Alerts";
import { Health } from "./Health";
import { Installation } from "./Installation";
import { People } from "./People";

const words = texts.settings;

export default function Settings() {
  const { part = "account" } = useParams<{ part?: string }>();
  const [, go] = useLocation();
  const admin = useRole("admin");
  const auditor = useRole("auditor");
  return (
    <Page title={words.title}>
      <Tabs value={part} onChange={(next) => go(`/settings/${next ?? "account"}`)} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="account">{words.tabs.account}</Tabs.Tab>
          {admin && <Tabs.Tab value="people">{words.tabs.people}</Tabs.Tab>}
          <Tabs.Tab value="health">{words.tabs.health}</Tabs.Tab>
          {auditor && <Tabs.Tab value="alerts">{words.tabs.alerts}</Tabs.Tab>}
          {admin && <Tabs.Tab value="installation">{words.tabs.installation}</Tabs.Tab>}
          <Tabs.Tab value="about">{words.tabs.about}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="account">
          <Account />
        </Tabs.Panel>
        {admin && (
          <Tabs.Panel value="people">
            <People />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="health">
          <Health />
        </Tabs.Panel>
        {auditor && (
          <Tabs.Panel value="alerts">
            <Alerts />
          </Tabs.Panel>
        )}
        {admin && (
          <Tabs.Panel value="installation">
            <Installation />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="about">
          <About />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
