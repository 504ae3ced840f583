import { Page } from "../../parts/Page";

export default function Compare() {
  return <Page title="Compare">…</Page>;
}
