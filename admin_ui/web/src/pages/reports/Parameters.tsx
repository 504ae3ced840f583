import { Card, NumberInput, SimpleGrid, Switch, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { api } from "../../api/client";
import type { Order } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.reports;
type Parameter = Schemas["TemplateParameter"];
type Value = Parameter["default"];

interface FieldProps {
  parameter: Parameter;
  value: Value;
  onChange: (value: Value) => void;
}

function Field({ parameter, value, onChange }: FieldProps) {
  const label = parameter.unit ? `${parameter.title} (${parameter.unit})` : parameter.title;
  if (typeof parameter.default === "boolean")
    return (
      <Switch
        label={label}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (typeof parameter.default === "number")
    return (
      <NumberInput
        label={label}
        value={typeof value === "number" ? value : parameter.default}
        min={parameter.least ?? undefined}
        max={parameter.most ?? undefined}
        onChange={(next) => onChange(next === "" ? parameter.default : Number(next))}
      />
    );
  return (
    <TextInput
      label={label}
      value={String(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface ParametersProps {
  template: string;
  chosen: Order["parameters"];
  onChange: (parameters: Order["parameters"]) => void;
}

/** The settings of a template; what is as the template says is not sent. */
export function Parameters({ template, chosen = {}, onChange }: ParametersProps) {
  const found = useQuery({
    queryKey: ["templates", template],
    queryFn: () => api.get<Schemas["ReportTemplate"]>(`/templates/${encodeURIComponent(template)}`),
    staleTime: 600_000,
  });
  const set = (name: string, value: Value, usual: Value) => {
    const rest = Object.fromEntries(Object.entries(chosen).filter(([other]) => other !== name));
    onChange(value === usual ? rest : { ...rest, [name]: value });
  };
  return (
    <Loaded query={found}>
      {({ parameters = {} }) =>
        Object.keys(parameters).length > 0 && (
          <Card>
            <Title order={2} mb="sm">
              {words.parameters}
            </Title>
            <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: "end" }}>
              {Object.entries(parameters).map(([name, parameter]) => (
                <Field
                  key={name}
                  parameter={parameter}
                  value={chosen[name] ?? parameter.default}
                  onChange={(value) => set(name, value, parameter.default)}
                />
              ))}
            </SimpleGrid>
          </Card>
        )
      }
    </Loaded>
  );
}
