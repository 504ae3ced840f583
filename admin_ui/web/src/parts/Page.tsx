import { Alert, Anchor, Button, Center, Code, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";

import { Problem } from "../api/client";
import { inSight } from "../logic/sight";
import { Icon, type IconName } from "../shell/Icon";
import { texts } from "../texts";
import { Said } from "./Said";

interface PageProps {
  title: string;
  lead?: ReactNode;
  back?: { href: string; label: string };
  actions?: ReactNode;
  children: ReactNode;
}

/** Title, one sentence, actions, content: every page begins the same way. */
export function Page({ title, lead, back, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · ${texts.app}`;
  }, [title]);
  return (
    <Stack gap="lg">
      <div>
        {back && (
          <Anchor component={Link} href={back.href} size="sm">
            ← {back.label}
          </Anchor>
        )}
        <Group justify="space-between" align="flex-end" gap="sm">
          <div style={{ minWidth: 0, flex: "1 1 320px" }}>
            <Title order={1} style={{ overflowWrap: "anywhere" }}>
              {title}
            </Title>
            {lead && (
              <Text c="dimmed" mt={4} maw={760} className="lead">
                {lead}
              </Text>
            )}
          </div>
          {actions && (
            <Group gap="xs" className="actions">
              {actions}
            </Group>
          )}
        </Group>
      </div>
      {children}
    </Stack>
  );
}

interface FailureProps {
  error: unknown;
  /** In the place of what the kind of error is called. */
  title?: string;
  /** Its parts are shown elsewhere on the page. */
  brief?: boolean;
  onRetry?: () => void;
}

/** An error as a person needs it: what happened, what to do, and the id that the log knows. */
export function Failure({ error, title, brief = false, onRetry }: FailureProps) {
  const problem = error instanceof Problem ? error : null;
  const body =
    problem?.status === 0
      ? texts.errors.unreachable
      : problem?.status === 403
        ? problem.detail || texts.errors.forbidden
        : problem?.status === 404 && problem.code === "unknown"
          ? texts.errors.notBuilt
          : problem?.detail || texts.errors.pageBody;
  return (
    <Alert
      ref={inSight}
      role="alert"
      color="red"
      variant="light"
      icon={<Icon name="alert" />}
      title={title ?? problem?.title ?? texts.errors.pageTitle}
    >
      <Text size="sm" className="sentence">
        <Said text={body} />
      </Text>
      {(brief ? [] : (problem?.errors ?? [])).map((part) => (
        <Text size="sm" key={part.field + part.message}>
          {part.field && <Code>{part.field}</Code>} {part.message}
        </Text>
      ))}
      {problem?.id && (
        <Text size="xs" c="dimmed" mt={6}>
          {texts.errors.id}: <Code>{problem.id}</Code>
        </Text>
      )}
      {onRetry && problem?.status !== 404 && (
        <Button size="xs" variant="default" mt="sm" onClick={onRetry}>
          {texts.errors.retry}
        </Button>
      )}
    </Alert>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  body: ReactNode;
  action?: ReactNode;
}

/** What a list says when it is empty: why, and what to do next. */
export function Empty({ icon, title, body, action }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md">
      <Text c="dimmed">
        <Icon name={icon} size={40} />
      </Text>
      <Text fw={600} ta="center">
        {title}
      </Text>
      <Text c="dimmed" ta="center" maw={460} className="lead">
        {body}
      </Text>
      {action}
    </Stack>
  );
}

/** What an address shows that no page has, or none for this person. */
export function Nowhere({ href, label }: { href: string; label: string }) {
  return (
    <Empty
      icon="search"
      title={texts.errors.notFound}
      body={texts.errors.notFoundBody}
      action={
        <Anchor component={Link} href={href} underline="always">
          {label}
        </Anchor>
      }
    />
  );
}

export function Loading() {
  return (
    <Center py={60} role="status" aria-label={texts.common.loading}>
      <Loader type="dots" />
    </Center>
  );
}

interface LoadedProps<T> {
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  children: (data: T) => ReactNode;
}

/** A query's content, or its waiting, or its error. What was seen before stays while the server is away. */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading />;
}
