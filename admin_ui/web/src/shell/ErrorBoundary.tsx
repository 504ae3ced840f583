import { Component, type ReactNode } from "react";

import { Button, Code, Stack, Text, Title } from "@mantine/core";

import { texts } from "../texts";

interface Props {
  children: ReactNode;
  /** Where the person is: going elsewhere leaves the fault behind. */
  place?: string;
}

interface State {
  code: string | null;
  /** A part of the pages is not on the server any more: these are of an older version. */
  old: boolean;
}

/** Catches what a page throws, says what to do and gives a short code; shows nothing of the page's data. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { code: null, old: false };

  static getDerivedStateFromError(error: unknown): State {
    const name = error instanceof Error ? error.name : "Error";
    const old = error instanceof Error && /imported module|module script/i.test(error.message);
    return { code: `${name}-${Date.now().toString(36)}`, old };
  }

  override componentDidUpdate(before: Props): void {
    if (before.place !== this.props.place && this.state.code) this.setState({ code: null, old: false });
  }

  override render(): ReactNode {
    const { code, old } = this.state;
    if (!code) return this.props.children;
    return (
      <Stack role="alert" p="xl" maw={560} mx="auto" mt="xl">
        <Title order={1}>{old ? texts.errors.oldTitle : texts.errors.pageTitle}</Title>
        <Text>{old ? texts.errors.oldBody : texts.errors.pageBody}</Text>
        <Text c="dimmed" size="sm">
          {texts.errors.code} <Code>{code}</Code>
        </Text>
        <Button onClick={() => window.location.reload()} w="fit-content">
          {texts.errors.reload}
        </Button>
      </Stack>
    );
  }
}
