import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./style.css";

import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Problem } from "./api/client";
import { App } from "./App";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { theme, variables } from "./theme";

const schemes = localStorageColorSchemeManager({ key: "sting-scheme" });
const client = new QueryClient({
  defaultOptions: {
    // The browser's word on being online says nothing about a server on this machine or network: always ask.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 10_000,
      // What was shown is dropped soon: an answer may hold originals.
      gcTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < 2 && (!(error instanceof Problem) || error.status >= 500 || error.status === 0),
    },
  },
});
const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content;
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        colorSchemeManager={schemes}
        defaultColorScheme="auto"
        getStyleNonce={nonce ? () => nonce : undefined}
      >
        <Notifications position="bottom-right" limit={4} />
        <QueryClientProvider client={client}>
          <ErrorBoundary>
            <App />
          </ErrorBoundary>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
