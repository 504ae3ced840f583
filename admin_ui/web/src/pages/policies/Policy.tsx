import { Page } from "../../parts/Page";

export default function Policy() {
  return <Page title="Policy">…</Page>;
}
