import { Alert, Button, Card, Group, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { analyse } from "../../api/playground";
import { dryRun, getPolicy } from "../../api/policies";
import { detectorLabel } from "../../logic/detectors";
import { percent } from "../../logic/format";
import { typeLabel } from "../../logic/kinds";
import { type Effective, probeOf, type Why as Reason, whyOf } from "../../logic/why";
import { Failure } from "../../parts/Page";
import { Said } from "../../parts/Said";
import { texts } from "../../texts";

const words = texts.playground.why;

/** A reason in words: what is so, and what to do about it. */
function said(reason: Reason, policy: string): { title: string; body: string; colour: string } {
  switch (reason.kind) {
    case "absent":
      return { title: words.absent, body: words.absentHelp, colour: "gray" };
    case "unknown":
      return { title: words.unknown, body: words.unknownHelp, colour: "orange" };
    case "found": {
      const { finding, listed } = reason;
      const type = typeLabel(finding.entity_type);
      return {
        title: words.found(type, detectorLabel(finding.detector), percent(finding.score)),
        body: words.rule(policy, finding.action, listed ? type : texts.policies.everythingElse),
        colour: "teal",
      };
    }
    default: {
      const { finding } = reason;
      const type = typeLabel(finding.entity_type);
      return {
        title: words.not(type, detectorLabel(finding.detector), percent(finding.score)),
        body:
          reason.kind === "below"
            ? words.below(policy, percent(reason.least))
            : reason.kind === "allowed"
              ? words.allowed(policy)
              : words.off(policy),
        colour: "orange",
      };
    }
  }
}

/** Asks about one passage of the text: why it is found under the policy, or why it is not. */
export function Why({ text, policy }: { text: string; policy: string }) {
  const [passage, setPassage] = useState("");
  const asked = useMutation({
    mutationFn: async () => {
      const { policy: answer } = await getPolicy(policy);
      const effective = answer.effective as unknown as Effective;
      const [found, probed] = await Promise.all([analyse(text, policy), dryRun(probeOf(effective), text)]);
      return said(whyOf({ text, passage, effective, found, probed }), policy);
    },
    gcTime: 0,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    asked.mutate();
  };
  return (
    <Card>
      <Title order={2}>{words.title}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {words.lead}
      </Text>
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput
            label={words.passage}
            value={passage}
            onChange={(event) => {
              setPassage(event.currentTarget.value);
              asked.reset();
            }}
            autoComplete="off"
            spellCheck={false}
            style={{ flex: "1 1 220px", maxWidth: 420 }}
          />
          <Button type="submit" variant="default" loading={asked.isPending} disabled={!passage.trim()}>
            {words.ask}
          </Button>
        </Group>
      </form>
      {asked.error && <Failure error={asked.error} />}
      {asked.data && (
        <Alert mt="sm" role="status" color={asked.data.colour} title={asked.data.title}>
          <Said text={asked.data.body} />
        </Alert>
      )}
    </Card>
  );
}
