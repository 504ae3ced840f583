import { Page } from "../../parts/Page";

export default function Exchange() {
  return <Page title="Exchange">…</Page>;
}
