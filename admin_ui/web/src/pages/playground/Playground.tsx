import { Page } from "../../parts/Page";

export default function Playground() {
  return <Page title="Playground">…</Page>;
}
