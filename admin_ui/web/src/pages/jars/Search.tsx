import { Button, Card, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { api } from "../../api/client";
import { type Hit, type Jar, jarPath } from "../../api/jars";
import { percent } from "../../logic/format";
import { tokens } from "../../logic/spans";
import { failed, said } from "../../parts/notify";
import { Empty, Failure, Loading } from "../../parts/Page";
import { Highlight } from "../../parts/Types";
import { texts } from "../../texts";

const words = texts.data.jar;

/** Texts of a jar by meaning. Hits are dropped when the view changes. */
export function Search({ jar, manages }: { jar: Jar; manages: boolean }) {
  const [wanted, setWanted] = useState("");
  const [view, setView] = useState("scrambled");
  const search = useMutation({
    mutationFn: () =>
      api.post<{ items: Hit[] }>(jarPath(jar.name, "/search"), { q: wanted, view, limit: 20 }),
    gcTime: 0,
  });
  const index = useMutation({
    mutationFn: () => api.post<{ state: string }>(jarPath(jar.name, "/index")),
    onSuccess: ({ state }) => {
      said(state === "done" ? words.indexed : words.indexing);
      search.reset();
    },
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    search.mutate();
  };
  return (
    <Stack>
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput
            flex="1 1 260px"
            label={words.search}
            description={words.searchHelp}
            required
            autoComplete="off"
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
          {jar.access.includes("original") && (
            <SegmentedControl
              aria-label={words.tabs.data}
              data={[
                { value: "scrambled", label: words.scrambled },
                { value: "original", label: words.original },
              ]}
              value={view}
              onChange={(value) => {
                setView(value);
                search.reset();
              }}
            />
          )}
          <Button type="submit" loading={search.isPending}>
            {words.searchGo}
          </Button>
          {manages && (
            <Button variant="default" onClick={() => index.mutate()} loading={index.isPending}>
              {words.buildIndex}
            </Button>
          )}
        </Group>
      </form>
      {search.isIdle && (
        <Card>
          <Empty icon="search" title={words.askFirst} body={words.askFirstBody} />
        </Card>
      )}
      {search.error && <Failure error={search.error} />}
      {search.isPending && <Loading />}
      {search.data?.items.length === 0 && (
        <Empty icon="search" title={words.noHits} body={words.noHitsBody} />
      )}
      {search.data?.items.map((hit) => (
        <Card key={`${hit.table}-${hit.column}-${hit.row}`} padding="md" data-testid="hit">
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              {words.place(hit.table, hit.column, hit.row + 1)}
            </Text>
            <Text size="xs" className="num">
              {words.alike(percent(hit.score))}
            </Text>
          </Group>
          {hit.original ? (
            <div className="wrap">{hit.original}</div>
          ) : (
            <Highlight text={hit.snippet} spans={tokens(hit.snippet)} />
          )}
        </Card>
      ))}
    </Stack>
  );
}
