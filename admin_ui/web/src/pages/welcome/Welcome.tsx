import {
  Alert,
  Anchor,
  Button,
  Card,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Stepper,
  Tabs,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { useAbout } from "../../api/about";
import { api } from "../../api/client";
import { DEMO_MODEL, useModelNames, useProviders } from "../../api/names";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { Snippet } from "../../parts/Copy";
import { Once } from "../../parts/Once";
import { Failure, Loading, Page } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { AddProvider, ProviderKey } from "../keys/ProviderParts";
import { type Language, SNIPPETS } from "./snippets";

const words = texts.welcome;
const OTHER = " other";

function ChooseModel({ onDone }: { onDone: () => void }) {
  const admin = useRole("admin");
  const providers = useProviders();
  const [connecting, setConnecting] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const others = (providers.data?.items ?? []).filter((provider) => provider.kind !== "demo");
  const demo = (providers.data?.items ?? []).some((provider) => provider.kind === "demo");
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {demo && (
        <Card>
          <Icon name="flask" size={28} />
          <Title order={2} mt="xs">
            {words.demo}
          </Title>
          <Text c="dimmed" my="sm" style={{ flex: 1 }}>
            {words.demoBody}
          </Text>
          <Button onClick={onDone}>{words.demoKeep}</Button>
        </Card>
      )}
      <Card>
        <Icon name="model" size={28} />
        <Title order={2} mt="xs">
          {words.connect}
        </Title>
        <Text c="dimmed" my="sm" style={{ flex: 1 }}>
          {words.connectBody}
        </Text>
        {!connecting &&
          (admin ? (
            <Button variant="default" onClick={() => setConnecting(true)}>
              {words.connect}
            </Button>
          ) : (
            <Text size="sm">{words.connectAdmin}</Text>
          ))}
        {connecting && (
          <Stack gap="sm">
            <Select
              label={words.provider}
              data={[
                ...others.map((provider) => provider.name),
                { value: OTHER, label: words.otherProvider },
              ]}
              value={chosen}
              onChange={setChosen}
            />
            {chosen === OTHER && <AddProvider onDone={setChosen} />}
            {chosen !== null && chosen !== OTHER && (
              <ProviderKey key={chosen} name={chosen} onDone={onDone} />
            )}
          </Stack>
        )}
      </Card>
    </SimpleGrid>
  );
}

function MakeKey({ secret, onSecret }: { secret: string; onSecret: (secret: string) => void }) {
  const client = useQueryClient();
  const editor = useRole("editor");
  const [name, setName] = useState(words.keyNameDefault);
  const make = useMutation({
    mutationFn: () => api.post<Schemas["MadeKey"]>("/keys", { name }),
    onSuccess: async (made) => {
      onSecret(made.secret);
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
    gcTime: 0,
  });
  return (
    <Card maw={680}>
      <Stack>
        {secret ? (
          <Once secret={secret} title={words.once} body={words.onceBody} />
        ) : (
          <>
            <Text c="dimmed">{editor ? words.step2Lead : words.readOnly}</Text>
            <Group align="flex-end">
              <TextInput
                label={words.keyName}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                className="stretch"
              />
              <Button
                onClick={() => make.mutate()}
                loading={make.isPending}
                disabled={!editor || !name.trim()}
              >
                {words.makeKey}
              </Button>
            </Group>
            {make.error && <Failure error={make.error} />}
          </>
        )}
      </Stack>
    </Card>
  );
}

/** The first exchange that came after this page began to wait. */
function useArrival(since: number, waiting: boolean) {
  const requests = useQuery({
    queryKey: ["welcome", since],
    queryFn: () => api.get<Schemas["Events"]>("/audit/exchanges", { since, kind: "exchange", limit: 20 }),
    refetchInterval: (query) =>
      waiting && !query.state.data?.items.some((event) => event.model) ? 1_500 : false,
    enabled: waiting,
  });
  return requests.data?.items.find((event) => event.model);
}

function TryIt({ secret }: { secret: string }) {
  const about = useAbout();
  const models = useModelNames();
  const auditor = useRole("auditor");
  const [language, setLanguage] = useState<Language>("curl");
  const [since] = useState(() => Date.now());
  const arrived = useArrival(since, auditor);
  const model = models[0] ?? DEMO_MODEL;
  const send = useMutation({
    mutationFn: () => api.post<Schemas["ChatAnswer"]>("/playground/chat", { text: words.prompt, model }),
    gcTime: 0,
  });
  // Who may not look into the audit sees the answer instead.
  const came = auditor ? arrived !== undefined : send.data !== undefined;
  if (!about.data) return <Loading />;
  const target = { gateway: about.data.gateway, key: secret || "sk-sting-…", model, prompt: words.prompt };
  const found = arrived ? Object.values(arrived.entities).reduce((sum, count) => sum + count, 0) : 0;
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
      <Stack gap="sm">
        {!secret && <Alert color="gray">{words.needKey}</Alert>}
        <Tabs value={language} onChange={(value) => setLanguage(value as Language)}>
          <Tabs.List mb="sm" className="sideways">
            <Tabs.Tab value="curl">curl</Tabs.Tab>
            <Tabs.Tab value="python">{words.python}</Tabs.Tab>
            <Tabs.Tab value="anthropic">{words.anthropic}</Tabs.Tab>
            <Tabs.Tab value="node">{words.node}</Tabs.Tab>
          </Tabs.List>
          {(Object.keys(SNIPPETS) as Language[]).map((name) => (
            <Tabs.Panel key={name} value={name}>
              <Snippet code={SNIPPETS[name](target)} />
            </Tabs.Panel>
          ))}
        </Tabs>
        <Button
          variant="default"
          w="fit-content"
          onClick={() => send.mutate()}
          loading={send.isPending}
          leftSection={<Icon name="play" size={16} />}
        >
          {words.tryHere}
        </Button>
        {send.error && <Failure error={send.error} />}
      </Stack>
      <Card
        aria-live="polite"
        style={came ? { borderColor: "var(--mantine-color-teal-6)", borderWidth: 2 } : undefined}
      >
        <Stack align="center" justify="center" h="100%" gap="sm" py="xl">
          <Text c={came ? "teal" : "dimmed"} component="span">
            <Icon name={came ? "check" : auditor ? "clock" : "play"} size={48} />
          </Text>
          <Title order={2}>{came ? words.arrived : auditor ? words.waiting : words.blindTitle}</Title>
          {!auditor && <Text ta="center">{came ? words.answered : words.blind}</Text>}
          {!auditor && send.data && (
            <Text size="sm" className="quote wrap">
              {send.data.restored}
            </Text>
          )}
          {!auditor && came && (
            <Button component={Link} href="/">
              {words.finish}
            </Button>
          )}
          {arrived && (
            <>
              <Text ta="center">{words.arrivedBody(found)}</Text>
              <Anchor component={Link} href={`/audit/${arrived.exchange}`}>
                {words.seeExchange}
              </Anchor>
              <Button component={Link} href="/">
                {words.finish}
              </Button>
            </>
          )}
        </Stack>
      </Card>
    </SimpleGrid>
  );
}

/** From nothing to the first protected request in three steps. The key lives in this page's memory only. */
export default function Welcome() {
  const narrow = useMediaQuery("(max-width: 75em)");
  const [step, setStep] = useState(0);
  const [secret, setSecret] = useState("");
  return (
    <Page title={words.title} lead={words.lead}>
      <Stepper
        active={step}
        onStepClick={setStep}
        size="sm"
        orientation={narrow ? "vertical" : "horizontal"}
        wrap={false}
      >
        <Stepper.Step label={words.step1} description={words.step1Lead}>
          <ChooseModel onDone={() => setStep(1)} />
        </Stepper.Step>
        <Stepper.Step label={words.step2} description={words.step2Lead}>
          <Stack>
            <MakeKey secret={secret} onSecret={setSecret} />
            <Button w="fit-content" variant={secret ? "filled" : "default"} onClick={() => setStep(2)}>
              {secret ? texts.common.next : words.haveKey}
            </Button>
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={words.step3} description={words.step3Lead}>
          <TryIt secret={secret} />
        </Stepper.Step>
      </Stepper>
    </Page>
  );
}
