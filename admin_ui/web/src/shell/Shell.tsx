import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type ReactNode, useEffect } from "react";
import { Link, useLocation } from "wouter";

import { type Role, useMe, useRole, useSignOut } from "../api/session";
import { texts } from "../texts";
import { DemoBanner } from "./DemoBanner";
import { Icon, type IconName, Logo } from "./Icon";
import { Online } from "./Online";

interface Place {
  path: string;
  label: string;
  icon: IconName;
  role?: Role;
}

const GROUPS: { label: string; places: Place[] }[] = [
  {
    label: texts.nav.overview,
    places: [
      { path: "/", label: texts.nav.dashboard, icon: "chart" },
      { path: "/playground", label: texts.nav.playground, icon: "flask" },
      { path: "/welcome", label: texts.nav.welcome, icon: "play" },
    ],
  },
  {
    label: texts.nav.use,
    places: [
      { path: "/jars", label: texts.nav.jars, icon: "jar" },
      { path: "/connectors", label: texts.nav.connectors, icon: "plug" },
      { path: "/reports", label: texts.nav.reports, icon: "report" },
    ],
  },
  {
    label: texts.nav.protect,
    places: [
      { path: "/policies", label: texts.nav.policies, icon: "shield" },
      { path: "/corrections", label: texts.nav.corrections, icon: "check", role: "editor" },
      { path: "/keys", label: texts.nav.keys, icon: "key" },
      { path: "/audit", label: texts.nav.audit, icon: "eye", role: "auditor" },
      { path: "/settings", label: texts.nav.settings, icon: "gear" },
    ],
  },
];

function NavPlace({ place, onGo }: { place: Place; onGo: () => void }) {
  const [location] = useLocation();
  const allowed = useRole(place.role ?? "viewer");
  const active = place.path === "/" ? location === "/" : location.startsWith(place.path);
  if (!allowed) return null;
  return (
    <NavLink
      component={Link}
      href={place.path}
      label={place.label}
      leftSection={<Icon name={place.icon} />}
      active={active}
      aria-current={active ? "page" : undefined}
      onClick={onGo}
      style={{ borderRadius: 8 }}
    />
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const label = scheme === "dark" ? texts.nav.toLight : texts.nav.toDark;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}
    >
      <Icon name={scheme === "dark" ? "sun" : "moon"} />
    </ActionIcon>
  );
}

function Account() {
  const me = useMe();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={texts.nav.account}>
          <Icon name="user" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name} · {me.roles.join(", ")}
        </Menu.Label>
        <Menu.Item component={Link} href="/settings/account" leftSection={<Icon name="gear" size={16} />}>
          {texts.nav.account}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="out" size={16} />} onClick={() => void signOut()}>
          {texts.nav.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The frame of every page: header, navigation, and the page as the main region. */
export function Shell({ children }: { children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const [location] = useLocation();
  useEffect(() => {
    // Its result is no clean-up: newer browsers return a promise here.
    void window.scrollTo(0, 0);
  }, [location]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "md", md: "xl" }}
    >
      <a className="skip" href="#content">
        {texts.skip}
      </a>
      <AppShell.Header
        px="md"
        style={{ background: "var(--sting-surface)", borderColor: "var(--sting-line)" }}
      >
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={texts.nav.open} />
            <UnstyledButton component={Link} href="/" aria-label={`${texts.app}: ${texts.nav.dashboard}`}>
              <Group gap={8} wrap="nowrap">
                <Logo />
                <Text fw={750} fz="lg" lts={1.5} className="hide-tiny">
                  {texts.app}
                </Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap={4} wrap="nowrap">
            <Online />
            <SchemeSwitch />
            <Account />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        p="sm"
        style={{ background: "var(--sting-surface)", borderColor: "var(--sting-line)" }}
      >
        <ScrollArea component="nav" aria-label={texts.nav.label}>
          {GROUPS.map((group) => (
            <div key={group.label}>
              <Text size="xs" c="dimmed" fw={600} px="sm" pt="md" pb={4}>
                {group.label}
              </Text>
              {group.places.map((place) => (
                <NavPlace key={place.path} place={place} onGo={close} />
              ))}
            </div>
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: "none" }}>
        <div style={{ maxWidth: 1560, margin: "0 auto" }}>
          <DemoBanner />
          {children}
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
