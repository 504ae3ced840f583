import { Page } from "../../parts/Page";

export default function Jars() {
  return <Page title="Jars">…</Page>;
}
