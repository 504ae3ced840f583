import { Page } from "../../parts/Page";

export default function Jar() {
  return <Page title="Jar">…</Page>;
}
