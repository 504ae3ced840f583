import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Route, Switch, useLocation } from "wouter";

import { onSessionLost } from "./api/client";
import { MeContext, type Role, useRole, useSession } from "./api/session";
import { useWarnBeforeLeaving } from "./logic/drafts";
import { Loading, Nowhere, Page } from "./parts/Page";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { Login, takeArrival } from "./shell/Login";
import { Shell } from "./shell/Shell";
import { texts } from "./texts";

const Dashboard = lazy(() => import("./pages/dashboard/Dashboard"));
const Welcome = lazy(() => import("./pages/welcome/Welcome"));
const Playground = lazy(() => import("./pages/playground/Playground"));
const Policies = lazy(() => import("./pages/policies/Policies"));
const Policy = lazy(() => import("./pages/policies/Policy"));
const Corrections = lazy(() => import("./pages/corrections/Corrections"));
const Keys = lazy(() => import("./pages/keys/Keys"));
const Audit = lazy(() => import("./pages/audit/Audit"));
const Exchange = lazy(() => import("./pages/audit/Exchange"));
const Jars = lazy(() => import("./pages/jars/Jars"));
const NewJar = lazy(() => import("./pages/jars/NewJar"));
const Jar = lazy(() => import("./pages/jars/Jar"));
const Connectors = lazy(() => import("./pages/connectors/Connectors"));
const Reports = lazy(() => import("./pages/reports/Reports"));
const NewReport = lazy(() => import("./pages/reports/NewReport"));
const Report = lazy(() => import("./pages/reports/Report"));
const CompareReports = lazy(() => import("./pages/reports/Compare"));
const Settings = lazy(() => import("./pages/settings/Settings"));

function Missing() {
  return (
    <Page title={texts.errors.notFoundTitle}>
      <Nowhere href="/" label={texts.errors.home} />
    </Page>
  );
}

/** A page for people of a role; nobody else is shown half of it. */
function For({ who, children }: { who: Role; children: ReactNode }) {
  return useRole(who) ? children : <Missing />;
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={Dashboard} />
      <Route path="/welcome" component={Welcome} />
      <Route path="/playground" component={Playground} />
      <Route path="/policies" component={Policies} />
      <Route path="/policies/:name/:part?" component={Policy} />
      <Route path="/corrections">
        <For who="editor">
          <Corrections />
        </For>
      </Route>
      <Route path="/keys/:part?" component={Keys} />
      <Route path="/audit">
        <For who="auditor">
          <Audit />
        </For>
      </Route>
      <Route path="/audit/:id">
        <For who="auditor">
          <Exchange />
        </For>
      </Route>
      <Route path="/jars" component={Jars} />
      <Route path="/jars/new">
        <For who="editor">
          <NewJar />
        </For>
      </Route>
      <Route path="/jars/:name/:part?" component={Jar} />
      <Route path="/connectors" component={Connectors} />
      <Route path="/reports" component={Reports} />
      <Route path="/reports/new">
        <For who="editor">
          <NewReport />
        </For>
      </Route>
      <Route path="/reports/compare/:one/:two" component={CompareReports} />
      <Route path="/reports/:id/:part?" component={Report} />
      <Route path="/settings/:part?" component={Settings} />
      <Route component={Missing} />
    </Switch>
  );
}

const arrival = takeArrival();

export function App() {
  const [entered, setEntered] = useState(arrival.token === null);
  const client = useQueryClient();
  const session = useSession();
  const [location] = useLocation();
  const [ended, setEnded] = useState(false);
  useWarnBeforeLeaving();
  useEffect(
    () =>
      onSessionLost(() => {
        setEnded(true);
        client.setQueryData(["session"], null);
        client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
        // Perhaps another tab has a newer one.
        void client.invalidateQueries({ queryKey: ["session"] });
      }),
    [client],
  );
  if (session.isPending) return <Loading />;
  if (!session.data || !entered)
    return (
      <Login
        token={entered ? null : arrival.token}
        error={arrival.error}
        ended={ended}
        onDone={() => setEntered(true)}
      />
    );
  return (
    <MeContext.Provider value={session.data}>
      <Shell>
        <ErrorBoundary place={location}>
          <Suspense fallback={<Loading />}>
            <Pages />
          </Suspense>
        </ErrorBoundary>
      </Shell>
    </MeContext.Provider>
  );
}
