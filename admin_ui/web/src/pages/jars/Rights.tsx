import { Card, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "../../api/client";
import { type Access, type Jar, jarPath } from "../../api/jars";
import { GrantForm, GrantTable } from "../../parts/Grants";
import { failed, said } from "../../parts/notify";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.data.jar;

interface Grant {
  grantee: string;
  access: Access;
}

/** Who else may do what with a jar; each change is kept at once. */
export function Rights({ jar }: { jar: Jar }) {
  const client = useQueryClient();
  const grants = useQuery({
    queryKey: ["jar", jar.name, "grants"],
    queryFn: () => api.get<{ items: Grant[]; version: string }>(jarPath(jar.name, "/grants")),
  });
  const keep = useMutation({
    mutationFn: (wanted: Grant[]) =>
      api.put(
        jarPath(jar.name, "/grants"),
        { grants: wanted },
        { "If-Match": `"${grants.data?.version ?? "*"}"` },
      ),
    onSuccess: () => said(texts.common.saved),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: ["jar", jar.name, "grants"] }),
  });
  return (
    <Stack maw={820}>
      <Text c="dimmed">{words.rightsLead}</Text>
      <Loaded query={grants}>
        {({ items }) => (
          <>
            {items.length > 0 && (
              <Card padding={0}>
                <GrantTable
                  items={items}
                  names={words.rights}
                  onRemove={(grant) => keep.mutate(items.filter((one) => one !== grant))}
                />
              </Card>
            )}
            <GrantForm<Access>
              words={{
                who: words.grantee,
                whoHelp: words.granteeHelp,
                may: words.right,
                add: words.addRight,
              }}
              names={words.rights}
              first="preview"
              busy={keep.isPending}
              onAdd={(grant) => keep.mutate([...items, grant])}
            />
          </>
        )}
      </Loaded>
    </Stack>
  );
}
