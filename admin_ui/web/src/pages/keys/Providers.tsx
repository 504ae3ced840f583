import {
  Badge,
  Button,
  Card,
  Checkbox,
  Group,
  Modal,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { api } from "../../api/client";
import { useProviders } from "../../api/names";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { failed, said, undoable } from "../../parts/notify";
import { Failure, Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.keys.providers;
type Provider = Schemas["ProviderAnswer"];
const KINDS: Schemas["ProviderBody"]["kind"][] = [
  "openai",
  "anthropic",
  "ollama",
  "azure_openai",
  "bedrock",
  "vertex",
  "demo",
];

/** Keeps a provider's key, tested first; the key goes to the server and is dropped here. */
export function ProviderKey({ provider, onDone }: { provider: string; onDone: () => void }) {
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const [test, setTest] = useState(true);
  const keep = useMutation({
    mutationFn: () => api.post("/provider-keys", { provider, key, test }),
    onSuccess: async () => {
      setKey("");
      said(words.kept);
      await client.invalidateQueries({ queryKey: ["providers"] });
      onDone();
    },
    gcTime: 0,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput
          label={words.key}
          required
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          data-autofocus
        />
        <Checkbox
          label={words.test}
          checked={test}
          onChange={(event) => setTest(event.currentTarget.checked)}
        />
        {keep.error && <Failure error={keep.error} />}
        <Button type="submit" loading={keep.isPending} w="fit-content">
          {words.setKey}
        </Button>
      </Stack>
    </form>
  );
}

function ProviderCard({ provider, admin, onKey }: { provider: Provider; admin: boolean; onKey: () => void }) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["providers"] });
  const forget = useMutation({
    mutationFn: () => api.remove(`/provider-keys/${provider.name}`),
    onSuccess: refresh,
    onError: failed,
  });
  const [hidden, setHidden] = useState(false);
  const remove = () => {
    setHidden(true);
    undoable(
      provider.name,
      () =>
        api
          .raw("DELETE", `/providers/${provider.name}`, { headers: { "If-Match": `"${provider.version}"` } })
          .then(refresh),
      () => setHidden(false),
    );
  };
  if (hidden) return null;
  return (
    <Card>
      <Group justify="space-between" mb={6}>
        <Title order={2}>{provider.name}</Title>
        <Group gap={4}>
          {provider.is_default && <Badge>{words.isDefault}</Badge>}
          <Badge variant="default">{provider.kind}</Badge>
        </Group>
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere", flex: 1 }}>
        {provider.base_url || words.urlHelp}
      </Text>
      <Group justify="space-between" mt="md">
        <Badge
          color={provider.key === "none" && provider.kind !== "demo" && !provider.local ? "orange" : "gray"}
        >
          {words.keys[provider.key]}
        </Badge>
        {admin && provider.kind !== "demo" && (
          <Group gap={4}>
            {provider.key === "database" && (
              <Button
                size="compact-sm"
                variant="subtle"
                color="gray"
                onClick={() => forget.mutate()}
                loading={forget.isPending}
              >
                {words.forget}
              </Button>
            )}
            <Button size="compact-sm" variant="default" onClick={onKey}>
              {words.setKey}
            </Button>
            {provider.source === "database" && (
              <Button size="compact-sm" variant="subtle" color="red" onClick={remove}>
                {texts.common.remove}
              </Button>
            )}
          </Group>
        )}
      </Group>
    </Card>
  );
}

export function AddProvider({ onDone }: { onDone: (name: string) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<string>("openai");
  const [url, setUrl] = useState("");
  const [local, setLocal] = useState(false);
  const add = useMutation({
    mutationFn: () =>
      api.put(`/providers/${encodeURIComponent(name)}`, { kind, local, ...(url ? { base_url: url } : {}) }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["providers"] });
      onDone(name);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Select
          label={words.kind}
          data={KINDS}
          value={kind}
          onChange={(value) => setKind(value ?? "openai")}
          allowDeselect={false}
        />
        <TextInput
          label={texts.common.name}
          required
          value={name}
          placeholder={kind}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={words.url}
          description={words.urlHelp}
          type="url"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <Switch
          label={words.local}
          checked={local}
          onChange={(event) => setLocal(event.currentTarget.checked)}
        />
        {add.error && <Failure error={add.error} />}
        <Button type="submit" loading={add.isPending} w="fit-content">
          {words.add}
        </Button>
      </Stack>
    </form>
  );
}

export function Providers() {
  const admin = useRole("admin");
  const providers = useProviders();
  const [adding, { open, close }] = useDisclosure(false);
  const [keyFor, setKeyFor] = useState<string | null>(null);
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">{words.lead}</Text>
        {admin && (
          <Button onClick={open} leftSection={<Icon name="plus" size={16} />}>
            {words.add}
          </Button>
        )}
      </Group>
      <Loaded query={providers}>
        {({ items }) => (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {items.map((provider) => (
              <ProviderCard
                key={provider.name}
                provider={provider}
                admin={admin}
                onKey={() => setKeyFor(provider.name)}
              />
            ))}
          </SimpleGrid>
        )}
      </Loaded>
      <Modal
        opened={adding}
        onClose={close}
        title={words.add}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        <AddProvider
          onDone={(name) => {
            close();
            setKeyFor(name);
          }}
        />
      </Modal>
      <Modal
        opened={keyFor !== null}
        onClose={() => setKeyFor(null)}
        title={keyFor && words.setKeyTitle(keyFor)}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {keyFor && <ProviderKey provider={keyFor} onDone={() => setKeyFor(null)} />}
      </Modal>
    </Stack>
  );
}
