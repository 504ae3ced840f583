import { Page } from "../../parts/Page";

export default function Welcome() {
  return <Page title="Welcome">…</Page>;
}
