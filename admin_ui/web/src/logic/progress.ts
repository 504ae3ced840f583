import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { address } from "../api/client";
import type { Run } from "../api/reports";

/** Keeps a run's state fresh by the server's events until it ends; the browser reconnects by itself. */
export function useProgress(id: string, active: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!active) return undefined;
    const source = new EventSource(address(`/reports/${encodeURIComponent(id)}/events`));
    source.addEventListener("progress", (event) => {
      client.setQueryData(["report", id], JSON.parse((event as MessageEvent<string>).data) as Run);
    });
    source.addEventListener("end", () => {
      source.close();
      void client.invalidateQueries({ queryKey: ["report", id] });
      void client.invalidateQueries({ queryKey: ["reports"] });
    });
    return () => source.close();
  }, [id, active, client]);
}
