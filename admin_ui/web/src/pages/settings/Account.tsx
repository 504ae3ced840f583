import { Badge, Button, Card, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, lazy, Suspense, useState } from "react";

import { api } from "../../api/client";
import { useMe } from "../../api/session";
import type { components } from "../../api/types";
import { Copy } from "../../parts/Copy";
import { said } from "../../parts/notify";
import { Failure, Loading } from "../../parts/Page";
import { texts } from "../../texts";

const Qr = lazy(() => import("../../parts/Qr"));
const words = texts.settings.account;

export function PasswordForm({ onDone }: { onDone?: () => void }) {
  const me = useMe();
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [current, setCurrent] = useState("");
  const save = useMutation({
    mutationFn: () => api.put("/session/password", { password, ...(me.has_password ? { current } : {}) }),
    onSuccess: async () => {
      setPassword("");
      setCurrent("");
      said(words.saved);
      await client.invalidateQueries({ queryKey: ["session"] });
      onDone?.();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <input
          type="text"
          hidden
          autoComplete="username"
          value={me.email ?? ""}
          readOnly
          aria-label={texts.login.email}
        />
        {me.has_password && (
          <PasswordInput
            label={words.current}
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label={words.fresh}
          description={words.freshHelp}
          autoComplete="new-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {save.error && <Failure error={save.error} />}
        <Button type="submit" loading={save.isPending} w="fit-content">
          {words.save}
        </Button>
      </Stack>
    </form>
  );
}

function Codes() {
  const me = useMe();
  const client = useQueryClient();
  const [code, setCode] = useState("");
  const refresh = () => client.invalidateQueries({ queryKey: ["session"] });
  const begin = useMutation({
    mutationFn: () => api.post<components["schemas"]["TotpAnswer"]>("/session/totp"),
    gcTime: 0,
  });
  const finish = useMutation({
    mutationFn: () =>
      me.has_totp
        ? api.raw("DELETE", "/session/totp", { body: { code } })
        : api.put("/session/totp", { code }),
    onSuccess: async () => {
      said(me.has_totp ? words.dropped : words.switched);
      setCode("");
      begin.reset();
      await refresh();
    },
  });
  const field = (
    <Group align="flex-end">
      <TextInput
        label={words.code}
        value={code}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={7}
        w={160}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Button
        onClick={() => finish.mutate()}
        loading={finish.isPending}
        disabled={code.replace(" ", "").length < 6}
        color={me.has_totp ? "red" : undefined}
      >
        {me.has_totp ? words.drop : words.confirm}
      </Button>
    </Group>
  );
  return (
    <Stack gap="sm">
      <Text c="dimmed">{me.has_totp ? words.totpOn : words.totpOff}</Text>
      {me.has_totp && (
        <>
          <Text size="sm">{words.dropHelp}</Text>
          {field}
        </>
      )}
      {!me.has_totp && !begin.data && (
        <Button w="fit-content" variant="default" onClick={() => begin.mutate()} loading={begin.isPending}>
          {words.begin}
        </Button>
      )}
      {!me.has_totp && begin.data && (
        <>
          <Text size="sm">{words.scan}</Text>
          <Suspense fallback={<Loading />}>
            <Qr text={begin.data.uri} label={words.scan} />
          </Suspense>
          <Group gap={4}>
            <Text size="sm">
              {words.secret}: <span className="mono">{begin.data.secret}</span>
            </Text>
            <Copy value={begin.data.secret} />
          </Group>
          {field}
        </>
      )}
      {(begin.error ?? finish.error) && <Failure error={begin.error ?? finish.error} />}
    </Stack>
  );
}

export function Account() {
  const me = useMe();
  return (
    <Stack maw={620}>
      <Card>
        <Title order={2}>{me.name}</Title>
        <Text c="dimmed">{me.email ?? words.noEmail}</Text>
        <Group gap={6} mt="sm">
          {me.roles.map((role) => (
            <Badge key={role}>{role}</Badge>
          ))}
        </Group>
      </Card>
      <Card>
        <Title order={2} mb={4}>
          {words.password}
        </Title>
        <Text c="dimmed" mb="sm">
          {me.has_password ? words.change : words.set}
        </Text>
        <PasswordForm />
      </Card>
      <Card>
        <Title order={2} mb={4}>
          {words.totp}
        </Title>
        <Codes />
      </Card>
    </Stack>
  );
}
