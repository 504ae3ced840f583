import {
  Badge,
  Button,
  Card,
  Checkbox,
  Group,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { failed, said, undoable } from "../../parts/notify";
import { Failure } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.keys.providers;
type Provider = Schemas["ProviderAnswer"];
const NAME = "[A-Za-z0-9][A-Za-z0-9_.\\-]*";
const KINDS: Record<Schemas["ProviderBody"]["kind"], string> = words.kinds;

/** A tenant's own provider is called `tenant/provider`. */
function pathOf(name: string): string {
  const shown = name.split("/").map(encodeURIComponent).join("/");
  return name.includes("/") ? `/tenant-providers/${shown}` : `/providers/${shown}`;
}

function owned(name: string): { provider: string; tenant?: string } {
  const [tenant = "", provider = ""] = name.split("/");
  return name.includes("/") ? { provider, tenant } : { provider: name };
}

async function refreshed(client: QueryClient): Promise<void> {
  for (const queryKey of [["providers"], ["tenant-providers"], ["tenants"]])
    await client.invalidateQueries({ queryKey });
}

/** Keeps a provider's key, tested first; the key goes to the server and is dropped here. */
export function ProviderKey({ name, onDone }: { name: string; onDone: () => void }) {
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const [test, setTest] = useState(true);
  const keep = useMutation({
    mutationFn: () => api.post("/provider-keys", { ...owned(name), key, test }),
    onSuccess: async () => {
      setKey("");
      said(words.kept);
      await refreshed(client);
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

interface ProviderCardProps {
  provider: Provider;
  /** May set keys. */
  admin: boolean;
  /** May remove it, too. */
  manages: boolean;
  onKey: () => void;
}

/** One provider: where it is, whether it has a key, and what can be done with it. */
export function ProviderCard({ provider, admin, manages, onKey }: ProviderCardProps) {
  const client = useQueryClient();
  const refresh = () => refreshed(client);
  const path = pathOf(provider.name);
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
      () => api.raw("DELETE", path, { headers: { "If-Match": `"${provider.version}"` } }).then(refresh),
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
          {provider.kind !== provider.name && <Badge variant="default">{provider.kind}</Badge>}
        </Group>
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere", flex: 1 }}>
        {provider.base_url || (provider.kind === "demo" ? words.demo : words.urlHelp)}
      </Text>
      <Group justify="space-between" mt="md">
        <Badge
          color={provider.key === "none" && provider.kind !== "demo" && !provider.local ? "orange" : "gray"}
        >
          {provider.kind === "demo" ? words.keyless : words.keys[provider.key]}
        </Badge>
        {admin && provider.kind !== "demo" && (
          <Group gap={4}>
            {provider.key === "database" && (
              <Button
                size="xs"
                variant="subtle"
                color="gray"
                onClick={() => forget.mutate()}
                loading={forget.isPending}
              >
                {words.forget}
              </Button>
            )}
            <Button size="xs" variant="default" onClick={onKey}>
              {words.setKey}
            </Button>
            {manages && provider.source === "database" && (
              <Button size="xs" variant="subtle" color="red" onClick={remove}>
                {texts.common.remove}
              </Button>
            )}
          </Group>
        )}
      </Group>
    </Card>
  );
}

interface AddProviderProps {
  /** For a tenant of one's choice, whose requests it takes in the place of the shared one of its name. */
  forTenant?: boolean;
  onDone: (name: string) => void;
}

export function AddProvider({ forTenant = false, onDone }: AddProviderProps) {
  const client = useQueryClient();
  const [tenant, setTenant] = useState("");
  const [name, setName] = useState("");
  const [kind, setKind] = useState<string>("openai");
  const [url, setUrl] = useState("");
  const [local, setLocal] = useState(false);
  const whole = forTenant ? `${tenant}/${name}` : name;
  const add = useMutation({
    mutationFn: () => api.put(pathOf(whole), { kind, local, ...(url ? { base_url: url } : {}) }),
    onSuccess: async () => {
      await refreshed(client);
      onDone(whole);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {forTenant && (
          <TextInput
            label={words.tenant}
            description={words.tenantHelp}
            required
            pattern={NAME}
            value={tenant}
            onChange={(event) => setTenant(event.currentTarget.value)}
          />
        )}
        <Select
          label={words.kind}
          data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
          value={kind}
          onChange={(value) => setKind(value ?? "openai")}
          allowDeselect={false}
        />
        <TextInput
          label={texts.common.name}
          required
          pattern={NAME}
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
