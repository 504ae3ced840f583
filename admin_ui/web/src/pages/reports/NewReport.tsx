import { Button, Card, Group, SimpleGrid, Stack, Stepper, Text, Title, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";

import { api } from "../../api/client";
import { useJars } from "../../api/jars";
import { type Order, type Run, useTemplates, useTitle } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { useKept } from "../../logic/drafts";
import { Empty, Failure, Loaded, Page } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { BeforeOrder } from "./BeforeOrder";
import { Parameters } from "./Parameters";
import { Check, Privacy } from "./Privacy";
import { Repeat } from "./Repeat";
import { Roles } from "./Roles";

const words = texts.reports;
const START: Order = {
  template: "",
  jar: "",
  level: "aggregates",
  k: 5,
  review: false,
  roles: {},
  parameters: {},
};

function Tile({
  chosen,
  onClick,
  children,
}: {
  chosen: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <UnstyledButton onClick={onClick} aria-pressed={chosen} h="100%">
      <Card
        h="100%"
        style={
          chosen
            ? { borderColor: "var(--sting-focus)", boxShadow: "0 0 0 1px var(--sting-focus)" }
            : undefined
        }
      >
        {children}
      </Card>
    </UnstyledButton>
  );
}

function ChooseJar({ jar, onJar }: { jar: string; onJar: (jar: string) => void }) {
  const jars = useJars();
  return (
    <Loaded query={jars}>
      {({ items }) =>
        items.length ? (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {items.map((item) => (
              <Tile key={item.id} chosen={item.name === jar} onClick={() => onJar(item.name)}>
                <Group gap="xs">
                  <Icon name="jar" />
                  <Text fw={600}>{item.name}</Text>
                </Group>
                <Text size="sm" c="dimmed">
                  {item.description || texts.common.rows(item.rows)}
                </Text>
              </Tile>
            ))}
          </SimpleGrid>
        ) : (
          <Empty
            icon="jar"
            title={words.chooseJar}
            body={words.chooseJarNone}
            action={
              <Button component={Link} href="/jars/new">
                {words.makeJar}
              </Button>
            }
          />
        )
      }
    </Loaded>
  );
}

/** How a report of this template begins; templates of your own have no picture. */
function Preview({ template }: { template: string }) {
  const [missing, setMissing] = useState(false);
  if (missing) return null;
  return (
    <img
      src={`/templates/${encodeURIComponent(template)}.webp`}
      alt=""
      width={400}
      height={288}
      loading="lazy"
      className="preview"
      onError={() => setMissing(true)}
    />
  );
}

function ChooseTemplate({ template, onTemplate }: { template: string; onTemplate: (name: string) => void }) {
  const templates = useTemplates();
  return (
    <Loaded query={templates}>
      {(items) => (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {items.map((item) => (
            <Tile key={item.name} chosen={item.name === template} onClick={() => onTemplate(item.name)}>
              <Card.Section mb="sm">
                <Preview template={item.name} />
              </Card.Section>
              <Text fw={650}>{item.title}</Text>
              <Text size="sm" c="dimmed" my={6}>
                {item.description}
              </Text>
              <Text size="xs" c="dimmed">
                {item.sections.join(" · ")}
              </Text>
            </Tile>
          ))}
        </SimpleGrid>
      )}
    </Loaded>
  );
}

/** Data, template, columns, privacy, check: five steps to a report. */
export default function NewReport() {
  const client = useQueryClient();
  const [, go] = useLocation();
  const [search] = useSearchParams();
  const narrow = useMediaQuery("(max-width: 62em)");
  const titleOf = useTitle();
  const wanted = search.get("jar") ?? "";
  const [{ order, step }, keep, anew] = useKept("report/new", { order: START, step: 0 });
  useEffect(() => {
    // An address that names a jar begins with it, unless this very jar's report is begun.
    if (wanted && wanted !== order.jar) keep({ order: { ...START, jar: wanted }, step: 1 });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each address, whatever is chosen then
  }, [wanted]);
  const setStep = (to: number) => keep({ step: to });
  const set = (part: Partial<Order>) => keep({ order: { ...order, ...part } });
  const ready = order.jar !== "" && order.template !== "";
  const estimate = useQuery({
    queryKey: ["reports", "estimate", order.jar, order.template, order],
    queryFn: () => api.post<Schemas["Estimate"]>("/reports/estimate", order),
    enabled: ready && step > 1,
    // While settings change, the last answer stays; it says nothing about other data or another template.
    placeholderData: (last, query) =>
      query?.queryKey[2] === order.jar && query.queryKey[3] === order.template ? last : undefined,
    retry: false,
  });
  const create = useMutation({
    mutationFn: () => api.post<Run>("/reports", order),
    onSuccess: async (run) => {
      await client.invalidateQueries({ queryKey: ["reports"] });
      go(`/reports/${run.id}`);
      anew();
    },
  });
  const next = (part: Partial<Order>, to: number) => {
    keep({ order: { ...order, ...part }, step: to });
  };
  return (
    <Page
      title={words.create}
      lead={words.todo[step]}
      back={{ href: "/reports", label: words.title }}
      actions={
        step > 0 && (
          <Button variant="default" onClick={anew}>
            {words.startOver}
          </Button>
        )
      }
    >
      <Stepper
        active={step}
        onStepClick={(to) => (to < 2 || ready) && setStep(to)}
        size="sm"
        orientation={narrow ? "vertical" : "horizontal"}
      >
        <Stepper.Step label={words.steps.data} description={order.jar}>
          <ChooseJar jar={order.jar} onJar={(jar) => next({ jar, roles: {} }, 1)} />
        </Stepper.Step>
        <Stepper.Step label={words.steps.template} description={titleOf(order.template)}>
          <ChooseTemplate
            template={order.template}
            onTemplate={(template) => next({ template, roles: {}, parameters: {} }, order.jar ? 2 : 0)}
          />
        </Stepper.Step>
        <Stepper.Step label={words.steps.columns}>
          <Loaded query={estimate}>
            {(found) => (
              <Stack>
                <Roles
                  roles={found.roles}
                  chosen={order.roles}
                  onChange={(roles) => set({ roles })}
                  jar={order.jar}
                  silent={found.silent}
                />
                <Parameters
                  template={order.template}
                  chosen={order.parameters}
                  onChange={(parameters) => set({ parameters })}
                />
                <Button w="fit-content" onClick={() => setStep(3)}>
                  {texts.common.next}
                </Button>
              </Stack>
            )}
          </Loaded>
        </Stepper.Step>
        <Stepper.Step
          label={words.steps.privacy}
          description={step > 2 ? words.levels[order.level]?.title : undefined}
        >
          <Stack>
            <Privacy order={order} onChange={set} />
            <Button w="fit-content" onClick={() => setStep(4)}>
              {texts.common.next}
            </Button>
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={words.steps.order}>
          <Loaded query={estimate}>
            {(found) => (
              <Stack>
                <Title order={2}>{words.estimate}</Title>
                <Check order={order} estimate={found} onChange={set} />
                {create.error && <Failure error={create.error} />}
                <Group>
                  <Button
                    size="md"
                    onClick={() => create.mutate()}
                    loading={create.isPending}
                    disabled={!found.possible}
                    leftSection={<Icon name="play" />}
                  >
                    {words.order}
                  </Button>
                  <Repeat order={order} disabled={!found.possible} />
                </Group>
                <BeforeOrder key={JSON.stringify(order)} order={order} disabled={!found.possible} />
              </Stack>
            )}
          </Loaded>
        </Stepper.Step>
      </Stepper>
    </Page>
  );
}
