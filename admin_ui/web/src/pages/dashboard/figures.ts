import type { Schemas } from "../../api/schemas";

type Summary = Schemas["Summary"];

const HOUR = 3_600_000;
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "short" });
/** "Sat 18:00": an hour without its minutes reads like a day of the month. */
const dayClock = { format: (at: number) => `${weekday.format(at)} ${clock.format(at)}` };

/** Where the time of one request goes, in ms on average. The server's sums are averages already. */
export function latencyParts(
  now: Pick<Summary["now"], "ms_gateway" | "ms_detect" | "ms_vault" | "ms_upstream">,
) {
  const rest = Math.max(0, now.ms_gateway - now.ms_detect - now.ms_vault);
  return { upstream: now.ms_upstream, detect: now.ms_detect, vault: now.ms_vault, rest };
}

type Run = Pick<Schemas["RunView"], "template" | "state" | "started_at" | "finished_at">;

/** Ended reports by template, the most made first: how many, how many failed, and the median time of the others in ms. */
export function byTemplate(runs: readonly Run[]) {
  const groups = new Map<string, Run[]>();
  for (const run of runs)
    if (run.state === "done" || run.state === "failed")
      groups.set(run.template, [...(groups.get(run.template) ?? []), run]);
  return [...groups]
    .map(([template, ended]) => {
      const times = ended
        .filter((run) => run.state === "done" && run.started_at !== null && run.finished_at !== null)
        .map((run) => (run.finished_at ?? 0) - (run.started_at ?? 0))
        .filter((time) => time > 0) // the demo's ready-made reports took no time here
        .sort((one, two) => one - two);
      const failed = ended.filter((run) => run.state === "failed").length;
      return {
        template,
        made: ended.length,
        failed,
        median: times[Math.floor((times.length - 1) / 2)] ?? null,
      };
    })
    .sort((one, two) => two.made - one.made);
}

/** The series with every step in it, also those in which nothing happened, and a label for the axis. */
export function labelled(summary: Pick<Summary, "since" | "until" | "step" | "series">) {
  const { since, until, step, series } = summary;
  const form = step >= 24 * HOUR ? day : step > HOUR ? dayClock : clock;
  const known = new Map(series.map((moment) => [moment.at, moment]));
  const rows: { at: number; time: string; ok: number; failed: number }[] = [];
  for (let at = since; at < until; at += step) {
    const moment = known.get(at);
    const failed = moment?.failed ?? 0;
    rows.push({ at, time: form.format(at), ok: (moment?.requests ?? 0) - failed, failed });
  }
  return rows;
}
