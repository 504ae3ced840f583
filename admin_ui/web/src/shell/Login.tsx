import {
  Alert,
  Button,
  Card,
  Center,
  Divider,
  Loader,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";

import { address, api, Problem } from "../api/client";
import type { Schemas } from "../api/schemas";
import { Failure } from "../parts/Page";
import { Said } from "../parts/Said";
import { texts } from "../texts";
import { Logo } from "./Icon";

export interface Arrival {
  token: string | null;
  /** Why the identity provider's login failed, as a word of the server. */
  error: string | null;
}

/** What stands behind the address's `#`: it never reaches a server's log, and is removed at once. */
export function takeArrival(): Arrival {
  const parts = new URLSearchParams(window.location.hash.slice(1));
  const [token, error] = [parts.get("token"), parts.get("error")];
  if (token !== null || window.location.pathname === "/login") window.history.replaceState(null, "", "/");
  return { token, error };
}

function Frame({ children }: { children: React.ReactNode }) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Card w="100%" maw={400} p="xl">
        <Stack>
          <Stack gap={4} align="center">
            <Logo size={48} />
            <Title order={1} ta="center">
              {texts.login.title}
            </Title>
            <Text c="dimmed" size="sm">
              {texts.login.subtitle}
            </Text>
          </Stack>
          {children}
        </Stack>
      </Card>
    </Center>
  );
}

/** The server did not take what was entered; what else can fail has a name of its own. */
function refused(error: unknown): boolean {
  return error instanceof Problem && error.status === 401;
}

function Form({ onDone }: { onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [wantsCode, setWantsCode] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await api.post("/session", { email, password, ...(code ? { code } : {}) });
      onDone();
    } catch (failure) {
      const needsCode = failure instanceof Problem && /code|totp/.test(failure.code);
      setWantsCode(wantsCode || needsCode);
      if (!needsCode || code) setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <TextInput
          label={texts.login.email}
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={texts.login.password}
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {wantsCode && (
          <TextInput
            label={texts.login.code}
            description={texts.login.codeHelp}
            autoComplete="one-time-code"
            data-autofocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        )}
        {error !== null && <Failure error={error} title={refused(error) ? texts.login.refused : undefined} />}
        <Button type="submit" loading={busy} fullWidth>
          {texts.login.signIn}
        </Button>
        <Text size="xs" c="dimmed" ta="center">
          <Said text={texts.login.noPassword} />
        </Text>
      </Stack>
    </form>
  );
}

/** The button that goes to the organisation's identity provider, where one is configured. */
function Organisation() {
  const methods = useQuery({
    queryKey: ["session", "methods"],
    queryFn: () => api.get<Schemas["LoginMethods"]>("/session/methods"),
    retry: false,
    staleTime: Infinity,
  });
  const name = methods.data?.oidc;
  if (!name) return null;
  return (
    <>
      <Divider label={texts.login.or} />
      <Button component="a" href={address("/session/oidc")} variant="default" fullWidth>
        {name}
      </Button>
    </>
  );
}

let linked: Promise<unknown> | null = null;

/** Signs in by the link of `sting up`, or by e-mail, password and one-time code. */
export function Login({ token, error, ended, onDone }: Arrival & { ended: boolean; onDone: () => void }) {
  const client = useQueryClient();
  const [state, setState] = useState<"link" | "failed" | "form">(token ? "link" : "form");
  const enter = async () => {
    await client.invalidateQueries({ queryKey: ["session"] });
    onDone();
  };
  useEffect(() => {
    if (!token) return;
    // A link counts once: a second run of this effect must not use it up again.
    linked ??= api.post("/session/link", { token });
    linked.then(
      () => client.invalidateQueries({ queryKey: ["session"] }).then(onDone),
      () => setState("failed"),
    );
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once per token
  }, [token]);
  if (state === "link")
    return (
      <Frame>
        <Center>
          <Loader />
        </Center>
        <Text ta="center">{texts.login.link}</Text>
      </Frame>
    );
  return (
    <Frame>
      {ended && (
        <Alert color="orange" title={texts.login.ended} role="status">
          {texts.login.endedHelp}
        </Alert>
      )}
      {state === "failed" && (
        <Alert color="red" title={texts.login.linkFailed} role="alert">
          <Said text={texts.login.linkHelp} />
        </Alert>
      )}
      {error !== null && (
        <Alert color="red" title={texts.login.oidcFailed} role="alert">
          {texts.login.oidcProblems[error] ?? texts.login.oidcProblems.oidc_failed}
        </Alert>
      )}
      <Form onDone={() => void enter()} />
      <Organisation />
    </Frame>
  );
}
