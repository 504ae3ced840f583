import { Page } from "../../parts/Page";

export default function Report() {
  return <Page title="Report">…</Page>;
}
