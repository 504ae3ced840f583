import { Component, type ReactNode } from "react";

import { Button, Code, Stack, Text, Title } from "@mantine/core";

import { texts } from "../texts";

/** Catches what a page throws, says what to do and gives a short code; shows nothing of the page's data. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { code: string | null }> {
  override state = { code: null };

  static getDerivedStateFromError(error: unknown): { code: string } {
    const name = error instanceof Error ? error.name : "Error";
    return { code: `${name}-${Date.now().toString(36)}` };
  }

  override render(): ReactNode {
    if (!this.state.code) return this.props.children;
    return (
      <Stack role="alert" p="xl" maw={560} mx="auto" mt="xl">
        <Title order={1}>{texts.errors.pageTitle}</Title>
        <Text>{texts.errors.pageBody}</Text>
        <Text c="dimmed" size="sm">
          {texts.errors.code} <Code>{this.state.code}</Code>
        </Text>
        <Button onClick={() => window.location.reload()} w="fit-content">
          {texts.errors.reload}
        </Button>
      </Stack>
    );
  }
}
