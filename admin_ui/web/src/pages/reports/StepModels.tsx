import { Autocomplete, Card, SimpleGrid, Title } from "@mantine/core";
import { useState } from "react";

import { useModelNames } from "../../api/names";
import type { Order } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { money } from "../../logic/format";
import { texts } from "../../texts";

const words = texts.reports;
type Step = Schemas["StepView"];

interface FieldProps {
  step: Step;
  names: string[];
  value: string;
  onChange: (model: string) => void;
}

/** A name counts once the field is left or a name is chosen: half a name is no model. */
function Field({ step, names, value, onChange }: FieldProps) {
  const [typed, setTyped] = useState(value);
  return (
    <Autocomplete
      label={words.modelSteps[step.step] ?? step.step}
      description={words.modelHelp(
        step.models.join(" → ") || (step.step === "revise" ? words.modelNone : words.modelRules),
        money(step.cost),
      )}
      data={[...names, words.modelNone]}
      value={typed}
      onChange={setTyped}
      onOptionSubmit={onChange}
      onBlur={() => typed !== value && onChange(typed)}
    />
  );
}

interface StepModelsProps {
  steps: Step[];
  chosen: Order["models"];
  onChange: (models: Order["models"]) => void;
}

/** The model of each step with its price; an empty field leaves it to the template. */
export function StepModels({ steps, chosen = {}, onChange }: StepModelsProps) {
  const names = useModelNames();
  const set = (step: string, model: string) => {
    const rest = Object.fromEntries(Object.entries(chosen).filter(([other]) => other !== step));
    onChange(model ? { ...rest, [step]: model } : rest);
  };
  return (
    <Card>
      <Title order={2} mb="sm">
        {words.modelsTitle}
      </Title>
      <SimpleGrid cols={{ base: 1, md: 3 }} style={{ alignItems: "end" }}>
        {steps.map((step) => (
          <Field
            key={step.step}
            step={step}
            names={names}
            value={chosen[step.step] ?? ""}
            onChange={(model) => set(step.step, model)}
          />
        ))}
      </SimpleGrid>
    </Card>
  );
}
